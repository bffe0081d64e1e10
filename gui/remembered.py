"""The shares of others that this computer remembers something of, and how to have it forgotten."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.fingerprint import FingerprintField
from gui.known_shares import KnownShares, Remembered
from gui.label import label
from gui.listing import plain
from gui.theme import styled

WIDTH = 480
TITLE = "Remembered shares"
ABOUT = (
    "What you had Lanslide remember of the shares of others: their PINs, and the certificates that "
    "they are known by."
)
NOTHING = "Nothing is remembered."
NAMELESS = "A share without a name"
NO_CERTIFICATE = "Not encrypted: there is no certificate to know it by."
UNKNOWN_CERTIFICATE = "No certificate is remembered."


def line(share: Remembered) -> str:
    """Return *share* in two lines."""
    kept = [
        "PIN" if share.has_pin else "",
        "certificate" if share.fingerprint is not None else "",
    ]
    said = ", ".join(filter(None, [plain(share.address), " and ".join(filter(None, kept))]))
    return f"{plain(share.name) or NAMELESS}\n{said}"


class RememberedShares(QDialog):
    """Lists the remembered shares; forgets the selected one."""

    def __init__(self, shares: KnownShares, parent: QWidget) -> None:
        super().__init__(parent)
        self._known = shares
        self._shares: tuple[Remembered, ...] = ()
        self.setWindowTitle(TITLE)
        self.setModal(True)
        self.resize(WIDTH, 420)
        self.list = styled(QListWidget(), "remembered")
        self.list.setAccessibleName(TITLE)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = label(NOTHING, "quiet", centred=True)
        self._certificate = label("", "quiet", wrap=True)
        self.fingerprint = FingerprintField()
        self.forget_button = QPushButton("Forget")
        self.forget_button.setToolTip("Ask for its PIN and compare its certificate anew (Del)")
        self._forget = QAction("Forget", self)
        self._forget.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self._forget.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.list.addAction(self._forget)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.reject)
        self._forget.triggered.connect(self._forget_selected)
        self.forget_button.clicked.connect(self._forget_selected)
        self.list.currentRowChanged.connect(self._show_selected)
        buttons = QHBoxLayout()
        buttons.addWidget(self.forget_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(label(ABOUT, "quiet", wrap=True))
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1)
        column.addWidget(self._certificate)
        column.addWidget(self.fingerprint)
        column.addLayout(buttons)

    @property
    def lines(self) -> list[str]:
        """What it says of each share."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def open_window(self) -> None:
        """Show what is remembered now."""
        self._show(0)
        self.open()
        self.list.setFocus()

    def _show(self, row: int) -> None:
        self._shares = self._known.remembered()
        self.list.clear()
        self.list.addItems([line(share) for share in self._shares])
        self.list.setCurrentRow(min(row, len(self._shares) - 1))
        self.list.setVisible(bool(self._shares))
        self.nothing.setVisible(not self._shares)
        self._show_selected(self.list.currentRow())

    def _show_selected(self, row: int) -> None:
        share = self._shares[row] if 0 <= row < len(self._shares) else None
        fingerprint = share.fingerprint if share is not None else None
        self.forget_button.setEnabled(share is not None)
        self._forget.setEnabled(share is not None)
        self._certificate.setVisible(share is not None)
        self.fingerprint.setVisible(fingerprint is not None)
        if share is None:
            return
        if fingerprint is not None:
            self._certificate.setText("Its certificate has this fingerprint:")
            self.fingerprint.show_fingerprint(fingerprint)
        else:
            is_encrypted = share.address.startswith("https:")
            self._certificate.setText(UNKNOWN_CERTIFICATE if is_encrypted else NO_CERTIFICATE)

    def _forget_selected(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._shares):
            self._known.forget(self._shares[row])
            self._show(row)
            self.list.setFocus()
