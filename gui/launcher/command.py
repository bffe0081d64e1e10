"""The command that a launcher starts, and the files that it shows."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

NAME = "Lanslide"
COMMENT = "Share a folder of pictures with everyone on your local network"
ICONS = Path(__file__).parent.parent / "icons"


class LauncherError(Exception):
    """The launcher could not be changed; carries a sentence for the user."""


def is_bundled() -> bool:
    """Tell whether this is a bundle, which has no Python of its own; see `gui.launcher.bundle`."""
    return bool(getattr(sys, "frozen", False))


def command() -> Path:
    """Return the `lanslide` command of the Python that runs this, or of the bundle.

    Not `python -m gui`: that would take a folder called "gui" in the desktop's working folder for
    ours. Not a bare name either: the desktop may have another PATH than the user's terminal.
    """
    if is_bundled():
        return Path(sys.executable)
    name = "lanslide.exe" if os.name == "nt" else "lanslide"
    schemes = sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")
    for scheme in schemes:
        found = Path(sysconfig.get_path("scripts", scheme), name)
        if found.is_file():
            return found
    raise LauncherError(
        "A launcher needs the command “lanslide”, and this Python has none: install Lanslide first."
    )
