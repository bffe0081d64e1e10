"""What keeps two programs, or two saves in one, from being at the same save."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Another program is at this save just now; the text is a sentence for people."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold what only one program may hold at a time; raises Busy."""
    with path.open("a+b") as file:
        try:
            _take(file.fileno())
        except OSError as error:
            raise Busy("Another Lanslide is saving the same just now.") from error
        yield


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
