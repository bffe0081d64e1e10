"""The window that lists the last saves, and what can be done about each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui import words
from gui.background import Background
from gui.empty_page import empty_page
from gui.journal import Journal
from gui.label import label
from gui.row_list import RowList
from gui.save_history_model import Line, SaveHistoryModel, lines
from gui.save_history_rows import SaveHistoryDelegate
from gui.save_lock import Busy
from gui.save_record import Record

NOTHING = "No saves are listed"
NOTHING_MORE = "Select files or folders and save them: here you find them again."


class SaveHistory(QDialog):
    """Shows the journal; reads it when it is opened, and again when it may have changed.

    Signals:
        resume_wanted: a save is to go on or to be tried again; carries its `Record`.
        folder_wanted: what was saved is to be shown; carries the `Record`.
    """

    resume_wanted = Signal(object)
    folder_wanted = Signal(object)

    def __init__(
        self,
        background: Background,
        journal: Journal | None,
        awaited: Callable[[], Collection[str]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._journal, self._awaited = journal, awaited
        self.setWindowTitle("Saves")
        self.resize(720, 520)
        self.model = SaveHistoryModel(self)
        delegate = SaveHistoryDelegate(self)
        self.list = RowList(self.model, delegate, delegate.height(self.font()), "The last saves")
        self.folder_button = QPushButton("&Show in folder")
        self.again_button = QPushButton("&Try again")
        self.remove_button = QPushButton("&Remove from the list")
        self.remove_button.setToolTip("What was saved stays; what was only begun goes")
        self.clear_button = QPushButton("&Clear finished")
        self.clear_button.setToolTip(
            "Remove all that are finished from the list; what was saved stays"
        )
        self.said = label(look="problem", wrap=True)
        self.said.hide()
        self._pages = QStackedWidget()
        self._buttons = QWidget()
        self._place()
        self._connect()
        self._show_chosen()

    @property
    def chosen(self) -> Line | None:
        """The save that is selected."""
        row = self.list.currentIndex().row()
        return self.model.lines[row] if 0 <= row < len(self.model.lines) else None

    def open_window(self) -> None:
        """Show it; it is always in front of its parent."""
        self.said.hide()
        self.show()
        self.activateWindow()
        self.list.setFocus()

    def look(self) -> None:
        """Read the journal again, if it is seen."""
        journal = self._journal
        if journal is None or not self.isVisible():
            return
        self._background.run(
            lambda: lines(journal),
            then=self._show_lines,
            failed=lambda error: self._say(words.sentence(error)),
        )

    def _place(self) -> None:
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in (self.folder_button, self.again_button, self.remove_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        self.clear_button.setAutoDefault(False)
        row.addWidget(self.clear_button)
        more = label(NOTHING_MORE, "quiet", wrap=True, centred=True)
        self._pages.addWidget(empty_page(NOTHING, more))
        self._pages.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        column.addWidget(self._pages, 1)
        column.addWidget(self.said)
        column.addWidget(self._buttons)

    def _connect(self) -> None:
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_chosen())
        self.list.activated.connect(lambda _: self._act(self.folder_wanted))
        self.folder_button.clicked.connect(lambda: self._act(self.folder_wanted))
        self.again_button.clicked.connect(lambda: self._act(self.resume_wanted))
        self.remove_button.clicked.connect(self._remove)
        self.clear_button.clicked.connect(self._clear)
        delete = QShortcut(QKeySequence.StandardKey.Delete, self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove_button.click)

    def _act(self, wanted: SignalInstance) -> None:
        line = self.chosen
        if line is not None:
            self.said.hide()
            wanted.emit(line.record)

    def _show_lines(self, found: Sequence[Line]) -> None:
        before, row = self.chosen, self.list.currentIndex().row()
        self.model.show_lines(found, self._awaited())
        ids = [line.record.id for line in found]
        if before is not None and before.record.id in ids:
            row = ids.index(before.record.id)
        row = min(max(row, 0), len(ids) - 1)
        self.list.setCurrentIndex(self.model.index(row))
        self._pages.setCurrentIndex(1 if found else 0)
        self._buttons.setVisible(bool(found))
        self._show_chosen()

    def _show_chosen(self) -> None:
        line = self.chosen
        self.folder_button.setEnabled(line is not None)
        self.again_button.setEnabled(line is not None and line.can_go_on)
        self.remove_button.setEnabled(line is not None and not line.is_held)
        is_over = line is not None and line.record.state == "incomplete" and not line.record.reason
        self.again_button.setText("&Try again" if is_over else "&Go on")
        self.clear_button.setEnabled(any(_is_finished(one) for one in self.model.lines))

    def _remove(self) -> None:
        if (line := self.chosen) is not None:
            self._forget([line.record])

    def _clear(self) -> None:
        self._forget([line.record for line in self.model.lines if _is_finished(line)])

    def _forget(self, records: Sequence[Record]) -> None:
        journal = self._journal
        if journal is not None:
            self._background.run(
                lambda: _forgotten(journal, records),
                then=lambda _: self.look(),
                failed=self._refuse,
            )

    def _refuse(self, error: Exception) -> None:
        is_ours = isinstance(error, Busy | OSError)
        self._say(str(error) if is_ours else words.sentence(error))
        self.look()

    def _say(self, sentence: str) -> None:
        self.said.setText(sentence)
        self.said.show()

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()


def _is_finished(line: Line) -> bool:
    return line.record.state == "done" and not line.is_held


def _forgotten(journal: Journal, records: Sequence[Record]) -> None:
    for record in records:
        journal.forget(record)
