"""What one device takes: in one reply, or in the parts that it asks for one after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias

from server.body import Range
from server.deeds import Deed

Key: TypeAlias = tuple[Deed, str, int]
"""What is taken, its ETag, and a hash of the query that says in which form or selection."""

# Stretches of a file that are remembered apart; clients that ask for parts ask for a few.
_MOST_STRETCHES = 256


class Sent(Protocol):
    """The bytes of a reply."""

    def tell(self) -> int:
        """Give how many of them were sent; from any thread."""


class Part:
    """What one reply sends, nearly always all of it; slim, for all but short ones have one.

    Attributes:
        deed, tag, query: what it is of; see `Key`.
        body: its bytes; None for none.
        length: how many there are; None if nobody knows.
        start: where they begin in what is taken; None if they are of several places.
        size: of all that is taken; None if nobody knows.
        files: how many are in it if it is a zip; else 0.
        transfer: what the part is of, where there are others.

    """

    __slots__ = (
        *("_at_end", "body", "deed", "files", "length"),
        *("query", "size", "start", "tag", "transfer"),
    )

    def __init__(
        self,
        deed: Deed,
        body: Sent | None,
        length: int | None,
        at_end: Callable[["Part"], None],
    ) -> None:
        self.deed, self.body, self.length = deed, body, length
        self._at_end = at_end
        self.tag, self.query = "", 0
        self.start: int | None = 0
        self.size, self.files = length, 0
        self.transfer: Transfer | None = None

    @property
    def key(self) -> Key:
        """What it is of."""
        return self.deed, self.tag, self.query

    @property
    def sent(self) -> int:
        """How many bytes were sent; from any thread."""
        return self.body.tell() if self.body is not None else 0

    @property
    def stretch(self) -> Range:
        """What of the whole was sent."""
        return (self.start, self.start + self.sent) if self.start is not None else (0, 0)

    def end(self) -> None:
        """Take note that no more of it is sent; by whoever sent it."""
        self._at_end(self)


class Transfer:
    """What is taken in several parts, or was broken off; for whoever holds the lock around it.

    Attributes:
        deed, key, size, files: as of each of its `Part`s.
        parts: those being sent now.

    """

    def __init__(self, first: Part) -> None:
        self.deed, self.key, self.size, self.files = first.deed, first.key, first.size, first.files
        self.parts: dict[Part, None] = {}
        self._covered: list[Range] = []
        self.add(first)

    def add(self, part: Part) -> None:
        """Take in a part that is being sent."""
        part.transfer = self
        self.parts[part] = None

    def end(self, part: Part) -> None:
        """Take note that *part* is not sent any more."""
        del self.parts[part]
        self._covered = together(self._covered, part.stretch)

    @property
    def sent(self) -> int:
        """How many of its bytes have been sent; what was sent twice counts once."""
        covered = self._covered
        # A copy, for parts begin and end meanwhile.
        for part in list(self.parts):
            covered = together(covered, part.stretch)
        return sum(end - start for start, end in covered)

    @property
    def is_whole(self) -> bool:
        """Whether everything has been sent."""
        return self._covered == [(0, self.size)]


def together(stretches: list[Range], more: Range) -> list[Range]:
    """Add a stretch to others, which are in order and apart from each other, as the result is."""
    if more[0] == more[1]:
        return stretches
    found: list[Range] = []
    for start, end in sorted([*stretches, more]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found if len(found) <= _MOST_STRETCHES else stretches


def place(headers: Mapping[str, str], length: int) -> tuple[int | None, int | None]:
    """Read from a reply with *length* bytes where they begin in the whole, and how long that is.

    Several parts in one reply tell their places inside, where nobody looks.
    """
    told = headers.get("Content-Range")
    if told is None:
        is_whole = not headers.get("Content-Type", "").startswith("multipart/byteranges")
        return (0, length) if is_whole else (None, None)
    stretch, _, size = told.removeprefix("bytes ").partition("/")
    return int(stretch.partition("-")[0]), int(size)


class Counted:
    """Pieces of bytes that are counted as they are taken: the body of a reply of no known length.

    Attributes:
        is_whole: whether all were taken.
        follower: told once, when no more is taken.

    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._sent = 0
        self.is_whole = False
        self.follower: Part | None = None

    def tell(self) -> int:
        """Give how many bytes were taken."""
        return self._sent

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self.is_whole = True
            raise
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """Take no more."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        follower, self.follower = self.follower, None
        if follower is not None:
            follower.end()
