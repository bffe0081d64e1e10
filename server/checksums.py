"""CRC-32 of files, which a zip needs before it sends them; remembered while the program runs."""

import errno
import os
import threading
import zlib
from collections.abc import Callable

from server.body import EndedEarly
from server.digests import Identity

# Some 20 MB.
MOST_KNOWN = 100_000
# Fits into a processor's own memory, and takes a tenth of a millisecond.
_CHUNK = 1 << 18

_readv: Callable[[int, list[memoryview], int], int] | None = getattr(os, "preadv", None)


class Checksums:
    """The CRC-32 of files, by their identity. May be used from several threads."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._changing = threading.Lock()

    def get(self, identity: Identity) -> int | None:
        """Give the CRC-32 of a file if it is remembered."""
        return self._known.get(identity.key())

    def keep(self, identity: Identity, crc: int) -> None:
        """Remember the CRC-32 of a file."""
        with self._changing:
            self._known[identity.key()] = crc
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]


def crc32(descriptor: int, size: int, has_left: Callable[[], bool]) -> int:
    """Read a file of *size* bytes and compute its CRC-32.

    Raises `EndedEarly` if the file is shorter, and when *has_left* tells that nobody wants to
    know any more, which is asked at every quarter of a megabyte.
    """
    chunk = memoryview(bytearray(min(_CHUNK, size)))
    crc = offset = 0
    while offset < size:
        if has_left():
            raise EndedEarly(errno.EPIPE, "Nobody wants it any more.")
        count = _read_into(descriptor, chunk[: size - offset], offset)
        if not count:
            raise EndedEarly(errno.EIO, "The file became shorter.")
        crc = zlib.crc32(chunk[:count], crc)
        offset += count
    return crc


def _read_into(descriptor: int, chunk: memoryview, offset: int) -> int:
    if _readv is not None:
        return _readv(descriptor, [chunk], offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    data = os.read(descriptor, len(chunk))
    chunk[: len(data)] = data
    return len(data)
