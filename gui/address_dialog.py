"""Asks for the address of another share."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.label import label
from gui.open_dialog import OpenDialog

WIDTH = 440


class AddressDialog(OpenDialog):
    """Takes an address or a link, again and again until a share answers there."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Open address", "Address", WIDTH, parent)
        lead = label("Address or link of another share", "strong", wrap=True)
        hint = label(
            "It stands in the share panel, or in the terminal, of the computer that shares.",
            "quiet",
            wrap=True,
        )
        self.field.setPlaceholderText("192.168.1.5:5000")
        self.field.setMaxLength(5000)
        self.field.textChanged.connect(lambda _: self._say(""))
        self._lay_out(lead, hint, self.field, self.problem)

    def ask(self) -> None:
        """Ask for an address; what was typed last is there still, to be mended or typed over."""
        self._say("")
        self.open()
        self._type_again()

    def refuse(self, sentence: str) -> None:
        """Say why nothing was opened."""
        self._say(sentence)
        self._type_again()
