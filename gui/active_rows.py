"""The files that are being fetched just now, each with how far it is and a way to leave it out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.elided_label import ElidedLabel
from gui.icon_button import IconButton
from gui.label import label
from gui.listing import plain
from gui.progress_bar import ProgressBar
from gui.rates import Rates
from gui.save_words import file_in_words
from gui.saving import FileView

BAR_WIDTH = 140
# Of what comes in a moment no rate is told.
WORTH_A_RATE = 4_000_000


class ActiveRows(QWidget):
    """As many rows as there were files at once; each keeps its file for as long as that is there.

    Signals:
        cancel_wanted: a file is to be left out; carries its path in the share.
    """

    cancel_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rates, self._numbers = Rates(), count()
        self.rows: list[ActiveRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_files(self, files: Sequence[FileView], *, is_paused: bool = False) -> None:
        """Show *files*, and leave rows empty that are too many."""
        now = {file.path for file in files}
        free = [row for row in self.rows if row.path not in now]
        taken = {row.path: row for row in self.rows if row.path in now}
        for file in files:
            if file.path not in taken:
                taken[file.path] = free.pop(0) if free else self._add()
                taken[file.path].begin(file.path, next(self._numbers))
        for row in free:
            row.clear()
        done = {taken[file.path].number: file.done for file in files}
        rates = self._rates.update(done, time.monotonic())
        for file in files:
            row = taken[file.path]
            has_rate = file.size >= WORTH_A_RATE and not is_paused
            row.show_file(file, rates[row.number] if has_rate else 0.0)

    def clear(self) -> None:
        """Show no file, and no row either."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self.rows.clear()

    def _add(self) -> ActiveRow:
        row = ActiveRow(self)
        row.cancel.clicked.connect(lambda: self.cancel_wanted.emit(row.path))
        self.rows.append(row)
        self._column.addWidget(row)
        return row


class ActiveRow(QWidget):
    """One file.

    Attributes:
        path: of the file in the share; empty while there is none.
        number: another one for each file.

    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path, self.number = "", -1
        self.name = ElidedLabel()
        self.state = label(look="quiet")
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = ProgressBar()
        self.bar.setFixedWidth(BAR_WIDTH)
        self.cancel = IconButton("close", "Leave this file out")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.name, 1)
        row.addWidget(self.state)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        self.setFixedHeight(self.sizeHint().height())
        self.clear()

    def begin(self, path: str, number: int) -> None:
        """Be the row of another file."""
        self.path, self.number = path, number
        self.name.set_text(plain(path))
        self.cancel.setAccessibleName(f"Leave out {plain(path)}")
        self.bar.setAccessibleName(f"Progress of {plain(path)}")

    def show_file(self, file: FileView, rate: float) -> None:
        """Show how far *file* is, at *rate* bytes a second."""
        self.state.setText(file_in_words(file, rate))
        self.bar.show_share(file.done / file.size if file.size else 1.0)
        self._fill(filled=True)

    def clear(self) -> None:
        """Show nothing; the row stays, so that the others do not jump."""
        self.path = ""
        self.name.set_text("")
        self.state.clear()
        self._fill(filled=False)

    def _fill(self, *, filled: bool) -> None:
        self.bar.setVisible(filled)
        self.cancel.setVisible(filled)
