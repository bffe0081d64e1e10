"""The top of the window: where one is, how the files are shown, and the Share switch."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from gui.breadcrumb import Breadcrumb
from gui.folder_model import TITLES, Column
from gui.icon_button import IconButton
from gui.settings import TILE_SIDES, Mode
from gui.switch import Switch
from gui.theme import styled

OFF, ON = "Share", "Sharing"


class ToolBar(QFrame):
    """Holds the controls above the files; knows nothing of what they do.

    Signals:
        back, forward, up, chosen: where to go; the last carries a path.
        filtered: carries what is in the filter box.
        ordered: carries a `Column` and whether the order is descending.
        mode_chosen: carries a `Mode`.
        tile_side_chosen: carries pixels.
        addresses_wanted: where can other devices look?
        left_filter: the user is done with the filter box and wants the files.
    """

    back = Signal()
    forward = Signal()
    up = Signal()
    chosen = Signal(str)
    filtered = Signal(str)
    ordered = Signal(Column, bool)
    mode_chosen = Signal(Mode)
    tile_side_chosen = Signal(int)
    addresses_wanted = Signal()
    left_filter = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "toolBar")
        self._back = IconButton("back", "Back")
        self._back.clicked.connect(self.back)
        self._forward = IconButton("forward", "Forward")
        self._forward.clicked.connect(self.forward)
        self._up = IconButton("up", "Up")
        self._up.clicked.connect(self.up)
        self.breadcrumb = Breadcrumb()
        self.breadcrumb.chosen.connect(self.chosen)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setFixedWidth(180)
        self.filter.setAccessibleName("Filter the files by name")
        self.filter.textChanged.connect(self._filter)
        self.filter.installEventFilter(self)
        self._sort = styled(QToolButton(), "sort")
        self._sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._sort.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._make_sort_menu()
        self._grid = IconButton("grid", "Grid")
        self._list = IconButton("list", "List")
        self._modes = QButtonGroup(self)
        for button, mode in ((self._grid, Mode.GRID), (self._list, Mode.LIST)):
            button.setCheckable(True)
            button.clicked.connect(lambda _, mode=mode: self.mode_chosen.emit(mode))
            self._modes.addButton(button)
        smallest, first, largest = TILE_SIDES
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(smallest, largest)
        self.slider.setFixedWidth(96)
        self.slider.setSingleStep(16)
        self.slider.setPageStep(48)
        self.slider.setValue(first)
        self.slider.setToolTip("Size of the pictures")
        self.slider.setAccessibleName("Size of the pictures")
        self.slider.valueChanged.connect(self.tile_side_chosen)
        self.address = IconButton("link", "Show the addresses for other devices")
        self.address.clicked.connect(self.addresses_wanted)
        self.address.hide()
        self.share = Switch(OFF, ON)
        self.share.setToolTip("Let other devices on this network look at this folder")
        self._place()
        self.show_order(Column.NAME, descending=False)

    def _place(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self._back)
        row.addWidget(self._forward)
        row.addWidget(self._up)
        row.addWidget(self.breadcrumb, 1)
        row.addWidget(self.filter)
        row.addWidget(self._sort)
        row.addWidget(self._grid)
        row.addWidget(self._list)
        row.addWidget(self.slider)
        row.addSpacing(8)
        row.addWidget(self.address)
        row.addWidget(self.share)

    def _filter(self, text: str) -> None:
        # Only now that there is something to clear: Qt looks far and wide for the drawing on it.
        self.filter.setClearButtonEnabled(True)
        self.filtered.emit(text)

    def show_ways(self, *, back: bool, forward: bool, up: bool) -> None:
        """Enable the buttons that lead somewhere."""
        self._forward.setEnabled(forward)
        self._back.setEnabled(back)
        self._up.setEnabled(up)

    def show_mode(self, mode: Mode) -> None:
        """Mark the layout in use."""
        (self._grid if mode is Mode.GRID else self._list).setChecked(True)
        self.slider.setEnabled(mode is Mode.GRID)

    def show_order(self, column: Column, *, descending: bool) -> None:
        """Mark the order in use."""
        self._sort.setText(f"{TITLES[column]} {'↓' if descending else '↑'}")
        self._sort.setAccessibleName(
            f"Sorted by {TITLES[column]}, {'descending' if descending else 'ascending'}"
        )
        self._columns[column].setChecked(True)
        self._descending.setChecked(descending)

    def show_sharing(self, on: bool) -> None:
        """Set the switch without the user."""
        self.share.setChecked(on)
        self.share.setText(ON if on else OFF)
        self.address.setVisible(on)

    def _make_sort_menu(self) -> None:
        menu = QMenu(self._sort)
        columns = QActionGroup(menu)
        self._columns: dict[Column, QAction] = {}
        for column in Column:
            action = menu.addAction(TITLES[column])
            action.setCheckable(True)
            action.triggered.connect(self._order)
            columns.addAction(action)
            self._columns[column] = action
        menu.addSeparator()
        self._descending = menu.addAction("Descending")
        self._descending.setCheckable(True)
        self._descending.triggered.connect(self._order)
        self._sort.setMenu(menu)

    def _order(self) -> None:
        column = next(column for column, action in self._columns.items() if action.isChecked())
        self.ordered.emit(column, self._descending.isChecked())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Esc clear the filter, and Enter and Down go to the files."""
        if watched is self.filter and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
                self.filter.clear()
                self.left_filter.emit()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() in (
                Qt.Key.Key_Return,
                Qt.Key.Key_Down,
            ):
                self.left_filter.emit()
                return True
        return super().eventFilter(watched, event)
