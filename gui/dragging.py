"""Drags files of a share into other programs.

A drag can only offer what is on this computer, and whoever drags does not wait. So the files are
fetched once the pointer has gone far enough to mean it; the drag itself begins when they are here,
if the button is still held, and else when it is tried once more. What is here already is dragged
at once. Another way would be to fetch when the other program asks for the files: but it asks in
the GUI thread, and most ask while the pointer only passes over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from gui.client import Client
from gui.copies import FetchedCopies
from gui.drag_picture import drag_picture
from gui.fetch_notes import FetchNotes, named
from gui.fetching import Fetching
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.offer import MOST_FILES, offer
from gui.thumbnails import Thumbnails

USUAL_KINDS: Final = frozenset({"image/jpeg", "image/png"})
SMALL_PICTURE: Final = 2_000_000  # bytes, which are read in no time
SHOWN: Final = 3  # pictures below the pointer
LOOKED_AT: Final = 20  # files, for these
LEFT: Final = Qt.MouseButton.LeftButton
_WATCHED: Final = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
    }
)

Source = Callable[[QPoint], Sequence[Entry]]


@dataclass(slots=True)
class Press:
    """A mouse button that was pressed, until it is pressed or let go of again.

    Attributes:
        entries: What is to be dragged; None until that is looked for, which is when the pointer
            moves: by then the press has selected what it is on.
        is_begun: Whether the pointer has gone far enough.

    """

    widget: QWidget
    at: QPoint
    entries: tuple[Entry, ...] | None = None
    is_begun: bool = False


class Dragging(QObject):
    """Watches the mouse on some widgets, and takes from them what becomes a drag."""

    def __init__(
        self,
        copies: FetchedCopies,
        thumbnails: Thumbnails,
        notes: FetchNotes,
        bar: MessageBar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._copies, self._thumbnails, self._notes, self._bar = copies, thumbnails, notes, bar
        self._client: Client | None = None
        self._sources: dict[QWidget, Source] = {}
        self._press: Press | None = None
        self._fetching: Fetching | None = None

    def browse(self, client: Client) -> None:
        """Drag from another share."""
        self._client, self._press = client, None
        self._give_up()

    def add(self, widget: QWidget, source: Source) -> None:
        """Let files be dragged out of *widget*; *source* tells which, by where it was pressed."""
        self._sources[widget] = source
        widget.installEventFilter(self)

    def _moved(self, press: Press, to: QPoint) -> bool:
        """Tell whether the widget is not to know that the mouse was moved."""
        if press.entries is None:
            press.entries = tuple(self._sources[press.widget](press.at))
        if not press.entries:
            self._press = None
            return False
        far = (to - press.at).manhattanLength() >= QApplication.startDragDistance()
        if far and not press.is_begun:
            press.is_begun = True
            self._begin(press, press.entries)
        return True

    def _begin(self, press: Press, entries: tuple[Entry, ...]) -> None:
        if self._client is None:
            return
        if len(entries) > MOST_FILES:
            self._bar.problem(f"{named(entries)} are too many to drag. Save them instead.")
        elif here := self._copies.here(self._client, entries):
            self._drag(press, entries, here)
        else:
            self._fetch(self._client, entries)

    def _fetch(self, client: Client, entries: tuple[Entry, ...]) -> None:
        fetching = self._fetching
        if fetching is None or not fetching.brings(client, entries):
            self._give_up()
            fetching = self._fetching = self._copies.fetch(client, entries)
            # Not from within the signal: a drag goes on until the button is let go of.
            fetching.came.connect(
                lambda copies: QTimer.singleShot(0, self, lambda: self._came(entries, copies))
            )
            fetching.failed.connect(self._bar.problem)
            fetching.ended.connect(self._forget)
        it = "it" if len(entries) == 1 else "them"
        self._notes.watch(fetching, f"to drag {it}", "Keep the button pressed, or drag once more.")

    def _give_up(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            self._fetching = None

    def _forget(self) -> None:
        if self.sender() is self._fetching:
            self._fetching = None

    def _came(self, entries: tuple[Entry, ...], copies: Sequence[Path]) -> None:
        press = self._press
        is_held = bool(QGuiApplication.mouseButtons() & LEFT)
        if press is not None and press.is_begun and press.entries == entries and is_held:
            self._drag(press, entries, copies)
        else:
            are, it = ("is", "it") if len(entries) == 1 else ("are", "them")
            self._bar.tell(f"{named(entries)} {are} here now. Drag {it} once more.")

    def _drag(self, press: Press, entries: Sequence[Entry], copies: Sequence[Path]) -> None:
        drag = QDrag(press.widget)
        drag.setMimeData(dragged(entries, copies))
        ratio = press.widget.devicePixelRatioF()
        drag.setPixmap(drag_picture(self._pictures(entries), len(entries), ratio))
        drag.setHotSpot(QPoint(0, 0))
        drag.exec(Qt.DropAction.CopyAction)

    def _pictures(self, entries: Sequence[Entry]) -> list[QPixmap | Entry]:
        """Choose what is seen of *entries*: pictures rather than drawings."""
        looked_at = entries[:LOOKED_AT]
        found = [self._thumbnails.get(entry) for entry in looked_at]
        pictures: list[QPixmap | Entry] = [each for each in found if each is not None]
        others = [entry for entry, each in zip(looked_at, found, strict=True) if each is None]
        return [*pictures, *others][:SHOWN]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in _WATCHED or not isinstance(event, QMouseEvent):
            return False
        press, kind = self._press, event.type()
        if kind == QEvent.Type.MouseMove:
            if press is None or not event.buttons() & LEFT:
                return False
            return self._moved(press, event.position().toPoint())
        if kind == QEvent.Type.MouseButtonRelease:
            # A view would select only what is below the pointer, and the rest be to select anew.
            self._press = None
            return press is not None and press.is_begun and event.button() == LEFT
        self._press = None
        is_press = kind == QEvent.Type.MouseButtonPress and event.button() == LEFT
        if is_press and isinstance(watched, QWidget):
            self._press = Press(watched, event.position().toPoint())
        return False


def dragged(entries: Sequence[Entry], copies: Sequence[Path]) -> QMimeData:
    """Make what a drop takes: files, and of one small picture of a usual kind the picture too."""
    mime = offer(copies)
    entry, kind = entries[0], entries[0].media_type or ""
    if len(entries) == 1 and kind in USUAL_KINDS and (entry.size or 0) <= SMALL_PICTURE:
        with suppress(OSError):
            mime.setData(kind, QByteArray(copies[0].read_bytes()))
    return mime
