"""Tells whoever looks at a folder when something in it changes.

Only folders that somebody looks at are watched, each once, and nothing below them. The system
tells that something happened, and then the folder is looked at. Systems miss things (what other
computers do on a network disk, a folder above that is renamed), so every now and then it is looked
at anyway, and more often where the system tells nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from server.entry import Seen
from server.folder import SharedFolder
from server.folder_problem import FolderProblem

if TYPE_CHECKING:
    from server.notices import Notice, Notices

# Seconds.
SETTLES_IN = 0.05  # a file is made, then written: one change, not two
PAUSE = 0.3  # between two looks at a folder in which much happens
UNTOLD = 3.0  # between two looks if the system tells nothing
TOLD = 5.0  # between two looks if it does
BEAT = 15.0  # between two signs of life for listeners
# Looking may take this part of the time, at all folders together: while things happen in one; if
# the system tells nothing; if it does.
SHARE_BUSY, SHARE_UNTOLD, SHARE_TOLD = 1 / 10, 1 / 25, 1 / 100

_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Somebody who looks at a folder. Called on the watching thread, and must not wait."""

    def tell(self, version: str | None) -> None:
        """Take note of the version that the folder has now; None if it cannot be had any more."""

    def beat(self) -> None:
        """Take note that nothing happened for long."""


@dataclass(slots=True, eq=False)
class _Folder:
    """A folder that somebody looks at.

    Attributes:
        told: what each listener was told last.
        version: at the last look; None if there was no folder.
        rung: when the system told first that something happened since the last look began.
        looked: when the last look ended; minus infinity before the first.
        cost: how long it took, in seconds.
        missed: whether the system failed to tell something.

    """

    path: str
    told: dict[Listener, str | None] = field(default_factory=dict)
    version: str | None = None
    seen: Seen | None = None
    notice: "Notice | None" = None
    rung: float | None = None
    looked: float = float("-inf")
    cost: float = 0.0
    missed: bool = False


def due(folder: _Folder, cost: float) -> float:
    """Tell when *folder* is to be looked at next; a look at every folder takes *cost* seconds."""
    if folder.rung is not None:
        return max(folder.rung + SETTLES_IN, folder.looked + max(PAUSE, cost / SHARE_BUSY))
    if folder.notice is None or folder.missed:
        return folder.looked + max(UNTOLD, cost / SHARE_UNTOLD)
    return folder.looked + max(TOLD, cost / SHARE_TOLD)


class Watching:
    """Watches the folders that somebody looks at. May be used from several threads.

    Its thread begins with the first listener and ends with the last one.
    """

    def __init__(self, shared: SharedFolder) -> None:
        self._shared = shared
        self._changed = threading.Condition()
        self._folders: dict[str, _Folder] = {}
        self._left: list[_Folder] = []
        self._is_running = False
        self._beat_at = 0.0

    def listen(self, path: str, version: str, listener: Listener) -> Callable[[], None]:
        """Tell *listener* whenever the folder *path* has another version than it was told last.

        It has been told *version*. Call what comes back to have it told no more.
        """
        with self._changed:
            folder = self._folders.setdefault(path, _Folder(path))
            folder.told[listener] = version
            if folder.version != version:
                # One of the two is old. Nobody knows which before the next look.
                self._ring(folder)
            if not self._is_running:
                self._is_running = True
                self._beat_at = time.monotonic() + BEAT
                threading.Thread(target=self._run, name="folder-watch", daemon=True).start()
        return lambda: self._leave(folder, listener)

    def _leave(self, folder: _Folder, listener: Listener) -> None:
        with self._changed:
            if listener not in folder.told:
                return
            del folder.told[listener]
            if not folder.told:
                del self._folders[folder.path]
                self._left.append(folder)
                self._changed.notify()

    def _ring(self, folder: _Folder) -> None:
        with self._changed:
            if folder.rung is None:
                folder.rung = time.monotonic()
                self._changed.notify()

    # The thread

    def _run(self) -> None:
        # Only now, for it takes a moment, and most shares end without it.
        from server.notices import Notices

        notices = Notices()
        try:
            while self._turn(notices):
                pass
        finally:
            notices.close()

    def _turn(self, notices: "Notices") -> bool:
        """Look at the folder whose turn it is, or see to something else; False at the end."""
        folder, left, beating = self._next()
        for one in left:
            if one.notice is not None:
                notices.drop(one.notice)
        if folder is not None:
            self._look(folder, notices)
        for listener in beating:
            listener.beat()
        return folder is not None or bool(left) or bool(beating) or not self._is_over()

    def _is_over(self) -> bool:
        with self._changed:
            if self._folders or self._left:
                return False
            self._is_running = False
            return True

    def _next(self) -> tuple[_Folder | None, list[_Folder], list[Listener]]:
        """Wait until there is something to do: a folder to look at, some left, a beat."""
        with self._changed:
            while True:
                left, self._left = self._left, []
                if left or not self._folders:
                    return None, left, []
                now = time.monotonic()
                if now >= self._beat_at:
                    self._beat_at = now + BEAT
                    return None, [], [one for each in self._folders.values() for one in each.told]
                cost = sum(each.cost for each in self._folders.values())
                folder = min(self._folders.values(), key=lambda each: due(each, cost))
                wait = due(folder, cost) - now
                if wait <= 0:
                    return folder, [], []
                self._changed.wait(min(wait, self._beat_at - now))

    def _look(self, folder: _Folder, notices: "Notices") -> None:
        begun = time.monotonic()
        with self._changed:
            was_rung, folder.rung = folder.rung is not None, None
        seen: Seen | None = None
        try:
            seen = self._shared.look(folder.path)
        except FolderProblem:
            pass
        except Exception:
            # The thread outlives whatever a disk comes up with.
            _log.exception("A folder could not be looked at.")
        version = None if seen is None else seen.version
        is_first = folder.looked == float("-inf")
        if version != folder.version and not was_rung and not is_first:
            folder.missed = True
        if version is not None and folder.version is None and not is_first:
            # What the system still has to tell of the one that is gone may end the new notice.
            folder.missed = True
        self._keep_notice(folder, seen, notices)
        with self._changed:
            folder.version, folder.seen = version, seen
            folder.looked = time.monotonic()
            folder.cost = folder.looked - begun
            untold = [one for one, told in folder.told.items() if told != version]
            folder.told.update(dict.fromkeys(untold, version))
        _tell(untold, version)

    def _keep_notice(self, folder: _Folder, seen: Seen | None, notices: "Notices") -> None:
        """Have the system tell of the directory that is there now."""
        before = folder.seen
        is_same = (
            seen is not None
            and before is not None
            and (before.place, before.identity) == (seen.place, seen.identity)
        )
        if folder.notice is not None and (not is_same or folder.notice.is_lost):
            notices.drop(folder.notice)
            folder.notice = None
        elif is_same:
            return
        if seen is not None:
            folder.notice = notices.ask(seen.place, lambda: self._ring(folder))
            # What happened between the look and now was not told.
            self._ring(folder)


def _tell(listeners: Iterable[Listener], version: str | None) -> None:
    for listener in listeners:
        listener.tell(version)
