"""One open directory, and single steps from it: the system calls under `SharedFolder`.

Two classes with the same methods: `OpenDirectory` for systems that can open a name relative
to a directory (Linux, macOS), where no step can be raced, and `NamedDirectory` for Windows.
No step follows a link. Every method may raise `OSError`.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeAlias

# Opened without waiting (a fifo would), without taking over a terminal, and closed on exec.
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
_READ |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_LIST = _READ | getattr(os, "O_DIRECTORY", 0)
# A step needs no permission to list; where the system has O_PATH it asks for none.
_STEP = _LIST | getattr(os, "O_PATH", 0)

# Windows' attributes hidden and system, and a reparse point: a link of any kind.
_HIDDEN = 0x2 | 0x4
_LINK = 0x400


class OpenDirectory:
    """A directory held open by its descriptor; `close` it."""

    def __init__(self, descriptor: int, *, is_lent: bool = False) -> None:
        self._descriptor = descriptor
        # Whether somebody else closes it.
        self._is_lent = is_lent

    @classmethod
    def root(cls, path: Path) -> Self:
        """Open the folder at *path*; a link there is the user's own choice and is followed."""
        return cls(os.open(path, _STEP & ~getattr(os, "O_NOFOLLOW", 0)))

    def status(self, name: str) -> os.stat_result:
        """Tell what *name* is, itself and not what it links to."""
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def link(self, name: str) -> str:
        """Read where the link *name* leads."""
        return os.readlink(name, dir_fd=self._descriptor)

    def enter(self, name: str) -> None:
        """Step down into the folder *name*, leaving the one we were in."""
        inner = os.open(name, _STEP, dir_fd=self._descriptor)
        self.close()
        self._descriptor, self._is_lent = inner, False

    def file(self, name: str) -> int:
        """Open *name* for reading and give its descriptor."""
        return os.open(name, _READ, dir_fd=self._descriptor)

    def regular(self, name: str) -> tuple[int, os.stat_result] | None:
        """Open *name* for reading and tell what it is; None if that is no regular file."""
        descriptor = self.file(name)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return descriptor, status
        os.close(descriptor)
        return None

    def is_readable(self, name: str, mode: int) -> bool:
        """Tell whether *name* may be used in *mode* (of `os.access`)."""
        return os.access(name, mode, dir_fd=self._descriptor, effective_ids=_EFFECTIVE)

    @contextmanager
    def entries(self) -> Iterator[Iterator[os.DirEntry[str]]]:
        """List what is in the directory, hidden files too."""
        descriptor = os.open(".", _LIST, dir_fd=self._descriptor)
        try:
            with os.scandir(descriptor) as entries:
                yield entries
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Let go of the directory."""
        if not self._is_lent:
            os.close(self._descriptor)

    def lent(self) -> Self:
        """Give the same directory for steps of its own, while this one is open."""
        return type(self)(self._descriptor, is_lent=True)

    def taken_over(self) -> Self:
        """Give the same directory, to be closed in place of this one, which may go on as well."""
        owner = type(self)(self._descriptor, is_lent=self._is_lent)
        self._is_lent = True
        return owner


class NamedDirectory:
    """A directory known by its path, where the system opens nothing relative to another."""

    def __init__(self, path: str) -> None:
        self._path = path

    @classmethod
    def root(cls, path: Path) -> Self:
        """Take the folder at *path*, which must be there."""
        if not path.is_dir():
            raise NotADirectoryError(str(path))
        return cls(str(path))

    def status(self, name: str) -> os.stat_result:
        """Tell what *name* is, itself and not what it links to."""
        return os.lstat(self._in(name))

    def link(self, name: str) -> str:
        """Read where the link *name* leads."""
        return os.readlink(self._in(name))  # noqa: PTH115 - text, not a path

    def enter(self, name: str) -> None:
        """Step down into the folder *name*, leaving the one we were in."""
        self._path = self._in(name)

    def file(self, name: str) -> int:
        """Open *name* for reading and give its descriptor."""
        return os.open(self._in(name), _READ)

    def regular(self, name: str) -> tuple[int, os.stat_result] | None:
        """Open *name* for reading and tell what it is; None if that is no regular file."""
        status = self.status(name)
        if not stat.S_ISREG(status.st_mode) or is_hidden(status):
            return None
        descriptor = self.file(name)
        now = os.fstat(descriptor)
        if is_same(now, status):
            return descriptor, now
        os.close(descriptor)
        return None

    def is_readable(self, name: str, mode: int) -> bool:
        """Tell whether *name* may be used in *mode* (of `os.access`)."""
        return os.access(self._in(name), mode)

    @contextmanager
    def entries(self) -> Iterator[Iterator[os.DirEntry[str]]]:
        """List what is in the directory, hidden files too."""
        with os.scandir(self._path) as entries:
            yield entries

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def lent(self) -> Self:
        """Give the same directory for steps of its own."""
        return type(self)(self._path)

    def taken_over(self) -> Self:
        """Give the same directory."""
        return type(self)(self._path)

    def _in(self, name: str) -> str:
        return os.path.join(self._path, name)  # noqa: PTH118 - a plain string, as scandir takes


def is_hidden(status: os.stat_result) -> bool:
    """Tell whether Windows hides this file, or it is one of Windows' links."""
    return bool(getattr(status, "st_file_attributes", 0) & (_HIDDEN | _LINK))


def is_same(one: os.stat_result, other: os.stat_result) -> bool:
    """Tell whether both describe the same file, so that nothing took its place meanwhile."""
    return (one.st_ino, one.st_dev, stat.S_IFMT(one.st_mode)) == (
        other.st_ino,
        other.st_dev,
        stat.S_IFMT(other.st_mode),
    )


_EFFECTIVE = os.access in os.supports_effective_ids
_RELATIVE = {os.open, os.stat, os.readlink, os.access} <= os.supports_dir_fd
Directory: TypeAlias = OpenDirectory | NamedDirectory
type_of_directory: type[Directory] = (
    OpenDirectory if _RELATIVE and os.scandir in os.supports_fd else NamedDirectory
)
