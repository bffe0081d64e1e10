"""The saves of the window, one after the other."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gui import words
from gui.background import Background
from gui.journal import Journal
from gui.queued import Order, Queued
from gui.road import Find
from gui.saving import Policy, Summary, pace

log = logging.getLogger(__name__)

UPDATE_MS = 250  # four times a second: more cannot be read
LONGEST_AWAY = 20.0
"""Seconds that others wait for a save whose share is away; then it waits for them."""

SAMPLES = 60  # fifteen seconds of them: more than a pace is taken over


class SaveQueue(QObject):
    """Runs saves in the background, and knows how those ended that the user has not read about.

    Attributes:
        problem: what went wrong in the program itself, as a sentence.

    Signals:
        changed: a save has come, begun, ended or gone.
        progressed: how far the one that runs is, now and then; carries its `View` and `Pace`.
        finished: a save has ended; carries its `Summary`.
        asked: the save that runs waits for `answer`; carries the path of the file here whose name
            another one of the share has.
        stopped: a save is to be tried again that ended early; carries its `Queued`, which is not
            in the queue any more.
        _met: the same as `asked`, from a thread of a save, which comes with it.

    """

    changed = Signal()
    progressed = Signal(object, object)
    finished = Signal(Summary)
    asked = Signal(object)
    stopped = Signal(object)
    _met = Signal(object, object)

    def __init__(
        self,
        background: Background,
        journal: Journal | None = None,
        find: Find = lambda _: (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._journal, self._find = journal, find
        self.problem = ""
        self._running: Queued | None = None
        self._waiting: deque[Queued] = deque()
        self._ended: list[Queued] = []
        self._is_closed = self._is_stepping_aside = False
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)
        self._timer = QTimer(self)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._look)
        self._met.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> Queued | None:
        """The save that runs."""
        return self._running

    @property
    def waiting(self) -> Sequence[Queued]:
        """Those that wait for it, the next one first."""
        return tuple(self._waiting)

    @property
    def ended(self) -> Sequence[Queued]:
        """Those that have ended since the user last read that all was over."""
        return self._ended

    @property
    def bytes_done(self) -> int:
        """How much of what is being saved has come; from any thread."""
        running = self._running
        return running.save.view().bytes_done if running is not None else 0

    def takes_from(self, address: str) -> bool:
        """Tell whether something is still to be saved from the share at *address*."""
        return any(one.order.client.address == address for one in self._all())

    def put(self, order: Order) -> None:
        """Save what is ordered, after what was ordered before."""
        if self._running is None:
            self.forget_ended()
        queued = Queued(order, self._journal, self._find, lambda path: self._met.emit(queued, path))
        self._add(queued)

    def try_again(self) -> None:
        """Save once more what ended with something missing.

        Whatever ended early may need another way into its share, or to it; `stopped` carries it.
        """
        again = [one for one in self._ended if one.is_worth_another_try]
        self._ended = [one for one in self._ended if one not in again]
        for queued in again:
            if queued.is_stopped and queued.save.record is not None:
                queued.order.client.close()
                self.stopped.emit(queued)
            else:
                queued.renew()
                self._add(queued)
        self.changed.emit()

    def pause(self) -> None:
        """Fetch nothing until `go_on`."""
        if self._running is not None:
            self._running.save.pause()
            self._look()

    def go_on(self) -> None:
        """Fetch again."""
        if self._running is not None:
            self._samples.clear()
            self._running.save.go_on()
            self._look()

    def look_now(self) -> None:
        """Look at once for the share that is waited for."""
        if self._running is not None:
            self._running.save.look_now()

    def answer(self, policy: Policy) -> None:
        """Tell the save that has asked what is wanted."""
        if self._running is not None:
            self._running.choice.answer(policy)

    def cancel_file(self, path: str) -> None:
        """Leave out one file of the save that runs."""
        if self._running is not None:
            self._running.save.cancel_file(path)

    def cancel(self, queued: Queued) -> None:
        """End one save, or let it not begin."""
        queued.cancel()
        if queued in self._waiting:
            self._waiting.remove(queued)
            queued.order.client.close()
            self._background.run(queued.forgo, then=_nothing, failed=_log)
        self.changed.emit()

    def cancel_all(self) -> None:
        """End the save that runs and let the others not begin."""
        for queued in self._all():
            self.cancel(queued)

    def forget_ended(self) -> None:
        """Forget those that have ended."""
        for queued in self._ended:
            queued.order.client.close()
        self._ended.clear()
        self.problem = ""
        self.changed.emit()

    def close(self) -> None:
        """End everything, for the program's sake: the journal has it for the next start."""
        self._is_closed = True
        self._timer.stop()
        for queued in self._all():
            queued.leave()
        for queued in self._ended:
            queued.order.client.close()

    def _all(self) -> list[Queued]:
        running = [self._running] if self._running is not None else []
        return [*running, *self._waiting]

    def _add(self, queued: Queued) -> None:
        self._waiting.append(queued)
        if self._running is None:
            self._next()
        else:
            self._background.run(queued.hold, then=_nothing, failed=_log)
            self.changed.emit()

    def _next(self) -> None:
        self._running = self._waiting.popleft() if self._waiting and not self._is_closed else None
        self._samples.clear()
        self._is_stepping_aside = False
        self.changed.emit()
        if self._running is None:
            self._timer.stop()
            return
        self._timer.start()
        self._look()
        queued = self._running
        self._background.run(
            queued.run,
            then=partial(self._ended_with, queued),
            failed=partial(self._broke, queued),
        )

    def _look(self) -> None:
        running = self._running
        if running is None:
            return
        view = running.save.view()
        away = view.away
        if away is not None and self._waiting and time.monotonic() - away.since > LONGEST_AWAY:
            self._is_stepping_aside = True
            running.save.leave()
        if not view.is_paused:
            self._samples.append((time.monotonic(), view.bytes_done))
        self.progressed.emit(view, pace(self._samples, view.bytes_total))

    def _pass_on(self, queued: Queued, path: Path) -> None:
        if queued is self._running and not self._is_closed:
            self.asked.emit(path)

    def _ended_with(self, queued: Queued, summary: Summary) -> None:
        if self._is_stepping_aside and summary.cancelled and not queued.is_cancelled:
            queued.renew()
            self._waiting.append(queued)
            self._background.run(queued.hold, then=_nothing, failed=_log)
            self._next()
            return
        queued.summary = summary
        self._ended.append(queued)
        self._next()
        self.finished.emit(summary)

    def _broke(self, queued: Queued, error: Exception) -> None:
        """Tell of a mistake in the program; a save's own failures are in its summary."""
        queued.order.client.close()
        self.problem = words.sentence(error)
        self._next()


def _nothing(_: object) -> None:
    """Do nothing with the answer of what has none."""


def _log(error: Exception) -> None:
    """Tell the log only: the save itself is none the worse for it."""
    log.error("The journal could not be kept", exc_info=error)
