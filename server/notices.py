"""The system's own notices that something happened in a folder, through watchdog."""

import logging
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from watchdog.events import (
    DirAttribEvent,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

# All but that something was opened or closed after reading, as this program does all the time.
_CHANGES: list[type[FileSystemEvent]] = [
    *(DirAttribEvent, DirCreatedEvent, DirDeletedEvent, DirModifiedEvent, DirMovedEvent),
    *(FileAttribEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent),
    *(FileModifiedEvent, FileMovedEvent),
]

# Each takes a thread of watchdog's.
MOST = 64

# Where there is nothing better watchdog looks again and again, as this program does itself.
_TELLS = Observer is not PollingObserver

_log = logging.getLogger(__name__)

Ring: TypeAlias = Callable[[], None]


class Notice(FileSystemEventHandler):
    """Notices of one folder, from `Notices.ask` to `Notices.drop`.

    Attributes:
        is_lost: whether the folder that was watched is no more, whatever has its name now.

    """

    def __init__(self, place: Path, ring: Ring) -> None:
        self.is_lost = False
        self.watch: ObservedWatch | None = None
        self._place, self._ring = os.fspath(place), ring

    def dispatch(self, event: FileSystemEvent) -> None:
        """Ring, whatever it is; on a thread of watchdog's."""
        if event.event_type in {"deleted", "moved"} and event.src_path == self._place:
            self.is_lost = True
        self._ring()


class Notices:
    """Asks the system to tell when something happens in a folder; not for several threads.

    What a notice says is not believed, nor that there is none: it is only a reason to look.
    """

    def __init__(self) -> None:
        self._observer: BaseObserver | None = None
        # By several paths one may look at the same place.
        self._wanted: Counter[ObservedWatch] = Counter()

    def ask(self, place: Path, ring: Ring) -> Notice | None:
        """Have *ring* called, on any thread, soon after anything happens directly in *place*.

        None if the system does not do that: for such a folder, or for so many.
        """
        if not _TELLS or self._wanted.total() >= MOST:
            return None
        notice = Notice(place, ring)
        try:
            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            notice.watch = self._observer.schedule(notice, os.fspath(place), event_filter=_CHANGES)
        except OSError as error:
            _log.info("The system does not tell of changes: %s", error.strerror)
            return None
        self._wanted[notice.watch] += 1
        return notice

    def drop(self, notice: Notice) -> None:
        """Want no more of it."""
        if self._observer is None or notice.watch is None:
            return
        self._wanted[notice.watch] -= 1
        if self._wanted[notice.watch]:
            self._observer.remove_handler_for_watch(notice, notice.watch)
        else:
            del self._wanted[notice.watch]
            self._observer.unschedule(notice.watch)

    def close(self) -> None:
        """End all threads that were needed for it."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
