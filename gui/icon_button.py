"""A tool button with one of our drawings, which follows light and dark."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from gui import icons


class IconButton(QToolButton):
    """A flat button that shows the drawing *name*; *says* is its tooltip and accessible name."""

    def __init__(self, name: str, says: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setToolTip(says)
        self.setAccessibleName(says)
        self.setIconSize(QSize(20, 20))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._draw()

    def _draw(self) -> None:
        self.setIcon(icons.icon(self._name))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        super().changeEvent(event)
