"""A bar that tells how much of something is done."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar

PER_MILLE = 1000


class ProgressBar(QProgressBar):
    """Moves without painting at once what else has changed, which has no place of its size yet."""

    def __init__(self) -> None:
        super().__init__()
        self.setMaximum(PER_MILLE)
        self.setTextVisible(False)

    def show_share(self, done: float) -> None:
        """Show that so much is done, from 0 to 1."""
        value = round(done * PER_MILLE)
        if value != self.value():
            # Qt repaints a bar that moves at once, and with it all of the window that is to be.
            self.setUpdatesEnabled(False)
            self.setValue(value)
            self.setUpdatesEnabled(True)
