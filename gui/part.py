"""A file that is being saved: nothing stands under its final name before it is complete."""

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from gui import origin
from gui.names import PART

_NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)
"""How systems say that a disk knows no hard links."""

_FLAGS = (
    os.O_RDWR
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_PIECE = 1 << 20
_WRITTEN_AT_ONCE = 32 << 20


class Part:
    """A file beside its final place, for one thread at a time.

    Attributes:
        path: Where it is; its name ends in `PART`.
        size: Bytes in it.
        digest: SHA-256 of these bytes, once whoever writes has fed it with them.

    """

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self.digest = sha256()
        self._descriptor = descriptor
        self._hurried = 0

    @classmethod
    def begun(cls, target: str, tell: Callable[[str], None]) -> Self:
        """Make a new one for *target*; *tell* is told its path before it exists."""
        number = 1
        while True:
            path = f"{target}.{number}{PART}" if number > 1 else f"{target}{PART}"
            number += 1
            if os.path.lexists(path):  # of a save that was killed, or of one that runs
                continue
            tell(path)
            with suppress(FileExistsError):
                part = cls(path, os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666))
                _is_ours(part._descriptor)
                return part

    @classmethod
    def resumed(cls, path: str, most: int, check: Callable[[], None]) -> Self | None:
        """Take up one that was left, cut to *most* bytes; None if there is none that is ours.

        Reads all of it; *check* is called now and then, and may raise to end that.
        """
        try:
            part = cls(path, os.open(path, _FLAGS))
        except OSError:
            return None
        try:
            status = os.fstat(part._descriptor)
            is_plain = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
            if is_plain and _is_ours(part._descriptor):
                part._read(min(most, status.st_size), check)
                return part
        except OSError:
            part.leave()
            return None
        except BaseException:
            part.leave()
            raise
        part.leave()
        return None

    def write(self, data: memoryview) -> None:
        """Add *data*; its digest is the caller's to feed."""
        self.size += len(data)
        while data:
            data = data[os.write(self._descriptor, data) :]
        if self.size - self._hurried >= _WRITTEN_AT_ONCE:
            self.hurry()

    def restart(self) -> None:
        """Begin anew with nothing in it."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.size = self._hurried = 0
        self.digest = sha256()

    def hurry(self) -> None:
        """Have the system begin to write what it has to the disk, so that `sync` takes less."""
        if sys.platform == "linux":  # where this advice begins the writing at once
            with suppress(OSError):
                os.posix_fadvise(
                    self._descriptor,
                    self._hurried,
                    self.size - self._hurried,
                    os.POSIX_FADV_DONTNEED,
                )
        self._hurried = self.size

    def finish(self, modified: float | None) -> None:
        """Give it all that it needs before its name: its time, and where it comes from.

        Before the name, as under that a file is finished, and before `sync`, so that the time is
        as safe as the bytes. A disk that cannot hold this time may have another one: that is no
        reason to lose the file.
        """
        if modified is not None:
            with suppress(OSError, OverflowError, ValueError):
                os.utime(self._place, (modified, modified))
        origin.mark(self.path)
        self.hurry()

    def sync(self) -> None:
        """Return once all of it is on the disk."""
        os.fsync(self._descriptor)
        written = os.fstat(self._descriptor).st_size
        if written != self.size:
            raise OSError(errno.EIO, f"{written} bytes on the disk instead of {self.size}")

    def name(self, target: str, *, replace: bool = False) -> None:
        """Make it *target*; raises FileExistsError if there is one already, unless to *replace*.

        The folder is to be synced then (`sync_folder`).
        """
        self._close()
        if replace:
            os.replace(self.path, target)  # noqa: PTH105 - texts, see `Place.inside`
        else:
            _move(self.path, target)

    def discard(self) -> None:
        """Remove it."""
        self._close()
        with suppress(OSError):
            os.unlink(self.path)  # noqa: PTH108 - a text, as above

    def leave(self) -> None:
        """Let go of it, to be taken up later."""
        self._close()

    @property
    def _place(self) -> int | str:
        return self._descriptor if os.utime in os.supports_fd else self.path

    def _read(self, most: int, check: Callable[[], None]) -> None:
        while self.size < most:
            check()
            data = os.read(self._descriptor, min(_PIECE, most - self.size))
            if not data:
                break
            self.digest.update(data)
            self.size += len(data)
        os.ftruncate(self._descriptor, self.size)
        os.lseek(self._descriptor, self.size, os.SEEK_SET)

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with suppress(OSError):
                os.close(descriptor)


def _is_ours(descriptor: int) -> bool:
    """Claim a part, where the system lets one; False if another save is at it."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # some network disks have no locks
            return True
    return True


def sync_folder(folder: Path) -> None:
    """Return once the names in *folder* are on the disk, where the system can do that."""
    if os.name == "nt":
        return  # its folders cannot be opened for that
    with suppress(OSError):  # some network disks refuse; the files themselves are safe
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _move(part: str, target: str) -> None:
    """Rename *part* to *target*; raise FileExistsError if there is one already."""
    if os.name == "nt":
        Path(part).rename(target)  # which on Windows replaces nothing
    elif not _renamed_exclusively(part, target) and not _linked(part, target):
        # The last resort takes the name first, so that nobody's file is lost. Should the power
        # fail before the next line, an empty file stays.
        Path(target).open("xb").close()
        Path(part).replace(target)


def _renamed_exclusively(part: str, target: str) -> bool:
    """Rename if the system can do so without replacing; False if it cannot."""
    call = _exclusive_rename()
    if call is None or call(os.fsencode(part), os.fsencode(target)) == 0:
        return call is not None
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), target)


@cache
def _exclusive_rename() -> Callable[[bytes, bytes], int] | None:
    library = ctypes.CDLL(None, use_errno=True)
    here, no_replace, exclusive = -100, 1, 4
    try:
        if sys.platform == "darwin":
            renamex = library.renamex_np
            return lambda old, new: int(renamex(old, new, exclusive))
        renameat2 = library.renameat2
    except AttributeError:
        return None
    return lambda old, new: int(renameat2(here, old, here, new, no_replace))


def _linked(part: str, target: str) -> bool:
    """Rename by way of a link, which replaces nothing; False if the disk has no links."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    Path(part).unlink()
    return True
