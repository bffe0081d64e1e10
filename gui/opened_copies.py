"""Opens files of a share with other programs, from copies in a temporary folder."""

from __future__ import annotations

import tempfile
from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from gui import words
from gui.background import Background
from gui.client import Client, Entry, plain
from gui.dialogs import is_folder
from gui.saving import Save, Summary


class OpenedCopies(QObject):
    """Fetches copies one by one, hands them to the system, removes them when the window closes.

    Signals:
        problem: a file could not be fetched or opened; carries a sentence.
    """

    problem = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._waiting: deque[tuple[Client, Entry]] = deque()
        self._fetching: Save | None = None

    def open(self, client: Client, entry: Entry) -> None:
        """Fetch *entry*, after those asked for before, and open it."""
        self._waiting.append((client, entry))
        if self._fetching is None:
            self._next()

    def remove(self) -> None:
        """Remove the copies; what another program still holds open stays until it lets go."""
        self._waiting.clear()
        if self._fetching is not None:
            self._fetching.cancel()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _next(self) -> None:
        if not self._waiting:
            return
        client, entry = self._waiting.popleft()
        try:
            folder = self._own_folder()
        except OSError as error:
            self._ended(f"There is no place for a copy: {error.strerror}.")
            return
        self._fetching = Save(client, [entry], folder, patience=0)
        self._background.run(
            self._fetching.run,
            then=lambda summary: self._fetched(entry, summary),
            failed=lambda error: self._ended(words.sentence(error)),
        )

    def _own_folder(self) -> Path:
        """Make a folder for one copy, so that it keeps its name and is never taken for another."""
        if self._folder is None or not is_folder(Path(self._folder.name)):
            self._folder = tempfile.TemporaryDirectory(
                prefix="lanslide-", ignore_cleanup_errors=True
            )
        return Path(tempfile.mkdtemp(dir=self._folder.name))

    def _fetched(self, entry: Entry, summary: Summary) -> None:
        if summary.failures or summary.stopped:
            self._ended(summary.stopped or summary.failures[0].reason)
        elif summary.cancelled or not summary.paths:
            self._ended(f"“{plain(entry.name)}” was not fetched.")
        elif QDesktopServices.openUrl(QUrl.fromLocalFile(str(summary.paths[0]))):
            self._ended("")
        else:
            self._ended(f"No program on this computer opens “{plain(entry.name)}”.")

    def _ended(self, sentence: str) -> None:
        self._fetching = None
        if sentence:
            self.problem.emit(sentence)
        self._next()
