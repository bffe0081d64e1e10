"""The records of a zip whose files are stored as they are (PKWARE's APPNOTE 6.3).

The CRC-32 and the size of a file stand before its content and not after it, for a reader that
takes the archive from a stream could not tell where a stored file ends. Zip64 is used where a
number does not fit, and only there.
"""

import struct
import time
from functools import lru_cache

# The most that fits into the old fields; it also says that the number is in a Zip64 field.
FULL = 0xFFFFFFFF
FULL_COUNT = 0xFFFF
# Bytes that a name may have.
LONGEST_NAME = 0xFFFF

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
# The extended timestamp, with the modified time only, in seconds since 1970.
_TIME = struct.Struct("<2HBi")

_USUAL, _ZIP64 = 20, 45
# Made on Unix, so that the permissions below count; and the name is UTF-8.
_UNIX = 3 << 8
_UTF8 = 1 << 11
_STORED = 0
_FILE_MODE = 0o100644 << 16
_FOLDER_MODE = (0o040755 << 16) | 0x10
_FIRST_DATE, _LAST_DATE = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)


def local_header(name: bytes, size: int, modified: int, crc: int) -> bytes:
    """Give what stands before the content of a file; *modified* in seconds since the epoch."""
    too_big = _too_big(size, 0)
    extra = _extra(too_big, modified)
    date, clock = dos_time(modified)
    shown, needed = min(size, FULL), _ZIP64 if too_big else _USUAL
    fields = (needed, _UTF8, _STORED, clock, date, crc, shown, shown, len(name), len(extra))
    return _LOCAL.pack(b"PK\3\4", *fields) + name + extra


def local_size(name: bytes, size: int, modified: int) -> int:
    """Tell how long the local header of a file is."""
    return _LOCAL.size + len(name) + (20 if size >= FULL else 0) + len(_extended(modified))


def central_header(name: bytes, size: int, modified: int, crc: int, offset: int) -> bytes:
    """Give the line of the directory about a file, whose local header is at *offset*."""
    too_big = _too_big(size, offset)
    extra = _extra(too_big, modified)
    date, clock = dos_time(modified)
    shown, needed = min(size, FULL), _ZIP64 if too_big else _USUAL
    fields = (needed, _UTF8, _STORED, clock, date, crc, shown, shown, len(name), len(extra))
    mode = _FOLDER_MODE if name.endswith(b"/") else _FILE_MODE
    where = (0, 0, 0, mode, min(offset, FULL))
    return _CENTRAL.pack(b"PK\1\2", _UNIX | needed, *fields, *where) + name + extra


def central_size(name: bytes, size: int, modified: int, offset: int) -> int:
    """Tell how long the line of the directory is."""
    numbers = len(_too_big(size, offset))
    extra = (4 + 8 * numbers if numbers else 0) + len(_extended(modified))
    return _CENTRAL.size + len(name) + extra


def end(count: int, size: int, offset: int) -> bytes:
    """Give what ends an archive with *count* files and a directory of *size* bytes at *offset*."""
    ending = _END.pack(
        *(b"PK\5\6", 0, 0, min(count, FULL_COUNT), min(count, FULL_COUNT)),
        *(min(size, FULL), min(offset, FULL), 0),
    )
    if count < FULL_COUNT and size < FULL and offset < FULL:
        return ending
    versions = (_UNIX | _ZIP64, _ZIP64)
    record = _END_64.pack(b"PK\6\6", _END_64.size - 12, *versions, 0, 0, count, count, size, offset)
    return record + _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1) + ending


# Asked for twice for each file, with all others between; the system looks up the zone each time.
@lru_cache(maxsize=1 << 14)
def dos_time(modified: int) -> tuple[int, int]:
    """Give date and time as zip has them: local, and in steps of two seconds."""
    try:
        moment = tuple(time.localtime(modified))[:6]
    except (OverflowError, OSError, ValueError):
        moment = _FIRST_DATE if modified < 0 else _LAST_DATE
    year, month, day, hour, minute, second = max(_FIRST_DATE, min(moment, _LAST_DATE))
    date = (year - 1980) << 9 | month << 5 | day
    # A leap second would be the 31st step.
    return date, hour << 11 | minute << 5 | min(second, 59) // 2


def _too_big(size: int, offset: int) -> list[int]:
    """Give the numbers that need a Zip64 field, in their order there."""
    if size < FULL > offset:
        return []
    return ([size, size] if size >= FULL else []) + ([offset] if offset >= FULL else [])


def _extra(too_big: list[int], modified: int) -> bytes:
    if not too_big:
        return _extended(modified)
    zip64 = struct.pack(f"<2H{len(too_big)}Q", 1, 8 * len(too_big), *too_big)
    return zip64 + _extended(modified)


def _extended(modified: int) -> bytes:
    return _TIME.pack(0x5455, 5, 1, modified) if 0 <= modified < 1 << 31 else b""
