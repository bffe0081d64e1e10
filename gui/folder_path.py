"""Whether a path is that of a folder."""

from __future__ import annotations

from pathlib import Path


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder at *path*; one that cannot be looked at counts as not there.

    `Path.is_dir` raises for a disk that has gone away, a name that is too long, and more.
    """
    try:
        return path.is_dir()
    except OSError:
        return False
