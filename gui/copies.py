"""Copies of a share's files for other programs: fetched into a temporary folder, and used again.

What leaves the window, by drag, clipboard or opening, leaves it as such a copy, whosever share it
is of. The folder goes when the window closes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer

from gui import disk_problem, words
from gui.background import Background
from gui.client import Client
from gui.errors import Cancelled
from gui.fetching import Copy, Fetched, Fetching, NoRoom
from gui.listing import Entry
from gui.temporary import TemporaryFolder, remove
from gui.version import Version, version

MOST_BYTES: Final = 8_000_000_000
MOST_RUNNING: Final = 3  # the threads are for pictures, too
CHECK_MS: Final = 250
LONG_UNUSED: Final = 1800.0  # seconds after which a copy may make room for others


@dataclass(frozen=True, slots=True)
class Key:
    """What a copy is of. Read-only ones are never handed out as others, nor others as these."""

    address: str
    of: Version
    is_read_only: bool


@dataclass(slots=True)
class Batch:
    """What was fetched together; *used* is when one of it was last handed out."""

    folder: Path
    copies: dict[Key, Copy]
    bytes: int
    used: float


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


def _key(fetching: Fetching, entry: Entry) -> Key:
    return Key(fetching.client.address, version(entry), fetching.is_read_only)


def _in_words(error: Exception) -> str:
    match error:
        case Cancelled() | NoRoom():
            return str(error)
        case OSError():
            return f"There is no place for a copy. {disk_problem.in_words(error, Path('copies'))}"
    return words.sentence(error)
