"""The way from the root of the shared folder to whatever is in it, never leaving it."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from server.directory import Directory, is_hidden, type_of_directory
from server.folder_problem import NotShared, Unavailable
from server.names import Names, components, is_shared
from server.way import Way

# More links than this on the way to one file are taken for a ring.
MOST_LINKS = 40


@dataclass(frozen=True, slots=True)
class Found:
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
        """What it is called in its directory."""
        return self.names[-1] if self.names else "."

    def close(self) -> None:
        """Let go of the directory."""
        self.directory.close()


class Tree:
    """The shared folder and all below it. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 - a link here stays a link
        self._spellings = {str(self._path), os.path.realpath(path)}

    @property
    def name(self) -> str:
        """The folder's own name, never the path to it."""
        return self._path.name

    def place(self, names: Names) -> Path:
        """Tell where on disk *names* without links lead to."""
        return Path(os.path.realpath(self._path), *names)

    def find(self, names: Names, way: Way | None = None) -> Found:
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
                if way is not None and (not depth or depth < len(names) - 1):
                    way.keep(names[:-1], directory)
                return Found(directory, names, reached)
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


def names_of(path: str) -> Names:
    """Give the way to a path from the root; raises `NotShared` if its text says that it is not."""
    names = components(path)
    if names is None:
        raise NotShared(path)
    return names
