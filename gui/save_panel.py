"""The details of saving: each file that is on its way, what waits, and what failed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui import words
from gui.active_rows import ActiveRows
from gui.elided_label import ElidedLabel
from gui.failure_list import FailureList
from gui.label import label
from gui.queued import Queued
from gui.save_queue import SaveQueue
from gui.save_words import title_of, way
from gui.saving import View
from gui.theme import styled
from gui.waiting_rows import WaitingRows

MOST_HEIGHT = 320


class SavePanel(QScrollArea):
    """Shows a queue, as high as it needs up to a limit.

    Signals:
        history_wanted: the user wants to see the saves of before.
    """

    history_wanted = Signal()

    def __init__(self, queue: SaveQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.heading = ElidedLabel("strong")
        self.cancel_button = QPushButton("Cancel this save")
        self.history_button = QPushButton("All saves…")
        self.active = ActiveRows()
        self._wait = label("Waiting for their turn", "strong")
        self.waiting = WaitingRows()
        self.failed = label(look="strong")
        self.again_button = QPushButton("Try again")
        self.failures = FailureList()
        self._failed_row = QWidget()
        self._inside = QWidget()
        self._place()
        self.cancel_button.clicked.connect(self._cancel)
        self.history_button.clicked.connect(self.history_wanted)
        self.again_button.clicked.connect(queue.try_again)
        self.active.cancel_wanted.connect(queue.cancel_file)
        self.waiting.cancel_wanted.connect(queue.cancel)
        queue.changed.connect(self._show)
        queue.progressed.connect(self._show_progress)

    def _place(self) -> None:
        top, failed = QHBoxLayout(), QHBoxLayout(self._failed_row)
        top.addWidget(self.heading, 1)
        top.addWidget(self.cancel_button)
        top.addWidget(self.history_button)
        failed.setContentsMargins(0, 0, 0, 0)
        failed.addWidget(self.failed, 1)
        failed.addWidget(self.again_button)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(16, 12, 12, 4)  # as the bar's below
        column.setSpacing(8)
        column.addLayout(top)
        for part in (self.active, self._wait, self.waiting, self._failed_row, self.failures):
            column.addWidget(part)
        column.addStretch(1)
        self._inside.installEventFilter(self)
        styled(self._inside, "savePanel")
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Details of saving")

    def _show(self) -> None:
        if not self.isVisible():
            return
        queue, running = self._queue, self._queue.running
        shown = running or (queue.ended[-1] if queue.ended else None)
        if shown is not None:
            self.heading.set_text(self._headed(shown))
        # What is the only one is cancelled below.
        self.cancel_button.setVisible(bool(running and queue.waiting))
        self.cancel_button.setEnabled(bool(running and not running.is_cancelled))
        if running is None:
            self.active.clear()
        self.active.setVisible(running is not None)
        self.waiting.show_saves(queue.waiting)
        for part in (self._wait, self.waiting):
            part.setVisible(bool(queue.waiting))
        self._show_failures(None)

    def _cancel(self) -> None:
        if self._queue.running is not None:
            self._queue.cancel(self._queue.running)

    def _headed(self, shown: Queued) -> str:
        queue, order = self._queue, shown.order
        if queue.running is None and len(queue.ended) > 1:
            return words.count(len(queue.ended), "save")
        return f"{title_of(order)} {way(order.share, order.folder)}"

    def _show_progress(self, view: View) -> None:
        if not self.isVisible():
            return
        self.active.show_files(view.active, is_paused=view.is_paused)
        self._show_failures(view)

    def _show_failures(self, view: View | None) -> None:
        """Show what failed in the saves that have ended, and in the one that runs."""
        queue = self._queue
        ended = [(one, one.summary) for one in queue.ended if one.summary is not None]
        saves = [(one, summary.failures) for one, summary in ended]
        count = sum(summary.failed for _, summary in ended)
        if view is not None and queue.running is not None:
            saves.append((queue.running, view.failures))
            count += view.files_failed
        self.failures.show_failures(saves)
        more = " (the first are listed)" if count > self.failures.count() else ""
        self.failed.setText(f"{words.count(count, 'item')} not saved{more}")
        # Once nothing runs any more, there is such a button below.
        can_try = any(one.is_worth_another_try for one in queue.ended)
        self.again_button.setVisible(can_try and queue.running is not None)
        for part in (self._failed_row, self.failures):
            part.setVisible(count > 0)

    # Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.setFixedHeight(min(MOST_HEIGHT, self._inside.sizeHint().height()))
        return super().eventFilter(watched, event)
