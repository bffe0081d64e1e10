"""What the user wants for files whose names others have: asked once for a save."""

import threading
from collections.abc import Callable
from pathlib import Path

from gui.errors import Cancelled
from gui.transfer import Policy


class Choice:
    """Asks when it is called first, and has the threads of the save wait for the answer.

    Args:
        ask: Puts the question about a file that is there; called on a thread of the save, once.

    """

    def __init__(self, ask: Callable[[Path], None]) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._policy: Policy | None = None
        self._is_asked = self._is_withdrawn = False

    def __call__(self, path: Path) -> Policy:
        """Tell what to do with the file that is to be called *path*; raises Cancelled."""
        with self._changed:
            asks, self._is_asked = not self._is_asked, True
        if asks:
            self._ask(path)
        with self._changed:
            self._changed.wait_for(lambda: self._policy or self._is_withdrawn)
            if self._policy is None:
                raise Cancelled("Nobody said what to do with a file of the same name.")
            return self._policy

    def answer(self, policy: Policy) -> None:
        """Have all such files of the save treated like that."""
        with self._changed:
            self._policy = policy
            self._changed.notify_all()

    def withdraw(self) -> None:
        """Let nobody wait for an answer; for a save that is being cancelled."""
        with self._changed:
            self._is_withdrawn = True
            self._changed.notify_all()

    def renew(self) -> None:
        """Ask again if there was no answer; before the save runs once more."""
        with self._changed:
            self._is_asked, self._is_withdrawn = self._policy is not None, False
