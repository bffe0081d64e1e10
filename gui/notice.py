"""What stands in the middle of the window when there are no files to show, and why."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import icons
from gui.label import label

SIDE = 64


class Notice(QWidget):
    """A drawing, a heading, a sentence, and what can be done about it.

    Signals:
        retry: the user wants it tried again.
        open_folder: the user wants to choose a folder to share.
    """

    retry = Signal()
    open_folder = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._drawing = label(centred=True)
        self._heading = label(look="heading", wrap=True, centred=True)
        self._sentence = label(look="quiet", wrap=True, centred=True)
        self.retry_button = QPushButton("Try again")
        self.retry_button.clicked.connect(self.retry)
        self._choose = QPushButton("Open folder…")
        self._choose.clicked.connect(self.open_folder)

        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch()
        buttons.addWidget(self.retry_button)
        buttons.addWidget(self._choose)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._drawing)
        column.addWidget(self._heading)
        column.addWidget(self._sentence)
        column.addLayout(buttons)
        column.addStretch(3)

    @property
    def text(self) -> str:
        """What is said now, heading and sentence."""
        return f"{self._heading.text()}\n{self._sentence.text()}".strip()

    def say(
        self,
        heading: str,
        sentence: str,
        *,
        drawing: str = "",
        retry: bool = False,
        choose: bool = False,
    ) -> None:
        """Show *heading* and *sentence* below the drawing called *drawing*."""
        self._name = drawing
        self._heading.setText(heading)
        self._sentence.setText(sentence)
        self._heading.setVisible(bool(heading))
        self.retry_button.setVisible(retry)
        self._choose.setVisible(choose)
        self._draw()

    def _draw(self) -> None:
        self._drawing.setVisible(bool(self._name))
        if self._name:
            icon = icons.quiet(self._name)
            self._drawing.setPixmap(icon.pixmap(QSize(SIDE, SIDE), self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)
