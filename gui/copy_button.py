"""A button that copies a text and says that it has."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

COPIED_MS = 2000
COPIED = "Copied"


class CopyButton(QPushButton):
    """Copies `copies`."""

    def __init__(self, says: str, copies: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.copies = copies
        widths = []
        for text in (COPIED, says):
            self.setText(text)
            widths.append(self.sizeHint().width())
        self.setMinimumWidth(max(widths))  # or what is beside it would move
        self._says = says
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COPIED_MS)
        self._timer.timeout.connect(lambda: self.setText(self._says))
        self.clicked.connect(self._copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.copies)
        self.setText(COPIED)
        self._timer.start()
