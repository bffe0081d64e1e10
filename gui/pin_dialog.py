"""Asks for the PIN of another share."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QCheckBox, QWidget

from gui import words
from gui.label import label
from gui.open_dialog import OpenDialog

WIDTH = 400
PLAIN_TEXT = "Kept unencrypted in Lanslide’s settings, readable by your user account."


class PinDialog(OpenDialog):
    """Takes a PIN, again and again until it is right or the user has had enough."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("PIN", "PIN", WIDTH, parent)
        self._lead = label(look="strong", wrap=True)
        hint = label(
            "Whoever shares it sees the PIN in the window or terminal there.", "quiet", wrap=True
        )
        self.field.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.field.setValidator(
            QRegularExpressionValidator(QRegularExpression("[0-9]{0,12}"), self.field)
        )
        self.field.textChanged.connect(lambda _: self._allow())
        self.remember = QCheckBox("&Remember it on this computer")
        self.remember.setToolTip(words.tooltip(PLAIN_TEXT))
        where = label(PLAIN_TEXT, "quiet", wrap=True)
        where.hide()
        self.remember.toggled.connect(where.setVisible)
        self.remember.toggled.connect(lambda _: self._fit())
        self._lay_out(self._lead, hint, self.field, self.problem, self.remember, where)

    @property
    def remembers(self) -> bool:
        """Whether the PIN that was given is to be remembered."""
        return self.isVisible() and self.remember.isChecked()

    @property
    def refusal(self) -> str:
        """What to say of a PIN that was wrong: one that was typed just now, or else kept."""
        typed = self.isVisible()
        return "This is not the PIN." if typed else "The PIN that was kept is not valid now."

    def ask(self, name: str, problem: str = "") -> None:
        """Ask for the PIN of the share *name*, and say what is wrong with the last one."""
        self._lead.setText(f"“{words.breakable(name)}” asks for its PIN.")
        self._say(problem)
        if not self.isVisible():
            self.field.clear()
            self.remember.setChecked(False)
            self.open()
        self._type_again()

    def _allow(self) -> None:
        self.open_button.setEnabled(len(self.field.text()) >= 6 and not self.field.isReadOnly())
