"""Copies of a share's files for other programs: fetched into a temporary folder, and used again.

What leaves the window, by drag, clipboard or opening, leaves it as such a copy, whosever share it
is of. The folder goes when the window closes.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from gui import disk_problem, words
from gui.background import Background
from gui.client import Cancelled, Client, Entry, plain
from gui.names import Taken
from gui.saving import Save, Summary, View, safe_name
from gui.temporary import TemporaryFolder, remove
from gui.version import Version, version

MOST_BYTES: Final = 8_000_000_000
SPARE_BYTES: Final = 500_000_000  # of the disk's, which others need
MOST_RUNNING: Final = 3  # the threads are for pictures, too
CHECK_MS: Final = 250
LONG_UNUSED: Final = 1800.0  # seconds after which a copy may make room for others
FOLDER_LASTS: Final = 120.0  # seconds; no listing tells whether all that is in it is as it was
READ_ONLY: Final = 0o400


class NoRoom(Exception):
    """There is too much to be copied; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a copy is of. Read-only ones are never handed out as others, nor others as these."""

    address: str
    of: Version
    is_read_only: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A file or folder that was fetched.

    Attributes:
        state: Size, time and identity of the file when it came; None for a folder.
        came: By the monotonic clock.

    """

    path: Path
    state: tuple[int, int, int] | None
    came: float

    def is_as_it_came(self) -> bool:
        """Tell whether it is there still, and another program has not changed it."""
        try:
            if self.state is None:
                return self.path.is_dir() and time.monotonic() < self.came + FOLDER_LASTS
            return self.state == _state(self.path)
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetching has brought; *problem* is a sentence if that is not all."""

    folder: Path
    copies: dict[Entry, Copy]
    bytes: int
    problem: str = ""


@dataclass(slots=True)
class Batch:
    """What was fetched together; *used* is when one of it was last handed out."""

    folder: Path
    copies: dict[Key, Copy]
    bytes: int
    used: float


class Fetching(QObject):
    """Some files on their way to this computer.

    Signals:
        came: all of them are here; carries their `Path`s, in the order asked for.
        failed: they cannot be had; carries a sentence.
        ended: it is over, one way or the other, or as it was cancelled.
    """

    came = Signal(list)
    failed = Signal(str)
    ended = Signal()

    def __init__(
        self, client: Client, entries: Sequence[Entry], *, is_read_only: bool, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.client, self.entries, self.is_read_only = client, tuple(entries), is_read_only
        self._save: Save | None = None
        self._room = 0
        self._is_too_much = False
        self._cancelled = Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody wants it any more."""
        return self._cancelled.is_set()

    def view(self) -> View | None:
        """Give how far it is, once it has begun."""
        return self._save.view() if self._save is not None else None

    @property
    def bytes_found(self) -> int:
        """How much it is, as far as that is known."""
        view = self.view()
        return view.bytes_total if view is not None else 0

    def cancel(self) -> None:
        """Give it up: nothing comes but `ended`."""
        self._cancelled.set()
        if self._save is not None:
            self._save.cancel()

    def check(self) -> None:
        """End it if what was found in folders so far is too much; to be called now and then."""
        if self._save is not None and self.bytes_found > self._room:
            self._is_too_much = True
            self._save.cancel()

    def run(self, temporary: TemporaryFolder, wanted: Sequence[Entry], most: int) -> Fetched:
        """Fetch *wanted*, at most so many bytes; on a thread, once.

        Raises Cancelled, NoRoom, OSError.
        """
        with temporary.new() as folder:
            self._room = min(most, shutil.disk_usage(folder).free - SPARE_BYTES)
            check_room(wanted, self._room)
            save = self._save = Save(self.client, wanted, folder, patience=0)
            if self.is_cancelled:
                raise Cancelled("This was cancelled.")
            summary = save.run()
            if summary.cancelled:
                if self._is_too_much:
                    raise NoRoom(too_much(wanted, 0))
                raise Cancelled("This was cancelled.")
            if self.is_read_only:
                make_read_only(folder)
            return fetched(wanted, summary)


class FetchedCopies(QObject):
    """Fetches copies, a few at a time, and knows those that are here."""

    def __init__(
        self, background: Background, temporary: TemporaryFolder, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._background, self._temporary = background, temporary
        self._batches: list[Batch] = []
        self._batch_of: dict[Key, Batch] = {}
        self._waiting: deque[Fetching] = deque()
        self._running: list[Fetching] = []
        self._checks = QTimer(self)
        self._checks.setInterval(CHECK_MS)
        self._checks.timeout.connect(self._check)

    def here(
        self, client: Client, entries: Sequence[Entry], *, is_read_only: bool = False
    ) -> list[Path] | None:
        """Return the copies of *entries*, if all of them are here and as they came."""
        keys = [Key(client.address, version(entry), is_read_only) for entry in entries]
        found = [self._copy(key) for key in keys]
        return [copy.path for copy in found if copy is not None] if all(found) else None

    def fetch(
        self, client: Client, entries: Sequence[Entry], *, is_read_only: bool = False
    ) -> Fetching:
        """Begin to fetch those of *entries* that are not here, after what was begun before."""
        fetching = Fetching(client, entries, is_read_only=is_read_only, parent=self)
        self._waiting.append(fetching)
        self._next()
        return fetching

    def cancel(self) -> None:
        """Give up whatever is on its way."""
        for fetching in [*self._waiting, *self._running]:
            fetching.cancel()

    def close(self) -> None:
        """Remove all copies; what another program holds open stays until it lets go."""
        self.cancel()
        self._temporary.close()

    def _next(self) -> None:
        while self._waiting and len(self._running) < MOST_RUNNING:
            self._start(self._waiting.popleft())

    def _start(self, fetching: Fetching) -> None:
        wanted = [entry for entry in fetching.entries if self._copy(_key(fetching, entry)) is None]
        needed = sum(entry.size or 0 for entry in wanted)
        old = spared(self._batches, needed, time.monotonic())
        for batch in old:
            self._batches.remove(batch)
        self._batch_of = {key: of for key, of in self._batch_of.items() if of not in old}
        most = MOST_BYTES - sum(batch.bytes for batch in self._batches)
        most -= sum(running.bytes_found for running in self._running)

        def work() -> Fetched:
            for batch in old:
                remove(batch.folder)
            return fetching.run(self._temporary, wanted, most)

        self._running.append(fetching)
        self._checks.start()
        self._background.run(
            work,
            then=lambda fetched: self._came(fetching, fetched),
            failed=lambda error: self._failed(fetching, error),
        )

    def _came(self, fetching: Fetching, fetched: Fetched) -> None:
        copies = {_key(fetching, entry): copy for entry, copy in fetched.copies.items()}
        if copies:
            batch = Batch(fetched.folder, copies, fetched.bytes, time.monotonic())
            self._batches.append(batch)
            self._batch_of.update(dict.fromkeys(copies, batch))
        # Those that have just come were looked at on the thread.
        keys = [_key(fetching, entry) for entry in fetching.entries]
        found = [copies.get(key) or self._copy(key) for key in keys]
        changed = "" if all(found) else "It was changed while it was fetched."
        paths = [copy.path for copy in found if copy is not None]
        self._end(fetching, fetched.problem or changed, paths)

    def _failed(self, fetching: Fetching, error: Exception) -> None:
        if isinstance(error, Cancelled):  # as its client was closed: the user has left the share
            fetching.cancel()
        self._end(fetching, _in_words(error))

    def _end(self, fetching: Fetching, problem: str, paths: Sequence[Path] = ()) -> None:
        """Hand over all that was asked for, or say what the problem is."""
        self._running.remove(fetching)
        if not fetching.is_cancelled:
            if problem:
                fetching.failed.emit(problem)
            else:
                fetching.came.emit(list(paths))
        fetching.ended.emit()
        fetching.deleteLater()
        self._next()

    def _check(self) -> None:
        for fetching in self._running:
            fetching.check()
        if not self._running:
            self._checks.stop()

    def _copy(self, key: Key) -> Copy | None:
        batch = self._batch_of.get(key)
        if batch is None:
            return None
        if not batch.copies[key].is_as_it_came():
            del self._batch_of[key]
            return None
        batch.used = time.monotonic()
        return batch.copies[key]


def check_room(wanted: Sequence[Entry], most: int) -> None:
    """Raise NoRoom if *wanted* are more than *most* bytes, as far as that is known.

    Of folders nothing is before they are looked through.
    """
    needed = sum(entry.size or 0 for entry in wanted)
    if needed > most:
        raise NoRoom(too_much(wanted, needed))


def too_much(wanted: Sequence[Entry], needed: int) -> str:
    """Say that there is too much, and what to do instead."""
    is_one = len(wanted) == 1
    what = f"“{plain(wanted[0].name)}” is" if is_one else f"These {len(wanted)} are"
    this = "it" if is_one else "them"
    size = f" ({words.size(needed)})" if needed else ""
    return f"{what} too large for a temporary copy{size}. Save {this} instead."


def fetched(wanted: Sequence[Entry], summary: Summary) -> Fetched:
    """Find what a save of *wanted* into an empty folder has brought, and what is wrong with it.

    A file is whole, or not there; a folder of which anything is missing is no copy of it.
    """
    problem = summary.stopped or _failed(summary)
    taken, now = Taken(), time.monotonic()
    copies = {}
    for entry in wanted:
        path = summary.folder / taken.free(safe_name(entry.name))  # as gui/walk.py names them
        if entry.is_folder:
            if path.is_dir() and not problem:
                copies[entry] = Copy(path, None, now)
        elif path.is_file():
            copies[entry] = Copy(path, _state(path), now)
    return Fetched(summary.folder, copies, summary.bytes, problem)


def spared(batches: Sequence[Batch], needed: int, now: float) -> list[Batch]:
    """Return the batches to be given up so that *needed* bytes fit: longest unused first."""
    excess = sum(batch.bytes for batch in batches) + needed - MOST_BYTES
    given_up = []
    for batch in sorted(batches, key=lambda batch: batch.used):
        if excess <= 0 or now < batch.used + LONG_UNUSED:
            break
        given_up.append(batch)
        excess -= batch.bytes
    return given_up


def make_read_only(folder: Path) -> None:
    """Let nobody change the files in *folder*, whose changes would be lost with it."""
    for path in folder.rglob("*"):
        if not path.is_symlink() and path.is_file():
            path.chmod(READ_ONLY)


def _key(fetching: Fetching, entry: Entry) -> Key:
    return Key(fetching.client.address, version(entry), fetching.is_read_only)


def _state(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _failed(summary: Summary) -> str:
    if not summary.failed:
        return ""
    reason = summary.failures[0].reason
    return reason if summary.failed == 1 else f"{summary.failed} of them failed. {reason}"


def _in_words(error: Exception) -> str:
    match error:
        case Cancelled() | NoRoom():
            return str(error)
        case OSError():
            return f"There is no place for a copy. {disk_problem.in_words(error, Path('copies'))}"
    return words.sentence(error)
