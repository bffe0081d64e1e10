"""Opens files of a share with other programs, from copies in a temporary folder."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from gui import words
from gui.background import Background
from gui.client import Client, Entry, plain
from gui.saving import Save, Summary


class OpenedCopies(QObject):
    """Fetches a copy, hands it to the system, and removes all copies when the window closes.

    Signals:
        problem: a file could not be fetched or opened; carries a sentence.
    """

    problem = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def open(self, client: Client, entry: Entry) -> None:
        """Fetch *entry* and open it with the program that the system has for it."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="lanslide-", ignore_cleanup_errors=True
            )
        # A folder for each, so that a copy keeps its name and is never mistaken for an older one.
        own = Path(tempfile.mkdtemp(dir=self._folder.name))
        save = Save(client, [entry], own)
        self._background.run(
            save.run,
            then=lambda summary: self._fetched(entry, own, summary),
            failed=lambda error: self.problem.emit(words.sentence(error)),
        )

    def remove(self) -> None:
        """Remove the copies; what another program still holds open stays until it lets go."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _fetched(self, entry: Entry, own: Path, summary: Summary) -> None:
        if summary.failures:
            self.problem.emit(summary.failures[0].reason)
            return
        copy = next(own.iterdir(), None)
        if copy is None or not QDesktopServices.openUrl(QUrl.fromLocalFile(str(copy))):
            self.problem.emit(f"No program on this computer opens “{plain(entry.name)}”.")
