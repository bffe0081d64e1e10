"""A list of rows of one height, however many, that change all the time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QTableView

# Rows that changed are painted one by one, and what else the window does goes on in between.
STEP_MS = 15


class RowList(QTableView):
    """Shows a model of one column.

    It is a table, for a list view measures every row again whenever one of them changes.
    """

    def __init__(
        self, model: QAbstractItemModel, delegate: QStyledItemDelegate, height: int, name: str
    ) -> None:
        super().__init__()
        self._changed: list[int] = []
        self._step = QTimer(self)
        self._step.setInterval(STEP_MS)
        self._step.timeout.connect(self._paint_some)
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(height)

    def _paint_some(self) -> None:
        if not self._changed:
            self._step.stop()
            return
        self.update(self.model().index(self._changed.pop(0), 0))

    def _seen(self, first: int, last: int) -> list[int]:
        """Return those rows from *first* to *last* that are seen."""
        top, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        bottom = bottom if bottom >= 0 else last
        return list(range(max(first, top, 0), min(last, bottom) + 1))

    # Qt

    def dataChanged(
        self,
        first: QModelIndex | QPersistentModelIndex,
        last: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Paint what changed and is seen, soon."""
        waiting = dict.fromkeys(self._changed)
        self._changed = list(waiting | dict.fromkeys(self._seen(first.row(), last.row())))
        if not self._step.isActive():
            self._step.start()
