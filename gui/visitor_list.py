"""The devices that have come in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QVBoxLayout, QWidget

from gui.activity import Guest
from gui.activity_words import clock
from gui.label import label

MOST_ROWS = 5
WAYS = {"link": "by link", "pin": "by PIN", "": ""}
HEADING = "Devices that came in"
NOBODY = "Nobody has come in yet."


def line(guest: Guest) -> str:
    """Return *guest* in two lines."""
    said = ", ".join(filter(None, [guest.address, WAYS[guest.by], f"since {clock(guest.since)}"]))
    return f"{guest.name}\n{said}"


class VisitorList(QWidget):
    """Lists the devices that are in, who came last first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[str, ...] = ()
        self._heading = label(HEADING, "strong")
        self._nobody = label(NOBODY, "quiet", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName(HEADING)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setUniformItemSizes(True)
        self.list.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._heading)
        column.addWidget(self._nobody)
        column.addWidget(self.list)

    @property
    def lines(self) -> list[str]:
        """What it says of each, who came last first."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def show_guests(self, guests: Sequence[Guest]) -> None:
        """List those of *guests* that are in, who came last first."""
        is_in = [guest for guest in guests if guest.is_in]
        is_in.sort(key=lambda guest: guest.since, reverse=True)
        found = tuple(map(line, is_in))
        if found != self._shown:
            self._shown = found
            place = self.list.verticalScrollBar().value()
            self.list.clear()
            self.list.addItems(found)
            self.list.verticalScrollBar().setValue(place)
            self._heading.setText(f"{HEADING} ({len(found)})" if found else HEADING)
            rows = min(len(found), MOST_ROWS)
            frame = 2 * self.list.frameWidth()
            self.list.setFixedHeight(rows * max(0, self.list.sizeHintForRow(0)) + frame)
        self._nobody.setVisible(not found)
        self.list.setVisible(bool(found))
