"""The menu entry on Linux and BSD, as freedesktop.org's specifications have it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from gui.launcher.command import COMMENT, ICONS, NAME, LauncherError, command

# The window has the same name for the desktop, which finds its icon in the task bar by it.
IDENTIFIER = "lanslide"
FOLDERS = "inode/directory"
_RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")


def install() -> Path:
    """Write the entry and its icons for this user."""
    content = text(command())
    opener = _opener_of_folders()
    entry = _entry()
    entry.parent.mkdir(parents=True, exist_ok=True)
    for source, target in icons(_data()).items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    _replace(entry, content)
    _refresh()
    if opener not in ("", entry.name) and _opener_of_folders() == entry.name:
        # A user's own entries outrank the system's. Ours may open folders, but a click on one is
        # the file manager's, as before.
        _run("xdg-mime", "default", opener, FOLDERS)
    return entry


def remove() -> Path | None:
    """Delete the entry and its icons."""
    for icon in icons(_data()).values():
        icon.unlink(missing_ok=True)
    entry = _entry()
    if not entry.exists():
        return None
    entry.unlink()
    _refresh()
    return entry


def text(program: Path) -> str:
    """Return the entry that starts *program*."""
    lines = {
        "Type": "Application",
        "Version": "1.4",
        "Name": NAME,
        "GenericName": "Picture Sharing",
        "Comment": COMMENT,
        "Exec": f"{_escaped(_quoted(str(program)))} %f",
        # The entry hides by itself once the program is gone.
        "TryExec": _escaped(str(program)),
        "Icon": IDENTIFIER,
        "Terminal": "false",
        "StartupNotify": "true",
        "StartupWMClass": NAME,
        "Categories": "Network;FileTransfer;Qt;",
        "Keywords": "share;photo;picture;gallery;network;phone;send;download;",
        "MimeType": f"{FOLDERS};",
    }
    return "\n".join(["[Desktop Entry]", *(f"{key}={value}" for key, value in lines.items()), ""])


def _quoted(argument: str) -> str:
    """Return *argument* as one word of an Exec line."""
    if "=" in argument or "%" in argument:
        raise LauncherError(
            f"A menu entry cannot start a program whose path holds “=” or “%”: {argument}"
        )
    if not any(character in _RESERVED for character in argument):
        return argument  # xdg-mime takes quotes for a part of the name
    for character in '\\"`$':
        argument = argument.replace(character, f"\\{character}")
    return f'"{argument}"'


def _escaped(value: str) -> str:
    """Return *value* as any value of an entry is written."""
    for character, code in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(character, code)
    return value


def _data() -> Path:
    """Return where programs of this user keep what all of them may see."""
    chosen = os.environ.get("XDG_DATA_HOME", "")
    # The specification says that a relative path is to be ignored.
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".local" / "share"


def _entry() -> Path:
    return _data() / "applications" / f"{IDENTIFIER}.desktop"


def icons(data: Path) -> dict[Path, Path]:
    """Return each drawing of ours with its place below *data*, in the theme of last resort."""
    theme = data / "icons" / "hicolor"
    places = {ICONS / "lanslide.svg": theme / "scalable" / "apps" / f"{IDENTIFIER}.svg"}
    for picture in ICONS.glob("lanslide-*.png"):
        size = picture.stem.removeprefix("lanslide-")
        places[picture] = theme / f"{size}x{size}" / "apps" / f"{IDENTIFIER}.png"
    return places


def _replace(target: Path, content: str) -> None:
    """Write *target* so that a desktop that looks at it meanwhile sees the old one or the new."""
    part = target.with_name(f".{target.name}.part")
    part.write_text(content, encoding="utf-8", errors="surrogateescape")
    part.replace(target)


def _refresh() -> None:
    """Tell the desktop that entries and icons have changed."""
    _run("update-desktop-database", "-q", str(_entry().parent))
    theme = _data() / "icons" / "hicolor"
    if theme.is_dir():
        os.utime(theme)  # what the icon theme specification has for it


def _opener_of_folders() -> str:
    return _run("xdg-mime", "query", "default", FOLDERS).strip()


def _run(name: str, *arguments: str) -> str:
    """Return what a desktop's tool says, nothing if this computer does not have it."""
    tool = shutil.which(name)
    if tool is None:
        return ""
    done = subprocess.run(  # noqa: S603 - a tool of the desktop with words of ours
        [tool, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.stdout
