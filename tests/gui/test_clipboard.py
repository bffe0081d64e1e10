"""Copying pictures and files from the window, to be pasted in other programs."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage

from gui.offer import GNOME_FILES, MOST_FILES

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def clipboard(qapp):
    yield QGuiApplication.clipboard()
    QGuiApplication.clipboard().clear()


def ctrl_c(qtbot, widget):
    qtbot.keyClick(widget, Qt.Key.Key_C, CONTROL)


def copy(window, qtbot, *names):
    """Select files, press Ctrl+C, and wait until that is done."""
    for name in names:
        qtbot.waitUntil(lambda name=name: window.files.model.row_of(name) is not None)
    window.files.select(names[0])
    for name in names[1:]:
        index = window.files.model.index(window.files.model.row_of(name), 0)
        selection = window.files.view.selectionModel()
        selection.select(index, selection.SelectionFlag.Select | selection.SelectionFlag.Rows)
    ctrl_c(qtbot, window.files.view)
    qtbot.waitUntil(lambda: window.message_bar.text.startswith("Copied"), timeout=20_000)


def files(clipboard) -> list[Path]:
    return [Path(url.toLocalFile()) for url in clipboard.mimeData().urls()]


def pasted(clipboard) -> QImage:
    return QImage.fromData(clipboard.mimeData().data("image/png"))


def test_a_picture_is_pasted_as_picture_and_as_file(browsing, qtbot, clipboard, pictures):
    copy(browsing, qtbot, "img1.png")
    said = "Copied “img1.png”. Paste it as a picture, or into a folder."
    assert browsing.message_bar.text == said
    (file,) = files(clipboard)
    assert file.name == "img1.png"
    assert file.read_bytes() == (pictures / "img1.png").read_bytes()
    image = pasted(clipboard)
    assert (image.width(), image.height()) == (120, 80)
    assert image.pixelColor(60, 40).getRgb()[:3] == (8, 247, 100)
    told = clipboard.mimeData().data(GNOME_FILES).data().decode()
    assert told == "copy\n" + clipboard.mimeData().urls()[0].toString()


def test_a_picture_that_few_programs_read_is_pasted_as_the_screen_shows_it(
    browsing, qtbot, clipboard, pictures
):
    Image.new("RGB", (2400, 1200), "teal").save(pictures / "new.avif")
    copy(browsing, qtbot, "new.avif")
    assert files(clipboard)[0].read_bytes() == (pictures / "new.avif").read_bytes()
    image = pasted(clipboard)
    assert (image.width(), image.height()) == (2048, 1024)


def test_several_files_and_folders_are_pasted_as_files(browsing, qtbot, clipboard, pictures):
    copy(browsing, qtbot, "more", "img1.png", "notes.txt")
    assert browsing.message_bar.text == "Copied 3 items. Paste them into a folder."
    folder, *copies = files(clipboard)
    assert [file.name for file in copies] == ["img1.png", "notes.txt"]
    for file in copies:
        assert file.read_bytes() == (pictures / file.name).read_bytes()
    letter = folder / "deep" / "letter.txt"
    assert letter.read_bytes() == (pictures / "more" / "deep" / "letter.txt").read_bytes()
    assert pasted(clipboard).isNull()


def test_a_picture_that_cannot_be_shown_is_pasted_as_file(browsing, qtbot, clipboard):
    copy(browsing, qtbot, "broken.png")
    assert browsing.message_bar.text == "Copied “broken.png”. Paste it into a folder."
    assert [file.name for file in files(clipboard)] == ["broken.png"]


def test_the_viewer_s_picture_is_copied_in_full_screen_too(browsing, qtbot, clipboard):
    browsing.files.select("img2.png")
    qtbot.keyClick(browsing.files.view, Qt.Key.Key_Return)
    qtbot.keyClick(browsing.viewing.viewer, Qt.Key.Key_F)
    ctrl_c(qtbot, browsing.viewing.viewer)
    qtbot.waitUntil(lambda: "Copied “img2.png”" in browsing.message_bar.text, timeout=20_000)
    assert [file.name for file in files(clipboard)] == ["img2.png"]


def test_what_is_copied_meanwhile_stays(browsing, qtbot, clipboard):
    browsing.files.select("img1.png")
    ctrl_c(qtbot, browsing.files.view)
    clipboard.setText("mine")
    copies = browsing.file_actions.handing_out._copies
    qtbot.waitUntil(lambda: not copies._running)
    qtbot.waitUntil(lambda: copies.here(browsing._client, browsing.files.selected()) is None)
    assert clipboard.text() == "mine"
    assert not browsing.message_bar.text.startswith("Copied")


def test_text_is_copied_as_ever(browsing, qtbot, clipboard):
    browsing.files.select("notes.txt")
    qtbot.waitUntil(lambda: browsing.preview.text.toPlainText() != "")
    browsing.preview.text.setFocus()
    browsing.preview.text.selectAll()
    ctrl_c(qtbot, browsing.preview.text)
    assert clipboard.text() == "Sun, sea and sand."
    browsing.tool_bar.filter.setText("sea")
    browsing.tool_bar.filter.setFocus()
    browsing.tool_bar.filter.selectAll()
    ctrl_c(qtbot, browsing.tool_bar.filter)
    assert clipboard.text() == "sea"
    browsing.message_bar.tell("The cat is out.")
    label = browsing.message_bar._text
    label.setFocus()
    label.setSelection(4, 3)
    ctrl_c(qtbot, label)
    assert clipboard.text() == "cat"
    assert not browsing.file_actions.handing_out._copies._running


def test_the_picture_stays_when_the_window_closes_and_its_file_goes(browsing, qtbot, clipboard):
    copy(browsing, qtbot, "img1.png")
    (file,) = files(clipboard)
    browsing.close()
    assert not file.exists()
    assert files(clipboard) == []
    assert not pasted(clipboard).isNull()


def test_what_is_another_s_by_now_is_left_alone(browsing, qtbot, clipboard):
    copy(browsing, qtbot, "img1.png")
    clipboard.setText("mine")
    browsing.close()
    assert clipboard.text() == "mine"


def test_too_many_files_are_to_be_saved(browsing, qtbot, clipboard):
    entry = browsing.files.entries()[-1]
    browsing.file_actions.handing_out.copy([entry] * (MOST_FILES + 1))
    assert "too many to copy. Save them instead." in browsing.message_bar.text
