"""The About box."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui import __version__, icons


def show(parent: QWidget) -> None:
    """Tell what this program is; does not hold up the window."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("About Lanslide")
    box.setIconPixmap(icons.application().pixmap(QSize(64, 64), parent.devicePixelRatioF()))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Lanslide {__version__}")
    box.setInformativeText(
        "Everyone on your local network can look at the pictures in a folder and keep the ones "
        "they want. No cloud, no account.\n\n"
        f"Python {platform.python_version()}, Qt for Python {PySide6.__version__}. MIT licence."
    )
    box.open()
