"""The lower part of the side bar: the shares of others, and the way to one by its address."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui import icons, words
from gui.icon_button import IconButton
from gui.label import label
from gui.listing import plain
from gui.nearby import FoundShare

ID_ROLE = Qt.ItemDataRole.UserRole
PIN_ROLE = Qt.ItemDataRole.UserRole + 1
MOST_ROWS = 6  # that are seen at once; for more the list is rolled
NOBODY = "No other share has been found yet."


class NearbyList(QWidget):
    """Lists shares by name; a lock stands by those that ask for a PIN.

    Signals:
        chosen: the user wants to browse a share; carries a `FoundShare`.
        address_wanted: the user wants to type an address.
    """

    chosen = Signal(object)
    address_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: dict[str, FoundShare] = {}
        self._marked = ""
        heading = label("Nearby", "sideBarHeading")
        heading.setIndent(8)
        self.address_button = IconButton("plus", "Open address")
        self.address_button.clicked.connect(self.address_wanted)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.address_button)
        self.notice = label(NOBODY, "quiet", wrap=True)
        self.notice.setContentsMargins(8, 0, 8, 8)
        self.list = QListWidget()
        self.list.setAccessibleName("Nearby")
        self.list.setIconSize(QSize(18, 18))
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.list)
        column.addWidget(self.notice)
        self.show_shares((), "")

    def show_shares(self, shares: Sequence[FoundShare], problem: str) -> None:
        """List *shares*; without any, say why with *problem*, if there is one."""
        self._shares = {share.id: share for share in shares}
        self.list.setVisible(bool(shares))
        self.notice.setVisible(not shares)
        self.notice.setText(problem or NOBODY)
        current = self.list.currentItem()
        before = current.data(ID_ROLE) if current is not None else None
        self.list.blockSignals(True)
        self.list.clear()
        for share in shares:
            item = _item(share)
            self.list.addItem(item)
            if share.id == before:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._fit()
        self._mark()

    def mark(self, identifier: str) -> None:
        """Mark the share that is browsed; "" for none of these."""
        self._marked = identifier
        self._mark()

    def _choose(self, item: QListWidgetItem) -> None:
        share = self._shares.get(item.data(ID_ROLE))
        # Pressed is not browsed yet, and may never be.
        self._mark()
        if share is not None:
            self.chosen.emit(share)

    def _mark(self) -> None:
        """Select what is browsed and nothing else; the cursor of the keyboard stays."""
        self.list.clearSelection()
        for item in self._items():
            item.setSelected(item.data(ID_ROLE) == self._marked)

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _fit(self) -> None:
        rows = min(self.list.count(), MOST_ROWS)
        if rows:
            frame = self.list.height() - self.list.viewport().height()
            self.list.setFixedHeight(rows * self.list.sizeHintForRow(0) + max(frame, 12))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for item in self._items():
                item.setIcon(_icon(needs_pin=item.data(PIN_ROLE)))
        super().changeEvent(event)


def _item(share: FoundShare) -> QListWidgetItem:
    item = QListWidgetItem(plain(share.name))
    item.setIcon(_icon(needs_pin=share.needs_pin))
    item.setData(ID_ROLE, share.id)
    item.setData(PIN_ROLE, share.needs_pin)
    asks = "asks for a PIN" if share.needs_pin else "asks for nothing"
    item.setToolTip(words.tooltip(f"{share.name} – {asks} – {share.urls[0]}"))
    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{plain(share.name)}, {asks}")
    return item


def _icon(*, needs_pin: bool) -> QIcon:
    return icons.accented("lock" if needs_pin else "computer")
