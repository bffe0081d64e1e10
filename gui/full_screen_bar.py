"""A bar that lies over a picture on the whole screen, and is there while the mouse moves."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.zoom_canvas import ZoomCanvas

STAYS_MS = 2500


class FullScreenBar(QObject):
    """Takes a bar out of the way while the screen is filled: the picture does not move for it.

    The mouse's arrow goes with it. Whoever rests on the bar keeps it.

    Args:
        bar: the first thing in *column*, which is that of *whole*.
        canvas: shows the picture, and tells when the mouse moves over it.

    """

    def __init__(
        self, bar: QWidget, column: QVBoxLayout, canvas: ZoomCanvas, whole: QWidget
    ) -> None:
        super().__init__(whole)
        self._bar, self._column, self._canvas, self._whole = bar, column, canvas, whole
        self._is_filled = False
        self._stay = QTimer(self)
        self._stay.setSingleShot(True)
        self._stay.setInterval(STAYS_MS)
        self._stay.timeout.connect(self._hide)
        canvas.pointed.connect(self._show)

    def fill_screen(self, *, fill: bool) -> None:
        """Lay the bar over the picture, or put it above it again."""
        if fill == self._is_filled:
            return
        self._is_filled = fill
        if fill:
            self._column.removeWidget(self._bar)
            self._show()
        else:
            self._stay.stop()
            self._column.insertWidget(0, self._bar)
            self._bar.show()
            self._canvas.show_cursor(shown=True)

    def fit(self) -> None:
        """Make a bar that lies over the picture as wide as all is."""
        if self._is_filled:
            self._bar.setGeometry(0, 0, self._whole.width(), self._bar.sizeHint().height())

    def _show(self) -> None:
        if self._is_filled:
            self.fit()
            self._bar.show()
            self._bar.raise_()
            self._canvas.show_cursor(shown=True)
            self._stay.start()

    def _hide(self) -> None:
        if self._bar.underMouse():
            self._stay.start()
        else:
            self._bar.hide()
            self._canvas.show_cursor(shown=False)
