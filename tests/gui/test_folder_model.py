"""The rows of the folder view: filtered, sorted, told to Qt as it wants it."""

import pytest
from PySide6.QtCore import Qt

from gui.folder_model import Column, FolderModel, arranged
from gui.listing import Entry

ENTRIES = (
    Entry("uploads", "uploads", "folder", modified=5.0),
    Entry("winter", "winter", "folder", modified=9.0),
    Entry("img2.png", "img2.png", "file", 300, 1.0, "image/png"),
    Entry("img10.jpg", "img10.jpg", "file", 100, 3.0, "image/jpeg"),
    Entry("Notes.txt", "Notes.txt", "file", 200, 2.0, "text/plain"),
)


@pytest.mark.parametrize(
    ("pattern", "column", "descending", "names"),
    [
        ("", Column.NAME, False, ["uploads", "winter", "img2.png", "img10.jpg", "Notes.txt"]),
        ("", Column.NAME, True, ["winter", "uploads", "Notes.txt", "img10.jpg", "img2.png"]),
        ("", Column.SIZE, False, ["uploads", "winter", "img10.jpg", "Notes.txt", "img2.png"]),
        ("", Column.SIZE, True, ["uploads", "winter", "img2.png", "Notes.txt", "img10.jpg"]),
        ("", Column.MODIFIED, True, ["winter", "uploads", "img10.jpg", "Notes.txt", "img2.png"]),
        ("", Column.KIND, False, ["uploads", "winter", "img10.jpg", "img2.png", "Notes.txt"]),
        ("IMG", Column.NAME, False, ["img2.png", "img10.jpg"]),
        ("img png", Column.NAME, False, ["img2.png"]),
        ("nothing", Column.NAME, False, []),
    ],
)
def test_entries_are_filtered_and_sorted_with_folders_first(pattern, column, descending, names):
    shown = arranged(ENTRIES, pattern, column, descending=descending)
    assert [entry.name for entry in shown] == names


def test_qt_finds_no_fault_with_the_model(qapp, qtmodeltester, background):
    model = FolderModel(background)
    model.show(ENTRIES)
    qtmodeltester.check(model, force_py=True)
    model.filter("img")
    qtmodeltester.check(model, force_py=True)


def test_a_row_is_found_by_its_path_in_whatever_order(qapp, background):
    model = FolderModel(background)
    model.show(ENTRIES)
    model.sort(Column.SIZE, Qt.SortOrder.DescendingOrder)
    row = model.row_of("Notes.txt")
    assert model.rows()[row].name == "Notes.txt"
    model.filter("img")
    assert model.row_of("Notes.txt") is None


def test_a_name_that_would_deceive_is_shown_and_not_obeyed(qapp, background):
    model = FolderModel(background)
    model.show([Entry("x", "\u202egpj.exe\udcff\n", "file", 1, 1.0, None)])
    assert model.index(0, 0).data() == "\ufffdgpj.exe\ufffd\ufffd"
