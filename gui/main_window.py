"""The window: places the widgets, connects their signals, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui import about, dialogs, words
from gui.background import Background
from gui.client import BadAddress, Client, Entry, Folder, plain
from gui.folder_view import FolderView
from gui.message_bar import MessageBar
from gui.navigation import Navigation
from gui.opened_copies import OpenedCopies
from gui.preview import Preview
from gui.save_bar import SaveBar
from gui.saving import Save
from gui.settings import TILE_SIDES, Mode, Settings
from gui.share_panel import SharePanel
from gui.sharing import Sharing
from gui.sidebar import Sidebar
from gui.theme import Theme
from gui.thumbnails import Thumbnails
from gui.tool_bar import ToolBar

FIRST_SIZE = QSize(1240, 800)
FIRST_SPLIT = [210, 720, 310]
SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class MainWindow(QMainWindow):
    """Everything that the user sees. Made with the objects that do the work; owns the widgets."""

    def __init__(
        self, background: Background, sharing: Sharing, settings: Settings, theme: Theme
    ) -> None:
        super().__init__()
        self._sharing = sharing
        self._settings = settings
        self._theme = theme
        self._client: Client | None = None
        self._folder: Folder | None = None

        self.navigation = Navigation(background, self)
        self.thumbnails = Thumbnails(background, self)
        self._copies = OpenedCopies(background, self)
        self.tool_bar = ToolBar()
        self.message_bar = MessageBar()
        self.sidebar = Sidebar(background)
        self.files = FolderView(self.thumbnails)
        self.preview = Preview(background, self.thumbnails)
        self.save_bar = SaveBar(background)
        self.share_panel = SharePanel(self)

        self._place()
        self._make_menus()
        self._connect()
        self._recall()
        self.setAcceptDrops(True)
        self.setWindowTitle("Lanslide")

    def open_folder(self, folder: Path) -> None:
        """Share *folder* and browse it."""
        if self.save_bar.busy:
            self.message_bar.problem(
                "Files are still being saved. Wait for them or cancel, then open another folder."
            )
            return
        self._sharing.open(folder)

    def show_problem(self, sentence: str) -> None:
        """Tell the user that something went wrong."""
        self.message_bar.problem(sentence)

    def _place(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for widget in (self.sidebar, self.files, self.preview):
            self._splitter.addWidget(widget)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes(FIRST_SPLIT)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tool_bar)
        column.addWidget(self.message_bar)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.save_bar)
        self.setCentralWidget(whole)
        self.resize(FIRST_SIZE)

    def _make_menus(self) -> None:
        bar = self.menuBar()
        file = bar.addMenu("&File")
        _add(file, "&Open folder…", self._choose_folder, QKeySequence.StandardKey.Open)
        file.addSeparator()
        self._save_action = _add(file, "&Save…", self._save, QKeySequence.StandardKey.Save)
        self._save_all_action = _add(
            file, "Save &all in this folder…", self._save_all, QKeySequence("Ctrl+Shift+S")
        )
        self._open_action = _add(
            file, "Open with &another program", self._open_copy, QKeySequence("Ctrl+Return")
        )
        file.addSeparator()
        self._share_action = _add(
            file, "S&hare on this network", self._toggle_sharing, QKeySequence("Ctrl+Shift+H")
        )
        self._share_action.setCheckable(True)
        file.addSeparator()
        quit_ = _add(file, "&Quit", self.close, QKeySequence("Ctrl+Q"))
        quit_.setMenuRole(QAction.MenuRole.QuitRole)

        edit = bar.addMenu("&Edit")
        _add(
            edit,
            "Select &all",
            lambda: self.files.view.selectAll(),
            QKeySequence.StandardKey.SelectAll,
        )
        self._link_action = _add(edit, "Copy &link", self._copy_link, QKeySequence("Ctrl+Shift+C"))
        _add(edit, "&Filter", self._go_to_filter, QKeySequence.StandardKey.Find)

        view = bar.addMenu("&View")
        layouts = QActionGroup(self)
        self._mode_actions = {}
        for mode, text, keys in ((Mode.GRID, "&Grid", "Ctrl+1"), (Mode.LIST, "&List", "Ctrl+2")):
            action = _add(view, text, partial(self._set_mode, mode), QKeySequence(keys))
            action.setCheckable(True)
            layouts.addAction(action)
            self._mode_actions[mode] = action
        _add(view, "&Larger pictures", lambda: self._resize_tiles(32), QKeySequence("Ctrl++"))
        _add(view, "&Smaller pictures", lambda: self._resize_tiles(-32), QKeySequence("Ctrl+-"))
        view.addSeparator()
        self._preview_action = _add(view, "&Preview", self._toggle_preview, QKeySequence("Ctrl+I"))
        self._preview_action.setCheckable(True)
        self._preview_action.setChecked(True)
        colours = view.addMenu("&Colours")
        schemes = QActionGroup(self)
        for name, text in (("system", "As the &system"), ("light", "&Light"), ("dark", "&Dark")):
            action = _add(colours, text, partial(self._set_scheme, name))
            action.setCheckable(True)
            action.setChecked(name == self._settings.scheme)
            schemes.addAction(action)
        view.addSeparator()
        _add(view, "&Reload", self.navigation.reload, QKeySequence("F5"))

        go = bar.addMenu("&Go")
        self._back_action = _add(go, "&Back", self.navigation.back, QKeySequence("Alt+Left"))
        self._forward_action = _add(
            go, "&Forward", self.navigation.forward, QKeySequence("Alt+Right")
        )
        self._up_action = _add(go, "&Up", self.navigation.up, QKeySequence("Alt+Up"))
        _add(go, "&Top", lambda: self.navigation.open(""), QKeySequence("Alt+Home"))

        help_ = bar.addMenu("&Help")
        about_ = _add(help_, "&About Lanslide", lambda: about.show(self))
        about_.setMenuRole(QAction.MenuRole.AboutRole)

    def _connect(self) -> None:
        self._sharing.opened.connect(self._browse_own)
        self._sharing.refused.connect(self._refused)
        self._sharing.ended.connect(self._offer_sharing)
        self._sharing.problem.connect(self.message_bar.problem)
        self._sharing.network_changed.connect(self._show_sharing)

        self.navigation.opening.connect(self._show_opening)
        self.navigation.opened.connect(self._show_folder)
        self.navigation.failed.connect(self._show_failure)

        self.tool_bar.back.connect(self.navigation.back)
        self.tool_bar.up.connect(self.navigation.up)
        self.tool_bar.chosen.connect(self.navigation.open)
        self.tool_bar.filtered.connect(self._filter)
        self.tool_bar.left_filter.connect(lambda: self.files.view.setFocus())
        self.tool_bar.ordered.connect(
            lambda column, descending: self.files.sort(column, descending=descending)
        )
        self.tool_bar.mode_chosen.connect(self._set_mode)
        self.tool_bar.tile_side_chosen.connect(self.files.grid.set_side)
        self.tool_bar.share.clicked.connect(self._share_pressed)
        self.share_panel.stop_wanted.connect(lambda: self._sharing.switch(False))

        self.sidebar.chosen.connect(self.navigation.open)
        self.files.activated.connect(self._activate)
        self.files.selection_changed.connect(self._show_selection)
        self.files.current_changed.connect(lambda _: self._show_selection())
        self.files.order_changed.connect(self._show_order)
        self.files.menu_wanted.connect(self._show_menu)
        self.files.retry.connect(self.navigation.reload)
        self.files.open_folder.connect(self._choose_folder)
        self.preview.save_wanted.connect(self._save)
        self.preview.open_wanted.connect(self._open_copy)
        self.preview.link_wanted.connect(self._copy_link)
        self._copies.problem.connect(self.message_bar.problem)

    def _recall(self) -> None:
        """Put everything where it was when the window was last closed."""
        if (geometry := self._settings.geometry) is not None:
            self.restoreGeometry(geometry)
        if (splitter := self._settings.splitter) is not None:
            self._splitter.restoreState(splitter)
        self._set_mode(self._settings.mode)
        self.tool_bar.slider.setValue(self._settings.tile_side)
        self._theme.choose(SCHEMES[self._settings.scheme])
        self._show_ways()
        self._show_selection()

    # Sharing

    def _choose_folder(self) -> None:
        folder = dialogs.ask_shared_folder(self, self._sharing.folder)
        if folder is not None:
            self.open_folder(folder)

    def _browse_own(self, folder: Path, address: str) -> None:
        self._settings.shared_folder = folder
        try:
            self._browse(Client(address))
        except BadAddress as error:
            self.message_bar.problem(str(error))

    def _browse(self, client: Client) -> None:
        if self._client is not None:
            self._client.close()
        self._client = client
        self._folder = None
        for part in (self.sidebar, self.thumbnails, self.preview, self.navigation):
            part.browse(client)

    def _refused(self, folder: Path, sentence: str) -> None:
        if self._client is None:
            self.files.show_problem(sentence, retry=False)
        else:
            self.message_bar.problem(sentence)

    def _share_pressed(self) -> None:
        if self._sharing.addresses:
            # The switch stays on: pressing it again opens the panel, where Stop is.
            self.tool_bar.show_sharing(True)
            self.share_panel.open_below(self.tool_bar.share)
        else:
            self._sharing.switch(True)

    def _offer_sharing(self) -> None:
        self.message_bar.tell(
            "Sharing was stopped, as this is another folder.",
            "Share this one",
            lambda: self._sharing.switch(True),
        )

    def _toggle_sharing(self) -> None:
        self._sharing.switch(not self._sharing.addresses)

    def _show_sharing(self, addresses: Sequence[str]) -> None:
        self.tool_bar.show_sharing(bool(addresses))
        self._share_action.setChecked(bool(addresses))
        if addresses and self._sharing.folder is not None:
            self.share_panel.show_addresses(plain(self._sharing.folder.name), addresses)
            self.share_panel.open_below(self.tool_bar.share)
        else:
            self.share_panel.hide()

    # Browsing

    def _show_opening(self, path: str) -> None:
        self._show_ways()
        if self._folder is not None:
            top = self._sharing.folder.name if self._sharing.folder is not None else ""
            self.tool_bar.breadcrumb.show_path(top, path)
        self.files.show_opening(path)

    def _show_folder(self, folder: Folder) -> None:
        if self._folder is None or self._folder.path != folder.path:
            self.tool_bar.filter.clear()
        self._folder = folder
        top = self._sharing.folder.name if self._sharing.folder is not None else folder.name
        self.tool_bar.breadcrumb.show_path(top, folder.path)
        self.sidebar.show_folder(folder)
        self.files.show_folder(folder)
        self._show_count()
        self.setWindowTitle(f"{plain(folder.name)} – Lanslide")
        self._save_all_action.setEnabled(bool(folder.entries))

    def _show_failure(self, path: str, sentence: str) -> None:
        self._folder = None
        self.tool_bar.count.clear()
        self._save_all_action.setEnabled(False)
        self.files.show_problem(sentence, retry=True)

    def _filter(self, pattern: str) -> None:
        self.files.filter(pattern)
        self._show_count()

    def _show_count(self) -> None:
        shown, total = len(self.files.entries()), self.files.model.total
        count = words.count(total, "item")
        self.tool_bar.count.setText(count if shown == total else f"{shown} of {count}")

    def _show_ways(self) -> None:
        self.tool_bar.show_ways(back=self.navigation.can_go_back, up=self.navigation.can_go_up)
        self._back_action.setEnabled(self.navigation.can_go_back)
        self._forward_action.setEnabled(self.navigation.can_go_forward)
        self._up_action.setEnabled(self.navigation.can_go_up)

    def _show_selection(self) -> None:
        selected = self.files.selected()
        if len(selected) == 1:
            self.preview.show_entry(selected[0])
        else:
            self.preview.show_selection(selected)
        one_file = len(selected) == 1 and not selected[0].is_folder
        self._save_action.setEnabled(bool(selected))
        self._open_action.setEnabled(one_file)
        self._link_action.setEnabled(len(selected) == 1)

    def _show_order(self) -> None:
        model = self.files.model
        self.tool_bar.show_order(model.column, descending=model.descending)

    def _set_mode(self, mode: Mode) -> None:
        self.files.set_mode(mode)
        self.tool_bar.show_mode(mode)
        self._mode_actions[mode].setChecked(True)

    def _resize_tiles(self, by: int) -> None:
        smallest, _, largest = TILE_SIDES
        side = self.tool_bar.slider.value() + by
        self.tool_bar.slider.setValue(min(max(side, smallest), largest))

    def _set_scheme(self, name: str) -> None:
        self._settings.scheme = name
        self._theme.choose(SCHEMES[name])

    def _toggle_preview(self) -> None:
        self.preview.setVisible(self._preview_action.isChecked())

    def _go_to_filter(self) -> None:
        self.tool_bar.filter.setFocus()
        self.tool_bar.filter.selectAll()

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        actions = [self._save_action, self._open_action, self._link_action, self._save_all_action]
        menu.addActions(actions)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # Taking files

    def _activate(self, entry: Entry) -> None:
        if entry.is_folder:
            self.navigation.open(entry.path)
        else:
            self._open_copy()

    def _save(self) -> None:
        selected = self.files.selected()
        if len(selected) == 1 and not selected[0].is_folder:
            self._save_one(selected[0])
        elif selected:
            self._save_many(selected)

    def _save_all(self) -> None:
        if self._folder is not None and self._folder.entries:
            self._save_many(self._folder.entries)

    def _save_one(self, entry: Entry) -> None:
        target = dialogs.ask_file(self, entry, self._settings.save_folder)
        if target is not None and self._client is not None:
            self._settings.save_folder = target.parent
            self.save_bar.start(Save(self._client, [entry], target.parent, name=target.name))

    def _save_many(self, entries: Sequence[Entry]) -> None:
        folder = dialogs.ask_folder(self, self._settings.save_folder)
        if folder is not None and self._client is not None:
            self._settings.save_folder = folder
            self.save_bar.start(Save(self._client, entries, folder))

    def _open_copy(self) -> None:
        selected = self.files.selected()
        if self._client is not None and len(selected) == 1 and not selected[0].is_folder:
            self._copies.open(self._client, selected[0])

    def _copy_link(self) -> None:
        selected = self.files.selected()
        if self._client is None or len(selected) != 1:
            return
        link = self._sharing.public_link(self._client.url(selected[0].path))
        QGuiApplication.clipboard().setText(link)
        if self._sharing.addresses:
            self.message_bar.tell(f"Copied {link}")
        else:
            self.message_bar.tell(
                f"Copied {link}, which works on this computer only while sharing is off."
            )

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_folder(event.mimeData().urls()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        folder = _dropped_folder(event.mimeData().urls())
        if folder is not None:
            event.acceptProposedAction()
            self.open_folder(folder)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.save_bar.busy and not self._may_stop_saving():
            event.ignore()
            return
        self.save_bar.cancel()
        self._settings.geometry = self.saveGeometry()
        self._settings.splitter = self._splitter.saveState()
        self._settings.mode = self.files.mode
        self._settings.tile_side = self.tool_bar.slider.value()
        if self._client is not None:
            self._client.close()
        self._copies.remove()
        super().closeEvent(event)

    def _may_stop_saving(self) -> bool:
        answer = QMessageBox.question(
            self,
            "Lanslide",
            "Files are still being saved. Stop saving and close?",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        return answer == QMessageBox.StandardButton.Yes


def _add(
    menu: QMenu,
    text: str,
    act: Callable[[], object],
    keys: QKeySequence | QKeySequence.StandardKey | None = None,
) -> QAction:
    action = menu.addAction(text)
    if keys is not None:
        action.setShortcut(keys)
    action.triggered.connect(lambda: act())
    return action


def _dropped_folder(urls: Sequence[QUrl]) -> Path | None:
    """Return the folder that is dropped, if it is just one."""
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    folder = Path(urls[0].toLocalFile())
    return folder if folder.is_dir() else None
