"""Opens files of a share with other programs, from copies in a temporary folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from gui.client import Client
from gui.copies import FetchedCopies
from gui.fetch_notes import FetchNotes
from gui.fetching import Fetching
from gui.listing import Entry, plain


class OpenedCopies(QObject):
    """Fetches copies and hands them to the system; a copy that is here already is opened again.

    They are read-only: what an editor wrote into them would go with them when the window closes.

    Signals:
        problem: a file could not be fetched or opened; carries a sentence.
    """

    problem = Signal(str)

    def __init__(
        self, copies: FetchedCopies, notes: FetchNotes, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._copies, self._notes = copies, notes
        self._awaited: list[Fetching] = []

    def open(self, client: Client, entry: Entry) -> None:
        """Open *entry* as soon as it is here; once, however often that is asked for meanwhile."""
        if any(fetching.brings(client, [entry]) for fetching in self._awaited):
            return
        if here := self._copies.here(client, [entry], is_read_only=True):
            self._open(entry, here[0])
            return
        fetching = self._copies.fetch(client, [entry], is_read_only=True)
        self._awaited.append(fetching)
        fetching.came.connect(lambda paths: self._open(entry, paths[0]))
        fetching.failed.connect(self.problem)
        fetching.ended.connect(lambda: self._awaited.remove(fetching))
        self._notes.watch(fetching, "to open it")

    def _open(self, entry: Entry, copy: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(copy))):
            self.problem.emit(f"No program on this computer opens “{plain(entry.name)}”.")
