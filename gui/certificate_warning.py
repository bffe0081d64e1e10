"""Warns of a share that has another certificate than it must have."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import words
from gui.fingerprint import FingerprintField
from gui.label import label

WIDTH = 460
DANGER = (
    "It has another certificate than it must have. Somebody may have put another computer in its "
    "place, to get at the PIN or to hand out other files. Nothing has been sent to it."
)
OLD_LINK = "If it is the right one all the same, whoever shares it has a new link for you."
RENEWED = (
    "If whoever shares it says that the certificate is a new one, and the fingerprint that their "
    "Lanslide shows is the lower one here, have the old one forgotten and compare the new one."
)


class CertificateWarning(QDialog):
    """Shows what was expected beside what came. Nothing in it leads on to the share.

    Signals:
        forgotten: the user wants the share to be known by its old certificate no longer.
    """

    forgotten = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("This may be another computer")
        self.setModal(True)
        self.setFixedWidth(WIDTH)
        self._lead = label(look="warning", wrap=True)
        self._advice = label(look="quiet", wrap=True)
        self.known, self.found = FingerprintField(), FingerprintField()
        self.known.setAccessibleName("Fingerprint that it must have")
        self.found.setAccessibleName("Fingerprint that it has now")
        self.is_renewed = QCheckBox("I have &asked, and its certificate is a new one")
        self.forget_button = QPushButton("Forget the old one")
        self.forget_button.clicked.connect(self._forget)
        self.is_renewed.toggled.connect(self.forget_button.setEnabled)
        self.close_button = QPushButton("Close")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.forget_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(self._lead)
        column.addWidget(label(DANGER, wrap=True))
        column.addWidget(label("It must have this fingerprint:", "quiet"))
        column.addWidget(self.known)
        column.addWidget(label("It has this one now:", "quiet"))
        column.addWidget(self.found)
        column.addWidget(self._advice)
        column.addWidget(self.is_renewed)
        column.addSpacing(4)
        column.addLayout(buttons)

    @property
    def lead(self) -> str:
        """What is the matter."""
        return self._lead.text()

    def warn(self, name: str, known: str, found: str, *, can_forget: bool) -> None:
        """Warn of the share *name*, which has the certificate *found* instead of *known*.

        With *can_forget* it is this computer that remembers the one; else it came with a link.
        """
        self._lead.setText(f"This may not be “{words.breakable(name)}”.")
        self.known.show_fingerprint(known)
        self.found.show_fingerprint(found)
        self._advice.setText(RENEWED if can_forget else OLD_LINK)
        self.is_renewed.setChecked(False)
        self.forget_button.setEnabled(False)
        for part in (self.is_renewed, self.forget_button):
            part.setVisible(can_forget)
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(WIDTH))
        self.open()
        self.close_button.setFocus()

    def _forget(self) -> None:
        # Hidden, not rejected: who warned goes on.
        self.hide()
        self.forgotten.emit()
