"""What is dragged, when, and what of it other programs are offered; the drag itself is tested in
tests/end_to_end, with a real pointer."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from gui.dragging import SMALL_PICTURE, dragged
from gui.folder_model import Column
from gui.listing import Entry
from gui.offer import MOST_FILES, OURS, offer
from gui.settings import Mode

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.MouseButton.NoButton


def mouse(widget, kind, at, button=LEFT, held=LEFT):
    where = QPointF(at)
    there = QPointF(widget.mapToGlobal(at))
    no_key = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QMouseEvent(kind, where, there, button, held, no_key))


def press(widget, at):
    mouse(widget, QEvent.Type.MouseButtonPress, at)


def move(widget, at):
    mouse(widget, QEvent.Type.MouseMove, at, NONE)


def release(widget, at):
    mouse(widget, QEvent.Type.MouseButtonRelease, at, LEFT, NONE)


@pytest.fixture
def view(browsing):
    """The part of the grid that takes the mouse; a few tiles are selected."""
    grid = browsing.files.grid
    grid.selectAll()
    return grid.viewport()


def tile(window, name) -> QPoint:
    row = window.files.model.row_of(name)
    return window.files.grid.visualRect(window.files.model.index(row, 0)).center()


def far(at: QPoint) -> QPoint:
    return at + QPoint(QApplication.startDragDistance(), 0)


def fetching(window):
    return window.file_actions.handing_out.dragging._fetching


def test_who_lets_go_too_early_is_told_to_drag_once_more(browsing, qtbot, view):
    browsing.files.select("img1.png")
    at = tile(browsing, "img1.png")
    press(view, at)
    move(view, far(at))
    release(view, far(at))
    qtbot.waitUntil(lambda: "here now" in browsing.message_bar.text, timeout=20_000)
    assert browsing.message_bar.text == "“img1.png” is here now. Drag it once more."
    assert fetching(browsing) is None
    copies = browsing.file_actions.handing_out._copies
    assert copies.here(browsing._client, browsing.files.selected()) is not None


def test_all_that_is_selected_is_dragged_and_stays_selected(browsing, qtbot, view):
    selected = browsing.files.selected()
    at = tile(browsing, "img2.png")
    press(view, at)
    move(view, far(at))
    assert fetching(browsing).entries == tuple(selected)
    release(view, far(at))
    assert browsing.files.selected() == selected
    # The same once more is no other fetching; another one takes its place.
    first = fetching(browsing)
    press(view, at)
    move(view, far(at))
    release(view, far(at))
    assert fetching(browsing) is first
    browsing.files.select("img1.png")
    press(view, tile(browsing, "img1.png"))
    move(view, far(tile(browsing, "img1.png")))
    assert first.is_cancelled
    assert [entry.name for entry in fetching(browsing).entries] == ["img1.png"]


def test_a_click_with_a_shaking_hand_is_a_click(browsing, view):
    at = tile(browsing, "img2.png")
    press(view, at)
    move(view, at + QPoint(1, 1))
    release(view, at + QPoint(1, 1))
    assert fetching(browsing) is None
    assert [entry.name for entry in browsing.files.selected()] == ["img2.png"]


def test_from_beside_the_tiles_a_drag_selects(browsing, view):
    browsing.files.filter("img30")
    browsing.files.grid.clearSelection()
    beside = QPoint(view.width() - 20, view.height() - 20)
    press(view, beside)
    move(view, far(beside))
    move(view, tile(browsing, "img30.png"))
    release(view, tile(browsing, "img30.png"))
    assert [entry.name for entry in browsing.files.selected()] == ["img30.png"]
    assert fetching(browsing) is None


def test_a_picture_is_dragged_out_of_the_viewer_unless_it_is_zoomed(browsing, qtbot):
    browsing.files.select("img1.png")
    qtbot.keyClick(browsing.files.view, Qt.Key.Key_Return)
    canvas = browsing.viewing.viewer.canvas
    qtbot.waitUntil(lambda: not canvas.pixmap.isNull(), timeout=20_000)
    assert [entry.name for entry in browsing.viewing.viewer.draggable()] == ["img1.png"]
    canvas.zoom(8)
    assert list(browsing.viewing.viewer.draggable()) == []
    canvas.fit()
    press(canvas, QPoint(200, 200))
    move(canvas, QPoint(240, 200))
    assert [entry.name for entry in fetching(browsing).entries] == ["img1.png"]


def test_another_share_ends_what_was_to_be_dragged_out_of_the_list(browsing, view):
    browsing.files.set_mode(Mode.LIST)
    rows = browsing.files.list
    index = browsing.files.model.index(browsing.files.model.row_of("img2.png"), Column.KIND)
    at = rows.visualRect(index).center()
    press(rows.viewport(), at)
    move(rows.viewport(), far(at))
    begun = fetching(browsing)
    assert len(begun.entries) == browsing.files.model.rowCount()
    browsing.file_actions.handing_out.browse(browsing._client)
    assert begun.is_cancelled
    assert fetching(browsing) is None


def test_too_many_files_are_to_be_saved(browsing, view):
    dragging = browsing.file_actions.handing_out.dragging
    dragging.add(view, lambda _: [browsing.files.selected()[-1]] * (MOST_FILES + 1))
    press(view, QPoint(50, 50))
    move(view, QPoint(90, 50))
    assert "too many to drag. Save them instead." in browsing.message_bar.text


def test_a_copy_dropped_on_the_window_is_no_folder_to_share(browsing, tmp_path):
    copied, other = offer([tmp_path]), offer([tmp_path])
    other.removeFormat(OURS)
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    for mime, is_taken in ((copied, False), (other, True)):
        event = QDragEnterEvent(QPoint(50, 50), copy, mime, LEFT, none)
        event.ignore()
        browsing.dragEnterEvent(event)
        assert event.isAccepted() is is_taken


@pytest.mark.parametrize(
    ("kinds", "size", "with_picture"),
    [
        (["image/png"], 1000, True),
        (["image/jpeg"], 1000, True),
        (["image/heic"], 1000, False),
        (["text/plain"], 1000, False),
        (["image/png"], SMALL_PICTURE + 1, False),
        (["image/png", "image/png"], 1000, False),
    ],
)
def test_one_small_picture_is_offered_as_a_picture_too(tmp_path, kinds, size, with_picture):
    entries, copies = [], []
    for number, kind in enumerate(kinds):
        copies.append(tmp_path / f"a b {number}")
        copies[-1].write_bytes(b"xyz")
        entries.append(Entry(f"a b {number}", f"a b {number}", "file", size, 0.0, kind))
    mime = dragged(entries, copies)
    assert [url.toLocalFile() for url in mime.urls()] == [str(copy) for copy in copies]
    assert (mime.data(kinds[0]).data() == b"xyz") is with_picture
