"""What is seen below the pointer while files are dragged: the first few, and how many they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QApplication

from gui import icons
from gui.listing import Entry
from gui.theme import colours

SIDE = 96.0  # pixels of the largest picture
SHEET = 64.0  # of the sheet that stands for what has no picture
ICON = 36.0
MARGIN = 14.0  # round all, for what is turned
RADIUS = 6.0
TURNS = (0.0, 7.0, -6.0)  # degrees, from the top one down
BADGE = 24.0


def drag_picture(pictures: Sequence[QPixmap | Entry], count: int, ratio: float) -> QPixmap:
    """Paint *pictures*, the first on top, and *count* if it is not 1.

    An `Entry` stands for a file that has no picture here. *ratio* is the screen's, of device
    pixels.
    """
    whole = SIDE + 2 * MARGIN
    pixmap = QPixmap(round(whole * ratio), round(whole * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    middle = QPointF(whole / 2, whole / 2)
    placed = list(zip(pictures, TURNS, strict=False))
    for picture, turn in reversed(placed):
        painter.save()
        painter.translate(middle)
        painter.rotate(turn)
        _paint_sheet(painter, picture)
        painter.restore()
    if count > 1:
        lower = _rect(pictures[0]).bottomRight() + middle
        _paint_badge(painter, lower, QLocale().toString(count))
    painter.end()
    return pixmap


def _rect(picture: QPixmap | Entry) -> QRectF:
    """Return the space of a picture, its middle at 0."""
    if isinstance(picture, Entry):
        size = QSizeF(SHEET, SHEET)
    else:
        size = QSizeF(picture.size()).scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio)
    rect = QRectF(QPointF(), size)
    rect.moveCenter(QPointF())
    return rect


def _paint_sheet(painter: QPainter, picture: QPixmap | Entry) -> None:
    now, rect = colours(), _rect(picture)
    path = QPainterPath()
    path.addRoundedRect(rect, RADIUS, RADIUS)
    painter.fillPath(path, QColor(now.pane))
    if isinstance(picture, Entry):
        place = QRectF(0, 0, ICON, ICON)
        place.moveCenter(rect.center())
        icons.of_entry(picture).paint(painter, place.toRect())
    else:
        painter.save()
        painter.setClipPath(path)
        painter.drawPixmap(rect, picture, QRectF(picture.rect()))
        painter.restore()
    painter.setPen(QPen(QColor(now.line), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _paint_badge(painter: QPainter, corner: QPointF, text: str) -> None:
    now, font = colours(), QApplication.font()
    font.setBold(True)
    painter.setFont(font)
    width = max(BADGE, painter.fontMetrics().horizontalAdvance(text) + BADGE / 2)
    rect = QRectF(0, 0, width, BADGE)
    whole = painter.viewport().width() / painter.device().devicePixelRatio()
    rect.moveCenter(corner)
    rect.moveRight(min(rect.right(), whole - 1))
    rect.moveBottom(min(rect.bottom(), whole - 1))
    painter.setPen(QPen(QColor(now.background), 2))
    painter.setBrush(QColor(now.accent))
    painter.drawRoundedRect(rect, BADGE / 2, BADGE / 2)
    painter.setPen(QColor(now.on_accent))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
