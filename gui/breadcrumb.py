"""Where the user is: the folders on the way down, each a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gui import words
from gui.client import plain
from gui.label import label
from gui.theme import styled

MOST_SHOWN = 4  # deeper paths begin with an ellipsis
LONGEST = 32  # characters of one folder's name


class Breadcrumb(QWidget):
    """The path of the folder shown.

    Signals:
        chosen: a folder on the way was pressed; carries its path.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)

    def show_path(self, top: str, path: str) -> None:
        """Show *path* below the share called *top*."""
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        steps = way(top, path)
        if len(steps) > MOST_SHOWN:
            self._add_quiet("…")
            self._add_quiet("›")
        for number, (name, target) in enumerate(steps[-MOST_SHOWN:]):
            if number:
                self._add_quiet("›")
            self._add_button(name, target, here=target == path)

    def _add_quiet(self, text: str) -> None:
        self._row.addWidget(label(text, "quiet"))

    def _add_button(self, name: str, target: str, *, here: bool) -> None:
        button = styled(QToolButton(self), "here" if here else "crumb")
        button.setText(shortened(plain(name)).replace("&", "&&"))
        button.setToolTip(words.tooltip(name))
        button.setAccessibleName(f"Folder {plain(name)}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(target))
        self._row.addWidget(button)


def way(top: str, path: str) -> list[tuple[str, str]]:
    """Return name and path of every folder from the top down to *path*."""
    names = path.split("/") if path else []
    return [(top, "")] + [
        (name, "/".join(names[: number + 1])) for number, name in enumerate(names)
    ]


def shortened(name: str) -> str:
    """Return *name* with its middle left out if it is long."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 12]}…{name[-10:]}"
