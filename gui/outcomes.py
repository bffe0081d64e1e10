"""What becomes of each file, and when there is no sense in going on with the others."""

import threading
from pathlib import Path

from gui import disk_problem
from gui.errors import (
    ClientError,
    Interrupted,
    PinNeeded,
    TooManyTries,
    Unavailable,
    Unreachable,
    WrongCertificate,
    WrongPin,
)
from gui.halting import Halting
from gui.listing import Entry
from gui.progress import Progress


class Outcomes:
    """Takes what went wrong, for several threads at once.

    Attributes:
        stopped: Why going on was pointless, as a sentence; else empty.

    """

    def __init__(self, folder: Path, progress: Progress, halting: Halting) -> None:
        self.stopped = ""
        self._folder, self._progress, self._halting = folder, progress, halting
        self._lock = threading.Lock()

    def share_failed(self, entry: Entry, error: ClientError) -> None:
        """Take what the share did wrong with a file or folder."""
        gone = isinstance(error, Unreachable) and not isinstance(error, Interrupted)
        shut = isinstance(error, PinNeeded | WrongPin | TooManyTries | WrongCertificate)
        if gone or shut or isinstance(error, Unavailable):
            self.give_up(str(error))
        else:
            self._progress.failed(entry, str(error))

    def disk_failed(self, entry: Entry, folder: Path, error: OSError) -> None:
        """Take what this computer's disk did wrong with what was to be in *folder*."""
        if error.errno in disk_problem.FULL:
            self.give_up(disk_problem.in_words(error, self._folder))
        elif problem := disk_problem.problem_of(self._folder):
            self.give_up(disk_problem.in_words(problem, self._folder))
        else:
            self._progress.failed(entry, disk_problem.in_words(error, folder))

    def give_up(self, reason: str) -> None:
        """End everything: one reason is better than the same for each of 10,000 files."""
        with self._lock:
            if not self._halting.end.is_set():
                self.stopped = reason
                self._halting.end.set()
