"""A folder, or a selection of files, as one zip that is made while it is sent.

Everything but the CRC-32 of the files is known before the first byte: where each file is in the
archive, its length, and its ETag. So any part of it can be sent on its own; and as long as the
files are the same, so are the bytes.
"""

import errno
import os
import threading
import time
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from deflate import crc32

from server import zip_format
from server.body import EndedEarly, Range
from server.bundles import Opened, bundled
from server.checksums import CHUNK, Checksums, crc32_of
from server.digests import Identity, unsettled_for
from server.open_file import OpenFile
from server.pieces import Piece
from server.reading import read_at, room

# Files up to this size are read into memory, and sent together with what stands around them.
SMALL = 1 << 16
# A file of this size or more is read while the one before it is sent: what the system has taken of
# that, up to as much, does not keep the network busy for as long as a slow disk takes.
BIG = 1 << 22
# Lines of the directory that are made at once.
_LINES = 256

HasLeft = Callable[[], bool]


class Member(NamedTuple):
    """A file or an empty folder of an archive.

    Attributes:
        name: as the archive has it, in UTF-8; the name of a folder ends with a slash.
        modified: in seconds since the epoch.
        content: the file of the shared folder, or the bytes themselves.

    """

    name: bytes
    size: int
    modified: int
    content: Identity | bytes

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, which has nothing in it."""
        return self.name.endswith(b"/")


class Archive:
    """A zip of *members*, in that order; nothing of it can be changed.

    Attributes:
        length: in bytes.
        etag: strong; of the same members, unchanged, it is always the same.

    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        # Where each local header begins, and the directory; and where its lines begin, every
        # so many of them, and its end.
        self._starts = array("Q", [0])
        self._lines = array("Q")
        etag = sha256(b"1\n")
        start = 0
        for member in members:
            start += _local_size(member) + member.size
            self._starts.append(start)
            etag.update(_described(member))
        for number, member in enumerate(members):
            if number % _LINES == 0:
                self._lines.append(start)
            start += zip_format.central_size(*member[:3], self._starts[number])
        self._lines.append(start)
        self.length = start + len(self._end())
        self.etag = f'"{etag.hexdigest()[:32]}"'

    def pieces(
        self,
        parts: Iterable[bytes | Range],
        find: Callable[[str], OpenFile],
        checksums: Checksums,
        has_left: HasLeft,
    ) -> Iterator[Piece | None]:
        """Make the bytes of *parts*, one piece after the other.

        None comes before a piece for which a file has to be read to its end. *find* opens a file
        of the shared folder. Raises `EndedEarly` if a file is not any more what it was, or soon
        after *has_left* tells that nobody wants the rest; and what *find* raises.
        """
        making = _Making(self._members, find, checksums, has_left)
        return bundled(piece for part in parts for piece in self._part(part, making))

    def _part(self, part: bytes | Range, making: "_Making") -> Iterator[bytes | Opened | None]:
        if isinstance(part, bytes):
            yield part
            return
        start, end = part
        for number in range(bisect_right(self._starts, start) - 1, len(self._members)):
            begin = self._starts[number]
            if begin >= end:
                return
            if not making.knows(number):
                yield None
            yield making.file(number, max(0, start - begin), end - begin)
        for block in range(max(0, bisect_right(self._lines, start) - 1), len(self._lines) - 1):
            begin = self._lines[block]
            if begin >= end:
                return
            numbers = self._numbers(block)
            if not all(map(making.knows, numbers)):
                yield None
            yield self._directory(numbers, making)[max(0, start - begin) : end - begin]
        begin = self._lines[-1]
        if begin < end:
            yield self._end()[max(0, start - begin) : end - begin]

    def _numbers(self, block: int) -> range:
        first = block * _LINES
        return range(first, min(first + _LINES, len(self._members)))

    def _directory(self, numbers: range, making: "_Making") -> bytes:
        return b"".join(
            zip_format.central_header(
                *self._members[number][:3], making.crc(number), self._starts[number]
            )
            for number in numbers
        )

    def _end(self) -> bytes:
        begin = self._starts[-1]
        return zip_format.end(len(self._members), self._lines[-1] - begin, begin)


class _Making:
    """What one sending of an archive needs; for one thread, and one more that reads ahead."""

    def __init__(
        self,
        members: Sequence[Member],
        find: Callable[[str], OpenFile],
        checksums: Checksums,
        has_left: HasLeft,
    ) -> None:
        self._members, self._find = members, find
        self._checksums, self._has_left = checksums, has_left
        # The directory at the end has what stood before the files, whatever is remembered then.
        self._crcs: dict[int, int] = {}
        # Those that are being found ahead.
        self._ahead: dict[int, Future[int]] = {}
        self._memory = room(CHUNK)

    def knows(self, number: int) -> bool:
        """Tell whether the CRC-32 of a member is known, and no file has to be read for it."""
        if number in self._crcs:
            return True
        content = self._members[number].content
        known = crc32(content) if isinstance(content, bytes) else self._checksums.get(content)
        if known is None:
            return False
        self._crcs[number] = known
        return True

    def file(self, number: int, start: int, end: int) -> bytes | Opened:
        """Give the bytes of a member from *start* on, counted from its header, to before *end*."""
        member = self._members[number]
        if member.size <= SMALL or isinstance(member.content, bytes):
            content = self._small(number)
            return (self._header(number) + content)[start:end]
        before = _local_size(member)
        file = opened(self._find, member.content)
        try:
            header = b""
            if start < before:
                if number not in self._crcs:
                    self._find_out(number, member.content, file)
                header = self._header(number)[start:end]
            if end > before + member.size:
                self._read_ahead(number + 1)
            first, last = max(0, start - before), min(end - before, member.size)
            if first < last:
                return Opened(header, file, first, last)
        except BaseException:
            file.close()
            raise
        file.close()
        return header

    def crc(self, number: int) -> int:
        """Give the CRC-32 of a member; reads it if nobody has yet."""
        content = self._members[number].content
        if not self.knows(number) and not isinstance(content, bytes):
            with opened(self._find, content) as file:
                self._find_out(number, content, file)
        return self._crcs[number]

    def _header(self, number: int) -> bytes:
        """Give what stands before a member whose CRC-32 is known."""
        name, size, modified, _ = self._members[number]
        return zip_format.local_header(name, size, modified, self._crcs[number])

    def _small(self, number: int) -> bytes:
        """Read a small file at once."""
        content = self._members[number].content
        if isinstance(content, bytes):
            return content
        if self._has_left():
            raise EndedEarly(errno.EPIPE, "Nobody wants it any more.")
        with opened(self._find, content) as file, self._reading(content):
            is_settled = not unsettled_for(content, time.time_ns())
            data = _read(file.descriptor, content.size)
            check(file.descriptor, content)
        self._crcs[number] = crc32(data)
        if is_settled:
            self._checksums.keep(content, self._crcs[number])
        return data

    def _find_out(self, number: int, content: Identity, file: OpenFile) -> None:
        """Find the CRC-32 of a member, which is read unless that was begun ahead."""
        ahead = self._ahead.pop(number, None)
        crc = ahead.result() if ahead is not None else self._read(content, file, self._memory)
        self._crcs[number] = crc

    def _read_ahead(self, number: int) -> None:
        """Begin to read a big member, if there is one and its CRC-32 is not known."""
        if number == len(self._members) or self.knows(number):
            return
        content = self._members[number].content
        if isinstance(content, bytes) or content.size < BIG:
            return
        file, found = opened(self._find, content), Future[int]()

        def read() -> None:
            with file:
                try:
                    found.set_result(self._read(content, file, room(CHUNK)))
                except BaseException as error:  # whoever waits for it has to know
                    found.set_exception(error)

        try:
            threading.Thread(target=read, name="archive", daemon=True).start()
        except RuntimeError:
            # The system has no more of them; it is read when its turn comes.
            file.close()
        else:
            self._ahead[number] = found

    def _read(self, content: Identity, file: OpenFile, memory: memoryview) -> int:
        """Read an open file for its CRC-32, and remember that."""
        # What is changed again at once may look the same; that is not remembered.
        is_settled = not unsettled_for(content, time.time_ns())
        with self._reading(content):
            crc = crc32_of(file.descriptor, content.size, self._has_left, memory)
        check(file.descriptor, content)
        if is_settled:
            self._checksums.keep(content, crc)
        return crc

    @contextmanager
    def _reading(self, content: Identity) -> Iterator[None]:
        """Remember a file that the disk fails to read: without it the next archive is whole."""
        try:
            yield
        except EndedEarly:
            raise
        except OSError:
            self._checksums.give_up(content)
            raise


def opened(find: Callable[[str], OpenFile], wanted: Identity) -> OpenFile:
    """Open a file, and see that it still is what it was."""
    file = find(wanted.path)
    if not wanted.is_of(file.status):
        file.close()
        raise _changed()
    return file


def check(descriptor: int, wanted: Identity) -> None:
    """See that an open file still is what it was, or raise `EndedEarly`."""
    if not wanted.is_of(os.fstat(descriptor)):
        raise _changed()


def _local_size(member: Member) -> int:
    return zip_format.local_size(*member[:3])


def _described(member: Member) -> bytes:
    """Give what tells a member, as it is in an archive, from every other one."""
    content = member.content
    if not isinstance(content, bytes):
        content = b"%d %d %d" % (content.modified, content.changed, content.inode)
    # The archive has local time, which depends on where it is made as well.
    date, clock = zip_format.dos_time(member.modified)
    numbers = (len(member.name), member.size, member.modified, date, clock, len(content))
    return b"%d %d %d %d %d %d\n" % numbers + member.name + content


def _read(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = read_at(descriptor, size - len(data), len(data))
        if not more:
            raise EndedEarly(errno.EIO, "The file became shorter.")
        data += more
    return data


def _changed() -> EndedEarly:
    return EndedEarly(errno.EIO, "The file is not any more what it was.")
