"""The window: places the widgets, connects their signals, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui import words
from gui.animation import Animation
from gui.background import Background
from gui.browsing import Browsing
from gui.client import Client
from gui.folder_model import Column
from gui.folder_path import is_folder
from gui.folder_view import FolderView
from gui.listing import Entry, Folder, plain
from gui.menus import Menus
from gui.message_bar import MessageBar
from gui.navigation import Navigation, parent_of
from gui.nearby import Nearby
from gui.preview import Preview
from gui.renditions import Renditions
from gui.settings import TILE_SIDES, Mode, Scheme, Settings
from gui.share_switching import ShareSwitching
from gui.sharing import Sharing
from gui.sidebar import Sidebar
from gui.theme import Theme
from gui.thumbnails import Thumbnails, is_picture
from gui.tool_bar import ToolBar

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from gui.file_actions import FileActions
    from gui.journal import Journal
    from gui.remembered import RememberedShares
    from gui.viewing import Viewing
    from gui.who_is_here import WhoIsHere

FIRST_SIZE = QSize(1240, 800)
FIRST_SPLIT = [210, 720, 310]
LEAST_FOR_FILES = 380
# Milliseconds after a share is first browsed in which its first pictures are there; unless it is
# slow, and then there is time, too. What takes files is made then.
TAKES_AFTER_MS = 300
SCHEMES = {
    Scheme.SYSTEM: Qt.ColorScheme.Unknown,
    Scheme.LIGHT: Qt.ColorScheme.Light,
    Scheme.DARK: Qt.ColorScheme.Dark,
}


class MainWindow(QMainWindow):
    """Everything that the user sees. Made with the objects that do the work; owns the widgets."""

    def __init__(
        self,
        background: Background,
        sharing: Sharing,
        settings: Settings,
        theme: Theme,
        nearby: Nearby | None = None,
        copies_place: Path | None = None,
        journal: Callable[[], Journal] | None = None,
    ) -> None:
        """Keep copies for other programs in *copies_place*, or where they usually are.

        Without a *journal* a save that does not end cannot be gone on with.
        """
        super().__init__()
        self._sharing = sharing
        self._settings = settings
        self._theme = theme
        self._client: Client | None = None
        self._folder: Folder | None = None
        self._asks = True
        self._background, self._journal = background, journal
        self._copies_place = copies_place
        self._first_pictures = QTimer(self)
        self._first_pictures.setSingleShot(True)
        self._first_pictures.setInterval(TAKES_AFTER_MS)
        self._first_pictures.timeout.connect(self._begin_to_take)
        # Whether the files get the focus when they are here: until then they cannot have it.
        self._is_arriving = False
        self._nearby = nearby

        self.browsing = Browsing(background, settings.known_shares, nearby, self)
        self.navigation = Navigation(background, self)
        self.thumbnails = Thumbnails(background, self)
        self.message_bar = MessageBar()
        self._menus = Menus(self.menuBar())
        self.tool_bar = ToolBar()
        self.sidebar = Sidebar(background)
        self.files = FolderView(background, self.thumbnails)
        self.preview = Preview(background, self.thumbnails, Animation(background, self))
        self.share_switching = ShareSwitching(
            sharing,
            settings,
            self.tool_bar,
            self._menus,
            self.message_bar,
            self.files,
            self,
        )
        self._renditions = Renditions(background, self)
        self._animation = Animation(background, self)

        self._place()
        self._connect()
        self._recall()
        self.setAcceptDrops(True)
        self.setWindowTitle("Lanslide")

    # Made when they are first needed

    @cached_property
    def file_actions(self) -> FileActions:
        """What is done with files: they are saved, opened, copied, dragged elsewhere."""
        from gui.file_actions import FileActions

        made = FileActions(
            self._background,
            self._settings,
            self._sharing,
            self.browsing,
            self.thumbnails,
            self.message_bar,
            self,
            nearby=self._nearby,
            journal=self._journal,
            copies_place=self._copies_place,
        )
        made.bar_made.connect(self._column.addWidget)
        made.ended.connect(self._give_back_focus)
        if self._client is not None:
            made.browse(self._client)
        return made

    @cached_property
    def viewing(self) -> Viewing:
        """One picture on the whole window."""
        from gui.viewer import Viewer
        from gui.viewing import Viewing

        viewer = Viewer(self._renditions, self.thumbnails, self._animation)
        viewer.moved.connect(lambda entry: self.files.select(entry.path))
        viewer.addAction(self._menus.copy)
        made = Viewing(viewer, (self.tool_bar, self._splitter), self._column, self)
        made.left.connect(lambda: self.files.view.setFocus())
        self.file_actions.handing_out.dragging.add(viewer.canvas, lambda _: viewer.draggable())
        return made

    @cached_property
    def who_is_here(self) -> WhoIsHere:
        """What the others do, in a window of its own."""
        from gui.who_is_here import WhoIsHere

        return WhoIsHere(self._sharing, self)

    @cached_property
    def remembered(self) -> RememberedShares:
        """What is known of shares from before, in a window of its own."""
        from gui.remembered import RememberedShares

        return RememberedShares(self._settings.known_shares, self)

    @property
    def bytes_saved(self) -> int:
        """How many bytes have been saved so far; from any thread."""
        return self.file_actions.bytes_saved if self._has("file_actions") else 0

    def open_folder(self, folder: Path) -> None:
        """Share *folder* and browse it."""
        if self._has("file_actions") and self.file_actions.saves_from(self.browsing.own_urls):
            self.message_bar.problem(
                "Files are still being saved from this folder. Wait for them or cancel, then open "
                "another one."
            )
            return
        self._sharing.open(folder)

    def take_over(self, folder: Path | None) -> None:
        """Do what another start of the program was for: come to the front, and show *folder*."""
        if folder is not None and folder != self._sharing.folder:
            self.open_folder(folder)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def close_at_once(self) -> None:
        """Close without a question: whoever ends the program may not be there to answer."""
        self._asks = False
        self.close()

    def show_problem(self, sentence: str) -> None:
        """Tell the user that something went wrong."""
        self.message_bar.problem(sentence)

    def _has(self, part: str) -> bool:
        """Tell whether what is made when it is first needed is there yet."""
        return part in vars(self)

    def _place(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for widget in (self.sidebar, self.files, self.preview):
            self._splitter.addWidget(widget)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes(FIRST_SPLIT)
        whole = QWidget()
        self._column = column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tool_bar)
        column.addWidget(self.message_bar)
        column.addWidget(self._splitter, 1)
        self.setCentralWidget(whole)
        self.files.setMinimumWidth(LEAST_FOR_FILES)  # before it is reached, the others give way
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))

    def _connect(self) -> None:
        self._sharing.opened.connect(self._browse_own)
        self.browsing.changed.connect(self._browse)
        self.browsing.opening.connect(lambda name: self.message_bar.tell(f"Opening “{name}”…"))
        self.browsing.problem.connect(self.message_bar.problem)
        self.browsing.lost.connect(self._show_lost)
        self._sharing.refused.connect(self._refused)
        self.share_switching.shown.connect(self._give_back_focus)
        self.share_switching.who_wanted.connect(lambda: self.who_is_here.open_window())

        self._connect_menus()
        self.navigation.opening.connect(self._show_opening)
        self.navigation.opened.connect(self._show_folder)
        self.navigation.failed.connect(self._show_failure)

        self.tool_bar.back.connect(self.navigation.back)
        self.tool_bar.forward.connect(self.navigation.forward)
        self.tool_bar.up.connect(self.navigation.up)
        self.tool_bar.chosen.connect(self.navigation.open)
        self.tool_bar.filtered.connect(self.files.filter)
        self.tool_bar.left_filter.connect(lambda: self.files.view.setFocus())
        self.tool_bar.ordered.connect(
            lambda column, descending: self.files.sort(column, descending=descending)
        )
        self.tool_bar.mode_chosen.connect(self._set_mode)
        self.tool_bar.tile_side_chosen.connect(self.files.grid.set_side)

        self.sidebar.chosen.connect(self.navigation.open)
        self.sidebar.open_folder.connect(self._choose_folder)
        self.sidebar.home_wanted.connect(self.browsing.go_home)
        self.sidebar.nearby.chosen.connect(self.browsing.open_found)
        self.sidebar.nearby.address_wanted.connect(self.browsing.ask_address)
        if self._nearby is not None:
            self._nearby.changed.connect(self._show_nearby)
        self.files.activated.connect(self._activate)
        self.files.selection_changed.connect(self._show_selection)
        self.files.current_changed.connect(lambda _: self._show_selection())
        self.files.order_changed.connect(self._show_order)
        self.files.arranged.connect(self._show_count)
        self.files.menu_wanted.connect(self._show_menu)
        self.files.retry.connect(self.navigation.reload)
        self.files.open_folder.connect(self._choose_folder)
        self.preview.save_wanted.connect(self._save)
        self.preview.open_wanted.connect(self._open_copy)
        self.preview.link_wanted.connect(self._copy_link)

    def _connect_menus(self) -> None:
        menus = self._menus
        for action, act in (
            (menus.open_folder, self._choose_folder),
            (menus.open_address, self.browsing.ask_address),
            (menus.who, lambda: self.who_is_here.open_window()),
            (menus.remembered, lambda: self.remembered.open_window()),
            (menus.home, self.browsing.go_home),
            (menus.save, self._save),
            (menus.save_all, self._save_all),
            (menus.open_copy, self._open_copy),
            (menus.saves, lambda: self.file_actions.saves.history.open_window()),
            (menus.quit, self.close),
            (menus.select_all, lambda: self.files.view.selectAll()),
            (menus.copy, lambda: self.file_actions.copy(self.files.selected())),
            (menus.copy_link, self._copy_link),
            (menus.filter, self._go_to_filter),
            (menus.larger, lambda: self._resize_tiles(32)),
            (menus.smaller, lambda: self._resize_tiles(-32)),
            (menus.reload, self.navigation.reload),
            (menus.back, self.navigation.back),
            (menus.forward, self.navigation.forward),
            (menus.up, self.navigation.up),
            (menus.top, lambda: self.navigation.open("")),
            (menus.about, self._show_about),
        ):
            action.triggered.connect(act)
        # Its key is theirs alone, and the viewer's: elsewhere it copies the text selected there.
        self.files.addAction(menus.copy)
        menus.preview.toggled.connect(self.preview.setVisible)
        for mode, action in menus.modes.items():
            action.triggered.connect(partial(self._set_mode, mode))
        for scheme, action in menus.schemes.items():
            action.triggered.connect(partial(self._set_scheme, scheme))

    def _recall(self) -> None:
        """Put everything where it was when the window was last closed."""
        if (geometry := self._settings.geometry) is not None:
            self.restoreGeometry(geometry)
        if (splitter := self._settings.splitter) is not None:
            self._splitter.restoreState(splitter)
        self._set_mode(self._settings.mode)
        self.tool_bar.slider.setValue(self._settings.tile_side)
        column, descending = self._settings.order
        self.files.sort(Column(column), descending=descending)
        self._theme.choose(SCHEMES[self._settings.scheme])
        self._menus.schemes[self._settings.scheme].setChecked(True)
        self._show_ways()
        self._show_selection()

    def _remember(self) -> None:
        """Keep for the next time where everything is."""
        self._settings.geometry = self.saveGeometry()
        self._settings.splitter = self._splitter.saveState()
        self._settings.mode = self.files.mode
        self._settings.tile_side = self.tool_bar.slider.value()
        self._settings.order = (int(self.files.model.column), self.files.model.descending)

    # Sharing

    def _choose_folder(self) -> None:
        from gui import dialogs

        folder = dialogs.ask_shared_folder(self, self._sharing.folder)
        if folder is not None:
            self.open_folder(folder)

    def _browse_own(self, folder: Path, address: str) -> None:
        self._settings.shared_folder = folder
        self.browsing.open_own(folder.name, address)

    def _browse(self, client: Client, path: str) -> None:
        before, self._client = self._client, client
        if before is not None:
            before.close()
        else:
            self._first_pictures.start()
        self._folder = None
        place = self.browsing.place
        self.sidebar.show_place(place.shown, place.id, is_own=place.is_own)
        self.message_bar.clear()
        if self._is_viewing:
            self.viewing.viewer.close_viewer()  # its pictures are another share's
        self.files.view.setFocus()
        self._is_arriving = True
        if self._has("file_actions"):
            self.file_actions.browse(client)
        for part in (
            self.sidebar,
            self.thumbnails,
            self._renditions,
            self._animation,
            self.preview,
        ):
            part.browse(client)
        self.navigation.browse(client, path)

    def _begin_to_take(self) -> None:
        """Let files be dragged, and offer what was not saved to its end the last time."""
        add = self.file_actions.handing_out.dragging.add
        for view in (self.files.grid, self.files.list):
            add(view.viewport(), self.files.selected_from)
        add(self.preview.canvas, lambda _: self.files.selected())
        self.file_actions.saves.offer()

    def _show_nearby(self) -> None:
        if self._nearby is not None:
            self.sidebar.nearby.show_shares(self._nearby.shares, self._nearby.problem)

    def _show_lost(self, sentence: str) -> None:
        self.files.show_problem(sentence, retry=True)

    def _refused(self, folder: Path, sentence: str) -> None:
        if self._client is None:
            self.files.show_problem(sentence, retry=False)
        else:
            self.message_bar.problem(sentence)

    def _give_back_focus(self) -> None:
        """Put the focus on the files when what had it is gone; Qt would pass it to the filter."""
        holder = QApplication.focusWidget()
        if self.share_switching.is_panel_open or self._is_viewing:
            return
        if holder is None or not holder.isVisible() or holder is self.tool_bar.filter:
            self.files.view.setFocus()

    # Browsing

    def _show_opening(self, path: str) -> None:
        self._show_ways()
        if self._folder is not None:
            self.tool_bar.breadcrumb.show_path(self.browsing.place.shown, path)
        self.files.show_opening(path)

    def _show_folder(self, folder: Folder) -> None:
        before, self._folder = self._folder, folder
        if before is None or before.path != folder.path:
            self.tool_bar.filter.clear()
        self.browsing.arrived(folder.path)
        self.tool_bar.breadcrumb.show_path(self.browsing.place.shown, folder.path)
        self.sidebar.show_folder(folder)
        self.files.show_folder(folder)
        if self._is_arriving and not self.tool_bar.filter.hasFocus():
            self.files.view.setFocus()
        self._is_arriving = False
        if before is not None and parent_of(before.path) == folder.path != before.path:
            self.files.select(before.path)  # the folder that was come up from
        self.setWindowTitle(f"{plain(folder.name)} – Lanslide")
        # Before a large folder is read to its end, "all" would be its beginning only.
        self._menus.save_all.setEnabled(bool(folder.entries) and folder.complete)

    def _show_failure(self, path: str, sentence: str) -> None:
        self._folder = None
        self.sidebar.mark(path)
        self.tool_bar.breadcrumb.show_count("")
        self._menus.save_all.setEnabled(False)
        self.files.show_problem(sentence, retry=True)
        self.browsing.check()

    def _show_count(self) -> None:
        shown, total = len(self.files.entries()), self.files.model.total
        more = "" if self._folder is None or self._folder.complete else " and more"
        count = words.count(total, "item") + more
        self.tool_bar.breadcrumb.show_count(count if shown == total else f"{shown} of {count}")

    def _show_ways(self) -> None:
        self.tool_bar.show_ways(
            back=self.navigation.can_go_back,
            forward=self.navigation.can_go_forward,
            up=self.navigation.can_go_up,
        )
        self._menus.back.setEnabled(self.navigation.can_go_back)
        self._menus.forward.setEnabled(self.navigation.can_go_forward)
        self._menus.up.setEnabled(self.navigation.can_go_up)

    def _show_selection(self) -> None:
        selected = self.files.selected()
        if len(selected) == 1:
            self.preview.show_entry(selected[0])
        else:
            self.preview.show_selection(selected)
        one_file = len(selected) == 1 and not selected[0].is_folder
        self._menus.save.setEnabled(bool(selected))
        self._menus.open_copy.setEnabled(one_file)
        self._menus.copy.setEnabled(bool(selected))
        self._menus.copy_link.setEnabled(len(selected) == 1)

    def _show_order(self) -> None:
        model = self.files.model
        self.tool_bar.show_order(model.column, descending=model.descending)

    def _set_mode(self, mode: Mode) -> None:
        self.files.set_mode(mode)
        self.tool_bar.show_mode(mode)
        self._menus.modes[mode].setChecked(True)

    def _resize_tiles(self, by: int) -> None:
        smallest, _, largest = TILE_SIDES
        side = self.tool_bar.slider.value() + by
        self.tool_bar.slider.setValue(min(max(side, smallest), largest))

    def _set_scheme(self, scheme: Scheme) -> None:
        self._settings.scheme = scheme
        self._theme.choose(SCHEMES[scheme])

    def _go_to_filter(self) -> None:
        self.tool_bar.filter.setFocus()
        self.tool_bar.filter.selectAll()

    def _show_about(self) -> None:
        from gui import about

        about.show(self)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menus = self._menus
        menu.addActions([menus.save, menus.open_copy, menus.copy, menus.copy_link, menus.save_all])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # Taking files

    def _activate(self, entry: Entry) -> None:
        if entry.is_folder:
            self.navigation.open(entry.path)
        elif is_picture(entry):
            self._open_viewer(entry)
        else:
            self.file_actions.open([entry])

    def _open_viewer(self, entry: Entry) -> None:
        pictures = [entry for entry in self.files.entries() if is_picture(entry)]
        self.viewing.open(pictures, entry)

    @property
    def _is_viewing(self) -> bool:
        return self._has("viewing") and self.viewing.is_on

    def _save(self) -> None:
        self.file_actions.save(self.files.selected())

    def _save_all(self) -> None:
        if self._folder is not None:
            self.file_actions.save(self._folder.entries)

    def _open_copy(self) -> None:
        self.file_actions.open(self.files.selected())

    def _copy_link(self) -> None:
        self.file_actions.copy_link(self.files.selected())

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_folder(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        folder = _dropped_folder(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self.open_folder(folder)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.share_switching.is_panel_open:
            self.share_switching.panel.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self._has("viewing"):
            self.viewing.make_room()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._asks and not (self._may_stop_saving() and self._may_stop_sending()):
            event.ignore()
            return
        self._first_pictures.stop()
        if self._has("file_actions"):
            self.file_actions.stop_saving()
        if self._has("who_is_here"):
            self.who_is_here.close()
        self._remember()
        self.browsing.close()
        self.navigation.stop()
        self.hide()  # now, for it takes a while to remove thousands of copies
        if self._has("file_actions"):
            self.file_actions.remove_copies()
        super().closeEvent(event)

    def _may_stop_saving(self) -> bool:
        return not self._has("file_actions") or self.file_actions.may_end()

    def _may_stop_sending(self) -> bool:
        if not self._sharing.is_moving:
            return True
        from gui import dialogs

        return dialogs.ask_to_stop(
            self, "Other devices are still taking files from this computer.", "Keep sharing"
        )


def _dropped_folder(mime: QMimeData) -> Path | None:
    """Return the folder that is dropped, if it is just one and not a copy that was dragged out."""
    from gui.offer import is_ours

    urls = mime.urls()
    if len(urls) != 1 or not urls[0].isLocalFile() or is_ours(mime):
        return None
    folder = Path(urls[0].toLocalFile())
    return folder if is_folder(folder) else None
