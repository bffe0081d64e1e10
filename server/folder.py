"""The shared folder: the one gate through which everything on the shared disk is reached."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from server import folder_version
from server.contents import Contents, KnownContents
from server.directory import Directory, is_same
from server.entry import Item, Listing, Look, Seen, Sort, entry_of, item_of, ordered
from server.folder_problem import IsFolder, NotShared, problem
from server.folder_version import KeptVersions
from server.names import Names
from server.open_file import OpenFile
from server.tree import Found, Tree, names_of
from server.way import Way


class CannotShare(Exception):
    """A folder that cannot be shared; says why in a sentence."""


class SharedFolder:
    """The folder that is shared, and nothing outside of it. May be used from several threads.

    Paths are text with slashes between names, relative to the folder; the folder itself is
    the empty path. A name that is not valid text on disk is what `os.fsdecode` makes of it.
    """

    def __init__(self, path: Path) -> None:
        self._tree = Tree(path)
        self._contents = KnownContents(self._tree)
        self._versions = KeptVersions()

    @property
    def name(self) -> str:
        """The folder's own name, never the path to it."""
        return self._tree.name

    def open(self, path: str, way: Way | None = None) -> OpenFile:
        """Open a file for reading; close it.

        Many, one after the other, are opened along a *way*.
        """
        names = names_of(path)
        # As `_reached` does, but by hand: among thousands of files its context would count.
        try:
            if way is not None and (file := _beside(names, way)) is not None:
                return file
            with closing(self._tree.find(names, way)) as found:
                if stat.S_ISDIR(found.status.st_mode):
                    raise IsFolder(path)
                return _opened(found.directory, found.name, names[-1], found.status)
        except OSError as error:
            raise problem(path, error) from error

    def item(self, path: str) -> Item:
        """Tell what a path leads to, a file or a folder."""
        names = names_of(path)
        with self._reached(path) as found:
            return item_of(found.directory, found.name, names[-1] if names else "", found.status)

    def items(self, path: str, way: Way | None = None) -> Iterator[Item]:
        """Give what is in a folder one by one: its folders first, each in natural order.

        Many folders, one after the other, are gone through along a *way*.
        """
        with self._reached(path, way) as found:
            directory = _entered(found, path)
            contents = self._contents.of(names_of(path), directory)
            for name in (*contents.folders, *contents.files):
                try:
                    status = contents.status(directory, name)
                except FileNotFoundError:  # gone meanwhile
                    continue
                yield item_of(directory, name, name, status)
            if way is not None:
                way.keep(found.names, directory)

    def entries(
        self,
        path: str,
        sort: Sort = "name",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        versioned: bool = True,
    ) -> Listing:
        """List a folder: its folders first, each in natural order of *sort*.

        Everything in it is looked at, even if only a part is wanted. If it is not to be *versioned*
        that is not done, and the version may be missing.
        """
        names = names_of(path)
        with self._reached(path) as found:
            directory = _entered(found, path)
            contents = self._contents.of(names, directory)
            look = partial(contents.status, directory)
            folders = ordered(contents.folders, sort, descending, look)
            files = ordered(contents.files, sort, descending, look)
            end = None if limit is None else offset + limit
            wanted = (*folders, *files)[offset:end]
            looked: dict[str, os.stat_result | None] = dict.fromkeys(wanted)
            version = self._versions.get(contents.identity) or ""
            if not version and (versioned or len(wanted) == len(folders) + len(files)):
                version = self._version(contents, look, looked)
            entries = [
                entry
                for number, name in enumerate(wanted, offset)
                if (entry := entry_of(directory, name, number < len(folders), look, looked))
            ]
        total = len(folders) + len(files)
        name = names[-1] if names else self.name
        return Listing("/".join(names), name, total, tuple(entries), version)

    def look(self, path: str) -> Seen:
        """Look at a folder and all that is in it, as it is now."""
        with self._reached(path) as found:
            directory = _entered(found, path)
            contents = self._contents.of(names_of(path), directory)
            look = partial(contents.status, directory)
            place = self._tree.place(found.names)
            return Seen(self._version(contents, look, {}), contents.identity[:2], place)

    @contextmanager
    def _reached(self, path: str, way: Way | None = None) -> Iterator[Found]:
        """Go to a path; what the system says on the way, or there, is raised as a problem of it."""
        try:
            with closing(self._tree.find(names_of(path), way)) as found:
                yield found
        except OSError as error:
            raise problem(path, error) from error

    def _version(
        self, contents: Contents, look: Look, looked: dict[str, os.stat_result | None]
    ) -> str:
        """Look at everything in a folder; what is found of the names in *looked* is put there."""
        begun = time.monotonic()
        lines = []
        for name in (*contents.folders, *contents.files):
            try:
                status = look(name)
            except OSError:  # gone meanwhile
                continue
            lines.append(folder_version.line(name, status))
            if name in looked:
                looked[name] = status
        version = folder_version.version(lines)
        self._versions.keep(contents.identity, version, begun)
        return version


def check(path: Path) -> None:
    """Raise `CannotShare` with a sentence if *path* is no folder that can be shared now."""
    try:
        with os.scandir(path) as entries:
            next(entries, None)
    except FileNotFoundError:
        raise CannotShare(f"There is no folder {path}.") from None
    except NotADirectoryError:
        raise CannotShare(f"{path} is a file, not a folder.") from None
    except PermissionError as error:
        raise CannotShare(f"The folder {path} may not be read by this user.") from error
    except (OSError, ValueError) as error:
        raise CannotShare(f"The folder {path!s} cannot be read.") from error


def _entered(found: Found, path: str) -> Directory:
    """Step down into the folder that was found; it is closed with *found*."""
    if not stat.S_ISDIR(found.status.st_mode):
        raise NotShared(path)
    found.directory.enter(found.name)
    return found.directory


def _beside(names: Names, way: Way) -> OpenFile | None:
    """Open what is in a folder that *way* holds open; None if it is a link, or anything else.

    Among thousands of files of one folder, each costs a third of what it does by the whole way.
    """
    folder = way.held(names[:-1])
    if folder is None or not names:
        return None
    try:
        found = folder.regular(names[-1])
    except OSError:
        # The whole way tells a link from what is not there.
        return None
    return OpenFile(names[-1], *found) if found is not None else None


def _opened(directory: Directory, found: str, name: str, status: os.stat_result) -> OpenFile:
    """Open the file *found* in *directory*, if it still is what has *status*."""
    descriptor = directory.file(found)
    now = os.fstat(descriptor)
    if not is_same(now, status):
        os.close(descriptor)
        raise NotShared(name)
    return OpenFile(name, descriptor, now)
