"""Which folder of a share is looked at: open, back, forward, up, reload."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from gui import words
from gui.background import Background
from gui.client import Client
from gui.following import Following
from gui.listing import Folder

# Milliseconds between two readings of a folder in which something happens all the time.
REST_MS = 300


class Navigation(QObject):
    """Reads folders from a share, one at a time, and remembers where the user has been.

    The folder looked at is read again whenever it changes.

    Signals:
        opening: a folder was asked for; carries its path.
        opened: a folder's content is here; carries a `Folder`, of a large one first the beginning.
        failed: the folder asked for cannot be read; carries its path and a sentence.
    """

    opening = Signal(str)
    opened = Signal(Folder)
    failed = Signal(str, str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._client: Client | None = None
        self._history: list[str] = []
        self._position = -1
        self._request = 0
        self._reading = False
        self._shown: str | None = None
        self._cancel = Event()
        # Of what is shown: "" if not known, None if there is nothing to show.
        self._version: str | None = None
        # What was told last, and whether while the folder was read.
        self._told: str | None = None
        self._is_old = False
        self._following = Following(self)
        self._following.told.connect(self._hear)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(REST_MS)
        self._resting.timeout.connect(self.refresh)
        self._since_read = QElapsedTimer()

    @property
    def path(self) -> str:
        """The path of the folder looked at, ``""`` for the top."""
        return self._history[self._position] if self._history else ""

    @property
    def can_go_back(self) -> bool:
        return self._position > 0

    @property
    def can_go_forward(self) -> bool:
        return self._position + 1 < len(self._history)

    @property
    def can_go_up(self) -> bool:
        return bool(self.path)

    def browse(self, client: Client, path: str = "") -> None:
        """Look at another share, at its folder *path*."""
        self._client = client
        self._history, self._position = [path], 0
        self._shown = None
        self.reload()

    def open(self, path: str) -> None:
        """Look at the folder *path*."""
        if path != self.path:
            self._history[self._position + 1 :] = [path]
            self._position += 1
        self.reload()

    def back(self) -> None:
        """Return to the folder looked at before."""
        if self.can_go_back:
            self._position -= 1
            self.reload()

    def forward(self) -> None:
        """Undo one `back`."""
        if self.can_go_forward:
            self._position += 1
            self.reload()

    def up(self) -> None:
        """Open the folder that holds this one."""
        if self.can_go_up:
            self.open(parent_of(self.path))

    def stop(self) -> None:
        """Follow no folder any more, and wait for the threads that did."""
        self._following.stop()

    def refresh(self) -> None:
        """Read the folder again unless it is just being read."""
        if not self._reading:
            self.reload()

    def reload(self) -> None:
        """Read the folder again."""
        if self._client is None:
            return
        self._reading, self._is_old = True, False
        client, path = self._client, self.path
        if not self._following.follows(client, path):
            self._following.leave()
        self._resting.stop()
        # What is shown already is read whole, or its end would go and come again.
        read = client.entries if path == self._shown else client.beginning
        self._request += 1
        # What was asked for before is of no use to anybody, and would hold a thread.
        self._cancel.set()
        self._cancel = Event()
        self.opening.emit(path)
        self._read(path, read)

    def _read(self, path: str, read: Callable[[str, Event], Folder]) -> None:
        request, cancel = self._request, self._cancel
        self._background.run(
            lambda: read(path, cancel),
            then=lambda folder: self._show(request, folder),
            failed=lambda error: self._fail(request, path, error),
        )

    def _show(self, request: int, folder: Folder) -> None:
        if request != self._request:  # another folder was asked for meanwhile
            return
        self._shown = folder.path
        self.opened.emit(folder)
        if request != self._request or self._client is None:
            return
        if folder.complete:
            self._end(folder.version)
        else:
            self._read(folder.path, self._client.entries)

    def _fail(self, request: int, path: str, error: Exception) -> None:
        if request == self._request:
            self._shown = None
            self._end(None)
            self.failed.emit(path, words.sentence(error))

    # Changes

    def _end(self, version: str | None) -> None:
        """Note what was read, and follow what becomes of it."""
        self._reading, self._version = False, version
        self._since_read.start()
        if self._client is not None:
            # Only now: a large folder is not to be looked at twice before it is shown.
            self._following.follow(self._client, self.path)
        if self._is_old and self._told != version:
            self._resting.start()

    def _hear(self, version: str | None) -> None:
        self._told = version
        if self._reading:
            self._is_old = True
        elif version == "" or version != self._version:
            # The first change is shown at once; of a flood of them only what it comes to.
            if self._since_read.hasExpired(REST_MS):
                self.reload()
            elif not self._resting.isActive():
                self._resting.start()


def parent_of(path: str) -> str:
    """Return the path of the folder that holds *path*, ``""`` for the top."""
    return path.rpartition("/")[0]
