"""Asks whether a share by HTTPS is the one that the user means."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import words
from gui.fingerprint import FingerprintField
from gui.label import label
from gui.theme import styled

WIDTH = 440
COMPARE = (
    "What it sends is encrypted, but nobody vouches for which computer it is. Compare this "
    "fingerprint with the one in the share panel, or in the terminal, of the computer that shares. "
    "If it is another one, somebody may be in between."
)


class TrustDialog(QDialog):
    """Shows the fingerprint of a certificate to be compared.

    Signals:
        trusted: the user says that it is the right one; carries it.
    """

    trusted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Trust this computer?")
        self.setModal(True)
        self.setFixedWidth(WIDTH)
        self._asked = ""
        self._lead = label(look="strong", wrap=True)
        self.fingerprint = FingerprintField()
        self.remember = QCheckBox("&Remember it on this computer")
        self._cancel = QPushButton("Cancel")
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.reject)
        self.trust_button = styled(QPushButton("Trust"), "primary")
        self.trust_button.setAutoDefault(False)
        self.trust_button.clicked.connect(self._trust)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self.trust_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(self._lead)
        column.addWidget(label(COMPARE, "quiet", wrap=True))
        column.addWidget(self.fingerprint)
        column.addWidget(self.remember)
        column.addSpacing(4)
        column.addLayout(buttons)

    @property
    def lead(self) -> str:
        """What is asked."""
        return self._lead.text()

    def ask(self, name: str, fingerprint: str) -> None:
        """Ask whether the share that is called *name* has the certificate of *fingerprint*."""
        self._lead.setText(f"Is this “{words.breakable(name)}”?")
        self._asked = fingerprint
        self.fingerprint.show_fingerprint(fingerprint)
        self.remember.setChecked(True)
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(WIDTH))
        self.open()
        # So that a key pressed too soon trusts nobody.
        self._cancel.setFocus()

    def _trust(self) -> None:
        # Hidden, not accepted or rejected: who asked goes on.
        self.hide()
        self.trusted.emit(self._asked)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Only there, so that no other button counts as what Enter means.
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and self.trust_button.hasFocus():
            self.trust_button.click()
        else:
            super().keyPressEvent(event)
