"""The saves that wait for their turn, each with a way to call it off."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.elided_label import ElidedLabel
from gui.icon_button import IconButton
from gui.label import label
from gui.queued import Queued
from gui.save_words import title_of, way

MOST = 20  # rows; the rest is counted


class WaitingRows(QWidget):
    """The next ones first.

    Signals:
        cancel_wanted: a save is not to begin; carries its `Queued`.
    """

    cancel_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Queued] = []
        self.rows: list[QWidget] = []
        self._more = label(look="quiet")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._more)

    def show_saves(self, saves: Sequence[Queued]) -> None:
        """Show *saves*; nothing is done if they are those that are shown."""
        if list(saves) == self._shown:
            return
        self._shown = list(saves)
        for row in self.rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows = [self._row(queued) for queued in saves[:MOST]]
        for number, row in enumerate(self.rows):
            self._column.insertWidget(number, row)
        self._more.setText(f"… and {len(saves) - MOST} more")
        self._more.setVisible(len(saves) > MOST)

    def _row(self, queued: Queued) -> QWidget:
        name, where = ElidedLabel(), ElidedLabel("quiet")
        name.set_text(title_of(queued.order))
        where.set_text(way(queued.order.share, queued.order.folder))
        cancel = IconButton("close", f"Do not save {name.text()}")
        cancel.clicked.connect(lambda: self.cancel_wanted.emit(queued))
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(name, 1)
        row.addWidget(where, 1)
        row.addWidget(cancel)
        return made
