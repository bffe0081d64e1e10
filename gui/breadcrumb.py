"""Where the user is: the folders on the way down, each a button, as many as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gui import words
from gui.label import label
from gui.listing import plain
from gui.theme import styled

LEAST_WIDTH = 120  # pixels
PADDING = 12  # pixels round a button's text
SHORTEST = 6  # characters that are left of a name before the folders above it are left out


class Breadcrumb(QWidget):
    """The path of the folder shown, and how much is in it. Never wider than its place.

    Signals:
        chosen: a folder on the way was pressed; carries its path.

    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(LEAST_WIDTH)
        self._steps: list[tuple[str, str]] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self.count = label(look="quiet")
        self.count.setParent(self)

    def show_path(self, top: str, path: str) -> None:
        """Show *path* below the share called *top*."""
        steps = way(top, path)
        if steps != self._steps:
            self._steps = steps
            self._lay_out()

    def show_count(self, text: str) -> None:
        """Show how much is in the folder."""
        if text != self.count.text():
            self.count.setText(text)
            self._lay_out()

    def _lay_out(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self.count:
                widget.hide()
                widget.deleteLater()
        metrics = self.fontMetrics()
        counted = metrics.horizontalAdvance(self.count.text()) + PADDING
        has_count = counted < self.width() // 2  # where there is little room, the path has it
        room = self.width() - 2 * PADDING - (counted if has_count else 0)
        letters = max(room // max(1, metrics.averageCharWidth()), 2 * SHORTEST)
        names = fitted([plain(name) for name, _ in self._steps], letters)
        if len(names) < len(self._steps):
            self._add_quiet("… ›")
        for number, (text, (name, path)) in enumerate(
            zip(names, self._steps[len(self._steps) - len(names) :], strict=True)
        ):
            if number:
                self._add_quiet("›")
            self._add_button(text, name, path, here=number == len(names) - 1)
        self.count.setVisible(has_count)
        if has_count:
            self._row.addSpacing(PADDING)
            self._row.addWidget(self.count)
        self._row.addStretch(1)

    def _add_quiet(self, text: str) -> None:
        self._row.addWidget(label(text, "quiet"))

    def _add_button(self, text: str, name: str, path: str, *, here: bool) -> None:
        button = styled(QToolButton(self), "here" if here else "crumb")
        button.setText(text.replace("&", "&&"))
        button.setToolTip(words.tooltip(name))
        button.setAccessibleName(f"Folder {plain(name)}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(path))
        self._row.addWidget(button)

    def sizeHint(self) -> QSize:
        return QSize(400, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()


def way(top: str, path: str) -> list[tuple[str, str]]:
    """Return name and path of every folder from the top down to *path*."""
    names = path.split("/") if path else []
    return [(top, "")] + [
        (name, "/".join(names[: number + 1])) for number, name in enumerate(names)
    ]


def fitted(names: list[str], letters: int) -> list[str]:
    """Return the last of *names*, shortened, that fit together into so many *letters*.

    The last one has the first claim, then those nearest to it.
    """
    kept: list[str] = []
    for name in reversed(names):
        room = letters - 3  # what stands between two names
        if kept and room < min(len(name), SHORTEST):
            break
        text = shortened(name, max(room, SHORTEST) if not kept else max(room // 2, SHORTEST))
        kept.insert(0, text)
        letters = room - len(text)
    return kept


def shortened(name: str, longest: int) -> str:
    """Return *name* with its middle left out if it has more than *longest* characters."""
    if len(name) <= longest:
        return name
    end = (longest - 1) // 3
    return f"{name[: longest - end - 1]}…{name[len(name) - end :]}"
