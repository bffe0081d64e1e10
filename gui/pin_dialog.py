"""Asks for the PIN of another share."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import words
from gui.label import label
from gui.theme import styled

WIDTH = 400
PLAIN_TEXT = "Kept unencrypted in Lanslide’s settings, readable by your user account."


class PinDialog(QDialog):
    """Takes a PIN, again and again until it is right or the user has had enough.

    Signals:
        given: the user has typed a PIN; carries it.
    """

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("PIN")
        self.setModal(True)
        self.setFixedWidth(WIDTH)
        self._lead = label(look="strong", wrap=True)
        hint = label(
            "Whoever shares it sees the PIN in the window or terminal there.", "quiet", wrap=True
        )
        self.pin = QLineEdit()
        self.pin.setAccessibleName("PIN")
        self.pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.pin.setValidator(
            QRegularExpressionValidator(QRegularExpression("[0-9]{0,12}"), self.pin)
        )
        self.pin.textChanged.connect(lambda _: self._allow())
        self.problem = label(look="problem", wrap=True)
        self.remember = QCheckBox("&Remember it on this computer")
        self.remember.setToolTip(words.tooltip(PLAIN_TEXT))
        self._where = label(PLAIN_TEXT, "quiet", wrap=True)
        self._where.hide()
        self.remember.toggled.connect(self._where.setVisible)
        self.remember.toggled.connect(lambda _: self._fit())
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.open_button = styled(QPushButton("Open"), "primary")
        self.open_button.setAutoDefault(False)
        self.open_button.clicked.connect(self._give)
        self.pin.returnPressed.connect(self.open_button.click)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.open_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        for widget in (self._lead, hint, self.pin, self.problem, self.remember, self._where):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(buttons)

    @property
    def remembers(self) -> bool:
        """Whether the PIN that was given is to be remembered."""
        return self.isVisible() and self.remember.isChecked()

    def ask(self, name: str, problem: str = "") -> None:
        """Ask for the PIN of the share *name*, and say what is wrong with the last one."""
        self._lead.setText(f"“{words.breakable(name)}” asks for its PIN.")
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self._fit()
        if not self.isVisible():
            self.pin.clear()
            self.remember.setChecked(False)
            self.open()
        self._wait(waits=False)
        self.pin.selectAll()
        self.pin.setFocus()

    def _fit(self) -> None:
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(WIDTH))

    def _give(self) -> None:
        self._wait(waits=True)
        self.given.emit(self.pin.text())

    def _wait(self, *, waits: bool) -> None:
        self.pin.setReadOnly(waits)
        self.open_button.setText("Opening…" if waits else "Open")
        self._allow()

    def _allow(self) -> None:
        self.open_button.setEnabled(len(self.pin.text()) >= 6 and not self.pin.isReadOnly())
