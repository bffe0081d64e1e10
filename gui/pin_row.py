"""The PIN, in digits that can be read across a table, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.admission import Admission
from gui.label import label
from gui.theme import styled

PAUSED = (
    "30 wrong PINs were typed, so none is looked at any more. Whoever is in stays in, and the link "
    "and the code go on."
)


def grouped(pin: str) -> str:
    """Return *pin* in groups that people read and say ("482 913")."""
    size = 3 if len(pin) % 3 == 0 else 4
    return " ".join(pin[start : start + size] for start in range(0, len(pin), size))


class PinRow(QWidget):
    """Shows the PIN.

    Signals:
        new_wanted: the user wants another PIN.
        resume_wanted: the user wants PINs looked at again.
    """

    new_wanted = Signal()
    resume_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.digits = label("", "pin")
        self.digits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.new_button = QPushButton("New PIN")
        self.new_button.setToolTip("Draw another PIN and link; whoever is in is cut off")
        self.new_button.clicked.connect(self.new_wanted)
        self._paused = styled(QFrame(), "notice")
        self._why = label(PAUSED, wrap=True)
        self.resume_button = QPushButton("Resume")
        self.resume_button.setAccessibleName("Look at PINs again")
        self.resume_button.clicked.connect(self.resume_wanted)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(label("PIN", "quiet"))
        row.addWidget(self.digits, 1)
        row.addWidget(self.new_button)
        inside = QVBoxLayout(self._paused)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self._why)
        inside.addWidget(self.resume_button, alignment=Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._paused)
        self._paused.hide()

    @property
    def is_paused(self) -> bool:
        """Whether it says that no PIN is looked at."""
        return not self._paused.isHidden()

    def show_admission(self, admission: Admission) -> None:
        """Show the PIN and how things stand with it."""
        self.digits.setText(grouped(admission.pin))
        self.digits.setAccessibleName(f"PIN {' '.join(admission.pin)}")
        self._paused.setVisible(admission.is_paused)
