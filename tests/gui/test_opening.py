"""Opening with other programs: a read-only copy, once, and never a program without a question."""

import stat
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMessageBox


class System(QObject):
    """Stands for the system that files are handed to.

    Signals:
        opened: carries the path of a file.
    """

    opened = Signal(str)

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.opened.emit(url.toLocalFile())


@pytest.fixture
def system(qapp):
    made = System()
    QDesktopServices.setUrlHandler("file", made, "take")
    yield made
    QDesktopServices.unsetUrlHandler("file")


def press(window, qtbot, name, key=Qt.Key.Key_Return):
    window.files.select(name)
    qtbot.keyClick(window.files.view, key)


def open_(window, qtbot, system, name) -> Path:
    with qtbot.waitSignal(system.opened) as opened:
        press(window, qtbot, name)
    return Path(opened.args[0])


def answer(button: str) -> list[str]:
    """Press *button* of the question that comes; gives what was asked, once it was."""
    asked = []

    def press_it():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.text().replace("\u200b", ""))
        next(each for each in box.buttons() if each.text() == button).click()

    QTimer.singleShot(0, press_it)
    return asked


def test_a_copy_is_opened_that_nobody_can_write_into(browsing, qtbot, system, pictures):
    copy = open_(browsing, qtbot, system, "notes.txt")
    assert copy.name == "notes.txt"
    assert copy.read_bytes() == (pictures / "notes.txt").read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o400
    browsing.close()
    assert not copy.exists()


def test_enter_opens_the_file_it_is_on_even_if_none_is_selected(browsing, qtbot, system):
    browsing.files.select("notes.txt")
    browsing.files.view.clearSelection()  # as a filter leaves it
    with qtbot.waitSignal(system.opened) as opened:
        qtbot.keyClick(browsing.files.view, Qt.Key.Key_Return)
    assert Path(opened.args[0]).name == "notes.txt"


def test_the_same_file_is_the_same_copy_until_it_changes(browsing, qtbot, system, pictures):
    copy = open_(browsing, qtbot, system, "notes.txt")
    assert open_(browsing, qtbot, system, "notes.txt") == copy
    row = browsing.files.model.row_of("notes.txt")
    before = browsing.files.model.rows()[row]
    (pictures / "notes.txt").write_text("Rain.\n", encoding="utf-8")
    qtbot.waitUntil(lambda: browsing.files.model.rows()[row] != before)
    again = open_(browsing, qtbot, system, "notes.txt")
    assert (again.read_text(), copy.read_text()) == ("Rain.\n", "Sun, sea and sand.\n")


def test_a_program_is_not_opened_without_a_question(browsing, qtbot, system, pictures):
    (pictures / "setup.exe").write_bytes(b"MZ")
    qtbot.waitUntil(lambda: browsing.files.model.row_of("setup.exe") is not None)
    asked = answer("Cancel")
    with qtbot.assertNotEmitted(system.opened):
        press(browsing, qtbot, "setup.exe")
    assert asked == ["Open “setup.exe”?"]
    assert not list((pictures.parent / "copies").rglob("setup.exe"))
    answer("Open")
    assert open_(browsing, qtbot, system, "setup.exe").read_bytes() == b"MZ"


def test_what_is_too_large_is_to_be_saved(browsing, qtbot, system, pictures, monkeypatch):
    monkeypatch.setattr("gui.copies.MOST_BYTES", 10)
    press(browsing, qtbot, "notes.txt")
    qtbot.waitUntil(lambda: "too large" in browsing.message_bar.text)
    assert browsing.message_bar.text.startswith("“notes.txt” is too large for a temporary copy")
