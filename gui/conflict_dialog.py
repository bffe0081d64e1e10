"""Asks what to do with files whose names others have already: once for a whole save."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui import words
from gui.label import label
from gui.saving import Policy
from gui.theme import styled

WIDTH = 460


class ConflictDialog(QDialog):
    """Keeps both if the user just presses Enter: that loses nothing.

    Signals:
        chosen: carries the `Policy` for all such files of the save. To close the dialog, which is
            `rejected`, is to cancel the save.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("This name is taken")
        self.setModal(True)
        self._lead = label(look="strong", wrap=True)
        self._meaning = label(look="quiet", wrap=True)
        self.keep_button = styled(QPushButton("&Keep both"), "primary")
        self.replace_button = QPushButton("&Replace")
        self.skip_button = QPushButton("&Skip")
        self.cancel_button = QPushButton("Cancel saving")
        self.keep_button.setDefault(True)
        self.cancel_button.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        for button, policy in (
            (self.skip_button, Policy.SKIP),
            (self.replace_button, Policy.REPLACE),
            (self.keep_button, Policy.KEEP_BOTH),
        ):
            button.clicked.connect(lambda _=False, policy=policy: self._choose(policy))
            buttons.addWidget(button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(self._lead)
        column.addWidget(self._meaning)
        column.addSpacing(4)
        column.addLayout(buttons)

    def ask(self, path: Path, *, is_only: bool) -> None:
        """Ask about the file at *path*, and all others like it unless it is the only one."""
        name, folder = words.breakable(path.name), words.breakable(path.parent.name)
        self._lead.setText(f"There is another “{name}” in “{folder}” already.")
        # An example: which number is free is found out when it is saved.
        example = words.breakable(f"{path.stem} (2){path.suffix}")
        meaning = f"Keep both saves this one as “{example}”."
        if not is_only:
            meaning += " Your answer is for every file of this save whose name is taken."
        self._meaning.setText(meaning)
        # A label that wraps is only as high as it must be once its width is known.
        width = max(WIDTH, self._column.minimumSize().width())
        self.setFixedSize(width, self._column.totalHeightForWidth(width))
        self.keep_button.setFocus()
        self.open()

    def _choose(self, policy: Policy) -> None:
        self.accept()
        self.chosen.emit(policy)
