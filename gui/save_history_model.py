"""The saves that the journal has, as a model: the last first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from gui.journal import Journal
from gui.row_model import RowModel
from gui.save_record import Record
from gui.save_words import record_in_words, title, way, when


@dataclass(frozen=True, slots=True)
class Line:
    """A save of the journal.

    Attributes:
        is_held: Whether some program is at it or has it in line.
        is_awaited: Whether it goes on by itself when its share is there again.

    """

    record: Record
    is_held: bool
    is_awaited: bool = False

    @property
    def can_go_on(self) -> bool:
        """Whether it is worth trying again."""
        return not self.is_held and (self.record.state != "done" or self.record.failed > 0)

    @property
    def fell_short(self) -> bool:
        """Whether it did not end as the user wanted."""
        return self.can_go_on and self.record.state != "cancelled"

    @property
    def title(self) -> str:
        """What was to be saved."""
        return title(self.record.first, self.record.count)

    @property
    def way(self) -> str:
        """From where to where."""
        shown = way(self.record.source.name or self.record.source.address, self.record.folder)
        return shown[:1].upper() + shown[1:]

    @property
    def ending(self) -> str:
        """What became of it."""
        told = record_in_words(self.record, is_held=self.is_held)
        return f"{told} · Goes on when its share is back" if self.is_awaited else told


def lines(journal: Journal) -> list[Line]:
    """Read the journal; on a thread."""
    return [Line(record, journal.is_held(record)) for record in journal.records()]


class SaveHistoryModel(RowModel):
    """Holds what was read last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Line] = []

    @property
    def lines(self) -> Sequence[Line]:
        """All of them, in the order of their rows."""
        return self._lines

    def show_lines(self, found: Sequence[Line], awaited: Collection[str]) -> None:
        """Show what was *found*; of the saves with the ids *awaited* the shares are waited for."""
        new = [Line(one.record, one.is_held, one.record.id in awaited) for one in found]
        if new == self._lines:
            return
        if [one.record.id for one in new] == [one.record.id for one in self._lines]:
            self._lines = new
            self.dataChanged.emit(self.index(0), self.index(len(new) - 1))
            return
        self.beginResetModel()
        self._lines = new
        self.endResetModel()

    def count(self) -> int:
        return len(self._lines)

    def shown(self, row: int) -> Line:
        return self._lines[row]

    def told(self, row: int) -> str:
        line = self._lines[row]
        return f"{line.title}, {line.way}, {line.ending}, {when(line.record)}"
