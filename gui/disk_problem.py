"""What is wrong with the disk that is saved to, in words."""

import errno
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from gui.listing import plain
from gui.names import PART

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def problem_of(folder: Path) -> OSError | None:
    """Tell why no file can be made in *folder*, if that is so."""
    trial = folder / f".{secrets.token_hex(8)}{PART}"
    try:
        trial.open("xb").close()
        trial.unlink()
    except OSError as error:
        return error
    return None


def check_room(folder: Path, count: int) -> None:
    """Raise OSError if the disk of *folder* has no room for so many bytes, as far as it says.

    A share may announce any size; its file is left out then, and the disk not filled in vain.
    """
    free = count
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
    if free < count:
        raise OSError(errno.EFBIG, f"{free} bytes free")


def in_words(error: OSError, folder: Path) -> str:
    """Give a sentence for what went wrong with a file in *folder*."""
    name = plain(folder.name or str(folder))
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full."
        case errno.EROFS:
            return f"“{name}” can only be read."
        case errno.EACCES | errno.EPERM:
            return f"You may not write into “{name}”."
        case errno.ENOENT | errno.ENOTDIR | errno.ESTALE | errno.ENODEV:
            return f"“{name}” is not there any more."
        case errno.ENAMETOOLONG:
            return "Its name is too long for this disk."
        case errno.EILSEQ | errno.EINVAL:
            return "This disk does not take its name."
        case errno.EFBIG:
            return "It is too large for this disk."
        case errno.EIO:
            return "The disk could not write it."
    return f"It could not be written ({error.strerror or type(error).__name__})."
