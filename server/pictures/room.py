"""A folder with as many files in it as there is room for, each named by a hash.

A file may vanish at any time: two programs can share the folder, and the user can delete it.
They are side by side, not spread over folders within: file systems find one among a hundred
thousand as fast, and a folder costs more to make than a small picture does to write.
"""

import os
import re
import stat
import threading
from contextlib import suppress
from io import FileIO
from itertools import count
from pathlib import Path
from time import time

# What our own files are called, finished or not: nothing else is ever deleted, for the folder may
# have become a link to somewhere else.
_OURS = re.compile(r"[0-9a-f]{32}(\.\d+-\d+)?")
# Whatever else has come to stand there is not waited for.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
# What is left of the limit when something had to go.
_KEPT = 0.9
# After this share of the limit was written the folder is looked through again: another program
# may write there too.
_LOOK_EVERY = 1 / 16
# Seconds after which nobody is still writing a file.
_GIVEN_UP = 3600
# Seconds after which a file that is used again counts as used again.
_USED_AGAIN = 3600


class Room:
    """Where files are kept under keys; for any number of threads and programs.

    Args:
        folder: made when there is something to put into it.
        limit: bytes that may be kept, the folder's own entries not counted.

    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = os.fspath(folder)
        self._limit = limit
        self._lock = threading.Lock()
        self._numbers = count()
        # Bytes written since the folder was looked through; the first time at once.
        self._written = limit

    def path(self, key: str) -> str:
        """Give the place of the file for *key*."""
        return f"{self._folder}{os.sep}{key}"

    def open(self, key: str) -> tuple[int, os.stat_result]:
        """Open the file for *key*; give its descriptor and what is known of it. Raises OSError."""
        descriptor = os.open(self.path(key), _READ)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise FileNotFoundError(key)
        return descriptor, status

    def unfinished(self, key: str) -> tuple[str, FileIO]:
        """Begin a file that is to become the one for *key*; give its path, too. Raises OSError."""
        path = f"{self.path(key)}.{os.getpid()}-{next(self._numbers)}"
        try:
            return path, open(path, "x+b", buffering=0)  # noqa: PTH123 - a plain string
        except FileNotFoundError:
            # For this user only: small pictures show as much as large ones.
            os.makedirs(self._folder, 0o700, exist_ok=True)  # noqa: PTH103 - a plain string
            return path, open(path, "x+b", buffering=0)  # noqa: PTH123 - a plain string

    def use(self, key: str, used: float) -> None:
        """Note that a file, last *used* then, is used again."""
        if abs(time() - used) > _USED_AGAIN:
            with suppress(OSError):
                os.utime(self.path(key))

    def make(self, size: int) -> None:
        """After *size* bytes were written, delete what was used longest ago if it is too much."""
        with self._lock:
            self._written += size
            if self._written < self._limit * _LOOK_EVERY:
                return
            self._written = 0
            files = sorted(_files(self._folder))
            total = sum(size for _, size, _ in files)
            is_much = total > self._limit * (1 - _LOOK_EVERY)
            for used, length, name in files:
                # Of a program that was killed while it wrote there may be something unfinished.
                is_left = "." in name and used < time() - _GIVEN_UP
                if is_left or (is_much and total > self._limit * _KEPT * (1 - _LOOK_EVERY)):
                    with suppress(OSError):
                        os.unlink(self.path(name))  # noqa: PTH108 - a plain string
                    total -= length


def _files(folder: str) -> list[tuple[float, int, str]]:
    """List when each file of ours was last used, its size and its name."""
    found: list[tuple[float, int, str]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime, status.st_size, entry.name))
    return found
