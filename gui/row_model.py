"""What the models of row lists have in common."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

ROW_ROLE = Qt.ItemDataRole.UserRole
_TEXTS = {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}
_NOWHERE = QModelIndex()


class RowModel(QAbstractListModel):
    """Gives of each row a value, for whoever paints it, and a text, for who cannot see it."""

    def count(self) -> int:
        """Return how many rows there are."""
        raise NotImplementedError

    def shown(self, row: int) -> object:
        """Return what is painted in *row*."""
        raise NotImplementedError

    def told(self, row: int) -> str:
        """Return what *row* is in words."""
        raise NotImplementedError

    # Qt

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else self.count()

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if not index.isValid():
            return None
        if role == ROW_ROLE:
            return self.shown(index.row())
        return self.told(index.row()) if role in _TEXTS else None
