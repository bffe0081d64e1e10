"""Whether a small file would keep whoever decodes it busy for minutes, told before it is decoded.

The readers here have a limit on memory, and none on time: each scan of a JPEG goes over all of its
pixels, and each packed text in a PNG is unpacked. A stranger's file of a megabyte can have ten
thousand of either.
"""

import re

# More than any program writes: a progressive JPEG has a dozen scans.
MOST_SCANS = 64
MOST_TEXTS = 64
# Parts of a JPEG that are looked at; more of them are no picture of anybody's.
_MOST_SEGMENTS = 20_000

# A marker in a JPEG, those left out that have nothing behind them or are a part of a scan.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_SCAN, _END = 0xDA, 0xD9
_PLAIN_FRAMES = frozenset({0xC0, 0xC1})
_PNG_HEAD = 8
_PACKED_TEXTS = frozenset({b"zTXt", b"iTXt"})


def is_too_much(kind: str, data: bytes) -> bool:
    """Tell whether a picture of that *kind*, as Qt calls it, is more work than one ever is."""
    if kind in {"jpeg", "jpg"}:
        return _scans(data) > MOST_SCANS
    return kind == "png" and _packed_texts(data) > MOST_TEXTS


def _scans(data: bytes) -> int:
    """Count the scans of a JPEG, up to one too many."""
    scans, place, parts = 0, 2, 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(data, place)
        if found is None or data[found.end() - 1] == _END:
            return scans
        marker, start = data[found.end() - 1], found.end()
        if marker in _PLAIN_FRAMES:
            parts = int.from_bytes(data[start + 7 : start + 8])
        if marker == _SCAN:
            scans += 1
            if parts and data[start + 2 : start + 3] == bytes([parts]):
                return scans  # all of the picture is in this one, and no other one is read
            if scans > MOST_SCANS:
                return scans
        place = start + max(int.from_bytes(data[start : start + 2]), 2)
    return MOST_SCANS + 1


def _packed_texts(data: bytes) -> int:
    """Count the texts in a PNG that are packed, or may be."""
    count, place = 0, _PNG_HEAD
    while place + 8 <= len(data):
        count += data[place + 4 : place + 8] in _PACKED_TEXTS
        place += 12 + int.from_bytes(data[place : place + 4])
    return count
