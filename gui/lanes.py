"""The order in which files are fetched: small ones never wait behind big ones."""

import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gui.errors import Cancelled
from gui.listing import Entry
from gui.names import Taken

SMALL = 4 * 1024 * 1024
"""Bytes up to which a file is small."""

AHEAD = 10_000
"""Files found and not yet begun, at which the walk waits: memory stays flat."""

TICK = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """A folder on this computer that files are saved into, and the names given away there."""

    folder: Path
    taken: Taken

    def inside(self, name: str) -> str:
        """Give the path of *name* in it: a text, as pathlib costs more than the disk does."""
        return os.path.join(self.folder, name)  # noqa: PTH118 - as said


@dataclass(frozen=True, slots=True)
class Job:
    """A file to fetch, and where to.

    Attributes:
        name: What it is called there, unless another file has that name.
        base: The same without a number.

    """

    entry: Entry
    place: Place
    name: str
    base: str

    @property
    def size(self) -> int:
        """Bytes, as the listing has it."""
        return self.entry.size or 0


class Lanes:
    """Files waiting for a transfer. While small ones may still come, one transfer is kept free.

    Every wait ends with Cancelled soon after *stop* is set.
    """

    def __init__(self, transfers: int, stop: threading.Event) -> None:
        self._small: deque[Job] = deque()
        self._big: deque[Job] = deque()
        self._most_big = max(1, transfers - 1)
        self._big_running = 0
        self._complete = False
        self._stop = stop
        self._changed = threading.Condition()

    def put(self, job: Job) -> None:
        """Add a file as soon as there is room."""
        with self._changed:
            self._wait_until(lambda: len(self._small) + len(self._big) < AHEAD)
            (self._big if job.size > SMALL else self._small).append(job)
            self._changed.notify_all()

    def complete(self) -> None:
        """Tell that no more files come."""
        with self._changed:
            self._complete = True
            self._changed.notify_all()

    def take(self) -> Job | None:
        """Give the next file; None when there will be no more."""
        with self._changed:
            self._wait_until(lambda: self._small or self._big_may_run() or self._is_over())
            if self._small:
                job = self._small.popleft()
            elif self._big:
                job = self._big.popleft()
                self._big_running += 1
            else:
                return None
            self._changed.notify_all()
            return job

    def done(self, job: Job) -> None:
        """Tell that the transfer of *job* is over."""
        if job.size > SMALL:
            with self._changed:
                self._big_running -= 1
                self._changed.notify_all()

    def _big_may_run(self) -> bool:
        return bool(self._big) and (self._complete or self._big_running < self._most_big)

    def _is_over(self) -> bool:
        return self._complete and not self._big

    def _wait_until(self, ready: Callable[[], object]) -> None:
        while not ready():
            if self._stop.is_set():
                raise Cancelled("This was cancelled.")
            self._changed.wait(TICK)
