"""The middle of the window: one folder's files as a grid or a list, or why there are none."""

from __future__ import annotations

from collections.abc import KeysView, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStackedWidget,
    QWidget,
)

from gui.background import Background
from gui.blocks import blocks
from gui.file_list import FileList
from gui.folder_model import Column, FolderModel
from gui.grid import GAP, Grid
from gui.listing import Entry, Folder
from gui.notice import Notice
from gui.settings import Mode
from gui.thumbnails import Thumbnails

SCROLLED_MS = 200  # between two looks at what was scrolled past and is not to be waited for


@dataclass(frozen=True, slots=True)
class Top:
    """What a view begins with: the path of an entry, its row, and the value of the scroll bar."""

    path: str
    row: int
    value: int


class FolderView(QStackedWidget):
    """Shows a folder; says what is selected and what the user wants opened.

    Signals:
        activated: an entry was double-clicked or Enter pressed on it; carries an `Entry`.
        current_changed: the cursor is on another entry; carries an `Entry` or None.
        selection_changed: other entries are selected now.
        order_changed: the files are sorted by another column or the other way round.
        arranged: the files of the folder are shown as last wished, which may take a moment.
        menu_wanted: a context menu is wanted at a global position.
        retry: the user wants the folder read again.
        open_folder: the user wants to choose a folder to share.
    """

    activated = Signal(Entry)
    current_changed = Signal(object)
    selection_changed = Signal()
    order_changed = Signal()
    arranged = Signal()
    menu_wanted = Signal(QPoint)
    retry = Signal()
    open_folder = Signal()

    def __init__(
        self, background: Background, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.model = FolderModel(background, self)
        self._mode = Mode.GRID
        self._folder: Folder | None = None
        self._is_new = False
        self._stays_put = False
        self._looked_for: str | None = None
        self._remembered = Selected(())
        self._top: Top | None = None

        self.grid = Grid(thumbnails)
        self.list = FileList()
        self._share_model()
        thumbnails.ready.connect(self._paint_again)
        self._scrolled = QTimer(self)
        self._scrolled.setSingleShot(True)
        self._scrolled.setInterval(SCROLLED_MS)
        self._scrolled.timeout.connect(self._forget_what_went_by)
        self.grid.verticalScrollBar().valueChanged.connect(self._note_scrolling)

        self.notice = Notice()
        self.notice.retry.connect(self.retry)
        self.notice.open_folder.connect(self.open_folder)
        files = QStackedWidget()
        files.addWidget(self.grid)
        files.addWidget(self.list)
        self._files = files
        self.addWidget(files)
        self.addWidget(self.notice)
        # Enter activates through the views on some systems and not on others; this is for all.
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), files)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._activate_current)

    def _share_model(self) -> None:
        """Have grid and list show the same files, and the same of them selected."""
        for view in (self.grid, self.list):
            view.setModel(self.model)
            view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(
                lambda at, view=view: self.menu_wanted.emit(view.viewport().mapToGlobal(at))
            )
            view.activated.connect(lambda index: self.activated.emit(self.model.entry(index)))
        # One selection for both, so that changing the view keeps it.
        self._selection = self.grid.selectionModel()
        self.list.setSelectionModel(self._selection)
        self._selection.currentChanged.connect(self._announce_current)
        self._selection.selectionChanged.connect(self.selection_changed)
        self.list.place_columns()
        self.list.header().sortIndicatorChanged.connect(self.order_changed)
        self.model.changing.connect(self._remember)
        self.model.modelReset.connect(self._restore)

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def view(self) -> QAbstractItemView:
        """The view in use."""
        return self.grid if self._mode is Mode.GRID else self.list

    def set_mode(self, mode: Mode) -> None:
        """Lay the files out as *mode* says; the selection stays."""
        self._mode = mode
        had_focus = self.grid.hasFocus() or self.list.hasFocus()
        selected = self._selected_blocks()
        current = self._selection.currentIndex()
        self._files.setCurrentWidget(self.view)
        self._select(selected)
        if current.isValid():
            self.view.scrollTo(current)
        if had_focus:
            self.view.setFocus()

    def show_opening(self, path: str) -> None:
        """Say that a folder is being read; the same folder's files stay until it was."""
        if self._folder is None or self._folder.path != path:
            self._folder = None
            self._looked_for = None
            self._thumbnails.forget_waiting()
            self.model.show(())
            self.notice.say("Reading the folder…", "")
            self.setCurrentWidget(self.notice)

    def show_folder(self, folder: Folder) -> None:
        """Show what is in *folder*; if that is what is shown, nothing moves."""
        if folder == self._folder:
            return
        self._is_new = self._is_new or self._folder is None
        self._stays_put = not self._is_new
        self._folder = folder
        self.model.show(folder.entries)

    def show_problem(self, sentence: str, *, retry: bool) -> None:
        """Say why there is nothing to show."""
        self._folder = None
        self.model.show(())
        self.notice.say(
            "This folder cannot be shown", sentence, drawing="warning", retry=retry, choose=True
        )
        self.setCurrentWidget(self.notice)

    def filter(self, pattern: str) -> None:
        """Show the files whose name holds every word of *pattern*."""
        self.model.filter(pattern)

    def sort(self, column: Column, *, descending: bool) -> None:
        """Sort by *column*, in both layouts."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.list.sortByColumn(column, order)

    def selected(self) -> list[Entry]:
        """Return the selected entries in the order shown."""
        rows, found = self.model.rows(), list[Entry]()
        for first, last in self._selected_blocks():
            found += rows[first : last + 1]
        return found

    def selected_from(self, at: QPoint) -> Sequence[Entry]:
        """Return the selected entries if one of them is there in the view, else none."""
        index = self.view.indexAt(at)
        is_there = index.isValid() and self._selection.isSelected(index)
        return self.selected() if is_there else ()

    def select(self, path: str) -> None:
        """Select the entry at *path* alone and have it seen, as soon as the rows are there."""
        self._looked_for = path if self.model.is_arranging else None
        row = self.model.row_of(path)
        if row is not None:
            self.view.setCurrentIndex(self.model.index(row, Column.NAME))

    def entries(self) -> Sequence[Entry]:
        """Return all that is shown, in order."""
        return self.model.rows()

    def _paint_again(self, path: str) -> None:
        # Not by `dataChanged`, after which a wrapped list lays out and paints all of itself.
        row = self.model.row_of(path)
        if row is not None:
            self.grid.update(self.model.index(row, Column.NAME))

    def _note_scrolling(self) -> None:
        if not self._scrolled.isActive():  # or it would wait for the end of all scrolling
            self._scrolled.start()

    def _forget_what_went_by(self) -> None:
        rows = self.model.rows()
        self._thumbnails.keep_to({rows[row].path for row in self.grid.rows_in_sight()})

    def _say_if_nothing(self) -> None:
        if self.model.rows():
            self.setCurrentWidget(self._files)
            return
        if self.model.total:
            self.notice.say("Nothing matches the filter", "Press Esc to see all.", drawing="search")
        else:
            self.notice.say(
                "This folder is empty", "What is put into it appears here.", drawing="folder-open"
            )
        self.setCurrentWidget(self.notice)

    def _announce_current(self) -> None:
        index = self._selection.currentIndex()
        self.current_changed.emit(self.model.entry(index) if index.isValid() else None)

    def _activate_current(self) -> None:
        index = self._selection.currentIndex()
        if index.isValid():
            self.activated.emit(self.model.entry(index))

    def _selected_blocks(self) -> list[tuple[int, int]]:
        """Return first and last row of each selected block, from top to bottom."""
        # A row may be in several of Qt's, one for some of its columns each.
        found: list[tuple[int, int]] = []
        for top, bottom in sorted(
            (block.top(), block.bottom()) for block in self._selection.selection().toList()
        ):
            if found and top <= found[-1][1] + 1:
                found[-1] = (found[-1][0], max(found[-1][1], bottom))
            else:
                found.append((top, bottom))
        return found

    def _remember(self) -> None:
        current, selected = self._selection.currentIndex(), self.selected()
        path = self.model.entry(current).path if current.isValid() else None
        paths = self.model.paths()
        all_of = paths if len(selected) == len(paths) else None
        self._remembered = Selected(selected, path, all_of)
        self._top = self._seen_first() if self._stays_put else None
        self._stays_put = False

    def _restore(self) -> None:
        """Select again, in the new rows, what was selected in the old ones."""
        selected, current = self._remembered.blocks_in(self.model), self._remembered.current
        # Nothing is announced before all is as it was, or the preview would load it all again.
        self._selection.blockSignals(True)
        self._select(selected)
        row = self.model.row_of(current) if current is not None else None
        if row is not None:
            index = self.model.index(row, Column.NAME)
            self._selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._selection.blockSignals(False)
        self.view.viewport().update()
        if self._top is not None:
            self._scroll_back(self._top)
        elif row is not None:
            self.view.scrollTo(self.model.index(row, Column.NAME))
        self.selection_changed.emit()
        if self._folder is not None:
            self._show_files()

    def _show_files(self) -> None:
        self._say_if_nothing()
        if self._is_new:
            self.view.scrollToTop()
            self._is_new = False
        if self._looked_for is not None:
            self.select(self._looked_for)
        self.arranged.emit()

    def _seen_first(self) -> Top | None:
        """Return what is at the top of the view, and where the view is scrolled to."""
        # There may be a gap just there.
        for below in (2 * GAP, 4 * GAP):
            index = self.view.indexAt(QPoint(2 * GAP, below))
            if index.isValid():
                value = self.view.verticalScrollBar().value()
                return Top(self.model.entry(index).path, index.row(), value)
        return None

    def _scroll_back(self, top: Top) -> None:
        """Have the view begin with what it began with before, if that is still there."""
        row = self.model.row_of(top.path)
        if row == top.row or row is None or not top.value:  # what comes before the first is seen
            self.view.executeDelayedItemsLayout()
            self.view.verticalScrollBar().setValue(top.value)
        else:
            index = self.model.index(row, Column.NAME)
            self.view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)

    def _select(self, selected: Sequence[tuple[int, int]]) -> None:
        selection = QItemSelection()
        for first, last in selected:
            top, bottom = (self.model.index(row, Column.NAME) for row in (first, last))
            selection.append(QItemSelectionRange(top, bottom))
        flag = QItemSelectionModel.SelectionFlag
        self._selection.select(selection, flag.ClearAndSelect | flag.Rows)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.grid.viewport().update()
        super().changeEvent(event)


@dataclass(frozen=True, slots=True)
class Selected:
    """What was selected before the rows changed.

    Attributes:
        current: the path of the entry with the cursor.
        all_of: the paths of all that there was, if all was selected.

    """

    entries: Sequence[Entry]
    current: str | None = None
    all_of: KeysView[str] | None = None

    def blocks_in(self, model: FolderModel) -> list[tuple[int, int]]:
        """Return first and last row of each block that the same files are in now."""
        if self.entries and self.all_of == model.paths():  # soon told, however many
            return [(0, len(self.entries) - 1)]
        rows = (model.row_of(entry.path) for entry in self.entries)
        return blocks(sorted(row for row in rows if row is not None))
