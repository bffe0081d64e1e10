"""What the user can have done with files: saved, opened, copied, dragged elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.background import Background
from gui.browsing import Browsing
from gui.client import Client
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.nearby import Nearby
from gui.settings import Settings
from gui.sharing import Sharing
from gui.thumbnails import Thumbnails

if TYPE_CHECKING:  # made when it is first needed; see `gui.loading`
    from gui.handing_out import HandingOut
    from gui.journal import Journal
    from gui.saves import Saves
    from gui.taking import Taking


class FileActions(QObject):
    """Has it done; what does it is made when it is first needed.

    Args:
        journal: gives what remembers saves; without it none can be gone on with later.
        copies_place: where copies for other programs are kept; None for where they usually are.

    Signals:
        bar_made: carries the `SaveBar`, which belongs below the files.
        ended: see `Saves`.

    """

    bar_made = Signal(QWidget)
    ended = Signal()

    def __init__(
        self,
        background: Background,
        settings: Settings,
        sharing: Sharing,
        browsing: Browsing,
        thumbnails: Thumbnails,
        messages: MessageBar,
        window: QWidget,
        *,
        nearby: Nearby | None,
        journal: Callable[[], Journal] | None,
        copies_place: Path | None,
    ) -> None:
        super().__init__(window)
        self._background, self._settings, self._sharing = background, settings, sharing
        self._browsing, self._thumbnails, self._messages = browsing, thumbnails, messages
        self._nearby, self._journal, self._copies_place = nearby, journal, copies_place
        self._window = window
        self._client: Client | None = None

    @cached_property
    def saves(self) -> Saves:
        """What saves files, and what shows it below the folder."""
        from gui.saves import Saves

        made = Saves(
            self._background,
            self._settings.known_shares,
            self._browsing,
            self._nearby,
            self._journal() if self._journal is not None else None,
            self._messages,
            self._window,
        )
        self.bar_made.emit(made.bar)
        made.ended.connect(self.ended)
        return made

    @cached_property
    def handing_out(self) -> HandingOut:
        """What hands files to other programs, by the clipboard and by dragging."""
        from gui.handing_out import HandingOut

        made = HandingOut(
            self._background, self._thumbnails, self._messages, self._copies_place, self
        )
        if self._client is not None:
            made.browse(self._client)
        return made

    @cached_property
    def _taking(self) -> Taking:
        """What asks where to, when files are to be saved or opened."""
        from gui.taking import Taking

        made = Taking(
            self._settings,
            self._sharing,
            self._browsing,
            self.handing_out.opened,
            self._messages,
            self._window,
        )
        made.save_wanted.connect(self.saves.queue.put)
        if self._client is not None:
            made.browse(self._client)
        return made

    @property
    def bytes_saved(self) -> int:
        """How many bytes have been saved so far; from any thread."""
        return self.saves.queue.bytes_done if self._has("saves") else 0

    def browse(self, client: Client) -> None:
        """Take from another share."""
        self._client = client
        if self._has("_taking"):
            self._taking.browse(client)
        if self._has("handing_out"):
            self.handing_out.browse(client)

    def save(self, entries: Sequence[Entry]) -> None:
        """Save *entries*, wherever the user wants them."""
        self._taking.save(entries)

    def open(self, entries: Sequence[Entry]) -> None:
        """Open a copy of the only one of *entries* by the program for it."""
        if len(entries) == 1:
            self._taking.open(entries[0])

    def copy(self, entries: Sequence[Entry]) -> None:
        """Put *entries* on the clipboard."""
        self.handing_out.copy(entries)

    def copy_link(self, entries: Sequence[Entry]) -> None:
        """Put the address of the only one of *entries* on the clipboard."""
        if len(entries) == 1:
            self._taking.copy_link(entries[0])

    def saves_from(self, urls: Collection[str]) -> bool:
        """Tell whether files are being saved from a share at one of these."""
        return self._has("saves") and any(map(self.saves.queue.takes_from, urls))

    def may_end(self) -> bool:
        """Ask whether the window may close, if that ends a save."""
        return not self._has("saves") or self.saves.may_end()

    def stop_saving(self) -> None:
        """End every save; what is not finished is offered at the next start."""
        if self._has("saves"):
            self.saves.close()

    def remove_copies(self) -> None:
        """Remove the copies for other programs; of thousands it takes a while."""
        if self._has("handing_out"):
            self.handing_out.close()

    def _has(self, part: str) -> bool:
        """Tell whether what is made when it is first needed is there yet."""
        return part in vars(self)
