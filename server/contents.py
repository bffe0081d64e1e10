"""The names in the folders of a share, and for a moment those of the ones read last."""

import os
import stat
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from server.directory import Directory, is_hidden
from server.folder_problem import FolderProblem
from server.folder_version import Identity
from server.names import Names, is_shared, natural
from server.tree import Tree

# Folders whose names are kept in memory from one page of their listing to the next.
MOST_KNOWN = 4
# No disk's clock is coarser (FAT's is two seconds).
CLOCK_TICK_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Contents:
    """The names of what is shared in one folder, in natural order.

    Attributes:
        identity: of the directory, before its names were read.
        links: what the names that are links lead to.

    """

    identity: Identity
    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: Mapping[str, os.stat_result]

    def status(self, directory: Directory, name: str) -> os.stat_result:
        """Tell the status of what *name* is, or leads to, in the *directory* that this is of."""
        return self.links[name] if name in self.links else directory.status(name)


class KnownContents:
    """What is in folders, read anew or remembered. May be used from several threads."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lock = threading.Lock()
        self._known: dict[Identity, Contents] = {}

    def of(self, names: Names, directory: Directory) -> Contents:
        """Read what is in the directory to which *names* lead, or take it from the last reading.

        That is taken if nothing has changed. A large folder is asked for in many pages, and reading
        and sorting its names is most of what a page costs. A directory's modified time changes with
        its names, but by the ticks of the disk's clock, so it tells nothing of a reading made
        within the same tick.
        """
        status = directory.status(".")
        key = status.st_dev, status.st_ino, status.st_mtime_ns
        with self._lock:
            if (known := self._known.get(key)) is not None:
                return known
        now = time.time_ns()
        contents = self._read(names, directory, key)
        if not contents.links and now - status.st_mtime_ns > CLOCK_TICK_NS:
            with self._lock:
                self._known[key] = contents
                while len(self._known) > MOST_KNOWN:
                    del self._known[next(iter(self._known))]
        return contents

    def _read(self, names: Names, directory: Directory, identity: Identity) -> Contents:
        folders: list[str] = []
        files: list[str] = []
        links: dict[str, os.stat_result] = {}
        with directory.entries() as entries:
            for entry in entries:
                name = entry.name
                if not is_shared(name):
                    continue
                if entry.is_symlink():
                    status = self._behind(names, name)
                    if status is not None:
                        links[name] = status
                        (folders if stat.S_ISDIR(status.st_mode) else files).append(name)
                elif os.name == "nt" and is_hidden(entry.stat(follow_symlinks=False)):
                    continue
                elif entry.is_file(follow_symlinks=False):
                    files.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(name)
        for found in (folders, files):
            found.sort()  # decides between names that differ in case or in zeros only
            found.sort(key=natural)
        return Contents(identity, tuple(folders), tuple(files), links)

    def _behind(self, names: Names, link: str) -> os.stat_result | None:
        """Tell what a link leads to; None if that is not shared."""
        try:
            with closing(self._tree.find((*names, link))) as found:
                return found.status
        except (FolderProblem, OSError):
            return None
