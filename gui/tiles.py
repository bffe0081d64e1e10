"""Paints one file of the grid: its picture or drawing, and its name below."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QRegion
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import icons
from gui.client import Entry, plain
from gui.folder_model import ENTRY_ROLE
from gui.mount import Mount
from gui.theme import Colours, colours
from gui.thumbnails import Thumbnails

MARGIN = 4  # between neighbouring tiles
PADDING = 8  # between a tile's edge and its picture
RADIUS = 8
NAME_GAP = 6
MOST_ICON = 64
ENOUGH_LETTERS = 30  # in one line of a name

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


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where things are in a tile, measured from the corner of its cell, and how they look.

    Attributes:
        frame: what is marked when the tile is selected.
        picture: the space for it.
        name: as high as its lines.

    """

    frame: QRect
    picture: QRect
    name: QRect
    lines: int
    metrics: QFontMetrics
    colours: Colours


def _planned(cell: QSize, font: QFont) -> _Plan:
    metrics = QFontMetrics(font)
    frame = QRect(QPoint(), cell).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    inside = frame.adjusted(PADDING, PADDING, -PADDING, -PADDING)
    picture, name = QRect(inside), QRect(inside)
    name.setTop(inside.bottom() - _name_height(cell.width(), metrics) + 1)
    picture.setBottom(name.top() - NAME_GAP)
    return _Plan(frame, picture, name, name.height() // metrics.lineSpacing(), metrics, colours())


class TileDelegate(QStyledItemDelegate):
    """Paints the tiles; asks `Thumbnails` for the pictures of those on screen."""

    def __init__(self, thumbnails: Thumbnails, parent: QListView) -> None:
        super().__init__(parent)
        self._view = parent
        self._thumbnails = thumbnails
        self._region = QRegion()
        self._plan = _planned(QSize(), parent.font())

    def begin(self, region: QRegion) -> None:
        """Prepare to paint what is in *region*; tiles outside are left as they are.

        What all tiles have in common is found out here, once: painting is what the window's
        smoothness hangs on.
        """
        self._region = region
        self._plan = plan = _planned(self._view.gridSize(), self._view.font())
        ratio, edge = self._view.devicePixelRatioF(), plan.colours.line
        space = plan.picture
        self._thumbnails.set_mount(Mount(space.width(), space.height(), ratio, edge))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect: QRect = option.rect
        if not self._region.intersects(rect):
            return
        entry: Entry = index.data(ENTRY_ROLE)
        plan, corner = self._plan, rect.topLeft()
        _paint_ground(painter, plan.frame.translated(corner), option.state, plan.colours)
        self._paint_picture(painter, plan.picture.translated(corner), entry)
        painter.setPen(QColor(plan.colours.text))
        name = plan.name.translated(corner)
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for line in name_lines(plain(entry.name), name.width(), plan.metrics, plan.lines):
            painter.drawText(name, top, line)
            name.translate(0, plan.metrics.lineSpacing())

    def _paint_picture(self, painter: QPainter, space: QRect, entry: Entry) -> None:
        mounted = self._thumbnails.mounted(entry)
        if mounted is not None:
            place = QRect(QPoint(), mounted.deviceIndependentSize().toSize())
            place.moveCenter(space.center())
            painter.drawPixmap(place.topLeft(), mounted)
        else:
            side = min(space.width(), space.height(), MOST_ICON)
            place = QRect(0, 0, side, side)
            place.moveCenter(space.center())
            icons.of_entry(entry).paint(painter, place)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._view.gridSize()


def _paint_ground(painter: QPainter, frame: QRect, state: QStyle.StateFlag, now: Colours) -> None:
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
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.drawRoundedRect(QRectF(frame).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
