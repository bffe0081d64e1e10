"""The left of the window: the folders of the share as a tree, and the shares of others."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import icons, words
from gui.background import Background
from gui.client import Client
from gui.icon_button import IconButton
from gui.label import label
from gui.listing import Entry, Folder, plain
from gui.nearby_list import NearbyList
from gui.theme import styled

PATH_ROLE = Qt.ItemDataRole.UserRole


def folders(client: Client, path: str) -> tuple[str, list[Entry]]:
    """Return the name of *path* and the folders in it; runs on a thread.

    They come first, so few pages are read.
    """
    name, found = "", list[Entry]()
    for page in client.pages(path):
        name = page.name
        found += [entry for entry in page.entries if entry.is_folder]
        if not all(entry.is_folder for entry in page.entries):
            break
    return name, found


class Sidebar(QWidget):
    """The folder tree of the share that is browsed, read as it is unfolded; other shares below.

    Signals:
        chosen: the user wants to see a folder; carries its path.
        open_folder: the user wants to share another folder.
        home_wanted: the user wants to see this computer's own share again.
    """

    chosen = Signal(str)
    open_folder = Signal()
    home_wanted = Signal()

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "sideBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._background = background
        self._client: Client | None = None
        self._items: dict[str, QTreeWidgetItem] = {}
        self._asked: set[str] = set()
        self._wanted = ""

        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(16)
        self.tree.setIconSize(QSize(18, 18))
        self.tree.setAccessibleName("Folders")
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.tree.itemExpanded.connect(lambda item: self._read(item.data(0, PATH_ROLE)))
        self.tree.currentItemChanged.connect(self._choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        self.home = QPushButton("This computer")
        self.home.setToolTip("Go back to the folder of this computer")
        self.home.clicked.connect(self.home_wanted)
        styled(self.home, "place")
        self.home.hide()
        self._heading = label(look="sideBarHeading")
        self._heading.setIndent(8)
        # However long its name is, it does not make the side bar wider.
        self._heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open_button = IconButton("folder-open", "Open another folder")
        self.open_button.clicked.connect(self.open_folder)
        top = QHBoxLayout()
        top.addWidget(self._heading, 1)
        top.addWidget(self.open_button)
        self.nearby = NearbyList()
        column.addWidget(self.home)
        column.addLayout(top)
        column.addWidget(self.tree, 1)
        column.addWidget(self.nearby)
        self.show_place("", is_own=True)
        self.setMinimumWidth(120)

    def show_place(self, name: str, identifier: str = "", *, is_own: bool) -> None:
        """Say whose folders these are."""
        self._heading.setText("This computer" if is_own else name)
        self._heading.setToolTip("" if is_own else words.tooltip(name))
        self.home.setVisible(not is_own)
        self.open_button.setVisible(is_own)
        self.nearby.mark(identifier)

    def browse(self, client: Client) -> None:
        """Show the folders of another share."""
        self._client = client
        self.tree.clear()
        self._items.clear()
        self._asked.clear()
        self._wanted = ""

    def show_folder(self, folder: Folder) -> None:
        """Take over what *folder* tells of its own folders, and mark it as the one shown."""
        if folder.path == "":
            self._have_top(folder.name)
        elif "" not in self._items:
            self._read("")  # the share was entered further down
        self._fill(folder.path, [entry for entry in folder.entries if entry.is_folder])
        self.mark(folder.path)

    def _have_top(self, name: str) -> None:
        if "" not in self._items:
            top = self._item("", name)
            self.tree.addTopLevelItem(top)
            self._asked.add("")
            top.setExpanded(True)

    def mark(self, path: str) -> None:
        """Put the cursor on the folder *path*, which is the one shown."""
        self._wanted = path
        self._mark()

    def paths(self) -> list[str]:
        """Return the paths of all folders read so far."""
        return list(self._items)

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and (path := item.data(0, PATH_ROLE)) != self._wanted:
            self._wanted = path
            self.chosen.emit(path)

    def _read(self, path: str) -> None:
        """Read the folders in *path*, unless that was done."""
        if self._client is None or path in self._asked:
            return
        self._asked.add(path)
        client = self._client
        self._background.run(
            lambda: folders(client, path),
            then=lambda found: self._take(client, path, *found),
            failed=lambda _: self._asked.discard(path),  # unfolding it again tries again
        )

    def _take(self, client: Client, path: str, name: str, folders: list[Entry]) -> None:
        if client is self._client:
            if path == "":
                self._have_top(name)
            self._fill(path, folders)
            self._mark()

    def _fill(self, path: str, folders: list[Entry]) -> None:
        """Make the items below *path* be *folders*; those that stay keep what is unfolded."""
        parent = self._items.get(path)
        if parent is None:  # reached by another way than unfolding; its parents come first
            return
        self._asked.add(path)
        self.tree.blockSignals(True)  # a folder that is gone is not chosen, nor is its neighbour
        wanted = {folder.path for folder in folders}
        for row in reversed(range(parent.childCount())):
            child = parent.child(row)
            if child is not None and child.data(0, PATH_ROLE) not in wanted:
                parent.removeChild(child)
                self._forget(child)
        for row, folder in enumerate(folders):
            if folder.path not in self._items:
                parent.insertChild(row, self._item(folder.path, folder.name))
        policy = QTreeWidgetItem.ChildIndicatorPolicy
        parent.setChildIndicatorPolicy(
            policy.ShowIndicator if folders else policy.DontShowIndicator
        )
        self.tree.blockSignals(False)

    def _forget(self, item: QTreeWidgetItem) -> None:
        path = item.data(0, PATH_ROLE)
        del self._items[path]
        self._asked.discard(path)
        for child in item.takeChildren():
            self._forget(child)

    def _item(self, path: str, name: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([plain(name)])
        item.setData(0, PATH_ROLE, path)
        item.setToolTip(0, words.tooltip(name))
        item.setIcon(0, icons.accented("folder"))
        item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        self._items[path] = item
        return item

    def _mark(self) -> None:
        """Put the cursor on the folder shown, unfolding what leads to it as it becomes known."""
        item = self._items.get(self._wanted)
        if item is not None:
            if self.tree.currentItem() is not item:
                self.tree.setCurrentItem(item)
            return
        known = self._wanted
        while known and known not in self._items:
            known = known.rpartition("/")[0]
        if known in self._items:
            self._items[known].setExpanded(True)
            self._read(known)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            for item in self._items.values():
                item.setIcon(0, icons.accented("folder"))
            self.home.setIcon(icons.icon("back"))
        super().changeEvent(event)
