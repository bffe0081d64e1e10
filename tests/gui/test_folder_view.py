"""The files in the middle of the window: what is painted, selected, sorted."""

import threading

import pytest
from PySide6.QtGui import QFontMetrics

from gui import folder_model
from gui.folder_model import Column, FolderModel
from gui.listing import Entry, Folder
from gui.settings import Mode
from gui.thumbnails import AT_ONCE
from gui.tiles import name_lines

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


VERY_MANY = tuple(
    Entry(f"{number}.jpg", f"{number}.jpg", "file", number * 7919 % 12_000, 1.0, "image/jpeg")
    for number in range(12_000)
)
BY_SIZE = sorted(VERY_MANY, key=lambda entry: entry.size)


@pytest.fixture
def held(window, qtbot, monkeypatch):
    """The window with thousands of files; their order comes only once the event is set."""
    with qtbot.waitSignal(window.files.arranged):
        window.files.show_folder(Folder("", "very many", VERY_MANY))
    go_on, arranged = threading.Event(), folder_model.arranged

    def waiting(*arguments, **options):
        go_on.wait()
        return arranged(*arguments, **options)

    monkeypatch.setattr(folder_model, "arranged", waiting)
    yield go_on
    go_on.set()


def test_the_window_goes_on_while_thousands_are_sorted_and_they_stay_selected(window, qtbot, held):
    window.files.view.selectAll()
    window.files.sort(Column.SIZE, descending=False)
    assert window.files.selected() == list(VERY_MANY)  # as they were
    with qtbot.waitSignal(window.files.arranged):
        held.set()
    assert window.files.selected() == BY_SIZE


def test_an_order_that_is_not_wanted_any_more_is_not_shown(window, qtbot, held):
    shown: list[str] = []
    window.files.arranged.connect(lambda: shown.append(window.files.entries()[0].name))
    window.files.sort(Column.SIZE, descending=True)
    window.files.sort(Column.SIZE, descending=False)
    window.files.select("11999.jpg")
    with qtbot.waitSignal(window.files.arranged):
        held.set()
    assert window.files.entries() == BY_SIZE
    assert shown == [BY_SIZE[0].name]
    assert [entry.name for entry in window.files.selected()] == ["11999.jpg"]


def test_what_is_to_be_selected_is_once_it_is_shown(window, qtbot, held):
    window.files.filter("77")
    window.files.filter("119")
    window.files.select("1190.jpg")
    with qtbot.waitSignal(window.files.arranged):
        held.set()
    assert [entry.name for entry in window.files.selected()] == ["1190.jpg"]
    assert all("119" in entry.name for entry in window.files.entries())


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
    qtbot.waitUntil(lambda: len(hung_up) >= AT_ONCE)
    qtbot.waitUntil(lambda: bool(thumbnails.asked) and thumbnails.asked <= seen)
    assert set(hung_up) == first


def test_what_is_still_looked_at_keeps_its_connection(window, qtbot, hung_up):
    thumbnails = window.thumbnails
    qtbot.waitUntil(lambda: len(thumbnails.asked) == AT_ONCE)
    kept, *others = thumbnails.asked
    thumbnails.keep_to({kept})
    qtbot.waitUntil(lambda: len(hung_up) == len(others))
    assert set(hung_up) == set(others)
    assert kept in thumbnails.asked


@pytest.mark.parametrize(
    ("width", "hidden"),
    [(900, set()), (520, {Column.KIND}), (400, {Column.KIND, Column.MODIFIED})],
)
def test_the_list_leaves_room_for_the_names(window, qapp, width, hidden):
    shown = window.files.list
    shown.resize(width * shown.fontMetrics().averageCharWidth() // 7, 400)
    shown.show()
    qapp.processEvents()
    assert {column for column in Column if shown.isColumnHidden(column)} == hidden


LONG = "Screenshot from the holidays in the Alps with the whole family 2024-07-01.jpg"


def test_a_long_name_takes_two_lines_and_keeps_its_end(qapp):
    metrics = QFontMetrics(qapp.font())
    first, second = name_lines(LONG, metrics.horizontalAdvance("Screenshot from th"), metrics, 2)
    assert first == "Screenshot from"
    assert second.startswith("the")
    assert second.endswith("01.jpg")
    assert "…" in second


@pytest.mark.parametrize(
    ("first", "second"),
    [("not a", "picture.png"), ("DSC_", "20240701.jpg"), ("longer", "ones.jpg")],
)
def test_a_name_is_broken_between_words_where_both_lines_have_room(qapp, first, second):
    metrics = QFontMetrics(qapp.font())
    name = f"{first}{'' if first.endswith('_') else ' '}{second}"
    width = metrics.horizontalAdvance(name) - 1
    assert name_lines(name, width, metrics, 2) == [first, second]


@pytest.mark.parametrize("name", ["x" * 300, "short.jpg", "\u202e" * 3, "a b", ""])
@pytest.mark.parametrize("letters", [1, 14, 500])
def test_a_name_of_any_kind_has_two_lines_at_most(qapp, name, letters):
    metrics = QFontMetrics(qapp.font())
    lines = name_lines(name, metrics.horizontalAdvance("n" * letters), metrics, 2)
    assert 1 <= len(lines) <= 2
    if letters == 500:
        assert lines == [name]
