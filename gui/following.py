"""Follows what changes in the folder that is looked at."""

from __future__ import annotations

from collections.abc import Generator
from threading import Event

from PySide6.QtCore import QObject, QTimer, Signal

from gui.background import Background
from gui.client import Client
from gui.errors import Interrupted, Unreachable

# Milliseconds.
STAY_MS = 500  # that a folder is stayed in before anybody is asked to tell
LOOK_MS = 4000  # between two looks while nobody tells
FIRST_PAUSE_MS = 1000  # before a share that broke off is asked to tell again; then twice as long
LONGEST_PAUSE_MS = 60_000  # and before one is that does not tell at all


class Following(QObject):
    """Has a share tell which version a folder has, and looks now and then while it does not.

    Signals:
        told: the folder has this version now; carries it, "" if the share has none, None if the
            folder cannot be had. It may be told again.
    """

    told = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Threads of its own: to be told means to wait, and one may wait for its end still.
        self._background = Background(2, self)
        self._client: Client | None = None
        self._path = ""
        self._cancel = Event()
        self._open: set[Generator[str | None]] = set()
        self._pause = FIRST_PAUSE_MS
        self._looking = _timer(self, self._look)
        self._again = _timer(self, self._listen)

    def follows(self, client: Client, path: str) -> bool:
        """Tell whether it is the folder *path* that is followed."""
        return client is self._client and path == self._path

    def follow(self, client: Client, path: str) -> None:
        """Follow the folder *path*, and no other any more."""
        if not self.follows(client, path):
            self.leave()
            self._client, self._path, self._pause = client, path, FIRST_PAUSE_MS
            # One may only pass through, and the pictures in sight come first. What changes
            # meanwhile is not missed: the version is told at once.
            self._again.start(STAY_MS)

    def leave(self) -> None:
        """Follow nothing."""
        self._cancel.set()
        self._cancel = Event()
        self._client = None
        self._looking.stop()
        self._again.stop()

    def stop(self) -> None:
        """Follow nothing ever again, and wait for the threads."""
        self.leave()
        self._background.stop()
        # What was told last is heard by nobody now.
        for events in self._open:
            events.close()

    def _listen(self) -> None:
        if self._client is not None:
            events = self._client.events(self._path, self._cancel)
            self._open.add(events)
            self._wait(events, self._cancel)

    def _wait(self, events: Generator[str | None], cancel: Event) -> None:
        self._background.run(
            lambda: next(events),
            then=lambda version: self._heard(events, cancel, version),
            failed=lambda error: self._lost(events, cancel, error),
        )

    def _heard(self, events: Generator[str | None], cancel: Event, version: str | None) -> None:
        if cancel is self._cancel:
            self._looking.stop()
            self._pause = FIRST_PAUSE_MS
            self.told.emit(version)
        if cancel is self._cancel:  # still, for whoever was told may have gone elsewhere
            self._wait(events, cancel)
        else:
            self._open.discard(events)
            events.close()

    def _lost(self, events: Generator[str | None], cancel: Event, error: Exception) -> None:
        self._open.discard(events)
        if cancel is not self._cancel:
            return
        if not isinstance(error, Interrupted | Unreachable):
            self._pause = LONGEST_PAUSE_MS
        self._again.start(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_MS)
        if not self._looking.isActive():
            self._look()

    def _look(self) -> None:
        client, path, cancel = self._client, self._path, self._cancel
        if client is not None:
            self._background.run(
                lambda: client.version(path, cancel),
                then=lambda version: self._seen(cancel, version),
                failed=lambda _: self._seen(cancel, None),
            )

    def _seen(self, cancel: Event, version: str | None) -> None:
        if cancel is self._cancel:
            self._looking.start(LOOK_MS)
            self.told.emit(version)


def _timer(parent: Following, act: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(act)
    return timer
