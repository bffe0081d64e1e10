"""The viewer: one picture on the whole window, and the way to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui import words, zoom
from gui.animation import Animation
from gui.elided_label import ElidedLabel
from gui.facts import Facts, of_details, of_entry
from gui.full_screen_bar import FullScreenBar
from gui.icon_button import IconButton
from gui.label import label
from gui.listing import Entry, plain
from gui.picture_reading import Level
from gui.renditions import Renditions, Wish
from gui.theme import styled
from gui.thumbnails import Thumbnails
from gui.version import Version, version
from gui.zoom_canvas import ZoomCanvas

SLIDE_MS = 4000
DETAILS_WIDTH = 280
PAN = 80  # pixels for one press of an arrow key


class Viewer(QWidget):
    """Shows the pictures of a folder one by one.

    Keys: left and right, Home and End go on; plus, minus, 0 and 1 zoom; with Shift the arrows move
    a zoomed picture; R and Shift+R turn; I tells about it; F and F11 fill the screen; Space starts
    and stops the slide show; Escape closes.

    Signals:
        moved: another picture is shown; carries its `Entry`.
        closed: the user wants to see the folder again.
        full_screen_wanted: the user wants the whole screen, or not any more.

    """

    moved = Signal(Entry)
    closed = Signal()
    full_screen_wanted = Signal()

    def __init__(
        self,
        renditions: Renditions,
        thumbnails: Thumbnails,
        animation: Animation,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._animation = animation
        self._renditions = renditions
        self._thumbnails = thumbnails
        self._entries: Sequence[Entry] = ()
        self._number = 0
        self._forward = True

        self.canvas = ZoomCanvas()
        self.canvas.sharper_wanted.connect(self._want_sharper)
        self._name = ElidedLabel(look="strong")
        self._count = label(look="quiet")
        self._problem = label(look="notice", wrap=True)
        self._problem.hide()
        self._slides = QTimer(self)
        self._slides.setInterval(SLIDE_MS)
        self._slides.timeout.connect(self._next_slide)
        self._play = IconButton("play", "Slide show (Space)")
        self._play.setCheckable(True)
        self._play.toggled.connect(self._play_toggled)
        self._facts = Facts()
        self._details = styled(QFrame(), "details")
        self._details.hide()
        self._place()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        renditions.came.connect(self._came)
        renditions.told.connect(self._told)
        animation.moved.connect(self._moved)
        renditions.failed.connect(self._failed)
        thumbnails.ready.connect(self._thumbnail_ready)

    def _place(self) -> None:
        bar = self._tool_bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self._problem)
        self.bar = FullScreenBar(bar, column, self.canvas, self)
        self._details.setFixedWidth(DETAILS_WIDTH)
        beside = QVBoxLayout(self._details)
        beside.setContentsMargins(16, 16, 16, 16)
        beside.addWidget(self._facts)
        beside.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self._details)
        column.addLayout(middle, 1)

    def _tool_bar(self) -> QFrame:
        bar = styled(QFrame(), "toolBar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._button("grid", "Back to the folder (Esc)", self.close_viewer))
        row.addWidget(self._name)
        row.addWidget(self._count)
        row.addStretch(1)
        for name, says, act in (
            ("back", "Previous (Left)", lambda: self.go(-1)),
            ("forward", "Next (Right)", lambda: self.go(1)),
            ("zoom-out", "Smaller (-)", lambda: self.canvas.zoom(1 / zoom.STEP)),
            ("zoom-in", "Larger (+)", lambda: self.canvas.zoom(zoom.STEP)),
            ("fit", "Whole picture or actual size (0, 1)", self.canvas.toggle_actual_size),
            ("rotate-left", "Turn left (Shift+R)", lambda: self.canvas.turn(-1)),
            ("rotate-right", "Turn right (R)", lambda: self.canvas.turn(1)),
        ):
            row.addWidget(self._button(name, says, act))
        row.addWidget(self._play)
        row.addWidget(self._button("info", "Details (I)", self._toggle_details))
        row.addWidget(self._button("fullscreen", "Full screen (F)", self.full_screen_wanted.emit))
        return bar

    @property
    def entry(self) -> Entry | None:
        """The picture shown."""
        return self._entries[self._number] if self._entries else None

    @property
    def problem(self) -> str:
        """Why the picture cannot be shown, empty if it can."""
        return "" if self._problem.isHidden() else self._problem.text()

    @property
    def facts(self) -> dict[str, str]:
        """What the details tell, by title."""
        return self._facts.shown

    @property
    def playing(self) -> bool:
        """Whether the slide show runs."""
        return self._slides.isActive()

    def open(self, entries: Sequence[Entry], entry: Entry) -> None:
        """Show *entry*, one of *entries*, which are the pictures to go through."""
        self._entries = entries
        self._show(entries.index(entry))
        self.setFocus()

    def close_viewer(self) -> None:
        """Stop the slide show and let the folder be seen again."""
        self._play.setChecked(False)
        self._entries = ()
        self._animation.stop()
        self.canvas.clear()
        self.closed.emit()

    def go(self, by: int) -> None:
        """Go so many pictures on; stays at the first and the last."""
        self._forward = by >= 0
        number = min(max(self._number + by, 0), len(self._entries) - 1)
        if self._entries and number != self._number:
            self._show(number)

    def draggable(self) -> Sequence[Entry]:
        """Return the picture if a drag takes it elsewhere; one that is zoomed is moved by that."""
        return [self.entry] if self.entry is not None and not self.canvas.place.can_pan else []

    def _show(self, number: int) -> None:
        self._number = number
        entry = self._entries[number]
        self._name.set_text(plain(entry.name))
        self._count.setText(f"{number + 1} of {words.count(len(self._entries), 'picture')}")
        self._problem.hide()
        self._facts.show_facts(of_entry(entry))
        self._ask_details()
        self._animation.play(entry)
        rendition = self._renditions.get(entry)
        thumbnail = self._thumbnails.get(entry)
        if rendition is not None:
            self.canvas.show_picture(rendition.pixmap, rendition.original)
        elif thumbnail is not None:
            self._show_thumbnail(entry, thumbnail)
        else:
            self.canvas.clear()
        step = 1 if self._forward else -1
        near = [number, number + step, number + 2 * step, number - step]
        self._renditions.want(
            [(self._entries[at], Level.SCREEN) for at in near if 0 <= at < len(self._entries)]
        )
        self.moved.emit(entry)

    def _came(self, wish: Wish) -> None:
        entry = self.entry
        if entry is None or wish.of != version(entry):
            return
        rendition = self._renditions.get(entry)
        if rendition is not None:
            original = rendition.original
            self._facts.add("Pixels", f"{original.width()} × {original.height()}")
            if self.canvas.pixmap.isNull():
                self.canvas.show_picture(rendition.pixmap, rendition.original)
            else:
                self.canvas.sharpen(rendition.pixmap, rendition.original)
            if self.canvas.is_blurred:  # it was zoomed on meanwhile, or the share has better ones
                self._want_sharper()

    def _failed(self, wish: Wish, sentence: str) -> None:
        entry = self.entry
        if entry is None or wish.of != version(entry):
            return
        if wish.level is Level.SCREEN:
            self._problem.setText(sentence)
            self._problem.show()
        elif self._renditions.is_hopeless(wish) and self.canvas.is_blurred:
            self._want_sharper()  # there may be another way to one

    def _thumbnail_ready(self, path: str) -> None:
        entry = self.entry
        if entry is None or entry.path != path or not self.canvas.pixmap.isNull():
            return
        thumbnail = self._thumbnails.get(entry)
        if thumbnail is not None:
            self._show_thumbnail(entry, thumbnail)

    def _show_thumbnail(self, entry: Entry, thumbnail: QPixmap) -> None:
        """Show *thumbnail* as large as the picture will be."""
        original = self._thumbnails.original(entry) or _guessed(thumbnail.size())
        self.canvas.show_picture(thumbnail, original)

    def _want_sharper(self) -> None:
        entry = self.entry
        level = self._renditions.better(entry) if entry is not None else None
        if entry is not None and level is not None:
            self._renditions.want([(entry, level)])

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._ask_details()

    def _ask_details(self) -> None:
        if self.entry is not None and not self._details.isHidden():
            self._renditions.ask_details(self.entry)

    def _moved(self, of: Version, frame: QImage) -> None:
        if self.entry is not None and version(self.entry) == of:
            self.canvas.sharpen(QPixmap.fromImage(frame), frame.size())

    def _told(self, of: Version, details: dict[str, str]) -> None:
        if self.entry is not None and version(self.entry) == of:
            for title, text in of_details(details).items():
                self._facts.add(title, text)

    def _play_toggled(self, on: bool) -> None:
        if on:
            self._slides.start()
        else:
            self._slides.stop()

    def _next_slide(self) -> None:
        if self._number + 1 < len(self._entries):
            self.go(1)
        elif self._entries:
            self._show(0)

    def _button(self, name: str, says: str, act: Callable[[], object]) -> IconButton:
        button = IconButton(name, says)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the keys are the viewer's
        button.clicked.connect(lambda: act())
        return button

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._animation.resume()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._animation.pause()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.bar.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pan = {
            Qt.Key.Key_Left: (PAN, 0),
            Qt.Key.Key_Right: (-PAN, 0),
            Qt.Key.Key_Up: (0, PAN),
            Qt.Key.Key_Down: (0, -PAN),
        }
        key = Qt.Key(event.key())
        match key:
            case Qt.Key.Key_Escape | Qt.Key.Key_Backspace:
                self.close_viewer()
            case _ if shift and key in pan:
                x, y = pan[key]
                self.canvas.drag(QPointF(x, y))
            case Qt.Key.Key_Right | Qt.Key.Key_Down | Qt.Key.Key_PageDown:
                self.go(1)
            case Qt.Key.Key_Left | Qt.Key.Key_Up | Qt.Key.Key_PageUp:
                self.go(-1)
            case Qt.Key.Key_Home:
                self.go(-len(self._entries))
            case Qt.Key.Key_End:
                self.go(len(self._entries))
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.canvas.zoom(zoom.STEP)
            case Qt.Key.Key_Minus:
                self.canvas.zoom(1 / zoom.STEP)
            case Qt.Key.Key_0:
                self.canvas.fit()
            case Qt.Key.Key_1:
                self.canvas.actual_size()
            case Qt.Key.Key_R:
                self.canvas.turn(-1 if shift else 1)
            case Qt.Key.Key_I:
                self._toggle_details()
            case Qt.Key.Key_F | Qt.Key.Key_F11:
                self.full_screen_wanted.emit()
            case Qt.Key.Key_Space:
                self._play.toggle()
            case _:
                super().keyPressEvent(event)


def _guessed(thumbnail: QSize) -> QSize:
    """Return the size a picture is taken to have until its own is known, from its thumbnail's."""
    return thumbnail.scaled(QSize(4000, 4000), Qt.AspectRatioMode.KeepAspectRatio)
