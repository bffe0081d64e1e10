"""A file that is being saved: nothing stands under its final name before it is complete."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from gui.names import PART, numbered

_NO_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)
"""How systems say that a disk knows no hard links."""


class Part:
    """A new file beside *target*, removed at the end of the with block unless it was kept."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._kept = False

    def __enter__(self) -> Self:
        number = 1
        while True:
            name = self._target.name + (f".{number}" if number > 1 else "") + PART
            self._path = self._target.with_name(name)
            try:
                self._file = self._path.open("xb", buffering=0)
            except FileExistsError:  # of a save that was killed, or of one that runs
                number += 1
            else:
                return self

    def write(self, data: bytes | memoryview) -> None:
        """Add *data*."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def keep(self, size: int, modified: float | None) -> Path:
        """Make the file what it is to be, complete and on the disk, and give its final path.

        That is the target, or if this exists meanwhile, the target with a number.
        """
        os.fsync(self._file.fileno())
        written = os.fstat(self._file.fileno()).st_size
        self._file.close()
        if written != size:
            raise OSError(errno.EIO, f"{written} bytes on the disk instead of {size}")
        if modified is not None:
            # Before the final name, under which a file is finished. A disk that cannot hold this
            # time may have another: that is no reason to lose the file.
            with suppress(OSError, OverflowError):
                os.utime(self._path, (modified, modified))
        final = _named(self._path, self._target)
        self._kept = True
        _sync_folder(final.parent)
        return final

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._file.close()
        if not self._kept:
            with suppress(OSError):
                self._path.unlink()


def _named(part: Path, target: Path) -> Path:
    """Give *part* the name of *target*, or that with a number; never what another file has."""
    candidate, number = target, 1
    while True:
        try:
            _move(part, candidate)
        except FileExistsError:
            number += 1
            candidate = target.with_name(numbered(target.name, number))
        else:
            return candidate


def _move(part: Path, target: Path) -> None:
    """Rename *part* to *target*; raise FileExistsError if there is one already."""
    if os.name == "nt":
        part.rename(target)  # which on Windows replaces nothing
        return
    try:
        target.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _move_without_links(part, target)
    else:
        part.unlink()


def _move_without_links(part: Path, target: Path) -> None:
    if _renamed_exclusively(part, target):
        return
    # The last resort takes the name first, so that nobody's file is lost. Should the power fail
    # before the next line, an empty file stays.
    target.open("xb").close()
    part.replace(target)


def _renamed_exclusively(part: Path, target: Path) -> bool:
    """Rename if the system can do so without replacing; False if it cannot."""
    call = _exclusive_rename()
    if call is None or call(os.fsencode(part), os.fsencode(target)) == 0:
        return call is not None
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(target))


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


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # its folders cannot be opened for that
    with suppress(OSError):  # some network disks refuse; the file itself is safe
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
