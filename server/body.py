"""The bytes of a reply as a file, sent by the system itself where it can."""

from __future__ import annotations

import errno
import io
import os
import socket
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from server.reading import read_at

if TYPE_CHECKING:  # takes TLS, which most shares do not
    from server.tunnel import Tunnel

Range: TypeAlias = tuple[int, int]
"""First byte, and the one after the last."""

_SendFile: TypeAlias = Callable[[int, int, int], int]
"""Sends from a descriptor, from a place on, so many bytes; tells how many, and 0 at the end."""


class EndedEarly(OSError):
    """A file is shorter than when its reply began; the connection must end visibly short."""


def ended_early(sentence: str) -> EndedEarly:
    """Give the error for a body that cannot be sent to its end; *sentence* says why."""
    return EndedEarly(errno.EIO, sentence)


class Stretch(NamedTuple):
    """The bytes of an open file from *start* to before *end*."""

    descriptor: int
    start: int
    end: int


class Follower(Protocol):
    """Whoever wants to know what becomes of a reply."""

    def end(self) -> None:
        """Take note that no more of it is sent; on whichever thread, and without waiting."""


class Body(io.RawIOBase):
    """The bytes of a reply as a file, for a server that sends them when the client has room.

    Not for two threads at once. Sending never gives less than was promised: what ended early raises
    `EndedEarly`, for at an end without an error waitress spins for ever.

    Attributes:
        length: how many bytes there are in all.
        is_slow: whether sending it takes longer than a turn at the loop may, but for a disk that
            holds it up.
        follower: told once it is closed, when `tell` says how many of them were sent.

    """

    is_slow = False
    follower: Follower | None = None

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length
        self._position = 0
        self._is_sendable = True

    def send(self, connection: socket.socket | Tunnel, most: int) -> int:
        """Send up to *most* bytes from here on; give how many it took.

        It may be fewer, and 0 if the connection has no room. Raises `OSError`.
        """
        part, left = self._next()
        most = min(most, left)
        if isinstance(part, bytes):
            start = len(part) - left
            is_plain = isinstance(connection, socket.socket)
            more = _MORE if is_plain and self._position + most < self.length else 0
            sent = _sent(connection, memoryview(part)[start : start + most], more)
        elif (send_file := self._sendfile_to(connection)) is not None:
            sent = self._send_file(send_file, part, part.end - left, most)
        else:
            data = read_at(part.descriptor, min(most, _PIECE), part.end - left)
            if not data:
                raise EndedEarly(errno.EIO, "The file became shorter while it was sent.")
            sent = _sent(connection, data)
        self._position += sent
        return sent

    def _sendfile_to(self, connection: socket.socket | Tunnel) -> _SendFile | None:
        """Give what sends a file to *connection* in one go; None if there is no such thing."""
        if not isinstance(connection, socket.socket):
            # The system would send past it.
            return connection.send_file
        if _sendfile is None or not self._is_sendable:
            return None
        return partial(_sendfile, connection.fileno())

    def _send_file(self, send_file: _SendFile, part: Stretch, start: int, size: int) -> int:
        try:
            sent = send_file(part.descriptor, start, size)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno not in _NOT_THIS_FILE:
                raise
            # Some disks in user space; from now on it is read and sent.
            self._is_sendable = False
            return 0
        if not sent:
            raise EndedEarly(errno.EIO, "The file became shorter while it was sent.")
        return sent

    def give_up(self) -> None:
        """Take note that nobody wants the rest, though a disk may hold up who sends it just now."""

    def _next(self) -> tuple[bytes | Stretch, int]:
        """Give the part to go on with and how much of it is left."""
        raise NotImplementedError

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place among the bytes of the reply."""
        start = (0, self._position, self.length)[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Give the place among the bytes of the reply."""
        return self._position

    def seekable(self) -> bool:
        """Tell that it has a length, which waitress asks in this way."""
        return True

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def close(self) -> None:
        """Be done with it, whether all of it was sent or not."""
        if not self.closed:
            super().close()
            follower, self.follower = self.follower, None
            if follower is not None:
                follower.end()


class FileBody(Body):
    """Parts of an open file, and what stands between them.

    Closing it closes the file; -1 stands for none. Reading never gives less than was promised.
    """

    def __init__(self, descriptor: int, parts: Iterable[bytes | Range]) -> None:
        self._descriptor = descriptor
        self._parts = tuple(
            part if isinstance(part, bytes) else Stretch(descriptor, *part) for part in parts
        )
        self._ends = tuple(accumulate(map(_length, self._parts)))
        super().__init__(self._ends[-1])

    def read(self, size: int = -1) -> bytes:
        """Give up to *size* bytes, and none only at the end; a part at a time."""
        if size < 0 or self._position + size > self.length:
            size = self.length - self._position
        if size <= 0:
            return b""
        part, left = self._next()
        if isinstance(part, bytes):
            data = part[len(part) - left :][:size]
        else:
            data = read_at(part.descriptor, min(size, left), part.end - left)
        if not data:
            raise EndedEarly(errno.EIO, "The file became shorter while it was sent.")
        self._position += len(data)
        return data

    def _next(self) -> tuple[bytes | Stretch, int]:
        number = bisect_right(self._ends, self._position)
        return self._parts[number], self._ends[number] - self._position

    def close(self) -> None:
        """Close the real file."""
        if not self.closed and self._descriptor >= 0:
            os.close(self._descriptor)
        super().close()


def _length(part: bytes | Stretch) -> int:
    return len(part) if isinstance(part, bytes) else part.end - part.start


def length_of(parts: Iterable[bytes | Range]) -> int:
    """Give how many bytes *parts* are in all."""
    return sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in parts)


def _sent(connection: socket.socket | Tunnel, data: bytes | memoryview, flags: int = 0) -> int:
    try:
        return connection.send(data, flags)
    except BlockingIOError:
        return 0


# Has the system wait for what follows, and send both in one packet.
_MORE = getattr(socket, "MSG_MORE", 0)
# What is read at once where the system does not send files by itself.
_PIECE = 1 << 18
_NOT_THIS_FILE = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}
)
_sendfile: Callable[[int, int, int, int], int] | None = getattr(os, "sendfile", None)
