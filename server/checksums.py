"""CRC-32 of files, which a zip needs before it sends them; remembered while the program runs."""

import errno
import threading
import time
from collections.abc import Callable

from deflate import crc32

from server.body import EndedEarly
from server.digests import Identity
from server.reading import read_into, room

# Some 20 MB.
MOST_KNOWN = 100_000
# Seconds for which a file that a disk could not read is not tried again.
GIVEN_UP_FOR = 600
# Fits into a processor's own memory, and takes some tenths of a millisecond.
CHUNK = 1 << 20


class Checksums:
    """The CRC-32 of files, by their identity. May be used from several threads."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}
        self._given_up: dict[Identity, float] = {}
        self._changing = threading.Lock()

    def get(self, identity: Identity) -> int | None:
        """Give the CRC-32 of a file if it is remembered."""
        return self._known.get(_key(identity))

    def keep(self, identity: Identity, crc: int) -> None:
        """Remember the CRC-32 of a file."""
        with self._changing:
            self._known[_key(identity)] = crc
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]

    def give_up(self, identity: Identity) -> None:
        """Remember that a disk could not read a file, for a while."""
        with self._changing:
            self._given_up[identity] = time.monotonic() + GIVEN_UP_FOR
            if len(self._given_up) > MOST_KNOWN:
                del self._given_up[next(iter(self._given_up))]

    def is_given_up(self, identity: Identity) -> bool:
        """Tell whether a disk could not read that version of a file a while ago."""
        return self._given_up.get(identity, 0) > time.monotonic()


def _key(identity: Identity) -> bytes:
    """Give what tells a version of a file, whatever leads to it; it takes little room."""
    return b"%d %d %d %d %d" % identity[1:]


def crc32_of(
    descriptor: int, size: int, has_left: Callable[[], bool], memory: memoryview | None = None
) -> int:
    """Read a file of *size* bytes and compute its CRC-32.

    Raises `EndedEarly` if the file is shorter, and when *has_left* tells that nobody wants to
    know any more, which is asked at every megabyte. It is read into *memory*, which whoever reads
    many files makes once: fresh memory costs as much as the checksum.
    """
    chunk = room(min(CHUNK, max(size, 1))) if memory is None else memory
    crc = offset = 0
    while offset < size:
        if has_left():
            raise EndedEarly(errno.EPIPE, "Nobody wants it any more.")
        count = read_into(descriptor, chunk[: size - offset], offset)
        if not count:
            raise EndedEarly(errno.EIO, "The file became shorter.")
        crc = crc32(chunk[:count], crc)
        offset += count
    return crc
