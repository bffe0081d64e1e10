"""What opens below the Share switch: whether others can look, at which address, and how to stop."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.label import label
from gui.theme import styled

WIDTH = 336
COPIED_MS = 2000


class SharePanel(QFrame):
    """Shows the addresses that other devices can use, the best one first.

    Lies over its parent and goes away when the user does something elsewhere. (A window of its own
    could have round corners only where the system composes windows.)

    Signals:
        stop_wanted: the user wants to stop sharing.
    """

    stop_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        styled(self, "sharePanel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()
        self.setFixedWidth(WIDTH)
        self._heading = label("Sharing on this network", "heading")
        self._lead = label(look="quiet", wrap=True)
        self._addresses = QGridLayout()
        self._addresses.setSpacing(8)
        self._warning = label(look="notice", wrap=True)
        self._stop = QPushButton("Stop sharing")
        self._stop.clicked.connect(self._wants_stop)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._heading)
        column.addWidget(self._lead)
        column.addLayout(self._addresses)
        column.addWidget(self._warning)
        column.addWidget(self._stop, alignment=Qt.AlignmentFlag.AlignLeft)

    @property
    def addresses(self) -> list[str]:
        """The addresses shown, best first."""
        return [field.text() for field in self.findChildren(QLineEdit)]

    @property
    def warning(self) -> str:
        """What the user is told about who can read the folder."""
        return self._warning.text()

    def show_addresses(self, folder: str, addresses: Sequence[str], pin: str) -> None:
        """Say that *folder* can be read by whoever knows *pin*, at *addresses*."""
        self._clear()
        self._lead.setText(
            f"Type {'this address' if len(addresses) == 1 else 'one of these addresses'} into the "
            "browser of a phone or another computer on this network."
        )
        for row, address in enumerate(addresses):
            self._add(row, address)
        self._warning.setText(
            f"Who types the PIN {pin} can look at “{folder}” and save what is in it "
            "for as long as this is on."
        )

    def open_below(self, widget: QWidget) -> None:
        """Open with the right edge at that of *widget*."""
        below = QPoint(widget.width(), widget.height() + 12)
        corner = widget.mapTo(self.window(), below)
        # A label that wraps is only as high as it must be once its width is known.
        self.setFixedHeight(self._column.totalHeightForWidth(WIDTH))
        self.move(corner - QPoint(self.width(), 0))
        self.raise_()
        self.show()
        self.setFocus()

    def _add(self, row: int, address: str) -> None:
        field = QLineEdit(address)
        field.setReadOnly(True)
        field.setAccessibleName("Address")
        field.setCursorPosition(0)
        button = QPushButton("Copied")
        button.setFixedWidth(button.sizeHint().width())  # or the address would move
        button.setText("Copy")
        button.setAccessibleName(f"Copy {address}")
        button.clicked.connect(lambda: self._copy(address, button))
        self._addresses.addWidget(field, row, 0)
        self._addresses.addWidget(button, row, 1)

    def _copy(self, address: str, button: QPushButton) -> None:
        QGuiApplication.clipboard().setText(address)
        button.setText("Copied")
        QTimer.singleShot(COPIED_MS, button, lambda: button.setText("Copy"))

    def _wants_stop(self) -> None:
        self.hide()
        self.stop_wanted.emit()

    def _clear(self) -> None:
        while (item := self._addresses.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()

    def _is_elsewhere(self, place: QObject) -> bool:
        mine = place is self or (isinstance(place, QWidget) and self.isAncestorOf(place))
        return isinstance(place, QWidget) and not mine

    def showEvent(self, event: QShowEvent) -> None:
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and self._is_elsewhere(watched):
            self.hide()
        return False
