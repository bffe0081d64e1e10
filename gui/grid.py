"""The files of a folder as tiles."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QPoint, QSize, Qt
from PySide6.QtGui import QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from gui.settings import TILE_SIDES
from gui.thumbnails import Thumbnails
from gui.tiles import TileDelegate, tile_height

GAP = 8  # pixels round the grid
MEASURED = 500  # selected tiles whose places are worth finding out, to paint no more than them


class Grid(QListView):
    """The files as tiles; as many columns as fit, spread over the whole width."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewport(QWidget())  # see `gui.loading`
        self._thumbnails = thumbnails
        self._side = TILE_SIDES[1]
        self._tiles = TileDelegate(thumbnails, self)
        self.setItemDelegate(self._tiles)
        # A wrapped list, not IconMode: that one places every item by itself, which takes seconds
        # for a hundred thousand of them.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setUniformItemSizes(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(40)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionRectVisible(True)
        self.setMouseTracking(True)
        self.setAccessibleName("Files")
        self.setViewportMargins(GAP, GAP, 0, 0)

    def rows_in_sight(self) -> range:
        """Return the rows of the tiles that can be seen, and perhaps of a few beyond."""
        cell, space = self.gridSize(), self.viewport().size()
        if cell.isEmpty() or not (first := self.indexAt(QPoint(cell.width() // 2, 1))).isValid():
            return range(0)
        columns = max(1, space.width() // cell.width())
        count = columns * (space.height() // cell.height() + 2)
        return range(first.row(), min(first.row() + count, self.model().rowCount()))

    def set_side(self, side: int) -> None:
        """Make the pictures *side* pixels wide at least."""
        self._side = side
        self._thumbnails.set_side(side * self.devicePixelRatioF())
        self._spread()

    def _spread(self) -> None:
        # Counted as if the scroll bar were always there, or its coming would change the columns
        # and they its going; one pixel less, or rounding wraps the last column.
        width = self.width() - self.verticalScrollBar().sizeHint().width() - GAP - 1
        columns = max(1, width // (self._side + 2 * GAP))
        cell = width // columns
        self.setGridSize(QSize(cell, tile_height(min(cell, self._side + 4 * GAP), self.font())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        # Qt measures every tile, seen or not.
        if sum(block.height() for block in selection.toList()) > MEASURED:
            return QRegion(self.viewport().rect())
        return super().visualRegionForSelection(selection)

    def paintEvent(self, event: QPaintEvent) -> None:
        # Qt has every tile painted that lies between the first and the last to be painted.
        self._tiles.begin(event.region())
        super().paintEvent(event)
