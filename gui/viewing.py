"""The viewer in place of the folder, and on the whole screen, and back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from gui.listing import Entry
from gui.viewer import Viewer


class Viewing(QObject):
    """Changes between the folder and one picture on the whole window.

    Attributes:
        viewer: shows the picture.

    Signals:
        left: the folder is seen again.

    """

    left = Signal()

    def __init__(
        self, viewer: Viewer, folder: Sequence[QWidget], column: QVBoxLayout, window: QMainWindow
    ) -> None:
        """Put *viewer* into *column* of *window*, below the widgets of the *folder*."""
        super().__init__(window)
        self.viewer = viewer
        self._folder, self._window = folder, window
        viewer.hide()
        column.insertWidget(column.indexOf(folder[-1]) + 1, viewer, 1)
        viewer.closed.connect(lambda: self._show(visible=False))
        viewer.full_screen_wanted.connect(lambda: self._fill_screen(fill=not window.isFullScreen()))

    @property
    def is_on(self) -> bool:
        """Whether the viewer is seen."""
        return self.viewer.isVisible()

    def open(self, pictures: Sequence[Entry], entry: Entry) -> None:
        """Show *entry*, one of *pictures*, on the whole window."""
        self.viewer.open(pictures, entry)
        self._show(visible=True)

    def make_room(self) -> None:
        """Leave nothing but the picture on a full screen; to be called when that has changed.

        Whoever fills the screen, or ends that: the desktop has its own ways.
        """
        fills = self._window.isFullScreen() and self.is_on
        self._window.menuBar().setVisible(not fills)
        self.viewer.bar.fill_screen(fill=fills)

    def _show(self, *, visible: bool) -> None:
        for widget in self._folder:
            widget.setVisible(not visible)
        self.viewer.setVisible(visible)
        self.make_room()
        if visible:
            self.viewer.setFocus()
        else:
            self._fill_screen(fill=False)
            self.left.emit()

    def _fill_screen(self, *, fill: bool) -> None:
        state, full = self._window.windowState(), Qt.WindowState.WindowFullScreen
        self._window.setWindowState(state | full if fill else state & ~full)
