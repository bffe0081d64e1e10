"""Why something cannot be had from the shared folder."""

import errno

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


def problem(path: str, error: OSError) -> FolderProblem:
    """Give what an error of the system's at *path* means."""
    if error.errno in _ABSENT:
        return NotShared(path)
    if error.errno in _FORBIDDEN:
        return NotReadable(path)
    return Unavailable(path)
