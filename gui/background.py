"""Work on threads, its answer back in the GUI thread.

This is the one road from the window to anything that may wait (the network, the disk, a decoder)
and back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Finished:
    """An answer on its way to the GUI thread: what to call there, and with what."""

    deliver: Callable[[Any], None]
    value: Any


class Background(QObject):
    """Runs functions on a few threads and brings what they return to the GUI thread.

    To be made and used in the GUI thread. Work must not touch widgets or pixmaps. Whoever asks
    checks in ``then`` and ``failed`` that the answer is still wanted: answers come in any order.

    Signals:
        _finished: carries a `_Finished` from a worker thread to the GUI thread.
    """

    _finished = Signal(object)

    def __init__(self, threads: int = 8, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="background")
        self._stopped = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], Answer],
        then: Callable[[Answer], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Call *work* on a thread, then *then* with its answer or *failed* with its exception.

        *then* and *failed* are called in the GUI thread, and not at all once `stop` was called.
        """
        if self._stopped:
            return
        future = self._executor.submit(work)
        future.add_done_callback(lambda done: self._announce(done, then, failed))

    def stop(self) -> None:
        """Drop work that has not begun, wait for work that has, and deliver no answer any more."""
        self._stopped = True
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _announce(
        self,
        done: Future[Answer],
        then: Callable[[Answer], None],
        failed: Callable[[Exception], None],
    ) -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._finished.emit(_Finished(then, done.result()))
        elif isinstance(error, Exception):
            self._finished.emit(_Finished(failed, error))
        else:  # SystemExit and the like are nobody's answer
            log.critical("Background work was ended", exc_info=error)

    def _deliver(self, finished: _Finished) -> None:
        if not self._stopped:
            finished.deliver(finished.value)
