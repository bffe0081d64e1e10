"""Paints one file of the grid: its picture or drawing, and its name below."""

from __future__ import annotations

from bisect import bisect_right

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
ENOUGH_LETTERS = 30  # in one line of a name
HINTS = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform

SELECTED = QStyle.StateFlag.State_Selected
HOVERED = QStyle.StateFlag.State_MouseOver
FOCUSED = QStyle.StateFlag.State_HasFocus


def tile_height(width: int, font: QFont) -> int:
    """Return how high a tile of *width* pixels is: a 4:3 picture and its name."""
    picture = (width - 2 * (MARGIN + PADDING)) * 3 // 4
    return picture + 2 * (MARGIN + PADDING) + NAME_GAP + _name_height(width, QFontMetrics(font))


def _name_height(width: int, metrics: QFontMetrics) -> int:
    """Return how high a name is: two lines where one has too few letters to tell names apart."""
    lines = 2 if width < ENOUGH_LETTERS * metrics.averageCharWidth() else 1
    return lines * metrics.lineSpacing()


def name_lines(name: str, width: int, metrics: QFontMetrics, most: int) -> list[str]:
    """Break *name* into *most* lines at most, the last one elided in its middle.

    A line ends behind a space, hyphen or underscore if there is one in its second half.
    """
    if most <= 1 or metrics.horizontalAdvance(name) <= width:
        return [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width)]
    end = bisect_right(range(1, len(name)), width, key=lambda n: metrics.horizontalAdvance(name, n))
    end = max(end, 1)
    joints = [at for at in range(end, end // 2, -1) if name[at - 1] in " -_"]
    end = joints[0] if joints else end
    return [name[:end].rstrip(), *name_lines(name[end:].lstrip(), width, metrics, most - 1)]


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
        name_height = _name_height(rect.width(), metrics)
        name.setTop(tile.bottom() - PADDING - name_height + 1)
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
        most = name_height // metrics.lineSpacing()
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for line in name_lines(plain(entry.name), name.width(), metrics, most):
            painter.drawText(name, top, line)
            name.translate(0, metrics.lineSpacing())
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
