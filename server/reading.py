"""Bytes of an open file from any place on, without moving along in it where the system can."""

import mmap
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


def room(size: int) -> memoryview:
    """Give memory to read *size* bytes into, again and again.

    It begins at a page, as what the system has read of a file does. A `bytearray` begins 16 bytes
    later, and from one to the other AMD's processors (Zen 3, Zen 4) copy at a third of their pace:
    what is written looks to them as if it overlapped with what is read next.
    """
    return memoryview(mmap.mmap(-1, size))


def read_into(descriptor: int, memory: memoryview, offset: int) -> int:
    """Read a file from *offset* on, up to what *memory* holds; give how many bytes there were.

    Memory that is used again and again costs far less than fresh memory for every piece.
    """
    if _preadv is not None:
        return _preadv(descriptor, [memory], offset)
    data = read_at(descriptor, len(memory), offset)
    memory[: len(data)] = data
    return len(data)
