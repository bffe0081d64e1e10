"""A body in pieces that are made one after the other, each when the one before it was sent.

What takes no longer than sending it, such as opening a file, is done at the loop. Before a piece
that takes longer, for which a file has to be read, the body becomes slow: from then on a worker
makes and sends it, a long turn at a time, and the loop waits for no disk. One thread does both, for
two that hand over to each other at every small file cost more than the files.
"""

import errno
import os
import socket
import time
from collections.abc import Callable, Generator
from typing import NamedTuple, TypeAlias

from server.body import Body, EndedEarly, Stretch
from server.tunnel import Tunnel

# Seconds for which the loop makes pieces; others wait meanwhile.
_AT_ONCE_FOR = 0.002


class Opened(NamedTuple):
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
"""None of them is empty."""


class Pieces(Body):
    """A body of *length* bytes that can only be sent, from the beginning to the end.

    Args:
        making: makes the pieces, and gives None before one that takes long.
        at_end: called by whoever closes the body, and before that if nobody wants the rest.
        moved: called whenever some of it was sent.

    """

    def __init__(
        self,
        length: int,
        making: Generator[Piece | None],
        at_end: Callable[[], None],
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(length)
        self._making = making
        self._at_end, self._moved = at_end, moved
        # The piece that is being sent, none at first, and where it ends.
        self._piece: Piece = b""
        self._end = 0

    def close(self) -> None:
        """Have no more made, and close the file that is open."""
        if not self.closed:
            super().close()
            try:
                self._let_go()
                self._making.close()
            finally:
                self._at_end()

    def give_up(self) -> None:
        """Take note that nobody wants the rest; whoever sends it closes it."""
        self._at_end()

    def send(self, connection: socket.socket | Tunnel, most: int) -> int:
        """Send up to *most* bytes from here on, of as many pieces; give how many it took."""
        begin, end = self._position, min(self._position + most, self.length)
        until = time.monotonic() + _AT_ONCE_FOR
        while self._position < end:
            if self._position == self._end and (self._is_late(until) or not self._make()):
                break
            if not super().send(connection, end - self._position):
                break
            if self._position == self._end:
                self._drop()
        if self._position != begin:
            self._moved()
        return self._position - begin

    def _is_late(self, until: float) -> bool:
        return not self.is_slow and time.monotonic() > until

    def _make(self) -> bool:
        """Make the next piece; False if that is for a worker."""
        for piece in self._making:
            if piece is not None:
                self._piece, self._end = piece, self._position + _length(piece)
                return True
            if not self.is_slow:
                self.is_slow = True
                return False
        raise EndedEarly(errno.EIO, "The rest could not be made.")

    def _next(self) -> tuple[bytes | Stretch, int]:
        piece, left = self._piece, self._end - self._position
        if not isinstance(piece, Opened):
            return piece, left
        before = left - (piece.stretch.end - piece.stretch.start)
        if before > 0:
            return piece.before, before
        if self._end == self.length:
            # Seen only afterwards, a change would not be told any more.
            piece.check()
        return piece.stretch, left

    def _drop(self) -> None:
        """Be done with the piece."""
        try:
            if isinstance(self._piece, Opened):
                self._piece.check()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        piece, self._piece = self._piece, b""
        if isinstance(piece, Opened):
            piece.close()


def _length(piece: Piece) -> int:
    if isinstance(piece, Opened):
        return len(piece.before) + piece.stretch.end - piece.stretch.start
    return len(piece)
