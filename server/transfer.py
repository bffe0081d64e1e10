"""What one device takes: in one reply, or in the parts that it asks for one after the other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from server.body import Range
from server.deeds import Deed

# Stretches of a file that are remembered apart; clients that ask for parts ask for a few.
_MOST_STRETCHES = 256


@dataclass(slots=True, eq=False)
class Transfer:
    """A file or a zip on its way to one device; for whoever holds the lock around it.

    Attributes:
        size: of all of it, in bytes; None if nobody knows yet.
        files: how many are in it if it is a zip; else 0.
        began: on the monotonic clock.
        parts: what is being sent of it now.
        is_whole: whether everything has been sent.

    """

    deed: Deed
    size: int | None
    files: int
    began: float = field(default_factory=time.monotonic)
    parts: "dict[Part, None]" = field(default_factory=dict)
    is_whole: bool = False
    _covered: list[Range] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many of its bytes have been sent; what was sent twice counts once."""
        covered = self._covered
        for part in list(self.parts):
            covered = together(covered, part.stretch)
        return sum(end - start for start, end in covered)

    def end(self, part: "Part", *, has_ended: bool = False) -> None:
        """Take note that *part* is not sent any more; *has_ended*: by the end of it all."""
        self.parts.pop(part, None)
        self._covered = together(self._covered, part.stretch)
        self.is_whole = has_ended or self._covered == [(0, self.size)] or self.size == 0


@dataclass(slots=True, eq=False)
class Part:
    """What one reply sends.

    Attributes:
        position: tells how many bytes of the reply were sent; from any thread.
        length: how many there are; None if nobody knows.
        start: where they begin in what is taken; None if they are of several places.
        transfer: what is taken; None for what is only looked at.

    """

    deed: Deed
    position: Callable[[], int]
    length: int | None
    start: int | None = 0
    transfer: Transfer | None = None

    @property
    def stretch(self) -> Range:
        """What of the whole was sent."""
        start = self.start
        return (start, start + self.position()) if start is not None else (0, 0)


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


def place(headers: Mapping[str, str], length: int) -> tuple[int | None, int]:
    """Read from a reply with *length* bytes where they begin in the whole, and how long that is."""
    told = headers.get("Content-Range")
    if told is None:
        # Several parts tell their places inside.
        is_whole = not headers.get("Content-Type", "").startswith("multipart/byteranges")
        return (0, length) if is_whole else (None, -1)
    stretch, _, size = told.removeprefix("bytes ").partition("/")
    return int(stretch.partition("-")[0]), int(size)
