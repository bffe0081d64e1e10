"""Paints one file of the grid: its picture or drawing, and its name below."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPixmapCache,
    QRegion,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui import icons
from gui.client import Entry, plain
from gui.folder_model import ENTRY_ROLE
from gui.picture import fitted
from gui.theme import colours
from gui.thumbnails import Thumbnails

MARGIN = 4  # between neighbouring tiles
PADDING = 8  # between a tile's edge and its picture
RADIUS = 8
CORNER = 4  # of a picture
NAME_GAP = 6
HINTS = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform

SELECTED = QStyle.StateFlag.State_Selected
HOVERED = QStyle.StateFlag.State_MouseOver
FOCUSED = QStyle.StateFlag.State_HasFocus


def tile_height(width: int, font: QFont) -> int:
    """Return how high a tile of *width* pixels is: a 4:3 picture and one line of name."""
    picture = (width - 2 * (MARGIN + PADDING)) * 3 // 4
    return picture + 2 * (MARGIN + PADDING) + NAME_GAP + QFontMetrics(font).height()


class TileDelegate(QStyledItemDelegate):
    """Paints the tiles; asks `Thumbnails` for the pictures of those on screen.

    Attributes:
        region: what is being painted; tiles outside are left as they are.

    """

    def __init__(self, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.region = QRegion()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        if not self.region.intersects(rect):
            return
        entry: Entry = index.data(ENTRY_ROLE)
        state: QStyle.StateFlag = option.state
        metrics: QFontMetrics = option.fontMetrics
        tile = rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        painter.save()
        painter.setRenderHints(HINTS)
        _paint_ground(painter, tile, state)
        name = QRect(tile)
        name.setTop(tile.bottom() - PADDING - metrics.height() + 1)
        name.adjust(PADDING, 0, -PADDING, -PADDING)
        space = tile.adjusted(PADDING, PADDING, -PADDING, -(tile.bottom() - name.top() + NAME_GAP))
        thumbnail = self._thumbnails.get(entry)
        if thumbnail is not None:
            _paint_thumbnail(painter, thumbnail, space)
        else:
            side = min(space.width(), space.height(), 64)
            icon = QRect(0, 0, side, side)
            icon.moveCenter(space.center())
            icons.of_entry(entry).paint(painter, icon)
        painter.setPen(QColor(colours().text))
        text = metrics.elidedText(plain(entry.name), Qt.TextElideMode.ElideMiddle, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        view = self.parent()
        return view.gridSize() if isinstance(view, QListView) else super().sizeHint(option, index)


def _paint_ground(painter: QPainter, tile: QRect, state: QStyle.StateFlag) -> None:
    now = colours()
    frame = QRectF(tile).adjusted(1, 1, -1, -1)
    if state & SELECTED:
        painter.setPen(QPen(QColor(now.accent), 2))
        painter.setBrush(QColor(now.selected))
    elif state & FOCUSED:
        painter.setPen(QPen(QColor(now.quiet), 1, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    elif state & HOVERED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.pane))
    else:
        return
    painter.drawRoundedRect(frame, RADIUS, RADIUS)


def _paint_thumbnail(painter: QPainter, thumbnail: QPixmap, space: QRect) -> None:
    target = QRect(0, 0, 1, 1)
    target.setSize(fitted(thumbnail.size(), space.size()))
    target.moveCenter(space.center())
    painter.drawPixmap(target, _at_size(thumbnail, target.size(), painter))
    # Or a white picture would have no edge.
    painter.setPen(QColor(colours().line))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(target).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)


def _at_size(thumbnail: QPixmap, size: QSize, painter: QPainter) -> QPixmap:
    """Return *thumbnail* scaled to *size* with round corners; kept, as scaling takes longest."""
    ratio = painter.device().devicePixelRatioF()
    key = f"tile {thumbnail.cacheKey()} {size.width()} {size.height()} {ratio}"
    made = QPixmap()
    if QPixmapCache.find(key, made):
        return made
    made = QPixmap(size * ratio)
    made.fill(Qt.GlobalColor.transparent)
    made.setDevicePixelRatio(ratio)
    scaled = QPainter(made)
    scaled.setRenderHints(HINTS)
    corners = QPainterPath()
    corners.addRoundedRect(QRectF(QPointF(), size.toSizeF()), CORNER, CORNER)
    scaled.setClipPath(corners)
    scaled.drawPixmap(QRect(QPoint(), size), thumbnail)
    scaled.end()
    QPixmapCache.insert(key, made)
    return made
