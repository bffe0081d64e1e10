"""Files of a share on their way into a temporary folder, and the copies that they become."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject, Signal

from gui import words
from gui.client import Client
from gui.errors import Cancelled
from gui.listing import Entry, plain
from gui.names import Taken
from gui.saving import Save, Summary, View, safe_name
from gui.temporary import TemporaryFolder

SPARE_BYTES: Final = 500_000_000  # of the disk's, which others need
FOLDER_LASTS: Final = 120.0  # seconds; no listing tells whether all that is in it is as it was
READ_ONLY: Final = 0o400


class NoRoom(Exception):
    """There is too much to be copied; the text is a sentence for people."""


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

    def brings(self, client: Client, entries: Sequence[Entry]) -> bool:
        """Tell whether it is just *entries* of that share that will be here."""
        is_that = self.client is client and self.entries == tuple(entries)
        return is_that and not self.is_cancelled

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
            save = self._save = Save(self.client, wanted, folder, patience=0, is_gentle=True)
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


def make_read_only(folder: Path) -> None:
    """Let nobody change the files in *folder*, whose changes would be lost with it."""
    for path in folder.rglob("*"):
        if not path.is_symlink() and path.is_file():
            path.chmod(READ_ONLY)


def _state(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _failed(summary: Summary) -> str:
    if not summary.failed:
        return ""
    reason = summary.failures[0].reason
    return reason if summary.failed == 1 else f"{summary.failed} of them failed. {reason}"
