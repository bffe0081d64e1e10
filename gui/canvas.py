"""The space of the preview in which a picture is painted, or an icon."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import icons
from gui.picture import fitted
from gui.theme import colours


class Canvas(QWidget):
    """Paints a picture as large as fits, never larger than its pixels, or an icon."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pixmap = QPixmap()
        self._enlarge = QSize()
        self._drawing = ""
        self.setMinimumSize(160, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def pixmap(self) -> QPixmap:
        """What is painted, null if it is an icon."""
        return self._pixmap

    def box(self) -> QSize:
        """Return the space for a picture in device pixels."""
        return self.size() * self.devicePixelRatioF()

    def show_picture(self, pixmap: QPixmap) -> None:
        """Paint *pixmap*."""
        self._pixmap, self._enlarge, self._drawing = pixmap, QSize(), ""
        self.update()

    def show_stand_in(self, pixmap: QPixmap) -> None:
        """Paint a thumbnail, enlarged to the space, until the picture itself is here."""
        self._pixmap, self._enlarge, self._drawing = pixmap, self.size(), ""
        self.update()

    def show_icon(self, drawing: str) -> None:
        """Paint the drawing called *drawing*."""
        self._pixmap, self._drawing = QPixmap(), drawing
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        if self._pixmap.isNull():
            if self._drawing:
                side = 96
                space = QRectF(0, 0, side, side)
                space.moveCenter(QRectF(self.rect()).center())
                icons.quiet(self._drawing).paint(painter, space.toRect())
            return
        size = self._pixmap.deviceIndependentSize().toSize()
        if not self._enlarge.isEmpty():
            size = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, 1, 1)
        target.setSize(fitted(size, self.size()).toSizeF())
        target.moveCenter(QRectF(self.rect()).center())
        corners = QPainterPath()
        corners.addRoundedRect(target, 8, 8)
        painter.setClipPath(corners)
        painter.fillPath(corners, QColor(colours().pane))
        painter.drawPixmap(target.toRect(), self._pixmap)
