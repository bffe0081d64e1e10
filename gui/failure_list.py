"""The files that could not be saved, and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QListWidget, QWidget

from gui.queued import Queued
from gui.save_words import failure_in_words
from gui.saving import Failure

MOST_ROWS = 6  # seen at once; the rest is scrolled to
MARGIN = 6


class FailureList(QListWidget):
    """Only gets longer while the same saves go on: what is new is added, the rest left alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Files that could not be saved")
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._told: dict[Queued, int] = {}

    def show_failures(self, saves: Sequence[tuple[Queued, Sequence[Failure]]]) -> None:
        """Show what failed in each of *saves*."""
        found = {queued: len(failures) for queued, failures in saves}
        if any(found.get(queued, -1) < told for queued, told in self._told.items()):
            self.clear()
            self._told.clear()
        for queued, failures in saves:
            for failure in failures[self._told.get(queued, 0) :]:
                self.addItem(failure_in_words(failure))
        self._told = found
        rows = min(self.count(), MOST_ROWS)
        self.setFixedHeight(rows * max(0, self.sizeHintForRow(0)) + 2 * MARGIN)
