"""The window that tells who is here, what each does, and what happened lately."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.activity import Guest
from gui.activity_words import totals
from gui.empty_page import empty_page
from gui.guest_model import EVERYONE, GuestModel
from gui.guest_rows import GuestDelegate, HistoryDelegate
from gui.history_model import HistoryModel
from gui.label import label
from gui.rates import Rates
from gui.row_list import RowList
from gui.sharing import Sharing
from gui.theme import styled

# Four times a second, however much happens: at the devices, but each fourth time at the history,
# for when it gets longer, all that is seen of it is painted again.
LOOKS_EVERY_MS = 250
NOBODY = "Nobody has looked yet"
NOBODY_MORE = "Let others scan the code. Who looks at the folder is told here, and what they take."
SWITCH_ON = f"Switch Share on first. {NOBODY_MORE}"
NOTHING = "Nothing has happened yet."
BLOCKED = (
    "This device is cut off, and its address is refused until you unblock it, draw a new PIN or "
    "stop sharing. From another address it comes in only by the link or the PIN: a new PIN makes "
    "both useless, for everybody."
)
NETWORK = "Everybody else in its IPv6 network is refused, too: it may take any address there."
FREE = (
    "This device is cut off, and its address is refused until you unblock it or stop sharing. As "
    "everybody comes in without a PIN now, it can come back from another address."
)


class WhoIsHere(QDialog):
    """Lists the devices, and what the selected one did, or everyone; looks only while seen."""

    def __init__(self, sharing: Sharing, parent: QWidget) -> None:
        super().__init__(parent)
        self._sharing = sharing
        self.setWindowTitle("Who is here")
        self.resize(860, 560)
        self._rates = Rates()
        self.guests = GuestModel(self)
        self.history = HistoryModel(self)
        font = self.font()
        delegate = GuestDelegate(self)
        self.guest_list = RowList(self.guests, delegate, delegate.height(font), "Devices")
        self._lines = HistoryDelegate(self)
        self.history_list = RowList(
            self.history, self._lines, self._lines.height(font), "What happened"
        )
        self.name = label("", "heading")
        self.about = label("", "quiet")
        self.block_button = QPushButton("Block")
        # The same, at each device: in its menu, and by a key.
        self.block_action = QAction("Block", self)
        self.block_action.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self.block_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.new_pin_button = QPushButton("New PIN")
        self.new_pin_button.setToolTip("Draw another PIN and link; whoever is in is cut off")
        self.notice = styled(QFrame(), "notice")
        self._why = label("", wrap=True)
        self._nobody_more = label("", "quiet", wrap=True, centred=True)
        self._nothing = label(NOTHING, "quiet", centred=True)
        self._pages = QStackedWidget()
        self._happened = QStackedWidget()
        self._waits = False
        self._looking = QTimer(self)
        self._looking.setInterval(LOOKS_EVERY_MS)
        self._turns = cycle((*3 * [self._look_at_guests], self._look_at_history))
        self._place()
        self._connect()
        self.guest_list.setCurrentIndex(self.guests.index(0))

    @property
    def chosen(self) -> Guest | None:
        """The device that is selected; None for everyone."""
        return self.guests.guest_at(self.guest_list.currentIndex().row())

    def open_window(self) -> None:
        """Show it; it is always in front of its parent."""
        self.show()
        self.activateWindow()
        self.guest_list.setFocus()

    def look(self) -> None:
        """Show how things are now."""
        self._look_at_history()
        self._show_guests(self._sharing.guests)

    def _look_by_turns(self) -> None:
        next(self._turns)()

    def _look_at_guests(self) -> None:
        if not self._waits:
            self._waits = True
            self._sharing.look(self._looked)

    def _looked(self, guests: Sequence[Guest]) -> None:
        self._waits = False
        if self.isVisible():
            self._show_guests(guests)

    def _show_guests(self, guests: Sequence[Guest]) -> None:
        moved = {guest.number: guest.moved for guest in guests}
        chosen = self.history.device
        self.guests.show_guests(guests, self._rates.update(moved, time.monotonic()))
        if not self.guest_list.currentIndex().isValid():
            # The list was made anew.
            self.guest_list.setCurrentIndex(self.guests.index(self.guests.row_of(chosen)))
        self._show_pages()
        self._show_chosen()

    def _look_at_history(self) -> None:
        bar = self.history_list.verticalScrollBar()
        before, place = self.history.rowCount(), bar.value()
        self.history.add(self._sharing.happenings(self.history.last))
        more = self.history.rowCount() - before
        if place and more > 0:
            # What is being read stays where it is.
            bar.setValue(place + more * self.history_list.rowHeight(0))
        self._show_pages()

    def _place(self) -> None:
        block = QHBoxLayout()
        block.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.about)
        block.addLayout(words, 1)
        block.addWidget(self.new_pin_button, alignment=Qt.AlignmentFlag.AlignTop)
        block.addWidget(self.block_button, alignment=Qt.AlignmentFlag.AlignTop)
        inside = QVBoxLayout(self.notice)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self._why)
        self._happened.addWidget(self.history_list)
        self._happened.addWidget(self._nothing)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(16, 16, 16, 8)
        column.setSpacing(12)
        column.addLayout(block)
        column.addWidget(self.notice)
        column.addWidget(label("What happened", "strong"))
        column.addWidget(self._happened, 1)
        left = styled(QWidget(), "guests")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        listed = QVBoxLayout(left)
        listed.setContentsMargins(8, 8, 8, 8)
        listed.addWidget(self.guest_list)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setHandleWidth(1)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(right)
        halves.setSizes([340, 520])
        halves.setStretchFactor(1, 1)
        self._pages.addWidget(empty_page(NOBODY, self._nobody_more))
        self._pages.addWidget(halves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def _connect(self) -> None:
        self._looking.timeout.connect(self._look_by_turns)
        self.guest_list.selectionModel().currentChanged.connect(self._choose)
        self.guest_list.addAction(self.block_action)
        self.guest_list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.block_action.triggered.connect(self._block)
        self.block_button.clicked.connect(self._block)
        self.new_pin_button.clicked.connect(self._sharing.new_pin)
        self._sharing.admission_changed.connect(lambda _: self._look_if_seen())

    def _choose(self, index: QModelIndex) -> None:
        guest = self.guests.guest_at(index.row())
        self._lines.tells_who = guest is None
        self.history.show_device(guest.number if guest is not None else None)
        self.history_list.scrollToTop()
        self._show_pages()
        self._show_chosen()

    def _block(self) -> None:
        guest = self.chosen
        if guest is not None and guest.is_blocked:
            self._sharing.unblock(guest.number)
        elif guest is not None:
            self._sharing.block(guest.number)

    def _look_if_seen(self) -> None:
        if self.isVisible():
            self.look()

    def _show_pages(self) -> None:
        self._nobody_more.setText(NOBODY_MORE if self._sharing.is_on else SWITCH_ON)
        is_used = bool(self.guests.guests) or bool(self.history.last)
        self._pages.setCurrentIndex(int(is_used))
        self._happened.setCurrentIndex(0 if self.history.rowCount() else 1)

    def _show_chosen(self) -> None:
        guest = self.chosen
        is_blocked = guest is not None and guest.is_blocked
        self.block_button.setVisible(guest is not None)
        self.block_action.setEnabled(guest is not None)
        self._name_block(guest)
        self.new_pin_button.setVisible(is_blocked)
        self.notice.setVisible(is_blocked)
        if guest is None:
            row = self.guests.shown(0)
            self.name.setText(EVERYONE)
            self.about.setText(_joined(row.address, row.totals))
            return
        self.name.setText(guest.name)
        self.about.setText(_joined(guest.address, totals(guest.viewed, guest.taken, guest.moved)))
        if is_blocked:
            why = FREE if self._sharing.admission.is_open else BLOCKED
            self._why.setText(f"{why} {NETWORK}" if ":" in guest.address else why)

    def _name_block(self, guest: Guest | None) -> None:
        """Say what the button and the menu do now."""
        verb = "Unblock" if guest is not None and guest.is_blocked else "Block"
        whom = f"{verb} {guest.name}" if guest is not None else verb
        self.block_button.setText(verb)
        self.block_button.setAccessibleName(whom)
        self.block_button.setToolTip(f"{whom} ({self.block_action.shortcut().toString()})")
        # In a menu, & is for a letter to press.
        self.block_action.setText(whom.replace("&", "&&"))

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        self.look()
        self._looking.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._looking.stop()
        super().hideEvent(event)


def _joined(*texts: str) -> str:
    return " · ".join(filter(None, texts))
