"""Shows files where they are: in the file manager of the system, with them selected if it can."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from gui import words
from gui.background import Background
from gui.listing import plain

MOST_SELECTED = 100
PATIENCE_MS = 3000


@dataclass(frozen=True, slots=True)
class Found:
    """What of that which is to be shown is there.

    Attributes:
        selected: Whether the file manager has been told to select it.

    """

    paths: tuple[Path, ...]
    selected: bool


class FileManager(QObject):
    """Asks the system's own.

    Signals:
        problem: there is nothing to show; carries a sentence.
    """

    problem = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background

    def show(self, folder: Path, paths: Sequence[Path]) -> None:
        """Show what is left of *paths*, which are in *folder*; or else *folder* itself."""
        self._background.run(
            lambda: shown(folder, paths),
            then=partial(self._show, folder),
            failed=lambda error: self.problem.emit(words.sentence(error)),
        )

    def _show(self, folder: Path, found: Found) -> None:
        if not found.paths:
            self.problem.emit(f"“{plain(folder.name)}” is not there any more.")
        elif not found.selected:
            inside = found.paths[0].parent if found.paths[0] != folder else folder
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(inside)))


def shown(folder: Path, paths: Sequence[Path]) -> Found:
    """Have the file manager select what is there; on a thread, for it may have to be started."""
    there = _there(paths) or _there([folder])
    if not there or there == (folder,):
        return Found(there, selected=False)
    return Found(there, selected=_select(there))


def selecting(system: str, paths: Sequence[Path]) -> list[str] | str:
    """Give the command that selects *paths*; none where that is no command's business."""
    if system == "win32":
        # Explorer selects one, and reads its arguments in a way of its own; no name there has a
        # quote in it.
        return f'explorer /select,"{paths[0]}"'
    return ["open", "-R", *map(str, paths)] if system == "darwin" else []


def top_of(folder: Path, paths: Sequence[Path]) -> list[Path]:
    """Give what is directly in *folder* of the things that are somewhere in it."""
    inside = [path.relative_to(folder) for path in paths if path.is_relative_to(folder)]
    return [folder / name for name in dict.fromkeys(path.parts[0] for path in inside if path.parts)]


def _there(paths: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(path for path in paths[:MOST_SELECTED] if _is_there(path))


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def _select(paths: Sequence[Path]) -> bool:
    command = selecting(sys.platform, paths)
    if not command:
        return _ask_over_dbus(paths)
    try:
        subprocess.Popen(command)  # noqa: S603 - no shell is involved
    except OSError:
        return False
    return True


def _ask_over_dbus(paths: Sequence[Path]) -> bool:
    """Ask whatever file manager the desktop has; False if it has none that can select."""
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    call = QDBusMessage.createMethodCall(
        "org.freedesktop.FileManager1",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1",
        "ShowItems",
    )
    call.setArguments([[path.as_uri() for path in paths], ""])
    answer = bus.call(call, timeout=PATIENCE_MS)
    return answer.type() == QDBusMessage.MessageType.ReplyMessage
