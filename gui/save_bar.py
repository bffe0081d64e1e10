"""The bottom of the window: what is being saved, how far it is, and how it ended."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import words
from gui.background import Background
from gui.client import Client, plain
from gui.icon_button import IconButton
from gui.label import label
from gui.saving import Failure, Pace, Save, Summary, View, pace
from gui.theme import styled

UPDATE_MS = 250  # four times a second: more cannot be read
PER_MILLE = 1000
BYTES_FOR_A_FILE = 250_000  # what could be sent in the time that a file of nothing takes
MOST_TOLD = 3  # saves whose ends are told in one line
MOST_ROWS = 6  # of the failures; the rest is scrolled to
ROWS_MARGIN = 6
SAMPLES = 60  # fifteen seconds of them: more than a pace is taken over


class SaveBar(QFrame):
    """Runs saves one after the other and tells how they go; hidden while there is nothing to tell.

    Signals:
        finished: a save has ended; carries its `Summary`.
        closed: the user has read how it ended.
    """

    finished = Signal(Summary)
    closed = Signal()

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "saveBar")
        self._background = background
        self._save: Save | None = None
        self._waiting: deque[Save] = deque()
        self._clients: list[Client] = []
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)
        # Of the saves that ran one after the other since the bar was last empty.
        self._summaries: list[Summary] = []
        self._timer = QTimer(self)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._show_progress)

        self._what = label(look="strong")
        self._name = label(look="quiet")
        self._bar = QProgressBar()
        self._bar.setMaximum(PER_MILLE)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress of saving")
        self._pace = label(look="quiet")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self._details = QPushButton("Show what failed")
        self._details.setCheckable(True)
        self._show_folder = QPushButton("Show in folder")
        self._show_folder.clicked.connect(self._open_folder)
        self._close = IconButton("close", "Close")
        self._close.clicked.connect(self.hide)
        self._close.clicked.connect(self.closed)
        self._failures = QListWidget()
        self._failures.setAccessibleName("Files that could not be saved")
        self._failures.hide()
        self._details.toggled.connect(self._failures.setVisible)
        self._details.toggled.connect(
            lambda on: self._details.setText("Hide what failed" if on else "Show what failed")
        )

        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._what)
        row.addWidget(self._name, 1)
        row.addWidget(self._bar, 2)
        row.addWidget(self._pace)
        for button in (self.cancel_button, self._details, self._show_folder, self._close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.addLayout(row)
        column.addWidget(self._failures)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether something is being saved."""
        return self._save is not None

    @property
    def bytes_done(self) -> int:
        """How much of what is being saved has come; from any thread."""
        save = self._save
        return save.view().bytes_done if save is not None else 0

    @property
    def text(self) -> str:
        """What the bar says now."""
        return " ".join(label.text() for label in (self._what, self._name) if label.text())

    def start(self, save: Save) -> None:
        """Run *save*, after those that were started before."""
        self._waiting.append(save)
        if self._save is None:
            self._summaries.clear()
            self._failures.clear()
            self._details.setChecked(False)
            self._next()

    def cancel(self) -> None:
        """End the save that runs and forget those that wait."""
        self._waiting.clear()
        if self._save is not None:
            self._save.cancel()
            self._timer.stop()
            self.cancel_button.setEnabled(False)
            self._what.setText("Cancelling…")

    def let_go(self, client: Client) -> None:
        """Close a client that nobody else needs, as soon as nothing is saved through it."""
        self._clients.append(client)
        if not self.busy:
            self.close_clients()

    def close_clients(self) -> None:
        """Close the clients that were let go of, whatever is saved through them."""
        for client in self._clients:
            client.close()
        self._clients.clear()

    def _next(self) -> None:
        if not self._waiting:
            self.close_clients()
            return
        save = self._save = self._waiting.popleft()
        self._samples.clear()
        self._show_running(running=True)
        self._show_progress()
        self._timer.start()
        self._background.run(save.run, then=self._ended, failed=self._broke)

    def _show_running(self, *, running: bool) -> None:
        during: tuple[QWidget, ...] = (self._bar, self._pace, self.cancel_button)
        for widget in during:
            widget.setVisible(running)
        self.cancel_button.setEnabled(True)
        after: tuple[QWidget, ...] = (self._show_folder, self._close)
        for widget in after:
            widget.setVisible(not running)
        self._details.setVisible(False)
        self.show()

    def _show_progress(self) -> None:
        save = self._save
        if save is None:
            return
        view = save.view()
        self._samples.append((time.monotonic(), view.bytes_done))
        total = f"{view.files_total}{'+' if view.walking else ''}"
        self._what.setText(f"Saving {view.files_done + view.files_skipped} of {total}")
        metrics = self._name.fontMetrics()
        self._name.setText(
            metrics.elidedText(
                plain(view.current) if view.away is None else view.away.reason,
                Qt.TextElideMode.ElideMiddle,
                max(self._name.width(), metrics.averageCharWidth() * 16),
            )
        )
        self._bar.setValue(round(share_done(view) * PER_MILLE))
        self._pace.setText(
            pace_in_words(view, pace(self._samples, view.bytes_total), len(self._waiting))
        )

    def _ended(self, summary: Summary) -> None:
        self._timer.stop()
        self._save = None
        self._summaries.append(summary)
        self._show_running(running=False)
        self._name.clear()
        self._what.setText(" ".join(in_words(one) for one in self._summaries[-MOST_TOLD:]))
        for failure in summary.failures:
            self._failures.addItem(failure_in_words(failure))
        if summary.failed > len(summary.failures):
            self._failures.addItem(f"… and {summary.failed - len(summary.failures)} more")
        self._details.setVisible(self._failures.count() > 0)
        rows = min(self._failures.count(), MOST_ROWS)
        self._failures.setFixedHeight(rows * self._failures.sizeHintForRow(0) + 2 * ROWS_MARGIN)
        self._details.setChecked(self._failures.count() > 0)
        self.finished.emit(summary)
        self._next()

    def _broke(self, error: Exception) -> None:
        """Tell of a mistake in the program; a save's own failures are in its summary."""
        self._timer.stop()
        self._save = None
        self._show_running(running=False)
        self._show_folder.hide()
        self._name.clear()
        self._what.setText(words.sentence(error))
        self._next()

    def _open_folder(self) -> None:
        if self._summaries:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._summaries[-1].folder)))


def share_done(view: View) -> float:
    """Return how much of a save is done, 0 to 1; many small files take time, not bytes."""
    total = view.bytes_total + view.files_total * BYTES_FOR_A_FILE
    files = view.files_done + view.files_skipped + view.files_failed
    done = view.bytes_done + files * BYTES_FOR_A_FILE
    return min(1.0, done / total) if total else 0.0


def pace_in_words(view: View, now: Pace, waiting: int) -> str:
    """Return how far a save is, how fast it goes, and how many more wait for it."""
    if view.away is not None:
        return "Waiting for it to come back"
    parts = [f"{words.size(view.bytes_done)} of {words.size(view.bytes_total)}"]
    if now.rate:
        parts.append(f"{words.size(round(now.rate))}/s")
    if now.left is not None and not view.walking:
        parts.append(f"{words.duration(now.left)} left")
    if waiting:
        parts.append(f"{waiting} more waiting")
    return ", ".join(parts)


def failure_in_words(failure: Failure) -> str:
    """Return which file was not saved, and why; the reason mostly names it already."""
    path = plain(failure.path)
    named = path in failure.reason
    return failure.reason if named else f"{path}: {failure.reason}"


def in_words(summary: Summary) -> str:
    """Return how a save ended, in a few sentences."""
    told = []
    if summary.cancelled:
        told.append("Cancelled.")
    if summary.saved == 1 == len(summary.paths):
        name = plain(summary.paths[0].name)
        folder = plain(summary.paths[0].parent.name)
        told.append(f"Saved “{name}” ({words.size(summary.bytes)}) in “{folder}”.")
    elif summary.saved:
        folder = plain(summary.folder.name or str(summary.folder))
        files = f"{words.count(summary.saved, 'file')} ({words.size(summary.bytes)})"
        told.append(f"Saved {files} in “{folder}”.")
    elif not summary.cancelled and not summary.skipped:
        told.append("Nothing was saved.")
    if summary.skipped:
        here = words.count(summary.skipped, "file")
        told.append(f"{here} {'was' if summary.skipped == 1 else 'were'} here already.")
    if summary.unverified:
        told.append(f"{words.count(summary.unverified, 'file')} not verified by the share.")
    if summary.stopped:
        told.append(summary.stopped)
    elif summary.failed:
        told.append(f"{words.count(summary.failed, 'item')} could not be saved.")
    return " ".join(told)
