"""How far a save is: counted by its threads, seen as a whole by whoever asks."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gui.listing import Entry
from gui.road import Away

MOST_LISTED = 1000
"""Failures and paths that are named; all of them are counted."""

WINDOW = 10.0
"""Seconds over which a rate is taken."""

Stage = Literal["fetching", "waiting", "checking", "finishing"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder of the share that was not saved, and why, as a sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that is being worked on.

    Attributes:
        path: In the share.
        size: In bytes.
        done: Bytes of it that are here.
        stage: "checking" is the comparison of digests, and of what is here already; "waiting" that
            for the share to have computed its one.

    """

    path: str
    size: int
    done: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class View:
    """A save at one moment.

    Attributes:
        files_total: Found so far; the number is final when `walking` is False.
        files_done: Saved.
        files_skipped: Not fetched, as they were here already, or by the user's wish.
        files_unverified: Saved, but the share tells no digests to compare them with.
        files_failed: Files and folders that could not be saved.
        bytes_total: Of the files found so far that have to come; less what failed ones still had
            to bring.
        bytes_done: Come so far; never gets less.
        walking: Whether folders are still being looked through.
        current: The path of the file that was begun last, of those on their way if there are any.
        active: What is being worked on just now; a few files.
        failures: The first `MOST_LISTED` of them.
        is_paused: By the user.
        away: When the share is waited for, what there is to tell about that.

    """

    files_total: int
    files_done: int
    files_skipped: int
    files_unverified: int
    files_failed: int
    bytes_total: int
    bytes_done: int
    walking: bool
    current: str
    active: tuple[FileView, ...]
    failures: tuple[Failure, ...]
    is_paused: bool = False
    away: Away | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes, in bytes a second, and the seconds left, if they can be told."""

    rate: float
    left: float | None


def pace(samples: Sequence[tuple[float, int]], total: int) -> Pace:
    """Tell the pace from *samples* of a monotonic clock and the bytes done at that time."""
    if not samples:
        return Pace(0.0, None)
    now, done = samples[-1]
    began, before = next(sample for sample in samples if sample[0] >= now - WINDOW)
    rate = max(0.0, (done - before) / (now - began)) if now > began else 0.0
    return Pace(rate, max(0, total - done) / rate if rate else None)


@dataclass(slots=True, eq=False)
class Active:
    """A file that is worked on; written by its thread alone."""

    path: str
    size: int
    done: int = 0
    stage: Stage = "fetching"


@dataclass(slots=True)
class Progress:
    """The counters of a save, as in `View`; from any thread.

    Attributes:
        bytes_saved: Of the saved files.
        files_tried: Files whose fate is known.
        paths: Of the first `MOST_LISTED` saved files.

    """

    files_total: int = 0
    files_done: int = 0
    files_skipped: int = 0
    files_unverified: int = 0
    files_failed: int = 0
    files_tried: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    bytes_saved: int = 0
    walking: bool = True
    current: str = ""
    failures: list[Failure] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    _active: dict[Active, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def found(self, size: int) -> None:
        """Count a file that was found."""
        with self._lock:
            self.files_total += 1
            self.bytes_total += size

    def begin(self, path: str, size: int) -> Active:
        """Show that a file is worked on."""
        active = Active(path, size)
        with self._lock:
            self.current = path
            self._active[active] = None
        return active

    def end(self, active: Active) -> None:
        """Show it no more."""
        with self._lock:
            self._active.pop(active, None)
            if self._active and active.path == self.current:
                self.current = next(reversed(self._active)).path

    def came(self, count: int) -> None:
        """Count bytes that have come."""
        with self._lock:
            self.bytes_done += count

    def differs(self, count: int) -> None:
        """Count that so many bytes more have to come than was thought; mostly fewer."""
        with self._lock:
            self.bytes_total += count

    def saved(self, path: str, size: int, *, verified: bool) -> None:
        """Count a saved file."""
        with self._lock:
            self.files_done += 1
            self.files_tried += 1
            self.files_unverified += not verified
            self.bytes_saved += size
            if len(self.paths) < MOST_LISTED:
                self.paths.append(path)

    def skipped(self) -> None:
        """Count a file that is here already."""
        with self._lock:
            self.files_skipped += 1
            self.files_tried += 1

    def failed(self, entry: Entry, reason: str) -> None:
        """Count a failure."""
        with self._lock:
            self.files_failed += 1
            self.files_tried += not entry.is_folder
            if len(self.failures) < MOST_LISTED:
                self.failures.append(Failure(entry.path, reason))

    def view(self, *, is_paused: bool = False, away: Away | None = None) -> View:
        """Give all of it as it is now."""
        with self._lock:
            active = [FileView(one.path, one.size, one.done, one.stage) for one in self._active]
            return View(
                files_total=self.files_total,
                files_done=self.files_done,
                files_skipped=self.files_skipped,
                files_unverified=self.files_unverified,
                files_failed=self.files_failed,
                bytes_total=self.bytes_total,
                bytes_done=self.bytes_done,
                walking=self.walking,
                current=self.current,
                active=tuple(active),
                failures=tuple(self.failures),
                is_paused=is_paused,
                away=away,
            )
