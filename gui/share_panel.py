"""What opens below the Share switch: how others come in, who has, and how to stop."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.address_list import AddressList, ways
from gui.admission import Admission
from gui.copy_button import CopyButton
from gui.https_row import HttpsRow
from gui.label import label
from gui.listing import plain
from gui.network_choice import NetworkChoice, networks
from gui.pin_row import PinRow, grouped
from gui.qr_code import QrCode, QrSheet
from gui.reach_box import ReachBox
from gui.sharing import Sharing
from gui.switch import Switch
from gui.theme import styled
from gui.visitor_list import VisitorList

# Milliseconds between two looks at who is in, while the panel is seen.
LOOKS_EVERY_MS = 500
WIDTH = 352
MARGIN = 16
LEAST_HEIGHT = 160
SCAN = "Scan with a phone’s camera, or type the address."
NO_NETWORK = (
    "This computer is on no network now. Sharing stays on: as soon as there is a network, the code "
    "and the addresses appear here by themselves."
)
ALL_LEFT_OUT = (
    "Nobody can come in now: every network of this computer is left out. Tick one to let devices "
    "in again."
)


class SharePanel(QFrame):
    """Shows everything about this computer's share on the network.

    Lies over its parent and goes away when the user does something elsewhere. (A window of its own
    could have round corners only where the system composes windows.)

    Signals:
        stop_wanted: the user wants to stop sharing.
        who_wanted: the user wants to see what the others do.
    """

    stop_wanted = Signal()
    who_wanted = Signal()

    def __init__(self, sharing: Sharing, parent: QWidget) -> None:
        super().__init__(parent)
        self._sharing = sharing
        self._looking = QTimer(self)
        self._looking.setInterval(LOOKS_EVERY_MS)
        styled(self, "sharePanel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Sharing on this network")
        self.hide()
        self.setFixedWidth(WIDTH)
        self._lead = label(SCAN, "quiet", wrap=True)
        self._called = label("", "quiet", wrap=True)
        self.code = QrCode()
        self.sheet = QrSheet(parent)
        self.address_list = AddressList()
        self.link = CopyButton("Copy link")
        self.networks = NetworkChoice(after=self.link)
        self.link.setToolTip("Whoever has the link comes in without the PIN")
        self.pin_row = PinRow()
        self.everyone = Switch("Open to everyone here")
        self.keep = Switch("Keep this PIN and link")
        self.keep.setToolTip("Otherwise others are drawn for another folder and at the next start")
        self._meaning = label("", "quiet", wrap=True)
        self.https = HttpsRow()
        self.visitors = VisitorList()
        self.who_button = QPushButton("Who is here…")
        self.reach = ReachBox()
        self.stop_button = QPushButton("Stop sharing")
        self._inside = QVBoxLayout()
        self._scroll = QScrollArea()
        self._foot = QWidget()
        self._anchor: QWidget | None = None
        self._place()
        self._connect()

    @property
    def addresses(self) -> list[str]:
        """The addresses shown, best first."""
        return self.address_list.addresses

    @property
    def lead(self) -> str:
        """What the user is told to do, or to wait for."""
        return self._lead.text()

    @property
    def called(self) -> str:
        """What the user is told about the name that others see."""
        return self._called.text()

    @property
    def meaning(self) -> str:
        """What the user is told about who can read the folder."""
        return self._meaning.text()

    def open_below(self, widget: QWidget) -> None:
        """Open with the right edge at that of *widget*, as high as it needs or there is room."""
        self._anchor = widget
        self._called.setText(f"Nearby it is called “{plain(self._sharing.shown_name)}”.")
        self._scroll.verticalScrollBar().setValue(0)  # at the code, wherever it was left
        self.fit()
        self.raise_()
        self.show()
        self.setFocus()

    def fit(self) -> None:
        """Stay where it was opened, as high as it needs or there is room now."""
        widget = self._anchor
        if widget is None:
            return
        below = QPoint(widget.width(), widget.height() + 12)
        corner = widget.mapTo(self.window(), below)
        room = max(LEAST_HEIGHT, self.window().height() - corner.y() - MARGIN)
        frame = 2 * self.frameWidth()
        wanted = frame + self._foot.sizeHint().height()
        wanted += self._inside.totalHeightForWidth(WIDTH - frame)
        self.setFixedHeight(min(room, wanted))
        self.move(max(0, corner.x() - self.width()), corner.y())

    def _place(self) -> None:
        inside = QWidget()
        inside.setLayout(self._inside)
        column = self._inside
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, 8)
        column.setSpacing(12)
        column.addWidget(label("Sharing on this network", "heading"))
        leads = QVBoxLayout()
        leads.setSpacing(2)
        leads.addWidget(self._lead)
        leads.addWidget(self._called)
        column.addLayout(leads)
        column.addWidget(self.code, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.address_list)
        column.addWidget(self.link, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.networks)
        column.addWidget(self.pin_row)
        who = QVBoxLayout()
        who.setSpacing(8)
        for part in (self.keep, self.everyone, self._meaning):
            who.addWidget(part)
        column.addLayout(who)
        column.addWidget(_line())
        column.addWidget(self.https)
        column.addWidget(_line())
        column.addWidget(self.visitors)
        column.addWidget(self.who_button, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(_line())
        column.addWidget(self.reach)
        scroll = self._scroll
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Always to be seen, however long the rest is.
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(MARGIN, 8, MARGIN, 12)
        foot.addWidget(self.stop_button, alignment=Qt.AlignmentFlag.AlignLeft)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(self._foot)

    def _connect(self) -> None:
        self._looking.timeout.connect(lambda: self._sharing.look(self.visitors.show_guests))
        self.code.clicked.connect(self._enlarge)
        self.sheet.closed.connect(self.code.setFocus)
        self.address_list.chosen.connect(self._sharing.choose)
        self.networks.wanted.connect(self._sharing.let_in_by)
        self.https.wanted.connect(self._sharing.encrypt)
        self.pin_row.new_wanted.connect(self._sharing.new_pin)
        self.pin_row.resume_wanted.connect(self._sharing.resume)
        self.keep.clicked.connect(self._sharing.keep_pin)
        self.everyone.clicked.connect(self._sharing.open_to_everyone)
        self.who_button.clicked.connect(self._wants_to_see)
        self.stop_button.clicked.connect(self._wants_stop)
        self._sharing.network_changed.connect(lambda _: self._show(self._sharing.admission))
        self._sharing.admission_changed.connect(self._show)
        self._show(self._sharing.admission)  # it may be on already

    def _show(self, admission: Admission) -> None:
        """Show what holds now; what is the same as before is left alone."""
        sharing = self._sharing
        if not sharing.is_on:
            self.sheet.hide()
            return
        chosen = sharing.chosen
        link = sharing.link(chosen) if chosen else ""
        for part in (self._called, self.code, self.address_list, self.link):
            part.setVisible(bool(chosen))
        found = networks(sharing.network, sharing.left_out)
        is_left_out = bool(found) and not any(way.is_let_in for way in found)
        self._lead.setText(SCAN if chosen else ALL_LEFT_OUT if is_left_out else NO_NETWORK)
        self.networks.show_networks(found)
        self._meaning.setVisible(not is_left_out)
        self.reach.setVisible(not is_left_out)
        if chosen:
            self.code.show_link(link)
            self.link.copies = link
            self.address_list.show_ways(ways(sharing.network, sharing.named), chosen)
        else:
            self.sheet.hide()
        if self.sheet.isVisible():
            self.sheet.update_link(link, *self._words(admission))
        self.pin_row.show_admission(admission)
        self.pin_row.setVisible(not admission.is_open)
        self.keep.setVisible(not admission.is_open)
        self.everyone.setChecked(admission.is_open)
        self.keep.setChecked(admission.is_kept)
        self._meaning.setText(_meaning(self._folder(), is_open=admission.is_open))
        self.everyone.setAccessibleDescription(self.meaning)
        self.https.show_encryption(sharing.fingerprint)
        if self.isVisible():
            self._show_guests()
        port = urlsplit(sharing.network[0].url).port if sharing.network else None
        self.reach.show_reach(sharing.network, port or 0, was_reached=admission.was_reached)

    def _show_guests(self) -> None:
        self.visitors.show_guests(self._sharing.guests)

    def _folder(self) -> str:
        folder = self._sharing.folder
        return plain(folder.name) if folder is not None else ""

    def _words(self, admission: Admission) -> tuple[str, ...]:
        pin = () if admission.is_open else (f"PIN {grouped(admission.pin)}",)
        return (self._sharing.chosen, *pin)

    def _enlarge(self) -> None:
        self.sheet.open(self.code.link, *self._words(self._sharing.admission))

    def leave(self) -> None:
        """Go away; the focus goes to what it was opened below, if it was in here."""
        holder = QApplication.focusWidget()
        is_inside = holder is self or (holder is not None and self.isAncestorOf(holder))
        if self._anchor is not None and is_inside:
            self._anchor.setFocus()
        self.hide()

    def _wants_to_see(self) -> None:
        self.hide()
        self.who_wanted.emit()

    def _wants_stop(self) -> None:
        self.leave()
        self.stop_wanted.emit()

    def _is_elsewhere(self, place: QObject) -> bool:
        if not isinstance(place, QWidget) or place is self.sheet:
            return False
        return place is not self and not self.isAncestorOf(place)

    def showEvent(self, event: QShowEvent) -> None:
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]  # it runs
        self._show_guests()
        self._looking.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]  # it runs
        self._looking.stop()
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and self._is_elsewhere(watched):
            self.hide()
        if not isinstance(watched, QWidget) or not self.isAncestorOf(watched):
            return False
        if event.type() == QEvent.Type.LayoutRequest and watched is self._scroll.widget():
            # There is more or less to say than before.
            self.fit()
        elif event.type() == QEvent.Type.FocusIn:
            self._scroll.ensureWidgetVisible(watched, 0, MARGIN)
        return False


def _meaning(folder: str, *, is_open: bool) -> str:
    if is_open:
        return (
            f"Anyone on this network can look at “{folder}” and save what is in it, without a PIN, "
            "for as long as this is on."
        )
    return f"Who has the code, the link or the PIN can look at “{folder}” and save what is in it."


def _line() -> QFrame:
    made = styled(QFrame(), "line")
    made.setFixedHeight(1)
    return made
