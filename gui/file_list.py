"""The files of a folder line by line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from gui.folder_model import Column

# In letters. What comes last is left out first, where there is no room for it and the names.
COLUMN_WIDTHS = {Column.SIZE: 14, Column.MODIFIED: 24, Column.KIND: 16}
LEAST_FOR_NAMES = 32


class FileList(QTreeView):
    """The files line by line; of the columns as many as leave room for the names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewport(QWidget())  # see `gui.loading`
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSortingEnabled(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName("Files")
        header = self.header()
        header.setStretchLastSection(False)
        header.setSortIndicator(Column.NAME, Qt.SortOrder.AscendingOrder)

    def place_columns(self) -> None:
        """Give the columns their widths; to be called once there is a model."""
        header = self.header()
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column, characters in COLUMN_WIDTHS.items():
            header.resizeSection(column, self.fontMetrics().averageCharWidth() * characters)

    def resizeEvent(self, event: QResizeEvent) -> None:
        letter = self.fontMetrics().averageCharWidth()
        space = self.viewport().width() - LEAST_FOR_NAMES * letter
        for column, characters in COLUMN_WIDTHS.items():
            space -= characters * letter
            self.setColumnHidden(column, space < 0)
        super().resizeEvent(event)
