"""Which networks other devices may come in by, as the user chooses it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from gui.address_list import KINDS
from gui.label import label
from gui.own_share import NetworkAddress

# Pixels of text beside a box; interfaces on Windows have long names.
ROOM = 280


@dataclass(frozen=True, slots=True)
class Way:
    """A network to let devices in by.

    Attributes:
        interface: what the system calls the way into it by.
        says: what it is, for people.
        is_let_in: whether devices may come in by it.

    """

    interface: str
    says: str
    is_let_in: bool


def networks(addresses: Sequence[NetworkAddress], left_out: Collection[str]) -> tuple[Way, ...]:
    """Return each network once, by its best address; by name, so that none changes its place."""
    best: dict[str, NetworkAddress] = {}
    for one in addresses:
        best.setdefault(one.interface, one)
    return tuple(
        Way(name, f"{name} – {best[name].host}, {KINDS[best[name].kind]}", name not in left_out)
        for name in sorted(best)
    )


class NetworkChoice(QWidget):
    """A box to tick for each network, where there is anything to choose.

    Args:
        after: what Tab leads from to the boxes, whenever these are made.

    Signals:
        wanted: the user lets devices in by a network or not; carries its interface and which.

    """

    wanted = Signal(str, bool)

    def __init__(self, after: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._after = after
        self.boxes: list[QCheckBox] = []
        self._shown: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(label("Let devices in by", "quiet"))
        self.hide()

    def show_networks(self, found: tuple[Way, ...]) -> None:
        """Show what there is to choose from; touches what is another only."""
        if tuple(way.says for way in found) != self._shown:
            self._shown = tuple(way.says for way in found)
            self._fill(found)
        for box, way in zip(self.boxes, found, strict=True):
            box.setChecked(way.is_let_in)
        self.setVisible(len(found) > 1 or not all(way.is_let_in for way in found))

    def _fill(self, found: tuple[Way, ...]) -> None:
        had_focus = any(box.hasFocus() for box in self.boxes)
        for box in self.boxes:
            self._column.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.boxes = [self._box(way) for way in found]
        before = self._after
        for box in self.boxes:
            self._column.addWidget(box)
            QWidget.setTabOrder(before, box)
            before = box
        if had_focus and self.boxes:
            self.boxes[0].setFocus()

    def _box(self, way: Way) -> QCheckBox:
        box = QCheckBox()
        fits = box.fontMetrics().elidedText(way.says, Qt.TextElideMode.ElideMiddle, ROOM)
        box.setText(fits.replace("&", "&&"))
        box.setToolTip(way.says)
        box.setAccessibleName(f"Let devices in by {way.says}")
        box.clicked.connect(lambda let_in: self.wanted.emit(way.interface, let_in))
        return box
