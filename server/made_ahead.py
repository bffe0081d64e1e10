"""A body that is made while it is sent, by whoever sends it or a thread that is a little ahead.

What takes no longer than sending it, such as opening a file, is done by whoever sends it, for many
pieces at once: two threads that wait for each other at every file cost more than the files. At the
first piece that takes longer, for which files have to be read, a thread takes over, and the server
sends what is there. If nothing is, it waits for no more than to be woken up; and a client that
takes its time has the thread wait, once it is far enough ahead.
"""

import errno
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from server.body import Body, EndedEarly, Stretch
from server.folder_problem import FolderProblem
from server.tunnel import Tunnel

# How far the thread is ahead: in bytes, and in open files; but by one file at least.
MOST_BYTES = 64 << 20
MOST_FILES = 32
# What is made at once by whoever sends it, in pieces and in seconds; others wait meanwhile.
_AT_ONCE = 16
_AT_ONCE_FOR = 0.002
# What is awaited of the thread is sent once there is that much of it, or after so many seconds.
_ENOUGH_BYTES = 16 << 20
_ENOUGH_FILES = 16
_SOON = 0.01

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """Bytes of a file that is open for them alone, and is closed after them.

    Attributes:
        status: what the file has to be like still when they are sent.
        before: what is sent together with them, before them.

    """

    stretch: Stretch
    status: os.stat_result
    before: bytes = b""

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.stretch.descriptor)

    def check(self) -> None:
        """Raise `EndedEarly` if the file was changed meanwhile."""
        now = os.fstat(self.stretch.descriptor)
        if (now.st_size, now.st_mtime_ns, now.st_ctime_ns) != (
            self.status.st_size,
            self.status.st_mtime_ns,
            self.status.st_ctime_ns,
        ):
            raise EndedEarly(errno.EIO, "The file was changed while it was sent.")


Piece: TypeAlias = bytes | Opened


class MadeAhead(Body):
    """A body of *length* bytes in pieces that are made one after the other.

    It can only be sent, from the beginning to the end. The thread, if there is one, ends with the
    last piece, or at the next piece after the body was closed.

    Args:
        pieces: makes the pieces, and gives None before one that takes long. It stops by itself if
            *closed* tells that the body was closed.
        at_end: called once, by whoever closes the body.
        moved: called whenever some of it was sent.

    """

    def __init__(
        self,
        length: int,
        pieces: Callable[[Callable[[], bool]], Iterator[Piece | None]],
        at_end: Callable[[], None],
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(length)
        self._making = self._until_it_fails(pieces(lambda: self.closed))
        self._at_end, self._moved = at_end, moved
        self._wake: Callable[[], None] = lambda: None
        # What is made and not sent yet, with the piece that is being sent.
        self._made: deque[Piece] = deque()
        # Whether the thread has taken over.
        self._is_on_thread = False
        self._changed = threading.Condition()
        # How many bytes and open files these are.
        self._bytes = self._files = 0
        # Where the piece that is being sent begins.
        self._start = 0
        self._is_over = False
        # Whether all that the thread made was sent, and since when something waits until it is
        # enough.
        self._is_awaited = False
        self._since: float | None = None
        # Whether the client had no room for what was to be sent, and whether the thread waits until
        # much of it is.
        self._is_held_up = self._is_full = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a piece to send, or none will come; from any thread."""
        return not self._is_awaited or self._is_over or self.closed

    def begin(self, wake: Callable[[], None]) -> None:
        """Make the first pieces; *wake* is called on the thread when others are awaited no more."""
        self._wake = wake
        self._make_some()

    def close(self) -> None:
        """Have no more made, and close every file."""
        with self._changed:
            if self.closed:
                return
            super().close()
            while self._made:
                _close(self._made.popleft())
            self._changed.notify()
            if not self._is_on_thread:
                self._making.close()
        self._at_end()

    # Sending

    def send(self, connection: socket.socket | Tunnel, most: int) -> int:
        """Send up to *most* bytes from here on, of as many pieces; give how many it took."""
        begin, end = self._position, min(self._position + most, self.length)
        while self._position < end:
            if not self._made and not self._is_on_thread:
                self._make_some()
            if not super().send(connection, end - self._position):
                break
            piece = self._made[0]
            sent = self._position - self._start
            if sent == _length(piece):
                self._drop()
            elif isinstance(piece, bytes) or sent != len(piece.before):
                # There was no room for more.
                break
        if self._position < end and self._is_on_thread:
            self._give_way()
        if self._position != begin:
            self._moved()
        return self._position - begin

    def _next(self) -> tuple[bytes | Stretch, int]:
        if not self._made:
            raise EndedEarly(errno.EIO, "The rest could not be made.")
        piece = self._made[0]
        left = self._start + _length(piece) - self._position
        if isinstance(piece, bytes):
            return piece, left
        if self._position < self._start + len(piece.before):
            return piece.before, self._start + len(piece.before) - self._position
        if self._position + left == self.length:
            # Seen only afterwards, a change would not be told any more.
            piece.check()
        return piece.stretch, left

    def _drop(self) -> None:
        """Be done with the first piece."""
        with self._changed:
            piece = self._made.popleft()
            self._start = self._position
            self._count(piece, -1)
            self._is_awaited = self._is_on_thread and not self._made
            if self._is_awaited:
                self._changed.notify()
            if self._is_full and self._has_room(MOST_BYTES // 2, MOST_FILES // 2):
                self._is_full = False
                self._changed.notify()
        try:
            if isinstance(piece, Opened):
                piece.check()
        finally:
            _close(piece)

    def _give_way(self) -> None:
        """Let the thread go on while the client has no room."""
        with self._changed:
            self._is_held_up = True
            self._changed.notify()

    def _count(self, piece: Piece, sign: int) -> None:
        self._bytes += sign * _length(piece)
        self._files += sign * isinstance(piece, Opened)

    # Making

    def _until_it_fails(self, pieces: Iterator[Piece | None]) -> Generator[Piece | None]:
        try:
            yield from pieces
        except (FolderProblem, OSError):
            # What was promised cannot be sent; the client sees that it ends early.
            pass
        except Exception:
            # The thread is nobody's: a mistake of ours would be seen nowhere else.
            _log.exception("An archive could not be made.")
        finally:
            self._is_over = True

    def _make_some(self) -> None:
        """Make the next pieces, up to one that takes long, and have the thread make that."""
        until = time.monotonic() + _AT_ONCE_FOR
        for piece in islice(self._making, _AT_ONCE):
            if piece is None:
                self._is_on_thread, self._is_awaited = True, not self._made
                threading.Thread(target=self._make, name="archive", daemon=True).start()
                return
            self._add(piece)
            if time.monotonic() > until:
                return

    def _add(self, piece: Piece) -> None:
        self._made.append(piece)
        self._count(piece, 1)

    def _make(self) -> None:
        """Make all of the rest, on the thread."""
        try:
            for piece in self._making:
                if piece is not None and not self._put(piece):
                    return
        finally:
            self._making.close()
            self._wake()

    def _put(self, piece: Piece) -> bool:
        """Have *piece* sent, and wait until another one is wanted; False if none is."""
        with self._changed:
            if self.closed:
                _close(piece)
                return False
            self._add(piece)
            is_ready = self._is_awaited and self._is_enough()
            if is_ready:
                self._is_awaited, self._is_held_up, self._since = False, False, None
        if is_ready:
            self._wake()
        with self._changed:
            if is_ready:
                # At work at once, both would do nothing but take the interpreter from each other.
                self._changed.wait_for(self._is_wanted, _SOON)
            if not self._has_room(MOST_BYTES, MOST_FILES):
                # Much at once and then nothing costs less than a little all the time.
                self._is_full = True
                self._changed.wait_for(lambda: self.closed or not self._is_full)
            return not self.closed

    def _is_wanted(self) -> bool:
        """Tell whether the thread is to go on: whoever sends has nothing to do."""
        return self.closed or self._is_awaited or self._is_held_up

    def _is_enough(self) -> bool:
        """Tell whether what is made is worth sending; the first piece is."""
        now = time.monotonic()
        self._since = self._since or now
        is_late = not self._position or now - self._since > _SOON
        return is_late or self._bytes >= _ENOUGH_BYTES or self._files >= _ENOUGH_FILES

    def _has_room(self, most_bytes: int, most_files: int) -> bool:
        is_ahead = len(self._made) > 1
        return not is_ahead or (self._bytes < most_bytes and self._files < most_files)


def _length(piece: Piece) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    return len(piece.before) + piece.stretch.end - piece.stretch.start


def _close(piece: Piece) -> None:
    if isinstance(piece, Opened):
        piece.close()
