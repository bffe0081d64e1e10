"""A link as a QR code, in the panel and as large as the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui.theme import colours

# What the standard asks for around a code, in modules.
QUIET = 4
# Pixels, at most: of the whole code, and of a module. A link of HTTPS takes more modules.
SIDE, MODULE = 248, 6
RADIUS = 8
# A camera wants dark on light, whatever the colours of the window are.
DARK, LIGHT = QColor("#000000"), QColor("#ffffff")

Matrix: TypeAlias = Sequence[Sequence[int]]


def matrix(text: str) -> Matrix:
    """Return the modules of the QR code of *text* by rows, 1 for dark, without a quiet zone."""
    import segno  # no code is on the first screen

    return tuple(tuple(row) for row in segno.make(text, error="m", micro=False).matrix)


def paint(painter: QPainter, modules: Matrix, place: QRect) -> None:
    """Paint a code in the middle of *place*, every module the same whole number of pixels wide."""
    across = len(modules) + 2 * QUIET
    module = max(1, min(place.width(), place.height()) // across)
    side = module * len(modules)
    left = place.center().x() - side // 2
    top = place.center().y() - side // 2
    for row, line in enumerate(modules):
        for column, is_dark in enumerate(line):
            if is_dark:
                painter.fillRect(left + column * module, top + row * module, module, module, DARK)


class QrCode(QAbstractButton):
    """A QR code that can be pressed to be seen from afar."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = ""
        self._modules: Matrix = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Show the code as large as the window")
        self.setAccessibleName("QR code of the link; press to show it as large as the window")

    @property
    def link(self) -> str:
        """What the code leads to."""
        return self._link

    def show_link(self, link: str) -> None:
        """Lead to *link*."""
        if link != self._link:
            self._link, self._modules = link, matrix(link)
            across = len(self._modules) + 2 * QUIET
            side = across * max(1, min(MODULE, SIDE // across))
            self.setFixedSize(side, side)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colours().accent if self.hasFocus() else colours().line))
        painter.setBrush(LIGHT)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), RADIUS, RADIUS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        paint(painter, self._modules, self.rect())


class QrSheet(QWidget):
    """A QR code over the whole window, for people across the table; any key or press ends it.

    Signals:
        closed: it is gone.
    """

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._modules: Matrix = ()
        self._words: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def open(self, link: str, *words: str) -> None:
        """Show the code of *link*, and *words* in lines below it."""
        self.update_link(link, *words)
        self.window().installEventFilter(self)
        self.setGeometry(self.window().rect())
        self.raise_()
        self.show()
        self.setFocus()

    def update_link(self, link: str, *words: str) -> None:
        """Show the code of another *link*."""
        self._modules, self._words = matrix(link), words
        self.setAccessibleName(f"QR code, large. {'. '.join(words)}. Press any key to go back.")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), LIGHT)
        painter.setPen(DARK)
        font = QFont(self.font())
        font.setPointSizeF(min(28.0, max(10.0, self.width() / 40)))
        painter.setFont(font)
        line = painter.fontMetrics().lineSpacing()
        below = line * (len(self._words) + 1)
        paint(painter, self._modules, self.rect().adjusted(16, 16, -16, -below))
        for number, text in enumerate(self._words):
            place = QRect(8, self.height() - below + line * number, self.width() - 16, line)
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, place.width()
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        self.window().removeEventFilter(self)
        super().hideEvent(event)
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self.window().rect())
        return False
