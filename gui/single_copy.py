"""One copy of the program for each user: a second start hands its folder to the first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QStandardPaths, Signal

if TYPE_CHECKING:  # takes all of Qt's network to load, and is not needed at first
    from gui.meeting_place import MeetingPlace

# Milliseconds in which the other copy has answered, if it is well.
PATIENCE_MS = 10_000


class Copies(QObject):
    """The copies of the program that one user runs; to be used in the GUI thread.

    A lock tells who is first, for it goes with its process however that ends; the first listens
    on a local socket in a folder of the user's own.

    Signals:
        asked: another copy was started; carries the folder it was given, or None.
    """

    asked = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """Know the copies that meet in *folder*; see `usual_folder`."""
        super().__init__(parent)
        self._lock = QLockFile(str(folder / "lanslide.lock"))
        self._lock.setStaleLockTime(0)  # only when its process is gone
        self._name = _socket_name(folder)
        self._place: MeetingPlace | None = None

    def be_first(self) -> bool:
        """Become the first copy, to which later ones hand their folder; False if there is one."""
        # Where there can be no lock there can be any number of copies.
        is_taken = QLockFile.LockError.LockFailedError
        return self._lock.tryLock(0) or self._lock.error() != is_taken

    def listen(self) -> None:
        """Hear later copies from now on, if this is the first; until then they wait."""
        if self._lock.isLocked() and self._place is None:
            from gui.meeting_place import MeetingPlace

            self._place = MeetingPlace(self._name, self)
            self._place.asked.connect(self.asked)

    def hand_over(self, folder: Path | None, patience_ms: int = PATIENCE_MS) -> bool:
        """Have the first copy show *folder*, or just itself; False if it does not answer.

        Waits, for there is no window yet.
        """
        from gui.meeting_place import hand_over

        return hand_over(self._name, folder, patience_ms)

    def close(self) -> None:
        """Let another copy be the first."""
        if self._place is not None:
            self._place.close()
        self._lock.unlock()


def usual_folder() -> Path | None:
    """Return a folder of the user's own that copies can meet in; None if there is none."""
    place = QStandardPaths.StandardLocation.RuntimeLocation
    found = QStandardPaths.writableLocation(place)
    if not found:
        return None
    folder = Path(found) / "lanslide"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def _socket_name(folder: Path) -> str:
    if os.name == "nt":
        # Named pipes are not files, and all users have the same.
        import getpass

        return f"lanslide-{getpass.getuser()}"
    return str(folder / "socket")
