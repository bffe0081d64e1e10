"""The files of one folder as a Qt model: filtered, sorted, in columns."""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItemModel

from gui import icons, words
from gui.background import Background
from gui.listing import Entry, plain

Index = QModelIndex | QPersistentModelIndex

AT_ONCE = 5000  # entries that are put in order at once; more of them on a thread
RUN = 5000  # entries sorted at a time


class Column(IntEnum):
    """What stands in which column."""

    NAME = 0
    MODIFIED = 1
    SIZE = 2
    KIND = 3


TITLES = {
    Column.NAME: "Name",
    Column.MODIFIED: "Modified",
    Column.SIZE: "Size",
    Column.KIND: "Kind",
}


def arranged(
    entries: Sequence[Entry], pattern: str, column: Column, *, descending: bool
) -> list[Entry]:
    """Return the entries whose name holds *pattern*, sorted by *column*, folders first.

    *entries* come in the server's order, by name as people sort names; it decides between equals.
    Letter case makes no difference to *pattern*; several words must all be there.
    """
    kept = entries
    if wanted := pattern.casefold().split():
        kept = [entry for entry in entries if all(word in entry.name.casefold() for word in wanted)]
    folders = [entry for entry in kept if entry.kind == "folder"]
    files = [entry for entry in kept if entry.kind != "folder"]
    key = _KEYS.get(column)
    if column is not Column.SIZE:  # folders have none
        folders = _sorted(folders, key, descending)
    return folders + _sorted(files, key, descending)


Key = Callable[[Entry], Any]

_KEYS: dict[Column, Key] = {
    Column.MODIFIED: attrgetter("modified"),
    Column.SIZE: attrgetter("size"),
    Column.KIND: words.kind,
}


def _sorted(entries: list[Entry], key: Key | None, descending: bool) -> list[Entry]:
    if key is None:  # by name: as the server sent them
        return entries[::-1] if descending else entries
    # No other thread runs while Python sorts. Merging what is sorted is soon done.
    runs = (
        sorted(entries[at : at + RUN], key=key, reverse=descending)
        for at in range(0, len(entries), RUN)
    )
    return sorted(chain.from_iterable(runs), key=key, reverse=descending)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is shown, in order, and where each path is."""

    entries: Sequence[Entry]
    row_of: Mapping[str, int]


def _rows(entries: Sequence[Entry]) -> _Rows:
    return _Rows(entries, {entry.path: row for row, entry in enumerate(entries)})


class FolderModel(QStandardItemModel):
    """What the folder view shows. The rows are a plain list, made anew when anything changes.

    Of Qt's own model only the number of rows and columns is used, and no item is ever made: views
    ask about these for every row that there is, and a way into Python a hundred thousand times
    would be felt. Only for `data`, which is asked of what is on screen, is Python asked.

    Thousands of entries are put in order on a thread. Until that is done the rows stay as they are.

    Signals:
        changing: the rows are about to be others; a view still knows where they are, which it does
            not any more when Qt says so.

    """

    changing = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(0, len(Column), parent)
        self._background = background
        self._wish: object | None = None
        self._entries: Sequence[Entry] = ()
        self._rows = _rows(())
        self._pattern = ""
        self._column = Column.NAME
        self._descending = False

    @property
    def column(self) -> Column:
        """The column the rows are sorted by."""
        return self._column

    @property
    def descending(self) -> bool:
        return self._descending

    @property
    def is_arranging(self) -> bool:
        """Whether other rows are on their way."""
        return self._wish is not None

    @property
    def total(self) -> int:
        """The number of entries before the filter."""
        return len(self._entries)

    def show(self, entries: Sequence[Entry]) -> None:
        """Show the entries of another folder, or the same folder's as they are now."""
        self._entries = entries
        self._arrange()

    def filter(self, pattern: str) -> None:
        """Keep the rows whose name holds every word of *pattern*."""
        self._pattern = pattern
        self._arrange()

    def entry(self, index: Index) -> Entry:
        """Return the entry in the row of *index*."""
        return self._rows.entries[index.row()]

    def rows(self) -> Sequence[Entry]:
        """Return what is shown, in order."""
        return self._rows.entries

    def paths(self) -> KeysView[str]:
        """Return the paths of what is shown."""
        return self._rows.row_of.keys()

    def row_of(self, path: str) -> int | None:
        """Return the row that shows *path*, None if the filter hides it or it is gone."""
        return self._rows.row_of.get(path)

    def _arrange(self) -> None:
        wish = self._wish = object()
        entries, pattern, column = self._entries, self._pattern, self._column
        descending = self._descending

        def work() -> _Rows:
            return _rows(arranged(entries, pattern, column, descending=descending))

        if len(entries) <= AT_ONCE:
            self._show_rows(wish, work())
        else:
            self._background.run(work, then=lambda rows: self._show_rows(wish, rows), failed=_raise)

    def _show_rows(self, wish: object, rows: _Rows) -> None:
        if wish is not self._wish:  # other rows are wanted by now
            return
        self._wish = None
        self.changing.emit()
        self.beginResetModel()
        self._rows = rows
        self.blockSignals(True)  # all is told at once
        self.setRowCount(len(rows.entries))
        self.blockSignals(False)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        wanted = Column(column), order == Qt.SortOrder.DescendingOrder
        if wanted != (self._column, self._descending):  # a view may ask twice
            self._column, self._descending = wanted
            self._arrange()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, column = self._rows.entries[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(entry, column)
            case Qt.ItemDataRole.DecorationRole if column is Column.NAME:
                return icons.of_entry(entry)
            case Qt.ItemDataRole.TextAlignmentRole if column is Column.SIZE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.AccessibleTextRole if column is Column.NAME:
                return f"{plain(entry.name)}, {words.kind(entry)}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[Column(section)]
        return None


def _raise(error: Exception) -> None:
    raise error


def _text(entry: Entry, column: Column) -> str:
    match column:
        case Column.NAME:
            return plain(entry.name)
        case Column.MODIFIED:
            return words.date(entry.modified)
        case Column.SIZE:
            return words.size(entry.size)
        case Column.KIND:
            return words.kind(entry)
