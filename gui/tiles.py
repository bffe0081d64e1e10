"""Paints one file of the grid: its picture or drawing, and its name below."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QRegion
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from gui import icons
from gui.folder_model import FolderModel
from gui.listing import Entry, plain
from gui.mount import Mount
from gui.theme import Colours, colours
from gui.thumbnails import Thumbnails

Index: TypeAlias = QModelIndex | QPersistentModelIndex

MARGIN = 4  # between neighbouring tiles
PADDING = 8  # between a tile's edge and its picture
RADIUS = 8
NAME_GAP = 6
MOST_ICON = 64
ENOUGH_LETTERS = 30  # in one line of a name
MOST_NAMES = 2000  # whose lines are kept


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

    A line ends behind a space, hyphen or underscore if there is one in its second half, or one
    that leaves no more than another line has room for.
    """
    if metrics.horizontalAdvance(name) <= width:
        return [name]
    if most <= 1:
        return [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width)]
    end = bisect_right(range(1, len(name)), width, key=lambda n: metrics.horizontalAdvance(name, n))
    end = max(end, 1)
    joint = next((at for at in range(end, 0, -1) if name[at - 1] in " -_"), end)
    if joint > end // 2 or metrics.horizontalAdvance(name[joint:].lstrip()) <= width:
        end = joint
    return [name[:end].rstrip(), *name_lines(name[end:].lstrip(), width, metrics, most - 1)]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a name; where its letters begin and stand, from the corner of its cell."""

    left: int
    base: int
    text: str


class _Plan:
    """Where things are in a tile, measured from the corner of its cell, and how they look.

    What is found out for one tile is kept for the next time it is painted, and for others.

    Attributes:
        frame: what is marked when the tile is selected.
        picture: the space for it.
        ratio: device pixels for each pixel of the window.

    """

    def __init__(self, cell: QSize, font: QFont, ratio: float, now: Colours) -> None:
        self.frame = QRect(QPoint(), cell).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        inside = self.frame.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        self._metrics = QFontMetrics(font)
        self._name, self.picture = QRect(inside), QRect(inside)
        height = _name_height(cell.width(), self._metrics)
        self._name.setTop(inside.bottom() - height + 1)
        self.picture.setBottom(self._name.top() - NAME_GAP)
        self._most_lines = height // self._metrics.lineSpacing()
        self.ratio, self.colours, self.pen = ratio, now, QPen(QColor(now.text))
        self._of = QSize(cell), QFont(font), ratio, now
        self._lines: dict[str, list[_Line]] = {}
        self._drawings: dict[str, QPixmap] = {}

    def is_of(self, cell: QSize, font: QFont, ratio: float, now: Colours) -> bool:
        """Tell whether it would be the same one if it were made of these."""
        return self._of == (cell, font, ratio, now)

    def lines(self, name: str) -> list[_Line]:
        """Return the lines of *name*, each in the middle."""
        lines = self._lines.get(name)
        if lines is None:
            if len(self._lines) >= MOST_NAMES:
                self._lines.clear()
            lines = self._lines[name] = [*self._placed(plain(name))]
        return lines

    def _placed(self, name: str) -> Iterator[_Line]:
        width, base = self._name.width(), self._name.top() + self._metrics.ascent()
        for text in name_lines(name, width, self._metrics, self._most_lines):
            left = self._name.left() + (width - self._metrics.horizontalAdvance(text)) // 2
            yield _Line(left, base, text)
            base += self._metrics.lineSpacing()

    def drawing(self, entry: Entry) -> QPixmap:
        """Return what stands for *entry* while there is no picture of it."""
        name = icons.drawing(entry)
        pixmap = self._drawings.get(name)
        if pixmap is None:
            side = min(self.picture.width(), self.picture.height(), MOST_ICON)
            pixmap = icons.of_entry(entry).pixmap(QSize(side, side), self.ratio)
            self._drawings[name] = pixmap
        return pixmap


class _Marks:
    """Which tiles of a view are selected, or are where the cursor or the mouse is.

    An option tells it, too, but Qt for Python makes the names of all parts of styles for that.
    """

    def __init__(self, view: QListView) -> None:
        self._selection = view.selectionModel()
        self._is_any_selected = self._selection.hasSelection()
        self._focused = view.currentIndex().row() if view.hasFocus() else -1
        space = view.viewport()
        mouse = space.mapFromGlobal(QCursor.pos())
        self._hovered = view.indexAt(mouse).row() if space.underMouse() else -1

    def paint(self, painter: QPainter, plan: _Plan, index: Index, corner: QPoint) -> None:
        """Paint what is behind a tile that is marked."""
        row, now = index.row(), plan.colours
        if self._is_any_selected and self._selection.isSelected(index):
            painter.setPen(QPen(QColor(now.accent), 2))
            painter.setBrush(QColor(now.selected))
        elif row == self._focused:
            painter.setPen(QPen(QColor(now.quiet), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        elif row == self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.pane))
        else:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(plan.frame.translated(corner)).adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)


class TileDelegate(QStyledItemDelegate):
    """Paints the tiles; asks `Thumbnails` for the pictures of those on screen.

    Painting is what the window's smoothness hangs on: a page of them has to be done before anybody
    can have missed it. Every call to Qt counts, more so while decoders have the processor's caches.
    """

    def __init__(self, thumbnails: Thumbnails, parent: QListView) -> None:
        super().__init__(parent)
        self._view = parent
        self._thumbnails = thumbnails
        self._region = QRegion()
        self._rows: Sequence[Entry] = ()
        self._marks: _Marks
        self._plan = _Plan(QSize(), parent.font(), 1, colours())

    def begin(self, region: QRegion) -> None:
        """Prepare to paint what is in *region*; tiles outside are left as they are."""
        view = self._view
        self._region, self._marks = region, _Marks(view)
        self._rows = cast(FolderModel, view.model()).rows()
        now = view.gridSize(), view.font(), view.devicePixelRatioF(), colours()
        if not self._plan.is_of(*now):
            self._plan = _Plan(*now)
        plan = self._plan
        space = plan.picture
        self._thumbnails.set_mount(
            Mount(space.width(), space.height(), plan.ratio, plan.colours.line)
        )

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> None:
        rect: QRect = option.rect
        if not self._region.intersects(rect):
            return
        entry, plan = self._rows[index.row()], self._plan
        self._marks.paint(painter, plan, index, rect.topLeft())
        left, top = rect.left(), rect.top()
        self._paint_picture(painter, left, top, entry)
        painter.setPen(plan.pen)
        for line in plan.lines(entry.name):
            painter.drawText(left + line.left, top + line.base, line.text)

    def _paint_picture(self, painter: QPainter, left: int, top: int, entry: Entry) -> None:
        plan = self._plan
        pixmap = self._thumbnails.mounted(entry)
        if pixmap is None:
            pixmap = plan.drawing(entry)
        size, space = pixmap.deviceIndependentSize(), plan.picture
        left += space.left() + (space.width() - round(size.width())) // 2
        top += space.top() + (space.height() - round(size.height())) // 2
        painter.drawPixmap(left, top, pixmap)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()
