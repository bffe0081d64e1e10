"""A line of text that gives up its middle where there is no room for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui import words
from gui.label import label

LEAST_CHARACTERS = 10


class ElidedLabel(QWidget):
    """Takes what room there is; its tooltip has what that is too little for."""

    def __init__(self, look: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._label = label(look=look)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def text(self) -> str:
        """Return all of it."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show *text*, taken literally."""
        if text != self._text:
            self._text = text
            self.updateGeometry()
            self._elide()

    def _elide(self) -> None:
        metrics = self._label.fontMetrics()
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, self.width())
        if shown != self._text and self.width() < metrics.averageCharWidth() * LEAST_CHARACTERS:
            shown = ""  # what is left of it says nothing
        self._label.setText(shown)
        self._label.setAccessibleName(self._text)
        self.setToolTip(words.tooltip(self._text) if shown != self._text else "")

    # Qt

    def minimumSizeHint(self) -> QSize:
        metrics = self._label.fontMetrics()
        return QSize(0, metrics.height())

    def sizeHint(self) -> QSize:
        metrics = self._label.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 1, metrics.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()
