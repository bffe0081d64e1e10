"""The folders that were just gone through, so that what is near them is reached from there."""

import time

from server.directory import Directory
from server.names import Names

# Folders that are held open, and seconds: what is moved out of the share by then is found anew.
MOST_OPEN = 16
HELD_FOR = 1


class Way:
    """Folders held open for a moment, by the names that lead to them. For one thread; close it."""

    def __init__(self) -> None:
        self._open: dict[Names, Directory] = {}
        self._until = 0.0

    def keep(self, names: Names, directory: Directory) -> None:
        """Hold *directory* open from now on; no link is among *names*."""
        if not self._open:
            self._until = time.monotonic() + HELD_FOR
        if names not in self._open:
            self._open[names] = directory.taken_over()
            if len(self._open) > MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()

    def held(self, names: Names) -> Directory | None:
        """Give the folder *names* if it is held; it stays the way's own, as with `nearest`."""
        if time.monotonic() > self._until:
            self.close()
        return self._open.get(names)

    def nearest(self, names: Names) -> tuple[Directory, int] | None:
        """Give a folder above *names*, and how many of them lead to it; None for the root.

        It is still the way's own: to be used at once, and for nothing after `keep` or `close`.
        """
        if time.monotonic() > self._until:
            self.close()
            return None
        for depth in range(len(names) - 1, max(0, len(names) - 1 - MOST_OPEN), -1):
            directory = self._open.pop(names[:depth], None)
            if directory is not None:
                self._open[names[:depth]] = directory  # the last to be closed
                return directory.lent(), depth
        return None

    def close(self) -> None:
        """Hold nothing any more."""
        while self._open:
            self._open.popitem()[1].close()
