"""What the dialogs have in common that take one thing, typed, and open a share with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.label import label
from gui.theme import styled


class OpenDialog(QDialog):
    """Takes a text, again and again until a share opens or the user has had enough.

    Attributes:
        field: where it is typed.
        problem: what is wrong with the last one.
        open_button: gives it.

    Signals:
        given: the user wants to open what they typed; carries it.

    """

    given = Signal(str)

    def __init__(self, title: str, name: str, width: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._width = width
        self.setWindowTitle(title)
        self.setModal(True)
        self.setFixedWidth(width)
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.problem = label(look="problem", wrap=True)
        self.open_button = styled(QPushButton("Open"), "primary")
        # Enter opens from wherever the focus is, but for Cancel.
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._give)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 24, 24, 24)
        self._column.setSpacing(12)

    def _lay_out(self, *widgets: QWidget) -> None:
        """Put *widgets* below each other, and below them the buttons."""
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.open_button)
        for widget in widgets:
            self._column.addWidget(widget)
        self._column.addSpacing(4)
        self._column.addLayout(buttons)

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self._fit()

    def _fit(self) -> None:
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(self._width))

    def _type_again(self) -> None:
        """Let the user mend what they typed, or type over it."""
        self._wait(waits=False)
        self.field.selectAll()
        self.field.setFocus()

    def _give(self) -> None:
        self._wait(waits=True)
        self.given.emit(self.field.text())

    def _wait(self, *, waits: bool) -> None:
        self.field.setReadOnly(waits)
        self.open_button.setText("Opening…" if waits else "Open")
        self._allow()

    def _allow(self) -> None:
        self.open_button.setEnabled(not self.field.isReadOnly())
