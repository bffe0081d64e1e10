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
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from server.body import Body, EndedEarly, Stretch
from server.open_file import OpenFile
from server.tunnel import Tunnel

# Seconds for which the loop makes pieces; others wait meanwhile.
_AT_ONCE_FOR = 0.002


class Piece(NamedTuple):
    """Some of the bytes, and the files that are open for them alone, and closed after them.

    Attributes:
        parts: are sent one after the other; there is one at least, and none is empty.
        files: have to be still as they were when they are sent.

    """

    parts: Sequence[bytes | Stretch]
    files: Sequence[OpenFile] = ()

    def check(self) -> None:
        """Raise `EndedEarly` if a file was changed meanwhile."""
        for file in self.files:
            if not _is_unchanged(file):
                raise EndedEarly(errno.EIO, "A file was changed while it was sent.")

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close()


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
        # The piece that is being sent, none at first; which part of it, and where that ends.
        self._piece, self._number, self._end = _NONE, 0, 0

    def close(self) -> None:
        """Have no more made, and close the files that are open."""
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
            if self._position == self._end and not self._goes_on(until):
                break
            if not super().send(connection, end - self._position):
                break
            if self._position == self._end and self._number + 1 == len(self._piece.parts):
                self._drop()
        if self._position != begin:
            self._moved()
        return self._position - begin

    def _goes_on(self, until: float) -> bool:
        """Go on to the next part; False if there is no time for it, or it is for a worker."""
        self._number += 1
        if self._number >= len(self._piece.parts):
            if (not self.is_slow and time.monotonic() > until) or not self._make():
                return False
            self._number = 0
        self._end = self._position + _length(self._piece.parts[self._number])
        return True

    def _make(self) -> bool:
        """Make the next piece; False if that is for a worker."""
        for piece in self._making:
            if piece is not None:
                self._piece = piece
                return True
            if not self.is_slow:
                self.is_slow = True
                return False
        raise EndedEarly(errno.EIO, "The rest could not be made.")

    def _next(self) -> tuple[bytes | Stretch, int]:
        if self._end == self.length:
            # Seen only afterwards, a change would not be told any more.
            self._piece.check()
        return self._piece.parts[self._number], self._end - self._position

    def _drop(self) -> None:
        """Be done with the piece."""
        try:
            self._piece.check()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        piece, self._piece = self._piece, _NONE
        piece.close()


def _length(part: bytes | Stretch) -> int:
    return len(part) if isinstance(part, bytes) else part.end - part.start


def _is_unchanged(file: OpenFile) -> bool:
    now, before = os.fstat(file.descriptor), file.status
    return (
        now.st_mtime_ns == before.st_mtime_ns
        and now.st_ctime_ns == before.st_ctime_ns
        and now.st_size == before.st_size
    )


_NONE = Piece(())
