"""The order in which files are fetched: small ones never wait behind big ones."""

import os
import threading
import time
from collections import deque
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
"""Seconds."""

FEW = 2
"""Small files at once from a share that is near, where there is a window. One is on its way then
while another is written; more would take the interpreter from the window much more often: each of a
file's dozen calls of the system lets go of it."""

NEAR = 0.0007
"""Seconds in which a share that is near answers."""

LAST = 16
"""Answers of which the quickest tells how near it is: whatever else happens makes them slower."""


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
    """Files waiting for a transfer.

    While small ones may still come, one transfer is kept free. With *is_gentle*, small files of a
    share that is near come a few at a time, and more only if these are stuck. Every wait ends with
    Cancelled soon after *stop* is set.
    """

    def __init__(self, transfers: int, stop: threading.Event, *, is_gentle: bool = False) -> None:
        self._small: deque[Job] = deque()
        self._big: deque[Job] = deque()
        self._most_small, self._most_big = transfers, max(1, transfers - 1)
        self._small_running = self._big_running = 0
        self._small_begun = 0.0
        self._answers: deque[float] = deque(maxlen=LAST)
        self._is_gentle, self._is_near = is_gentle, True
        self._complete = False
        self._stop = stop
        self._lock = threading.Lock()
        self._has_room = threading.Condition(self._lock)
        self._has_work = threading.Condition(self._lock)

    def put(self, job: Job) -> None:
        """Add a file as soon as there is room."""
        with self._lock:
            while len(self._small) + len(self._big) >= AHEAD:
                self._wait(self._has_room)
            (self._big if job.size > SMALL else self._small).append(job)
            if self._small_may_run() or self._big_may_run():
                self._has_work.notify()

    def complete(self) -> None:
        """Tell that no more files come."""
        with self._lock:
            self._complete = True
            self._has_work.notify_all()

    def take(self) -> Job | None:
        """Give the next file; None when there will be no more."""
        with self._lock:
            while not self._is_over():
                if self._small_may_run():
                    self._small_running += 1
                    self._small_begun = time.monotonic()
                    return self._taken(self._small)
                if self._big_may_run():
                    self._big_running += 1
                    return self._taken(self._big)
                self._wait(self._has_work)
        return None

    def done(self, job: Job) -> None:
        """Tell that the transfer of *job* is over; whoever made it takes the next one."""
        with self._lock:
            if job.size <= SMALL:
                self._small_running -= 1
                return
            self._big_running -= 1
            if self._small and self._big_may_run():
                self._has_work.notify()  # for that one may take a small file now

    def answered(self, seconds: float) -> None:
        """Take note of how long the share took to answer."""
        with self._lock:
            self._answers.append(seconds)
            self._is_near = min(self._answers) <= NEAR

    def _taken(self, jobs: deque[Job]) -> Job:
        job = jobs.popleft()
        self._has_room.notify()
        if self._is_over():
            self._has_work.notify_all()
        return job

    def _small_may_run(self) -> bool:
        if not self._small:
            return False
        is_few = self._is_gentle and self._is_near
        if self._small_running < (FEW if is_few else self._most_small):
            return True
        return time.monotonic() - self._small_begun > TICK  # those that run are stuck

    def _big_may_run(self) -> bool:
        return bool(self._big) and (self._complete or self._big_running < self._most_big)

    def _is_over(self) -> bool:
        return self._complete and not self._small and not self._big

    def _wait(self, changed: threading.Condition) -> None:
        if self._stop.is_set():
            raise Cancelled("This was cancelled.")
        changed.wait(TICK)
