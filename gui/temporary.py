"""A folder for as long as the program runs, and what runs that were killed have left.

Every run has one of its own beside the others', in a folder of the user's (not in that of all
users, which often lies in memory, and where anybody could be there first). A lock beside it tells
that its run is alive. The lock is there before the folder and goes after it, so that a folder
whose lock can be taken is nobody's.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path
from PySide6.QtCore import QLockFile

from gui.errors import Cancelled

LOCK: Final = ".lock"
_NAME = re.compile("[0-9a-f]{16}")


def usual_place() -> Path:
    """Give the place for such folders in the user's cache folder."""
    return user_cache_path("lanslide", appauthor=False) / "copies"


class TemporaryFolder:
    """The folder of this run, made when it is first needed; from any thread."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._users = 0
        self._is_closed = False
        self._own: Path | None = None
        self._held: QLockFile | None = None

    @contextmanager
    def new(self) -> Iterator[Path]:
        """Make a folder in it, all of which stays at least until the block ends.

        If the block raises, the folder goes. Raises OSError, and Cancelled once this is closed.
        """
        with self._lock:
            if self._is_closed:
                raise Cancelled("The window was closed.")
            own = self._made()
            self._users += 1
        folder = own / secrets.token_hex(4)
        try:
            folder.mkdir()
            yield folder
        except BaseException:
            remove(folder)
            raise
        finally:
            self._leave()

    def close(self) -> None:
        """Remove it, or have whoever uses it last do so."""
        with self._lock:
            self._is_closed = True
            if not self._users:
                self._remove()

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._is_closed and not self._users:
                self._remove()

    def _made(self) -> Path:
        if self._own is None or not self._own.is_dir():
            self._let_go()
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
            own = self._place / secrets.token_hex(8)
            held = _lock_of(own)
            if not held.tryLock(0):
                raise PermissionError(f"{held.fileName()} cannot be locked.")
            self._held = held
            own.mkdir(mode=0o700)
            self._own = own
        return self._own

    def _remove(self) -> None:
        if self._own is not None:
            remove(self._own)
        self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.unlock()
        self._own = self._held = None


def sweep(place: Path) -> None:
    """Remove what runs that were killed have left in *place*; may take a while.

    What runs that are alive have there, what is no folder of ours and what links lead to stays.
    """
    with suppress(OSError):
        names = {path.name.removesuffix(LOCK) for path in place.iterdir()}
        for name in filter(_NAME.fullmatch, names):
            held = _lock_of(place / name)
            if held.tryLock(0):  # which also takes over what a killed run held
                if _is_own_folder(place / name):
                    remove(place / name)
                held.unlock()


def remove(folder: Path) -> None:
    """Remove *folder* as far as that can be done; what another program holds may stay."""
    if os.name == "nt":  # where nothing can be removed that is read-only
        for where, _, names in os.walk(folder):
            for name in names:
                with suppress(OSError):
                    (Path(where) / name).chmod(stat.S_IWRITE)
    shutil.rmtree(folder, ignore_errors=True)


def _lock_of(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder) + LOCK)
    lock.setStaleLockTime(0)  # only when its process is gone
    return lock


def _is_own_folder(path: Path) -> bool:
    """Tell whether there is a folder of the user's own, and no link to one."""
    try:
        status = path.lstat()
    except OSError:
        return False
    is_own = os.name == "nt" or status.st_uid == os.getuid()
    is_real = stat.S_ISDIR(status.st_mode) and not getattr(status, "st_reparse_tag", 0)
    return is_real and is_own
