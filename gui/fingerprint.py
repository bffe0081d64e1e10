"""The fingerprint of a certificate, as people compare it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from gui.theme import styled

PAIRS_IN_A_LINE = 8
PADDING = 2  # pixels, as in theme.qss


def spelt(fingerprint: str) -> str:
    """Return *fingerprint* in pairs of digits, as browsers show it, in lines to be read aloud."""
    pairs = bytes.fromhex(fingerprint).hex(" ").upper().split()
    lines = range(0, len(pairs), PAIRS_IN_A_LINE)
    return "\n".join(" ".join(pairs[at : at + PAIRS_IN_A_LINE]) for at in lines)


class FingerprintField(QPlainTextEdit):
    """Shows a fingerprint in full, to be compared and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "fingerprint")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Fingerprint")

    def show_fingerprint(self, fingerprint: str) -> None:
        """Show *fingerprint*, hexadecimal digits."""
        text = spelt(fingerprint)
        if text != self.toPlainText():
            self.setPlainText(text)
            self._fit()

    def _fit(self) -> None:
        text = self.document().blockCount() * self.fontMetrics().lineSpacing()
        around = 2 * int(self.document().documentMargin()) + 2 * PADDING + 4
        self.setFixedHeight(text + around)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()  # the style has chosen one only now
