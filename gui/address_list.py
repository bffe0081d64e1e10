"""The addresses that other devices can use: one is chosen, and told to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from gui.copy_button import CopyButton
from gui.own_share import NetworkAddress

KINDS = {"lan": "local network", "vpn": "VPN", "virtual": "inside this computer"}


@dataclass(frozen=True, slots=True)
class Way:
    """An address to choose, and what it is, for people."""

    url: str
    says: str


def ways(addresses: Sequence[NetworkAddress], named: str | None) -> tuple[Way, ...]:
    """Return what there is to choose from, best first."""
    found = [
        Way(one.url, f"{one.host} – {KINDS[one.kind]}, {one.interface}")
        for one in addresses
        if one.is_used
    ]
    if named is not None:
        host = named.partition("://")[2].rpartition(":")[0]
        found.append(Way(named, f"{host} – by name"))
    return tuple(found)


class AddressList(QWidget):
    """Shows the chosen address in full and, if there are several, all to choose from.

    Signals:
        chosen: the user has chosen; carries the address.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways: tuple[Way, ...] = ()
        self._field = QLineEdit()
        self._field.setReadOnly(True)
        self._field.setAccessibleName("Address")
        self._copy = CopyButton("Copy")
        self._choices = QVBoxLayout()
        self._choices.setSpacing(4)
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(lambda button: self.chosen.emit(button.way.url))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._field, 1)
        row.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addLayout(self._choices)

    @property
    def addresses(self) -> list[str]:
        """What there is to choose from, best first."""
        return [way.url for way in self._ways]

    def show_ways(self, found: tuple[Way, ...], chosen: str) -> None:
        """Show what there is to choose from, and what is chosen; touches what is another only."""
        if self._field.text() != chosen:
            self._field.setText(chosen)
            self._field.setCursorPosition(0)
            self._copy.copies = chosen
            self._copy.setAccessibleName(f"Copy {chosen}")
        if found != self._ways:
            self._ways = found
            self._fill()
        for button in self._group.buttons():
            if isinstance(button, _Choice):
                button.setChecked(button.way.url == chosen)

    def choose(self, address: str) -> None:
        """Do as the user who presses the choice of *address*."""
        for button in self._group.buttons():
            if isinstance(button, _Choice) and button.way.url == address:
                button.click()

    def _fill(self) -> None:
        had_focus = any(button.hasFocus() for button in self._group.buttons())
        for button in self._group.buttons():
            self._group.removeButton(button)
            self._choices.removeWidget(button)
            button.hide()
            button.deleteLater()
        before: QWidget = self._copy
        if len(self._ways) > 1:
            for way in self._ways:
                choice = _Choice(way)
                self._group.addButton(choice)
                self._choices.addWidget(choice)
                # What comes later is otherwise the last in the window that Tab leads to.
                QWidget.setTabOrder(before, choice)
                before = choice
        if had_focus:
            first = self._group.buttons()[0] if self._ways[1:] else self._field
            first.setFocus()


class _Choice(QRadioButton):
    """A choice that is never wider than there is room, for an address may be long."""

    def __init__(self, way: Way) -> None:
        super().__init__(way.says)
        self.way = way
        self.setAccessibleName(f"{way.url}: {way.says}")

    def sizeHint(self) -> QSize:
        return QSize(0, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = (
            self.style()
            .subElementRect(QStyle.SubElement.SE_RadioButtonContents, option, self)
            .width()
        )
        option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_RadioButton, option)
