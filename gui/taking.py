"""What the user does with the files of a share: save them, open one, hand on its address."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from gui import dialogs
from gui.browsing import Browsing
from gui.client import Client
from gui.kinds import may_be_obeyed
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.opened_copies import OpenedCopies
from gui.queued import Order
from gui.settings import Settings
from gui.sharing import Sharing


class Taking(QObject):
    """Asks where to, and has it done.

    Signals:
        save_wanted: files are to be saved; carries an `Order`.
    """

    save_wanted = Signal(object)

    def __init__(
        self,
        settings: Settings,
        sharing: Sharing,
        browsing: Browsing,
        copies: OpenedCopies,
        messages: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._sharing = sharing
        self._messages = messages
        self._browsing = browsing
        self._settings = settings
        self._copies = copies
        self._window = window
        self._client: Client | None = None

    def browse(self, client: Client) -> None:
        """Take from another share."""
        self._client = client

    def save(self, entries: Sequence[Entry]) -> None:
        """Save *entries*: one file under a name that is asked for, else all into a folder."""
        # Another share may be browsed while the user is asked, or before this has even begun.
        client, share = self._client, self._browsing.place.shown
        place = self._ask_where(entries) if client is not None and entries else None
        if client is None or place is None:
            return
        folder, name = place
        self._settings.save_folder = folder
        own_client = client.elsewhere(client.address)
        self.save_wanted.emit(Order(own_client, entries, folder, name, share=share))

    def open(self, entry: Entry) -> None:
        """Open a copy of *entry* with the program that this computer has for it.

        Of what that program may obey, as it would a script, the user is asked first.
        """
        client = self._client  # another share may be browsed while the user is asked
        if client is None or entry.is_folder:
            return
        if not may_be_obeyed(entry.name) or dialogs.ask_to_open(self._window, entry):
            self._copies.open(client, entry)

    def copy_link(self, entry: Entry) -> None:
        """Copy the address of *entry* that others can use, if they can."""
        if self._client is None:
            return
        link = self._client.url(entry.path)
        is_own = self._browsing.place.is_own
        if is_own:
            link = self._sharing.public_link(link)
        QGuiApplication.clipboard().setText(link)
        if self._sharing.chosen or not is_own:
            self._messages.tell(f"Copied {link}")
        else:
            while_ = "it is on no network" if self._sharing.is_on else "sharing is off"
            self._messages.tell(f"Copied {link}, which works on this computer only while {while_}.")

    def _ask_where(self, entries: Sequence[Entry]) -> tuple[Path, str | None] | None:
        """Ask for a folder, and for a name if it is one file."""
        last = self._settings.save_folder
        if len(entries) == 1 and not entries[0].is_folder:
            target = dialogs.ask_file(self._window, entries[0], last)
            return (target.parent, target.name) if target is not None else None
        folder = dialogs.ask_folder(self._window, last)
        return (folder, None) if folder is not None else None
