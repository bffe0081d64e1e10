"""The files of one folder as a Qt model: filtered, sorted, in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gui import icons, words
from gui.client import Entry, plain

Index = QModelIndex | QPersistentModelIndex

# The entry itself, for the views' owner and for delegates.
ENTRY_ROLE = Qt.ItemDataRole.UserRole


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
    wanted = pattern.casefold().split()
    kept = [entry for entry in entries if all(word in entry.name.casefold() for word in wanted)]
    key = _KEYS.get(column)
    folders = [entry for entry in kept if entry.is_folder]
    files = [entry for entry in kept if not entry.is_folder]
    return _sorted(folders, key, descending) + _sorted(files, key, descending)


Key = Callable[[Entry], Any]

_KEYS: dict[Column, Key] = {
    Column.MODIFIED: lambda entry: entry.modified or 0.0,
    Column.SIZE: lambda entry: entry.size or 0,
    Column.KIND: lambda entry: words.kind(entry).casefold(),
}


def _sorted(entries: list[Entry], key: Key | None, descending: bool) -> list[Entry]:
    if key is None:  # by name: as the server sent them
        return entries[::-1] if descending else entries
    return sorted(entries, key=key, reverse=descending)


class FolderModel(QAbstractTableModel):
    """What the folder view shows. The rows are a plain list, made anew when anything changes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: Sequence[Entry] = ()
        self._rows: list[Entry] = []
        self._row_of: dict[str, int] = {}
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
        return self._rows[index.row()]

    def rows(self) -> Sequence[Entry]:
        """Return what is shown, in order."""
        return self._rows

    def row_of(self, path: str) -> int | None:
        """Return the row that shows *path*, None if the filter hides it or it is gone."""
        return self._row_of.get(path)

    def thumbnail_changed(self, path: str) -> None:
        """Have the row of *path* painted again."""
        row = self.row_of(path)
        if row is not None:
            index = self.index(row, Column.NAME)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def _arrange(self) -> None:
        self.beginResetModel()
        self._rows = arranged(
            self._entries, self._pattern, self._column, descending=self._descending
        )
        self._row_of = {entry.path: row for row, entry in enumerate(self._rows)}
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column, self._descending = Column(column), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own default)
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, column = self._rows[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(entry, column)
            case Qt.ItemDataRole.DecorationRole if column is Column.NAME:
                return icons.of_entry(entry)
            case Qt.ItemDataRole.TextAlignmentRole if column is Column.SIZE:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.AccessibleTextRole if column is Column.NAME:
                return f"{plain(entry.name)}, {words.kind(entry)}"
            case _ if role == ENTRY_ROLE:
                return entry
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
