"""A switch that slides between off and on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from gui.theme import colours

TRACK = QSize(34, 20)
MARGIN = 8


class Switch(QAbstractButton):
    """A checkable button drawn as a label and a switch; pressed by mouse, Space and Enter."""

    def __init__(self, *texts: str, parent: QWidget | None = None) -> None:
        """Make a switch that says the first of *texts*, with room for the longest."""
        super().__init__(parent)
        self._texts = texts
        self.setText(texts[0])
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        font = self.font()
        font.setBold(True)
        self.setFont(font)

    def sizeHint(self) -> QSize:
        text = max(self.fontMetrics().horizontalAdvance(text) for text in self._texts)
        height = max(TRACK.height(), self.fontMetrics().height()) + 2 * MARGIN - 4
        return QSize(text + TRACK.width() + 3 * MARGIN + 4, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        now = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(now.accent if self.isChecked() or self.hasFocus() else now.line))
        painter.setBrush(QColor(now.selected if self.isChecked() else now.field))
        painter.drawRoundedRect(frame, 8, 8)
        painter.setPen(QColor(now.text if self.isEnabled() else now.quiet))
        text = self.rect().adjusted(MARGIN + 2, 0, -TRACK.width() - 2 * MARGIN, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self.text())
        track = QRectF(
            self.width() - TRACK.width() - MARGIN,
            (self.height() - TRACK.height()) / 2,
            TRACK.width(),
            TRACK.height(),
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.accent if self.isChecked() else now.quiet))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        knob = track.height() - 4
        left = track.right() - knob - 2 if self.isChecked() else track.left() + 2
        painter.setBrush(QColor("#ffffff"))
        painter.drawEllipse(QRectF(left, track.top() + 2, knob, knob))
