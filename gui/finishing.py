"""The last steps of saving files: onto the disk, and under their names.

A disk needs some milliseconds to make sure of a file, and hardly more for many at once. So small
files are taken together, by one thread, while others already come.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gui.journal_page import Page
from gui.lanes import SMALL, Job
from gui.outcomes import Outcomes
from gui.part import Part, sync_folder
from gui.progress import Progress

MOST_TOGETHER = 64
ENOUGH_TOGETHER = 32
LINGER = 0.05
"""Seconds that the first of some waits for others."""


@dataclass(frozen=True, slots=True)
class Complete:
    """A file that is all here, and is what it should be as far as that can be told.

    Attributes:
        target: The name that it is to have.
        replace: Whether it takes the name from the file that has it.
        verified: Whether the share told the digest that it has.

    """

    job: Job
    part: Part
    target: str
    replace: bool
    verified: bool


class Finishing:
    """A thread that finishes files; `close` waits until it has finished all of them."""

    def __init__(self, progress: Progress, outcomes: Outcomes, page: Page | None) -> None:
        self._progress, self._outcomes, self._page = progress, outcomes, page
        self._waiting: deque[Complete] = deque()
        self._changed = threading.Condition()
        self._is_over = False
        self._mistake: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="save-finish", daemon=True)
        self._thread.start()

    def put(self, complete: Complete) -> None:
        """Have a file finished: a small one soon, a big one at once and on this thread."""
        if complete.part.size > SMALL:
            self._finish([complete])
            return
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MOST_TOGETHER or self._mistake)
            self._waiting.append(complete)
            if len(self._waiting) in (1, ENOUGH_TOGETHER):
                self._changed.notify_all()

    def close(self) -> None:
        """Return when everything is finished; raises what was wrong with this program, if so."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join()
        for left in self._waiting:
            self._drop(left)
        if self._mistake is not None:
            raise self._mistake

    def _run(self) -> None:
        try:
            while some := self._next():
                self._finish(some)
        except BaseException as error:
            with self._changed:
                self._mistake = error
                self._changed.notify_all()

    def _next(self) -> list[Complete]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
            self._changed.wait_for(
                lambda: len(self._waiting) >= ENOUGH_TOGETHER or self._is_over, LINGER
            )
            some = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
            return some

    def _finish(self, some: Sequence[Complete]) -> None:
        synced = [each for each in some if self._tried(each, _sync)]
        named = [each for each in synced if self._tried(each, self._name)]
        for folder in dict.fromkeys(each.job.place.folder for each in named):
            sync_folder(folder)

    def _tried(self, complete: Complete, act: Callable[[Complete], None]) -> bool:
        try:
            act(complete)
        except OSError as error:
            self._drop(complete)
            job = complete.job
            self._outcomes.disk_failed(job.entry, job.place.folder, error)
            return False
        except BaseException:
            self._drop(complete)
            raise
        return True

    def _drop(self, complete: Complete) -> None:
        complete.part.discard()
        self._end(complete.part)

    def _name(self, complete: Complete) -> None:
        target, part, job = complete.target, complete.part, complete.job
        while True:
            try:
                part.name(target, replace=complete.replace)
            except FileExistsError:  # since the file was begun
                target = job.place.inside(job.place.taken.free(job.base))
            else:
                break
        self._end(part)
        self._progress.saved(target, part.size, verified=complete.verified)

    def _end(self, part: Part) -> None:
        if self._page is not None:
            self._page.end(part.path)


def _sync(complete: Complete) -> None:
    complete.part.sync()
