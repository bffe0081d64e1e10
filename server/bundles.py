"""What is made of an archive, put together in pieces that are worth their while.

Opened, sent and closed one after the other, each file costs more than in a bundle: sending takes
out of the processor's memory what opening the next one needs.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from server.body import Stretch
from server.open_file import OpenFile
from server.pieces import Piece

# The weight at which a bundle is full: of as many bytes in memory, or of 64 short pieces of these;
# of 16 open files, or of 16 MB of these.
_FULL = 1 << 18
_LEAST, _OPEN, _OF_FILE = _FULL // 64, _FULL // 16, 64


class Opened(NamedTuple):
    """Bytes of an open file, from *start* to before *end*, and what stands before them."""

    before: bytes
    file: OpenFile
    start: int
    end: int


def bundled(made: Iterable[bytes | Opened | None]) -> Iterator[Piece | None]:
    """Put together what is *made*; None comes before what takes long, here as there.

    Only bytes wait for that: no file is held open while another one is read.
    """
    bundle = _Bundle()
    try:
        for one in made:
            if one is not None:
                bundle.add(one)
            if bundle.is_full or (one is None and bundle.files):
                yield bundle.taken()
            if one is None:
                yield None
        if not bundle.is_empty:
            yield bundle.taken()
    finally:
        for file in bundle.files:
            file.close()


class _Bundle:
    """What the next piece has in it so far.

    Attributes:
        files: that are open for it; whoever takes it closes them.

    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.files: list[OpenFile] = []
        self._parts: list[bytes | Stretch] = []
        # What goes into the next part.
        self._bytes: list[bytes] = []
        self._weight = 0

    @property
    def is_empty(self) -> bool:
        return not self._weight

    @property
    def is_full(self) -> bool:
        return self._weight >= _FULL

    def add(self, made: bytes | Opened) -> None:
        """Add what comes next; bytes go together, and with the file that follows."""
        if isinstance(made, bytes):
            self._bytes.append(made)
            self._weight += max(len(made), _LEAST)
            return
        before, file, start, end = made
        self._bytes.append(before)
        self._join()
        self._parts.append(Stretch(file.descriptor, start, end))
        self.files.append(file)
        self._weight += max(_OPEN, (end - start) // _OF_FILE)

    def taken(self) -> Piece:
        """Give it, and begin another one."""
        self._join()
        piece = Piece(self._parts, self.files)
        self._begin()
        return piece

    def _join(self) -> None:
        if joined := b"".join(self._bytes):
            self._parts.append(joined)
        self._bytes.clear()
