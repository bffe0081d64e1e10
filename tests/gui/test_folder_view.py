"""The files in the middle of the window: what is painted, selected, sorted."""

import pytest

from gui.client import Entry, Folder
from gui.folder_model import Column, FolderModel
from gui.settings import Mode
from gui.thumbnails import AT_ONCE

MANY = tuple(
    Entry(f"{number}.jpg", f"{number}.jpg", "file", number + 1, 1.0, "image/jpeg")
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


def test_a_large_folder_is_shown_in_both_layouts_with_all_selected(window, qapp):
    window.files.show_folder(Folder("", "many", MANY))
    window.files.view.selectAll()
    for mode in (Mode.LIST, Mode.GRID):
        window.files.set_mode(mode)
        qapp.processEvents()
        assert window.files.selected() == list(MANY)


@pytest.mark.parametrize("name", ["index", "rowCount", "columnCount", "flags", "hasChildren"])
def test_what_is_asked_of_every_row_is_answered_by_qt(name):
    assert name not in vars(FolderModel)


@pytest.fixture
def hung_up(window, client_of):
    """Paths whose thumbnails the window has hung up on; the share never sends one."""
    paths: list[str] = []

    def script(exchange) -> None:
        exchange.stall()  # until the other side hangs up
        paths.append(exchange.path.removeprefix("/thumb/grid/"))

    window.thumbnails.browse(client_of(script))
    window.files.show_folder(Folder("", "many", MANY))
    return paths


def test_what_was_scrolled_past_is_not_waited_for_any_more(window, qtbot, hung_up):
    thumbnails, grid = window.thumbnails, window.files.grid
    qtbot.waitUntil(lambda: len(thumbnails.asked) == AT_ONCE)
    first = thumbnails.asked
    grid.scrollToBottom()
    seen = {MANY[row].path for row in grid.rows_in_sight()}
    assert MANY[-1].path in seen
    qtbot.waitUntil(lambda: len(hung_up) == AT_ONCE and len(thumbnails.asked) == AT_ONCE)
    assert set(hung_up) == first
    assert thumbnails.asked <= seen


def test_what_is_still_looked_at_keeps_its_connection(window, qtbot, hung_up):
    thumbnails = window.thumbnails
    qtbot.waitUntil(lambda: len(thumbnails.asked) == AT_ONCE)
    kept, *others = thumbnails.asked
    thumbnails.keep_to({kept})
    qtbot.waitUntil(lambda: len(hung_up) == len(others))
    assert set(hung_up) == set(others)
    assert kept in thumbnails.asked
