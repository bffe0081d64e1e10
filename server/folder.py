"""The shared folder: the one gate through which everything on the shared disk is reached."""

import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

from server import folder_version
from server.directory import Directory, is_hidden, is_same, type_of_directory
from server.folder_version import Identity, KeptVersions
from server.media_types import media_type
from server.names import Names, components, is_shared, natural
from server.pictures.version import version
from server.way import Way

Sort: TypeAlias = Literal["name", "size", "modified", "type"]
Kind: TypeAlias = Literal["file", "folder"]
Look: TypeAlias = Callable[[str], os.stat_result]
"""Tells the status of what a name in a folder is or leads to; may raise OSError."""

# More links than this on the way to one file are taken for a ring.
MOST_LINKS = 40
# Folders whose names are kept in memory from one page of their listing to the next.
MOST_KNOWN = 4
# No disk's clock is coarser (FAT's is two seconds).
CLOCK_TICK_NS = 2_000_000_000

_ABSENT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO}
    | {getattr(errno, "EMLINK", errno.ELOOP), errno.EISDIR, errno.EILSEQ}
)
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})


# FolderProblem
#  ├─ NotShared     nothing of that name is shared here
#  │   └─ IsFolder  a file was asked for
#  ├─ NotReadable   it is shared, but the system does not let us read it
#  └─ Unavailable   the shared folder itself is not there at the moment
class FolderProblem(Exception):
    """What was asked for cannot be had from the shared folder."""


class NotShared(FolderProblem):
    """Nothing of that name is shared."""


class IsFolder(NotShared):
    """A file was asked for, and this is a folder."""


class NotReadable(FolderProblem):
    """The system does not let this program read it."""


class Unavailable(FolderProblem):
    """The shared folder itself, or the disk that it is on, is not there at the moment."""


class CannotShare(Exception):
    """A folder that cannot be shared; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing.

    Attributes:
        size: in bytes; None for a folder.
        modified: in seconds since the epoch.
        media_type: None for a folder.
        readable: whether the system lets this program read it.
        version: changes with the content; None for a folder.

    """

    name: str
    kind: Kind
    size: int | None
    modified: float
    media_type: str | None
    readable: bool
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What a name in a folder is, or leads to; *readable* as in `Entry`."""

    name: str
    is_folder: bool
    status: os.stat_result
    readable: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of what is in a folder; *total* counts all of it.

    Attributes:
        version: of all of the folder: another one when a name, kind, size, modified time or
            permission in it is another. Of a large folder listed in parts it may be the one of a
            few seconds ago, but never a newer one than *entries*. Empty if it is not known.

    """

    path: str
    name: str
    total: int
    entries: tuple[Entry, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a folder tells.

    Attributes:
        version: see `Listing`.
        identity: which directory it is, by device and inode.
        place: where it is on disk, links followed. For having the system tell of changes there,
            never for reading: something else may be there by then.

    """

    version: str
    identity: tuple[int, int]
    place: Path


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the shared folder, opened; what *status* says is true of what was opened."""

    name: str
    descriptor: int
    status: os.stat_result

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Found:
    """Where something is once every link is followed: a name in an open directory.

    The root is the name `.` in itself.

    Attributes:
        names: the way to it from the root.

    """

    directory: Directory
    names: Names
    status: os.stat_result

    @property
    def name(self) -> str:
        return self.names[-1] if self.names else "."

    def close(self) -> None:
        self.directory.close()


@dataclass(frozen=True, slots=True)
class _Contents:
    """The names of what is shared in one folder, in natural order.

    Attributes:
        identity: of the directory, before its names were read.
        links: what the names that are links lead to.

    """

    identity: Identity
    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: Mapping[str, os.stat_result]


class SharedFolder:
    """The folder that is shared, and nothing outside of it. May be used from several threads.

    Paths are text with slashes between names, relative to the folder; the folder itself is
    the empty path. A name that is not valid text on disk is what `os.fsdecode` makes of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 - a link here stays a link
        self._spellings = {str(self._path), os.path.realpath(path)}
        self._lock = threading.Lock()
        self._known: dict[Identity, _Contents] = {}
        self._versions = KeptVersions()

    @property
    def name(self) -> str:
        """The folder's own name, never the path to it."""
        return self._path.name

    def open(self, path: str, way: Way | None = None) -> OpenFile:
        """Open a file for reading; close it.

        Many, one after the other, are opened along a *way*.
        """
        try:
            with closing(self._find(self._names(path), way)) as found:
                return _opened(found, path.rpartition("/")[2])
        except OSError as error:
            raise _problem(path, error) from error

    def item(self, path: str) -> Item:
        """Tell what a path leads to, a file or a folder."""
        names = self._names(path)
        try:
            with closing(self._find(names)) as found:
                return _item(found.directory, found.name, names[-1] if names else "", found.status)
        except OSError as error:
            raise _problem(path, error) from error

    def items(self, path: str, way: Way | None = None) -> Iterator[Item]:
        """Give what is in a folder one by one: its folders first, each in natural order.

        Many folders, one after the other, are gone through along a *way*.
        """
        names = self._names(path)
        try:
            with closing(self._find(names, way)) as found:
                directory = _entered(found, path)
                contents = self._contents(names, directory)
                for name in (*contents.folders, *contents.files):
                    with suppress(FileNotFoundError):  # gone meanwhile
                        status = _status(directory, contents.links, name)
                        yield _item(directory, name, name, status)
                if way is not None:
                    way.keep(found.names, directory)
        except OSError as error:
            raise _problem(path, error) from error

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
        names = self._names(path)
        try:
            with closing(self._find(names)) as found:
                directory = _entered(found, path)
                contents = self._contents(names, directory)
                look = partial(_status, directory, contents.links)
                folders = _ordered(contents.folders, sort, descending, look)
                files = _ordered(contents.files, sort, descending, look)
                end = None if limit is None else offset + limit
                wanted = (*folders, *files)[offset:end]
                looked: dict[str, os.stat_result | None] = dict.fromkeys(wanted)
                version = self._versions.get(contents.identity) or ""
                if not version and (versioned or len(wanted) == len(folders) + len(files)):
                    version = self._version(contents, look, looked)
                entries = [
                    entry
                    for number, name in enumerate(wanted, offset)
                    if (entry := _entry(directory, name, number < len(folders), look, looked))
                ]
        except OSError as error:
            raise _problem(path, error) from error
        total = len(folders) + len(files)
        name = names[-1] if names else self.name
        return Listing("/".join(names), name, total, tuple(entries), version)

    def look(self, path: str) -> Seen:
        """Look at a folder and all that is in it, as it is now."""
        names = self._names(path)
        try:
            with closing(self._find(names)) as found:
                directory = _entered(found, path)
                contents = self._contents(names, directory)
                look = partial(_status, directory, contents.links)
                place = Path(os.path.realpath(self._path), *found.names)
                return Seen(self._version(contents, look, {}), contents.identity[:2], place)
        except OSError as error:
            raise _problem(path, error) from error

    def _version(
        self, contents: _Contents, look: Look, looked: dict[str, os.stat_result | None]
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

    def _contents(self, names: Names, directory: Directory) -> _Contents:
        """Read the names in a directory, or take them from the last reading if none changed.

        A large folder is asked for in many pages, and reading and sorting its names is most of
        what a page costs. A directory's modified time changes with its names, but by the ticks
        of the disk's clock, so it tells nothing of a reading made within the same tick.
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

    def _read(self, names: Names, directory: Directory, identity: Identity) -> _Contents:
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
        return _Contents(identity, tuple(folders), tuple(files), links)

    def _behind(self, names: Names, link: str) -> os.stat_result | None:
        """Tell what a link leads to; None if that is not shared."""
        try:
            with closing(self._find((*names, link))) as found:
                return found.status
        except (FolderProblem, OSError):
            return None

    def _names(self, path: str) -> Names:
        names = components(path)
        if names is None:
            raise NotShared(path)
        return names

    def _find(self, names: Names, way: Way | None = None) -> _Found:
        """Go to *names* step by step, never leaving the folder; close what comes back.

        No step follows a link. Where one is met its target is read, and the way starts again
        from the root with the target's names in its place: so what is behind a link is held to
        the same rules, and nothing outside is ever opened.
        """
        for _ in range(MOST_LINKS):
            near = way.nearest(names) if way is not None else None
            directory, depth = near or (self._root(), 0)
            try:
                reached = self._walk(directory, names, depth)
            except BaseException:
                directory.close()
                raise
            if isinstance(reached, os.stat_result):
                if way is not None and depth < len(names) - 1:
                    way.keep(names[:-1], directory)
                return _Found(directory, names, reached)
            directory.close()
            names = reached
        raise NotShared("/".join(names))

    def _walk(self, directory: Directory, names: Names, depth: int) -> os.stat_result | Names:
        """Step down to the last of *names* and tell what it is; on a link, what to try instead.

        *directory* is where the first *depth* of them lead.
        """
        if not names:
            return directory.status(".")
        for number, name in enumerate(names[depth:], depth):
            if number > depth:
                directory.enter(names[number - 1])
            if name == "..":
                return self._above(names[:number], names[number + 1 :])
            if not is_shared(name) or is_hidden(status := directory.status(name)):
                raise NotShared(name)
            if stat.S_ISLNK(status.st_mode):
                here, rest = names[:number], names[number + 1 :]
                return followed(here, self._inside(directory.link(name)), rest)
        if not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
            raise NotShared("/".join(names))
        return status

    def _above(self, here: Names, rest: Names) -> Names:
        if not here:
            raise NotShared("..")
        return here[:-1] + rest

    def _inside(self, target: str) -> str:
        """Give a link's target, an absolute one with a slash and relative to the root."""
        if not target.startswith(os.sep):
            return target
        for root in self._spellings:
            if target == root or target.startswith(root.rstrip(os.sep) + os.sep):
                return "/" + target[len(root) :].lstrip(os.sep)
        raise NotShared(target)

    def _root(self) -> Directory:
        try:
            return type_of_directory.root(self._path)
        except OSError as error:
            raise Unavailable from error


def followed(here: Names, target: str, rest: Names) -> Names:
    """Give the names to walk instead of a link in the folder *here*, and the *rest* after it.

    *target* begins with a slash if it starts at the root. A link to a folder that it is itself
    in would be a way without end, and is not shared.
    """
    names = tuple(name for name in target.split("/") if name not in {"", "."})
    if not target.startswith("/"):
        while names[:1] == ("..",) and here:
            here, names = here[:-1], names[1:]
            if not names:
                raise NotShared(target)
        names = (*here, *names)
    if names == here[: len(names)]:
        raise NotShared(target)
    return names + rest


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


def _entered(found: _Found, path: str) -> Directory:
    """Step down into the folder that was found; it is closed with *found*."""
    if not stat.S_ISDIR(found.status.st_mode):
        raise NotShared(path)
    found.directory.enter(found.name)
    return found.directory


def _opened(found: _Found, name: str) -> OpenFile:
    if stat.S_ISDIR(found.status.st_mode):
        raise IsFolder(name)
    descriptor = found.directory.file(found.name)
    status = os.fstat(descriptor)
    if not is_same(status, found.status):
        os.close(descriptor)
        raise NotShared(name)
    return OpenFile(name, descriptor, status)


def _problem(path: str, error: OSError) -> FolderProblem:
    if error.errno in _ABSENT:
        return NotShared(path)
    if error.errno in _FORBIDDEN:
        return NotReadable(path)
    return Unavailable(path)


def _status(directory: Directory, links: Mapping[str, os.stat_result], name: str) -> os.stat_result:
    return links[name] if name in links else directory.status(name)


def _item(directory: Directory, found: str, name: str, status: os.stat_result) -> Item:
    is_folder = stat.S_ISDIR(status.st_mode)
    mode = os.R_OK | os.X_OK if is_folder else os.R_OK
    return Item(name, is_folder, status, directory.is_readable(found, mode))


def _ordered(names: tuple[str, ...], sort: Sort, descending: bool, look: Look) -> Sequence[str]:
    """Sort *names*, which come in natural order; that decides between equals."""
    if sort == "name":
        return names[::-1] if descending else names
    key: Callable[[str], int | str] = partial(_value, sort, look)
    if sort == "type":
        key = media_type
    return sorted(names[::-1] if descending else names, key=key, reverse=descending)


def _value(sort: Sort, look: Look, name: str) -> int:
    try:
        status = look(name)
    except OSError:  # gone meanwhile
        return 0
    if sort == "modified":
        return status.st_mtime_ns
    return 0 if stat.S_ISDIR(status.st_mode) else status.st_size


def _entry(
    directory: Directory,
    name: str,
    is_folder: bool,
    look: Look,
    looked: Mapping[str, os.stat_result | None],
) -> Entry | None:
    """Describe what a name is, looking at it unless it was *looked* at; None if it has gone."""
    try:
        status = looked.get(name) or look(name)
    except OSError:
        return None
    mode = os.R_OK | os.X_OK if is_folder else os.R_OK
    return Entry(
        name=name,
        kind="folder" if is_folder else "file",
        size=None if is_folder else status.st_size,
        modified=status.st_mtime,
        media_type=None if is_folder else media_type(name),
        readable=directory.is_readable(name, mode),
        version=None if is_folder else version(name, status),
    )
