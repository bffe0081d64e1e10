"""The shared folder: the one gate through which everything on the shared disk is reached."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

from server.directory import Directory, is_hidden, is_same, type_of_directory
from server.media_types import media_type
from server.names import components, is_shared, natural

Sort: TypeAlias = Literal["name", "size", "modified", "type"]
Kind: TypeAlias = Literal["file", "folder"]
Names: TypeAlias = tuple[str, ...]

# More links than this on the way to one file are taken for a ring.
MOST_LINKS = 40

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

    """

    name: str
    kind: Kind
    size: int | None
    modified: float
    media_type: str | None
    readable: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of what is in a folder; *total* counts all of it."""

    path: str
    name: str
    total: int
    entries: tuple[Entry, ...]


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
    """

    directory: Directory
    name: str
    status: os.stat_result

    def close(self) -> None:
        self.directory.close()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A name met while listing; its status is asked for only if it is wanted."""

    name: str
    is_folder: bool
    status: Callable[[], os.stat_result]


class SharedFolder:
    """The folder that is shared, and nothing outside of it. May be used from several threads.

    Paths are text with slashes between names, relative to the folder; the folder itself is
    the empty path. A name that is not valid text on disk is what `os.fsdecode` makes of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 - a link here stays a link
        self._spellings = {str(self._path), os.path.realpath(path)}

    @property
    def name(self) -> str:
        """The folder's own name, never the path to it."""
        return self._path.name

    def open(self, path: str) -> OpenFile:
        """Open a file for reading; close it."""
        try:
            with closing(self._find(self._names(path))) as found:
                return _opened(found, path.rpartition("/")[2])
        except OSError as error:
            raise _problem(path, error) from error

    def entries(
        self,
        path: str,
        sort: Sort = "name",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> Listing:
        """List a folder: its folders first, each in natural order of *sort*."""
        names = self._names(path)
        try:
            with closing(self._find(names)) as found:
                if not stat.S_ISDIR(found.status.st_mode):
                    raise NotShared(path)
                found.directory.enter(found.name)
                return self._listing(names, found.directory, sort, descending, offset, limit)
        except OSError as error:
            raise _problem(path, error) from error

    def _listing(
        self,
        names: Names,
        directory: Directory,
        sort: Sort,
        descending: bool,
        offset: int,
        limit: int | None,
    ) -> Listing:
        with directory.entries() as entries:
            seen = [one for entry in entries if (one := self._seen(names, entry))]
            wanted = _ordered(seen, sort, descending)
            wanted = wanted[offset : None if limit is None else offset + limit]
            lines = [line for one in wanted if (line := _entry(directory, one))]
        return Listing("/".join(names), names[-1] if names else self.name, len(seen), tuple(lines))

    def _seen(self, names: Names, entry: os.DirEntry[str]) -> _Seen | None:
        """Tell what a name in a folder is; None if it is not shared."""
        if not is_shared(entry.name):
            return None
        if entry.is_symlink():
            return self._seen_behind(names, entry.name)
        if os.name == "nt" and is_hidden(entry.stat(follow_symlinks=False)):
            return None
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not entry.is_file(follow_symlinks=False):
            return None
        return _Seen(entry.name, is_folder, partial(entry.stat, follow_symlinks=False))

    def _seen_behind(self, names: Names, link: str) -> _Seen | None:
        try:
            with closing(self._find((*names, link))) as found:
                status = found.status
        except (FolderProblem, OSError):
            return None
        return _Seen(link, stat.S_ISDIR(status.st_mode), lambda: status)

    def _names(self, path: str) -> Names:
        names = components(path)
        if names is None:
            raise NotShared(path)
        return names

    def _find(self, names: Names) -> _Found:
        """Go to *names* step by step, never leaving the folder; close what comes back.

        No step follows a link. Where one is met its target is read, and the way starts again
        from the root with the target's names in its place: so what is behind a link is held to
        the same rules, and nothing outside is ever opened.
        """
        for _ in range(MOST_LINKS):
            directory = self._root()
            try:
                reached = self._walk(directory, names)
            except BaseException:
                directory.close()
                raise
            if isinstance(reached, os.stat_result):
                return _Found(directory, names[-1] if names else ".", reached)
            directory.close()
            names = reached
        raise NotShared("/".join(names))

    def _walk(self, directory: Directory, names: Names) -> os.stat_result | Names:
        """Step down to the last of *names* and tell what it is; on a link, what to try instead."""
        status = directory.status(".")
        for number, name in enumerate(names):
            if number:
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


def _ordered(seen: list[_Seen], sort: Sort, descending: bool) -> list[_Seen]:
    """Sort by name, then by what was asked, folders first whichever the direction."""
    ordered = sorted(seen, key=lambda one: natural(one.name), reverse=descending)
    if sort == "size":
        ordered.sort(key=_size, reverse=descending)
    elif sort == "modified":
        ordered.sort(key=_modified, reverse=descending)
    elif sort == "type":
        ordered.sort(key=lambda one: media_type(one.name), reverse=descending)
    return sorted(ordered, key=lambda one: not one.is_folder)


def _size(one: _Seen) -> int:
    try:
        return 0 if one.is_folder else one.status().st_size
    except OSError:
        return 0


def _modified(one: _Seen) -> int:
    try:
        return one.status().st_mtime_ns
    except OSError:
        return 0


def _entry(directory: Directory, one: _Seen) -> Entry | None:
    """Describe what was seen; None if it has gone meanwhile."""
    try:
        status = one.status()
    except OSError:
        return None
    mode = os.R_OK | os.X_OK if one.is_folder else os.R_OK
    return Entry(
        name=one.name,
        kind="folder" if one.is_folder else "file",
        size=None if one.is_folder else status.st_size,
        modified=status.st_mtime,
        media_type=None if one.is_folder else media_type(one.name),
        readable=directory.is_readable(one.name, mode),
    )
