"""Bytes of an open file from any place on, without moving along in it where the system can."""

import os
from collections.abc import Callable

_pread: Callable[[int, int, int], bytes] | None = getattr(os, "pread", None)
_preadv: Callable[[int, list[memoryview], int], int] | None = getattr(os, "preadv", None)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Read up to *size* bytes of a file from *offset* on."""
    if _pread is not None:
        return _pread(descriptor, size, offset)
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, size)


def read_into(room: memoryview, descriptor: int, offset: int) -> int:
    """Read a file from *offset* on, up to what *room* holds; give how many bytes there were.

    Memory that is used again and again costs far less than fresh memory for every piece.
    """
    if _preadv is not None:
        return _preadv(descriptor, [room], offset)
    data = read_at(descriptor, len(room), offset)
    room[: len(data)] = data
    return len(data)
