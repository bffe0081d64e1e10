"""What happened lately, as a model: the last first; of everyone, or of one device."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QObject

from gui.activity import Happening
from gui.activity_words import clock, happened
from gui.row_model import RowModel

MOST = 1_000


class HistoryModel(RowModel):
    """Holds the last `MOST` happenings and shows those of one device, or all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: deque[Happening] = deque(maxlen=MOST)
        self._shown: list[Happening] = []
        self._device: int | None = None

    @property
    def device(self) -> int | None:
        """Whose happenings are shown; None for everyone's."""
        return self._device

    @property
    def last(self) -> int:
        """The number of the last happening; 0 before the first."""
        return self._all[-1].number if self._all else 0

    def add(self, happenings: Sequence[Happening]) -> None:
        """Add what happened since, the last one last."""
        if not happenings:
            return
        self._forget_wrong_pins({one.address for one in happenings if one.tries > 1})
        self._all.extend(happenings)
        first = self._all[0].number
        gone = sum(1 for one in self._shown if one.number < first)
        if gone:
            kept = len(self._shown) - gone
            self.beginRemoveRows(QModelIndex(), kept, len(self._shown) - 1)
            del self._shown[kept:]
            self.endRemoveRows()
        new = [one for one in happenings if one.number >= first and self._is_shown(one)]
        if new:
            self.beginInsertRows(QModelIndex(), 0, len(new) - 1)
            self._shown[:0] = reversed(new)
            self.endInsertRows()

    def _forget_wrong_pins(self, addresses: Collection[str]) -> None:
        """Leave out what was told of wrong PINs from there before: it is told anew, with more."""
        if not addresses:
            return
        old = [one for one in self._all if one.tries and one.address in addresses]
        for one in old:
            self._all.remove(one)
            if one in self._shown:
                row = self._shown.index(one)
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._shown[row]
                self.endRemoveRows()

    def show_device(self, number: int | None) -> None:
        """Show what one device did, or everyone."""
        if number == self._device:
            return
        self.beginResetModel()
        self._device = number
        self._shown = [one for one in reversed(self._all) if self._is_shown(one)]
        self.endResetModel()

    def _is_shown(self, one: Happening) -> bool:
        return self._device is None or one.device == self._device

    def count(self) -> int:
        return len(self._shown)

    def shown(self, row: int) -> Happening:
        return self._shown[row]

    def told(self, row: int) -> str:
        one = self._shown[row]
        return f"{clock(one.when)} {one.name} {happened(one)}"
