"""The bottom of the window: what is being saved, how far it is, and how it ended."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.elided_label import ElidedLabel
from gui.icon_button import IconButton
from gui.label import label
from gui.listing import plain
from gui.progress_bar import ProgressBar
from gui.save_panel import SavePanel
from gui.save_queue import SaveQueue
from gui.save_words import (
    away_in_words,
    counted,
    ends_in_words,
    pace_in_words,
    share_done,
)
from gui.saving import Pace, View
from gui.theme import styled


class SaveBar(QFrame):
    """Shows a queue in one line, and more above it; hidden while there is nothing to tell.

    Signals:
        folder_wanted: the user wants to see what was saved.
        closed: the user has read how it ended.
    """

    folder_wanted = Signal()
    closed = Signal()

    def __init__(self, queue: SaveQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "saveBar")
        self.setAccessibleName("Saving")
        self._queue = queue
        self._what = label(look="strong")
        self._name = ElidedLabel("quiet")
        self._end = ElidedLabel()
        self.progress = ProgressBar()
        self.progress.setAccessibleName("Progress of saving")
        self._pace = label(look="quiet")
        self.look_button = QPushButton("Look now")
        self.pause_button = QPushButton("Pause")
        self.cancel_button = QPushButton("Cancel")
        self.again_button = QPushButton("Try again")
        self.folder_button = QPushButton("Show in folder")
        self.details_button = QPushButton("Details")
        self.details_button.setCheckable(True)
        self._close = IconButton("close", "Close")
        self.panel = SavePanel(queue)
        self.panel.hide()
        self._place()
        self._connect()
        self.hide()

    @property
    def text(self) -> str:
        """What the bar says now."""
        return " ".join(text for text in self._texts() if text)

    def _texts(self) -> tuple[str, ...]:
        if self._queue.running is None:
            return (self._end.text(),)
        return self._what.text(), self._name.text()

    def _place(self) -> None:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._what)
        row.addWidget(self._name, 1)
        row.addWidget(self._end, 1)
        row.addWidget(self.progress, 1)
        row.addWidget(self._pace)
        for button in (
            self.look_button,
            self.pause_button,
            self.cancel_button,
            self.again_button,
            self.folder_button,
            self.details_button,
            self._close,
        ):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.panel)
        column.addWidget(inside)

    def _connect(self) -> None:
        queue = self._queue
        queue.changed.connect(self._show)
        queue.progressed.connect(self._show_progress)
        self.look_button.clicked.connect(queue.look_now)
        self.pause_button.clicked.connect(self._pause)
        self.cancel_button.clicked.connect(queue.cancel_all)
        self.again_button.clicked.connect(queue.try_again)
        self.folder_button.clicked.connect(self.folder_wanted)
        self.details_button.toggled.connect(self.panel.setVisible)
        self.details_button.toggled.connect(
            lambda on: self.details_button.setText("Hide details" if on else "Details")
        )
        self._close.clicked.connect(queue.forget_ended)
        self._close.clicked.connect(self.closed)

    def _pause(self) -> None:
        running = self._queue.running
        if running is not None:
            act = self._queue.go_on if running.save.is_paused else self._queue.pause
            act()

    def _show(self) -> None:
        """Show what runs, or else how it ended; nothing if nothing was."""
        queue = self._queue
        is_running = queue.running is not None
        during: tuple[QWidget, ...] = (self.progress, self._pace, self._what, self._name)
        for widget in (*during, self.pause_button, self.cancel_button):
            widget.setVisible(is_running)
        for widget in (self._end, self.folder_button, self._close):
            widget.setVisible(not is_running)
        self.look_button.setVisible(False)
        self.again_button.setVisible(
            not is_running and any(one.is_worth_another_try for one in queue.ended)
        )
        if queue.running is not None:
            self._show_running(is_cancelled=queue.running.is_cancelled)
        else:
            self._show_end()
        self.setVisible(is_running or bool(queue.ended) or bool(queue.problem))

    def _show_running(self, *, is_cancelled: bool) -> None:
        self._pace.setMinimumWidth(0)
        waits = bool(self._queue.waiting)
        self.cancel_button.setText("Cancel all" if waits else "Cancel")
        for button in (self.pause_button, self.cancel_button):
            button.setEnabled(not is_cancelled)
        if is_cancelled:
            self._what.setText("Cancelling…")
            self._name.set_text("")

    def _show_progress(self, view: View, now: Pace) -> None:
        queue = self._queue
        if queue.running is None or queue.running.is_cancelled:
            return
        self._what.setText(counted(view))
        away, order = view.away, queue.running.order
        self._name.set_text(plain(view.current) if away is None else away_in_words(away, order))
        self.look_button.setVisible(away is not None)
        during: tuple[QWidget, ...] = (self.pause_button, self.progress, self._pace)
        for widget in during:
            widget.setVisible(away is None)
        self.pause_button.setText("Go on" if view.is_paused else "Pause")
        self.progress.show_share(share_done(view))
        self._pace.setText(pace_in_words(view, now, len(queue.waiting)))
        # What is beside it would move with each figure.
        self._pace.setMinimumWidth(max(self._pace.minimumWidth(), self._pace.sizeHint().width()))

    def _show_end(self) -> None:
        queue = self._queue
        ended = [one.summary for one in queue.ended if one.summary is not None]
        self._end.set_text(queue.problem or ends_in_words(ended))
        self.folder_button.setVisible(any(one.saved or one.skipped for one in ended))
        is_cancelled = bool(ended) and all(
            one.cancelled or not (one.failed or one.stopped) for one in ended
        )
        self.again_button.setText("Go on" if is_cancelled else "Try again")
        if any(one.failed for one in ended):
            self.details_button.setChecked(True)
