"""Names for what a folder lists at the moment: when any of it changes, so does the name."""

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

Identity: TypeAlias = tuple[int, int, int]
"""Device, inode and modified time (in ns) of a directory."""

# How many times as long as it took to find out a version is taken to hold: whoever reads a folder
# of 100,000 files page by page has all of them looked at once or twice, not twenty times.
HOLDS_TIMES = 20
# Seconds; for no longer than that.
HOLDS_MOST = 10.0
MOST_KEPT = 64


def line(name: str, status: os.stat_result) -> str:
    """Give what a version says of one name in a folder.

    The inode's change time stands for who may read the file, and for a content that was put back
    to its old size and time. Folders have it too: what is done in them is theirs to tell, but
    shows in their modified time.
    """
    return (
        f"{name}\0{status.st_mode} {status.st_size} {status.st_mtime_ns} "
        f"{status.st_ctime_ns} {status.st_ino}"
    )


def version(lines: Iterable[str]) -> str:
    """Give the version of a folder, from the line of every name in it, in a lasting order."""
    text = "\0".join(lines).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    version: str
    until: float


class KeptVersions:
    """Versions found out a moment ago. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Identity, _Kept] = {}

    def get(self, folder: Identity) -> str | None:
        """Give the version of *folder* if it may be taken to hold still."""
        with self._lock:
            kept = self._kept.get(folder)
        return kept.version if kept is not None and time.monotonic() < kept.until else None

    def keep(self, folder: Identity, version: str, begun: float) -> None:
        """Keep a version; looking began at *begun* on the monotonic clock, and ends now."""
        holds = min((time.monotonic() - begun) * HOLDS_TIMES, HOLDS_MOST)
        with self._lock:
            self._kept.pop(folder, None)
            self._kept[folder] = _Kept(version, begun + holds)
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
