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
        self._rows: dict[Queued, QWidget] = {}
        self._more = label(look="quiet")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._more)

    @property
    def rows(self) -> Sequence[QWidget]:
        """One for each save that is shown."""
        return tuple(self._rows.values())

    def show_saves(self, saves: Sequence[Queued]) -> None:
        """Show the first of *saves*; rows of those that are shown already stay."""
        now = saves[:MOST]
        for queued in [one for one in self._rows if one not in now]:
            row = self._rows.pop(queued)
            self._column.removeWidget(row)
            row.deleteLater()
        for number, queued in enumerate(now):
            if queued not in self._rows:
                self._rows[queued] = self._row(queued)
                self._column.insertWidget(number, self._rows[queued])
        self._more.setText(f"… and {len(saves) - MOST} more")
        self._more.setVisible(len(saves) > MOST)

    def _row(self, queued: Queued) -> QWidget:
        name, where = ElidedLabel(), ElidedLabel("quiet")
        name.set_text(title_of(queued.order))
        where.set_text(way(queued.order.share, queued.order.folder))
        cancel = IconButton("close", "Do not save this")  # a tooltip takes names for markup
        cancel.setAccessibleName(f"Do not save {name.text()}")
        cancel.clicked.connect(lambda: self.cancel_wanted.emit(queued))
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(name, 1)
        row.addWidget(where, 1)
        row.addWidget(cancel)
        return made
