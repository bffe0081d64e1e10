"""Saving, as the window has it: the queue, what shows it, and the saves of before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui import dialogs, words
from gui.background import Background
from gui.browsing import Browsing
from gui.conflict_dialog import ConflictDialog
from gui.file_manager import FileManager, top_of
from gui.journal import Journal
from gui.known_shares import KnownShares
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.names import safe_name
from gui.nearby import Nearby
from gui.queued import Queued
from gui.resuming import Resuming
from gui.save_bar import SaveBar
from gui.save_history import SaveHistory
from gui.save_queue import SaveQueue
from gui.save_record import Record
from gui.save_words import unfinished_in_words
from gui.saving import HERE

OFFERED_SECONDS = 14 * 24 * 3600
"""A save of longer ago is in the list, but nobody is asked about it any more."""


class Saves(QObject):
    """Connects what belongs to saving; without a journal nothing of before is known.

    Attributes:
        queue, bar: What runs, and what is seen of it.
        conflict_dialog: Asks what to do with a file whose name is taken.
        resuming: Gets back into shares; None without a journal.

    Signals:
        ended: nothing is to be read any more, or to be pressed, where that was.

    """

    ended = Signal()

    def __init__(
        self,
        background: Background,
        shares: KnownShares,
        browsing: Browsing,
        nearby: Nearby | None,
        journal: Journal | None,
        messages: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._background, self._journal = background, journal
        self._messages, self._window = messages, window
        find = nearby.find if nearby is not None else _nowhere
        self.queue = SaveQueue(background, journal, find, self)
        self.bar = SaveBar(self.queue)
        self.conflict_dialog = ConflictDialog(window)
        self._file_manager = FileManager(background, self)
        self.resuming: Resuming | None = None
        if journal is not None:
            self.resuming = Resuming(background, journal, shares, browsing, nearby, window)
        self._has_offered = False
        self._connect()

    @cached_property
    def history(self) -> SaveHistory:
        """What was before, in a window of its own; made when it is first opened."""
        made = SaveHistory(self._background, self._journal, self._awaited, self._window)
        made.resume_wanted.connect(lambda record: self._resume([record]))
        made.folder_wanted.connect(self._show_record)
        self.queue.changed.connect(made.look)
        if self.resuming is not None:
            self.resuming.changed.connect(made.look)
        return made

    def offer(self) -> None:
        """Ask, the first time, whether to go on with what is not finished."""
        journal = self._journal
        if journal is None or self._has_offered:
            return
        self._has_offered = True
        self._read_unfinished(journal, self._offer)

    def may_end(self) -> bool:
        """Ask whether the window may close, if that ends a save."""
        if self.queue.running is None:
            return True
        why = "Files are still being saved."
        if self._journal is not None:
            why += " Lanslide offers to go on with them when it starts again."
        return dialogs.ask_to_stop(self._window, why, "Keep saving")

    def close(self) -> None:
        """End everything; what is not finished is offered at the next start."""
        if "history" in vars(self):  # else it has not been made
            self.history.close()
        self.conflict_dialog.hide()
        if self.resuming is not None:
            self.resuming.close()
        self.queue.close()

    def _connect(self) -> None:
        self.bar.closed.connect(self.ended)
        self.bar.folder_wanted.connect(self._show_saved)
        self.bar.panel.history_wanted.connect(lambda: self.history.open_window())
        self._file_manager.problem.connect(self._messages.problem)
        self.queue.finished.connect(lambda _: self.ended.emit())
        self.queue.changed.connect(self._end_question)
        self.queue.asked.connect(self._ask)
        self.queue.stopped.connect(self._take_up)
        self.conflict_dialog.chosen.connect(self.queue.answer)
        self.conflict_dialog.rejected.connect(self._cancel_running)
        if self.resuming is not None:
            self.resuming.ready.connect(self.queue.put)
            self.resuming.told.connect(self._messages.tell)
            self.resuming.problem.connect(self._messages.problem)

    def _awaited(self) -> frozenset[str]:
        return frozenset(self.resuming.awaited if self.resuming is not None else ())

    # Before

    def _read_unfinished(self, journal: Journal, then: Callable[[Sequence[Record]], None]) -> None:
        self._background.run(
            lambda: unfinished(journal, time.time()),
            then=then,
            failed=lambda error: self._messages.problem(words.sentence(error)),
        )

    def _offer(self, records: Sequence[Record]) -> None:
        if records:
            sentence = unfinished_in_words(records)
            self._messages.offer(sentence, "Go on", self._accept, "Not now")

    def _accept(self) -> None:
        """Go on with what is unfinished now: another program may have taken some of it up."""
        if self._journal is not None:
            self._read_unfinished(self._journal, self._resume)

    def _resume(self, records: Sequence[Record]) -> None:
        self._messages.take_back_offer()
        if self.resuming is not None:
            self.resuming.resume(records)

    def _take_up(self, queued: Queued) -> None:
        """Go on with a save whose share may be elsewhere now, or have another PIN."""
        record = queued.save.record
        if self.resuming is not None and record is not None:
            self.resuming.resume([record], queued.order.client)

    # A name that is taken

    def _ask(self, path: Path) -> None:
        running = self.queue.running
        if running is not None and not running.is_cancelled:
            wanted = running.order.wanted
            is_only = len(wanted) == 1 and not wanted[0].is_folder
            self.conflict_dialog.ask(path, is_only=is_only)

    def _end_question(self) -> None:
        running = self.queue.running
        if self.conflict_dialog.isVisible() and (running is None or running.is_cancelled):
            self.conflict_dialog.hide()

    def _cancel_running(self) -> None:
        if self.queue.running is not None:
            self.queue.cancel(self.queue.running)

    # Where it is

    def _show_saved(self) -> None:
        """Show what the last save has saved."""
        ended = [one.summary for one in self.queue.ended if one.summary is not None]
        last = next((one for one in reversed(ended) if one.paths or one.skipped), None)
        if last is not None:
            self._file_manager.show(last.folder, top_of(last.folder, last.paths))

    def _show_record(self, record: Record) -> None:
        journal = self._journal
        if journal is not None:
            self._background.run(
                lambda: saved_as(journal, record),
                then=lambda paths: self._file_manager.show(record.folder, paths),
                failed=lambda error: self._messages.problem(words.sentence(error)),
            )


def unfinished(journal: Journal, now: float) -> list[Record]:
    """Give the saves that can be gone on with, the oldest first; on a thread."""
    return [
        record
        for record in reversed(journal.records())
        if record.is_unfinished
        and now - record.began < OFFERED_SECONDS
        and not journal.is_held(record)
    ]


def saved_as(journal: Journal, record: Record) -> list[Path]:
    """Give where the things of a save are, if nobody has moved them; on a thread."""
    if record.name == HERE:
        return []
    made = journal.made(record)

    def name_of(entry: Entry) -> str:
        return record.name or made.get(entry.path) or safe_name(entry.name)

    return [record.folder / name_of(entry) for entry in journal.wanted(record)]


def _nowhere(_: str) -> Sequence[str]:
    return ()
