"""What the user does with the files of a share: save them, open one, hand on its address."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui import dialogs
from gui.client import Client, Entry
from gui.kinds import may_be_obeyed
from gui.opened_copies import OpenedCopies
from gui.saving import Save
from gui.settings import Settings


class Taking(QObject):
    """Asks where to, and has it done.

    Signals:
        save_wanted: files are to be saved; carries a `Save` that has not begun.
    """

    save_wanted = Signal(Save)

    def __init__(self, settings: Settings, copies: OpenedCopies, window: QWidget) -> None:
        super().__init__(window)
        self._settings = settings
        self._copies = copies
        self._window = window
        self._client: Client | None = None

    def browse(self, client: Client) -> None:
        """Take from another share."""
        self._client = client

    def save(self, entries: Sequence[Entry]) -> None:
        """Save *entries*: one file under a name that is asked for, else all into a folder."""
        if self._client is None or not entries:
            return
        if len(entries) == 1 and not entries[0].is_folder:
            self._save_file(self._client, entries[0])
        else:
            self._save_into_folder(self._client, entries)

    def open(self, entry: Entry) -> None:
        """Open a copy of *entry* with the program that this computer has for it.

        Of what that program may obey, as it would a script, the user is asked first.
        """
        client = self._client  # another share may be browsed while the user is asked
        if client is None or entry.is_folder:
            return
        if not may_be_obeyed(entry.name) or dialogs.ask_to_open(self._window, entry):
            self._copies.open(client, entry)

    def _save_file(self, client: Client, entry: Entry) -> None:
        target = dialogs.ask_file(self._window, entry, self._settings.save_folder)
        if target is not None:
            self._settings.save_folder = target.parent
            self.save_wanted.emit(Save(client, [entry], target.parent, name=target.name))

    def _save_into_folder(self, client: Client, entries: Sequence[Entry]) -> None:
        folder = dialogs.ask_folder(self._window, self._settings.save_folder)
        if folder is not None:
            self._settings.save_folder = folder
            self.save_wanted.emit(Save(client, entries, folder))
