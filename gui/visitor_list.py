"""The browsers that have come in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QVBoxLayout, QWidget

from gui.admission import Visitor
from gui.label import label

MOST_ROWS = 5
WAYS = {"link": "by link", "pin": "by PIN"}
HEADING = "Browsers that came in"
# Programs, another Lanslide among them, have no session; the button below leads to all devices.
NOBODY = "No browser has come in yet."
OPEN = "No browser has come in by link or PIN. Everyone may look without."


def line(visitor: Visitor) -> str:
    """Return *visitor* in two lines."""
    when = QDateTime.fromSecsSinceEpoch(int(visitor.since))
    since = QLocale().toString(when.time(), QLocale.FormatType.ShortFormat)
    return f"{visitor.name}\n{visitor.address}, {WAYS[visitor.by]}, since {since}"


class VisitorList(QWidget):
    """Lists the browsers that are in, who came last first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Visitor, ...] = ()
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

    def show_visitors(self, visitors: Sequence[Visitor], *, is_open: bool) -> None:
        """List *visitors*, who came last first."""
        self._nobody.setText(OPEN if is_open else NOBODY)
        found = tuple(reversed(visitors))
        if found != self._shown:
            self._shown = found
            place = self.list.verticalScrollBar().value()
            self.list.clear()
            self.list.addItems([line(visitor) for visitor in found])
            self.list.verticalScrollBar().setValue(place)
            self._heading.setText(f"{HEADING} ({len(found)})" if found else HEADING)
            rows = min(len(found), MOST_ROWS)
            frame = 2 * self.list.frameWidth()
            self.list.setFixedHeight(rows * max(0, self.list.sizeHintForRow(0)) + frame)
        self._nobody.setVisible(not found)
        self.list.setVisible(bool(found))
