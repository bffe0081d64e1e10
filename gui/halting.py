"""What makes the transfers of a save stop: for good, for a while, or one of them."""

import threading
from collections.abc import Callable

from gui.errors import Cancelled

TICK = 0.1


class Halting:
    """Says when to stop; from any thread.

    Attributes:
        end: Set once everything is to end.

    """

    def __init__(self) -> None:
        self.end = threading.Event()
        self._is_paused = False
        self._given_up: set[str] = set()
        self._changed = threading.Condition()

    @property
    def is_paused(self) -> bool:
        """Whether nothing is to be fetched just now."""
        return self._is_paused

    def pause(self) -> None:
        """Stop what runs, until `go_on`."""
        self._is_paused = True

    def go_on(self) -> None:
        """Go on after `pause`."""
        with self._changed:
            self._is_paused = False
            self._changed.notify_all()

    def give_up(self, path: str) -> None:
        """Stop fetching the file *path* of the share, or do not begin."""
        self._given_up.add(path)

    def has_given_up(self, path: str) -> bool:
        """Tell whether the file *path* is not to be fetched."""
        return path in self._given_up

    def flag(self, path: str) -> "Halt":
        """Give what tells the transfer of *path* that it is to stop, for whatever reason."""
        return Halt(self, path)

    def check(self) -> None:
        """Raise Cancelled once everything is to end."""
        if self.end.is_set():
            raise Cancelled("This was cancelled.")

    def wait_while_paused(self) -> None:
        """Return when it goes on; raises Cancelled."""
        self.wait(lambda: not self._is_paused)

    def wait(self, ready: Callable[[], object], seconds: float | None = None) -> None:
        """Return when *ready*, or after some seconds; raises Cancelled."""
        with self._changed:
            left = seconds
            while not ready() and (left is None or left > 0):
                self.check()
                self._changed.wait(TICK if left is None else min(TICK, left))
                left = None if left is None else left - TICK
        self.check()


class Halt:
    """Whether one transfer is to stop; looks like an event to a request."""

    def __init__(self, halting: Halting, path: str) -> None:
        self._halting, self._path = halting, path

    def is_set(self) -> bool:
        """Tell whether it is to stop."""
        halting = self._halting
        return halting.end.is_set() or halting.is_paused or halting.has_given_up(self._path)
