"""The application bundle on macOS. Written from the documentation; it has not been run."""

from __future__ import annotations

import plistlib
import shlex
import shutil
from pathlib import Path

from gui import __version__
from gui.launcher.command import ICONS, NAME, LauncherError, command, is_bundled


def install() -> Path:
    """Write a bundle for this user that starts the command."""
    if is_bundled():
        raise LauncherError("Lanslide is an app here: drag it to your Applications.")
    bundle = _bundle()
    program = command()
    if bundle.exists():
        shutil.rmtree(bundle)
    contents = bundle / "Contents"
    (contents / "Resources").mkdir(parents=True)
    shutil.copyfile(ICONS / "lanslide.icns", contents / "Resources" / "lanslide.icns")
    starter = contents / "MacOS" / "lanslide"
    starter.parent.mkdir()
    starter.write_text(f'#!/bin/sh\nexec {shlex.quote(str(program))} "$@"\n', encoding="utf-8")
    starter.chmod(0o755)
    description = {
        "CFBundleExecutable": starter.name,
        "CFBundleIconFile": "lanslide",
        "CFBundleIdentifier": "lanslide",
        "CFBundleName": NAME,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": __version__,
        "NSHighResolutionCapable": True,
    }
    (contents / "Info.plist").write_bytes(plistlib.dumps(description))
    return bundle


def remove() -> Path | None:
    """Delete the bundle."""
    bundle = _bundle()
    if not bundle.exists():
        return None
    shutil.rmtree(bundle)
    return bundle


def _bundle() -> Path:
    return Path.home() / "Applications" / f"{NAME}.app"
