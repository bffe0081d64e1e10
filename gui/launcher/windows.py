"""The shortcut in Windows' Start menu. Written from the documentation; it has not been run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gui.launcher.command import COMMENT, ICONS, NAME, LauncherError, command

# Shortcuts are written by the shell's own COM object: PowerShell reaches it, Python would need a
# package for it. The values come in the environment, so that none of them is ever taken for code.
_SCRIPT = """
$shortcut = (New-Object -ComObject WScript.Shell).CreateShortcut($env:LANSLIDE_SHORTCUT)
$shortcut.TargetPath = $env:LANSLIDE_TARGET
$shortcut.IconLocation = $env:LANSLIDE_ICON
$shortcut.Description = $env:LANSLIDE_COMMENT
$shortcut.WorkingDirectory = $env:USERPROFILE
$shortcut.Save()
"""


def install() -> Path:
    """Write the shortcut for this user; a folder dropped on it is opened."""
    shortcut = _shortcut()
    shortcut.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "LANSLIDE_SHORTCUT": str(shortcut),
        "LANSLIDE_TARGET": str(command()),
        "LANSLIDE_ICON": str(ICONS / "lanslide.ico"),
        "LANSLIDE_COMMENT": COMMENT,
    }
    done = subprocess.run(  # noqa: S603 - a script of ours that holds no value
        ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT],  # noqa: S607 - Windows finds its own
        env={**os.environ, **values},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not shortcut.exists():
        raise LauncherError(f"Windows did not make the shortcut: {done.stderr.strip()}")
    return shortcut


def remove() -> Path | None:
    """Delete the shortcut."""
    shortcut = _shortcut()
    if not shortcut.exists():
        return None
    shortcut.unlink()
    return shortcut


def _shortcut() -> Path:
    roaming = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    return Path(roaming, "Microsoft", "Windows", "Start Menu", "Programs", f"{NAME}.lnk")
