"""Asks for the address of another share."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.label import label
from gui.theme import styled

WIDTH = 440


class AddressDialog(QDialog):
    """Takes an address or a link, again and again until a share answers there.

    Signals:
        given: the user wants to open what they typed; carries it.
    """

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open address")
        self.setModal(True)
        self.setFixedWidth(WIDTH)
        lead = label("Address or link of another share", "strong", wrap=True)
        hint = label(
            "It stands in the share panel, or in the terminal, of the computer that shares.",
            "quiet",
            wrap=True,
        )
        self.address = QLineEdit()
        self.address.setPlaceholderText("192.168.1.5:5000")
        self.address.setAccessibleName("Address")
        self.address.setMaxLength(5000)
        self.problem = label(look="problem", wrap=True)
        self.address.textChanged.connect(lambda _: self._say(""))
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.open_button = styled(QPushButton("Open"), "primary")
        self.open_button.setAutoDefault(False)
        self.open_button.clicked.connect(self._give)
        self.address.returnPressed.connect(self.open_button.click)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.open_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        for widget in (lead, hint, self.address, self.problem):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(buttons)

    def ask(self) -> None:
        """Ask for an address; what was typed last is there still, to be mended or typed over."""
        self._say("")
        self._wait(waits=False)
        self.open()
        self.address.selectAll()
        self.address.setFocus()

    def refuse(self, sentence: str) -> None:
        """Say why nothing was opened."""
        self._wait(waits=False)
        self._say(sentence)
        self.address.selectAll()
        self.address.setFocus()

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(WIDTH))

    def _give(self) -> None:
        self._wait(waits=True)
        self.given.emit(self.address.text())

    def _wait(self, *, waits: bool) -> None:
        self.address.setReadOnly(waits)
        self.open_button.setText("Opening…" if waits else "Open")
        self.open_button.setEnabled(not waits)
