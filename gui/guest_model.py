"""The devices that are or were here, as a model: first all of them together, then each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject

from gui import words
from gui.activity import Guest
from gui.activity_words import clock, doing, part_done, totals
from gui.blocks import blocks
from gui.row_model import RowModel

EVERYONE = "Everyone"
# Bytes a second; less than that is not worth a word.
SLOWEST = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """What is shown of a device, or of all.

    Attributes:
        number: the device's; None for all.
        beside: stands at the end of the first line.
        done: how much is done of what it is being sent, from 0 to 1; None for no bar.

    """

    number: int | None
    name: str
    address: str
    doing: str
    totals: str
    beside: str
    done: float | None
    is_blocked: bool
    is_busy: bool


def row_of(guest: Guest, rate: float) -> Row:
    """Return what is shown of a device that is sent *rate* bytes a second."""
    is_busy = bool(guest.takings)
    beside = _speed(rate)
    if guest.is_blocked or not (beside or is_busy):
        # Of who takes something and pauses for a moment no time is told: it has not gone.
        beside = clock(guest.seen)
    return Row(
        guest.number,
        guest.name,
        guest.address,
        doing(guest),
        totals(guest.viewed, guest.taken, guest.moved),
        beside,
        part_done(guest.takings) if is_busy else None,
        guest.is_blocked,
        is_busy,
    )


def row_of_all(guests: Sequence[Guest], rate: float) -> Row:
    """Return what is shown of all devices together."""
    busy = sum(bool(guest.takings) for guest in guests)
    is_taking = f"{words.count(busy, 'device')} taking files" if busy else ""
    return Row(
        None,
        EVERYONE,
        words.count(len(guests), "device"),
        is_taking,
        totals(
            sum(guest.viewed for guest in guests),
            sum(guest.taken for guest in guests),
            sum(guest.moved for guest in guests),
        ),
        _speed(rate),
        None,
        is_blocked=False,
        is_busy=False,
    )


def _speed(rate: float) -> str:
    return f"{words.size(round(rate))}/s" if rate >= SLOWEST else ""


class GuestModel(RowModel):
    """Lists everyone, then each device, who came last first.

    What is shown of a device is put into words when its row is painted, not before.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._guests: list[Guest] = []
        self._rates: Mapping[int, float] = {}

    @property
    def guests(self) -> Sequence[Guest]:
        """The devices, in the order of their rows."""
        return self._guests

    def show_guests(self, guests: Sequence[Guest], rates: Mapping[int, float]) -> None:
        """Show *guests*, first who came first, and how many bytes a second each is sent."""
        found, known = list(reversed(guests)), self._guests
        new = len(found) - len(known)
        before = [guest.number for guest in known]
        if new < 0 or [guest.number for guest in found[new:]] != before:
            # Somebody was forgotten to make room.
            self.beginResetModel()
            self._guests, self._rates = found, rates
            self.endResetModel()
            return
        changed = [
            row
            for row, (one, other) in enumerate(zip(found[new:], known, strict=True), new + 1)
            if one != other or rates.get(one.number) != self._rates.get(one.number)
        ]
        if new:
            self.beginInsertRows(QModelIndex(), 1, new)
        self._guests, self._rates = found, rates
        if new:
            self.endInsertRows()
        if changed or new:
            for first, last in blocks([0, *changed]):
                self.dataChanged.emit(self.index(first), self.index(last))

    def guest_at(self, row: int) -> Guest | None:
        """Return the device in *row*; None for everyone."""
        return self._guests[row - 1] if 1 <= row <= len(self._guests) else None

    def row_of(self, number: int | None) -> int:
        """Return the row of a device; that of everyone if it is not there."""
        numbers = [guest.number for guest in self._guests]
        return numbers.index(number) + 1 if number in numbers else 0

    def count(self) -> int:
        return len(self._guests) + 1

    def shown(self, row: int) -> Row:
        """Return what is shown in *row*."""
        guest = self.guest_at(row)
        if guest is None:
            return row_of_all(self._guests, sum(self._rates.values()))
        return row_of(guest, self._rates.get(guest.number, 0.0))

    def told(self, row: int) -> str:
        shown = self.shown(row)
        said = (shown.name, shown.address, shown.doing, shown.totals, shown.beside)
        return ", ".join(filter(None, said))
