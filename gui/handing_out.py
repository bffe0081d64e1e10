"""Every way that files of a share leave the window for other programs, as copies of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from gui.background import Background
from gui.client import Client
from gui.clipboard import Clipboard
from gui.copies import FetchedCopies
from gui.dragging import Dragging
from gui.fetch_notes import FetchNotes
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.opened_copies import OpenedCopies
from gui.temporary import TemporaryFolder, usual_place
from gui.thumbnails import Thumbnails


class HandingOut(QObject):
    """Makes what hands files out, and removes their copies when the window closes."""

    def __init__(
        self,
        background: Background,
        thumbnails: Thumbnails,
        bar: MessageBar,
        place: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Keep the copies in *place*, or where they usually are."""
        super().__init__(parent)
        temporary = TemporaryFolder(place or usual_place())
        self._copies = FetchedCopies(background, temporary, self)
        notes = FetchNotes(bar, self)
        self._client: Client | None = None
        self._clipboard = Clipboard(background, self._copies, temporary, notes, bar, self)
        self.dragging = Dragging(self._copies, thumbnails, notes, bar, self)
        self.opened = OpenedCopies(self._copies, notes, self)
        self.opened.problem.connect(bar.problem)

    def browse(self, client: Client) -> None:
        """Hand out from another share; what was on its way from the one before is not wanted."""
        self._client = client
        self._copies.cancel()
        self._clipboard.cancel()
        self.dragging.browse(client)

    def copy(self, entries: Sequence[Entry]) -> None:
        """Put *entries* on the clipboard."""
        if self._client is not None and entries:
            self._clipboard.copy(self._client, entries)

    def close(self) -> None:
        """Remove the copies, from the clipboard too."""
        self._clipboard.close()
        self._copies.close()
