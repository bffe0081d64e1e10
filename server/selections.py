"""What somebody selected for one archive, kept for as long as the archive may be asked for."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from server.names import components

MOST_PATHS = 10_000
# Bytes of paths that are remembered in all; the oldest selections go first.
MOST_REMEMBERED = 16 << 20


@dataclass(frozen=True, slots=True)
class Selection:
    """Files and folders of the share.

    Attributes:
        base: the folder that all of them are in.
        paths: in order, and none within another.

    """

    base: str
    paths: tuple[str, ...]

    @property
    def token(self) -> str:
        """What stands for it in a URL: the same for the same paths."""
        return sha256("\0".join(self.paths).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def selection(paths: Iterable[str]) -> Selection | None:
    """Make a selection of *paths*, in any order; None if one of them cannot be selected."""
    # Compared name by name, a folder comes right before everything in it.
    named = sorted({components(path.removesuffix("/")) or () for path in paths})
    if not named or not named[0]:
        return None
    outermost: list[tuple[str, ...]] = []
    for names in named:
        if not outermost or names[: len(outermost[-1])] != outermost[-1]:
            outermost.append(names)
    base = outermost[0][:-1]
    # In order, so that what the first and the last have in common all of them have.
    while outermost[-1][:-1][: len(base)] != base:
        base = base[:-1]
    return Selection("/".join(base), tuple("/".join(names) for names in outermost))


class Selections:
    """Selections by their tokens. May be used from several threads."""

    def __init__(self) -> None:
        self._remembered: dict[str, str] = {}
        self._size = 0
        self._changing = threading.Lock()

    def remember(self, wanted: Selection) -> None:
        """Remember a selection, for a while."""
        text = "\0".join(wanted.paths)
        with self._changing:
            self._size += len(text) - len(self._remembered.pop(wanted.token, ""))
            self._remembered[wanted.token] = text
            while self._size > MOST_REMEMBERED:
                oldest = next(iter(self._remembered))
                self._size -= len(self._remembered.pop(oldest))

    def get(self, token: str) -> Selection | None:
        """Give the selection with *token* if it is remembered; then it is as new again."""
        with self._changing:
            text = self._remembered.pop(token, None)
            if text is None:
                return None
            self._remembered[token] = text
        return selection(text.split("\0"))
