"""Whether what is sent is encrypted, what that means, and what others compare."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.copy_button import CopyButton
from gui.fingerprint import FingerprintField, spelt
from gui.label import label
from gui.switch import Switch

PLAIN = (
    "Not encrypted: whoever can listen on this network can read along. HTTPS prevents that, but "
    "phones’ browsers warn first. Switching cuts off who is in."
)
SECURE = (
    "Encrypted. Phones’ browsers warn first, as nobody vouches for this computer; in the warning’s "
    "details is this fingerprint. Another Lanslide compares it by itself if it has the link."
)


class HttpsRow(QWidget):
    """A switch for HTTPS; while it is on, the fingerprint of the certificate.

    Signals:
        wanted: the user wants HTTPS, or no more; carries which.
    """

    wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.switch = Switch("Encrypt what is sent (HTTPS)")
        self.switch.setToolTip("PIN and link are new ones then, unless you keep them")
        self.switch.clicked.connect(self.wanted)
        self._meaning = label("", "quiet", wrap=True)
        self._heading = label("Fingerprint of the certificate (SHA-256)", "quiet")
        self.fingerprint = FingerprintField()
        self._heading.setBuddy(self.fingerprint)
        self.copy = CopyButton("Copy fingerprint")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.switch)
        column.addWidget(self._meaning)
        column.addWidget(self._heading)
        column.addWidget(self.fingerprint)
        column.addWidget(self.copy, alignment=Qt.AlignmentFlag.AlignLeft)

    @property
    def meaning(self) -> str:
        """What the user is told about what others on the network can read."""
        return self._meaning.text()

    def show_encryption(self, fingerprint: str | None) -> None:
        """Show how things stand: HTTPS with the certificate of *fingerprint*, or plain HTTP."""
        is_on = fingerprint is not None
        self.switch.setChecked(is_on)
        self._meaning.setText(SECURE if is_on else PLAIN)
        self.switch.setAccessibleDescription(self.meaning)
        for part in (self._heading, self.fingerprint, self.copy):
            part.setVisible(is_on)
        if fingerprint is not None:
            self.fingerprint.show_fingerprint(fingerprint)
            self.copy.copies = spelt(fingerprint)
