"""The files in the middle of the window: what is painted, selected, sorted."""

from PySide6.QtCore import QModelIndex

from gui.client import Entry, Folder
from gui.folder_model import Column, FolderModel
from gui.settings import Mode

MANY = tuple(
    Entry(f"{number}.jpg", f"{number}.jpg", "file", number, 1.0, "image/jpeg")
    for number in range(5000)
)


def test_only_the_tiles_whose_pictures_have_come_are_painted(browsing, qapp, qtbot, monkeypatch):
    files, thumbnails = browsing.files, browsing.thumbnails
    shown = [entry for entry in files.entries() if entry.name.startswith("img")][:8]
    qtbot.waitUntil(lambda: all(map(thumbnails.get, shown)), timeout=20_000)
    qapp.processEvents()  # whatever else there was to paint
    painted: list[str] = []
    get = thumbnails.get

    def noted(entry: Entry) -> object:
        painted.append(entry.path)
        return get(entry)

    monkeypatch.setattr(thumbnails, "get", noted)
    first, last = shown[0].path, shown[-1].path
    for path in (first, last):
        thumbnails.ready.emit(path)
    qtbot.waitUntil(lambda: len(painted) >= 2)
    assert painted == [first, last]


def test_all_of_a_large_folder_is_selected_and_stays_so_in_another_order(window, qtbot):
    window.files.show_folder(Folder("", "many", MANY))
    window.files.view.selectAll()
    assert window.files.selected() == list(MANY)
    assert window.preview.facts["Files"].startswith(f"{len(MANY)},")
    window.files.sort(Column.SIZE, descending=True)
    assert window.files.selected() == list(reversed(MANY))


def test_no_row_out_of_sight_is_asked_for_in_python(window, qapp, qtbot, monkeypatch):
    asked = set[int]()
    data = FolderModel.data

    def noted(self: FolderModel, index: QModelIndex, *role: int) -> object:
        asked.add(index.row())
        return data(self, index, *role)

    monkeypatch.setattr(FolderModel, "data", noted)
    window.files.show_folder(Folder("", "many", MANY))
    window.files.view.selectAll()
    window.files.sort(Column.SIZE, descending=True)
    for mode in (Mode.LIST, Mode.GRID):
        window.files.set_mode(mode)
        qapp.processEvents()
    assert 0 < len(asked) < 200
    # What is asked for every row is answered by Qt.
    for name in ("index", "parent", "rowCount", "columnCount", "flags", "hasChildren"):
        assert name not in vars(FolderModel)
