"""Tells in the message bar what is on its way to other programs, if that takes a moment."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from gui import words
from gui.fetching import Fetching
from gui.listing import Entry, plain
from gui.message_bar import MessageBar

AT_ONCE_MS = 400  # what takes no longer is not worth a word
UPDATE_MS = 250


class FetchNotes(QObject):
    """Shows how far what was begun last is, with a way to cancel it."""

    def __init__(self, bar: MessageBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._update)
        self._fetching: Fetching | None = None
        self._what = self._then = ""
        self._message: object = None

    def watch(self, fetching: Fetching, purpose: str, then: str = "") -> None:
        """Say that *fetching* is for *purpose* ("to open it"), and *then* ("Then …")."""
        self._stop()
        self._fetching, self._then = fetching, then
        self._what = f"Fetching {named(fetching.entries)} {purpose}"
        fetching.ended.connect(lambda: self._ended(fetching))
        self._timer.start(AT_ONCE_MS)

    def _update(self) -> None:
        if self._fetching is None:
            return
        view = self._fetching.view()
        done = "…"
        if view is not None and view.bytes_total:
            done = f": {words.size(view.bytes_done)} of {words.size(view.bytes_total)}."
        sentence = " ".join(part for part in (self._what + done, self._then) if part)
        if self._message is None:
            self._message = self._bar.tell(sentence, "Cancel", self._fetching.cancel)
            self._timer.start(UPDATE_MS)
        else:
            self._bar.change(self._message, sentence)

    def _ended(self, fetching: Fetching) -> None:
        if fetching is self._fetching:
            self._stop()

    def _stop(self) -> None:
        self._timer.stop()
        if self._message is not None:
            self._bar.withdraw(self._message)
        self._fetching = self._message = None


def named(entries: Sequence[Entry]) -> str:
    """Return ``“img1.png”``, ``2 files``, or ``2 items`` if there are folders among them."""
    if len(entries) == 1:
        return f"“{plain(entries[0].name)}”"
    are_files = not any(entry.is_folder for entry in entries)
    return words.count(len(entries), "file" if are_files else "item")
