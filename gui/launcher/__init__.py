"""Puts Lanslide into the desktop's own menu, where it is started by a click.

Each system has a module of its own with the same two functions, `install` and `remove`. Only the
one for freedesktop.org's desktops (Linux, BSD) has been run; those for Windows and macOS follow
their systems' documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gui.launcher.command import LauncherError

if sys.platform == "win32":
    from gui.launcher import windows as _system
elif sys.platform == "darwin":
    from gui.launcher import macos as _system
else:
    from gui.launcher import freedesktop as _system

__all__ = ["LauncherError", "install", "remove"]


def install() -> Path:
    """Put Lanslide into the menu, over an older entry; returns what was made.

    Raises LauncherError with a sentence for the user.
    """
    try:
        return _system.install()
    except OSError as error:
        raise LauncherError(f"The launcher could not be written: {_reason(error)}.") from error


def remove() -> Path | None:
    """Take Lanslide out of the menu; returns what was removed, None if there was nothing.

    Raises LauncherError with a sentence for the user.
    """
    try:
        return _system.remove()
    except OSError as error:
        raise LauncherError(f"The launcher could not be removed: {_reason(error)}.") from error


def _reason(error: OSError) -> str:
    return f"{error.strerror} ({error.filename})" if error.filename else str(error)
