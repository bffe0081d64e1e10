"""Asks for files and folders, with the system's own dialogs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QWidget,
)

from gui import words
from gui.folder_path import is_folder
from gui.listing import Entry
from gui.names import safe_name

LONGEST_NAME = 60  # characters


def ask_file(parent: QWidget, entry: Entry, folder: Path | None) -> Path | None:
    """Ask for a name for *entry*, beginning in *folder*; None if the user changed their mind.

    A name that is taken is no question yet: it may be the same file that has it.
    """
    suggestion = (folder or usual_folder()) / safe_name(entry.name)
    chosen, _ = QFileDialog.getSaveFileName(
        parent,
        "Save",
        str(suggestion),
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    return Path(chosen) if chosen else None


def ask_folder(parent: QWidget, folder: Path | None) -> Path | None:
    """Ask for a folder to save into, beginning in *folder*."""
    chosen = QFileDialog.getExistingDirectory(parent, "Save into", str(folder or usual_folder()))
    return Path(chosen) if chosen else None


def ask_shared_folder(parent: QWidget, folder: Path | None) -> Path | None:
    """Ask for a folder to share, beginning in *folder*."""
    beginning = folder or Path.home()
    chosen = QFileDialog.getExistingDirectory(parent, "Open folder", str(beginning))
    return Path(chosen) if chosen else None


def ask_share_name(parent: QWidget, name: str, shown: str) -> str | None:
    """Ask what others on the network see this share as; empty for a drawn name, None for as is.

    *shown* is what they see it as now.
    """
    dialog = QInputDialog(parent)
    dialog.setWindowTitle("Name on this network")
    dialog.setLabelText("Others see this share as (empty for a name that says nothing about you):")
    dialog.setTextValue(name)
    field = dialog.findChild(QLineEdit)
    if isinstance(field, QLineEdit) and not name:
        field.setPlaceholderText(shown)
    is_sure = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return " ".join(dialog.textValue().split())[:LONGEST_NAME] if is_sure else None


def ask_to_stop(parent: QWidget, why: str, keep: str) -> bool:
    """Ask whether the window may close though *why*; *keep* is what the way back says."""
    box = QMessageBox(parent)
    box.setWindowTitle("Lanslide")
    box.setText(why)
    stop = box.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(keep, QMessageBox.ButtonRole.RejectRole))
    box.exec()
    return box.clickedButton() is stop


def ask_to_open(parent: QWidget, entry: Entry) -> bool:
    """Ask whether to hand *entry*, which may hold a program, to the system, which may run it."""
    box = QMessageBox(parent)
    box.setWindowTitle("Lanslide")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Open “{words.breakable(safe_name(entry.name))}”?")
    box.setInformativeText(
        "It may be a program, or hold one. Open it only if you trust whoever shares it."
    )
    do_open = box.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole))
    box.exec()
    return box.clickedButton() is do_open


def usual_folder() -> Path:
    """Return where the system keeps pictures, or the user's home."""
    pictures = QStandardPaths.StandardLocation.PicturesLocation
    found = Path(QStandardPaths.writableLocation(pictures))
    return found if is_folder(found) else Path.home()
