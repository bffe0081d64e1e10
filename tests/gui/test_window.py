"""The real window against the real server over loopback, used as a person uses it."""

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication

from gui import dialogs
from gui.folder_model import Column
from gui.local_share import LocalShare
from gui.settings import Mode
from tests.conftest import tree_of


def names(window):
    return [entry.name for entry in window.files.entries()]


def select(window, *wanted):
    """Click the entries called *wanted*, as with Ctrl held down."""
    view = window.files.view
    view.clearSelection()
    for name in wanted:
        row = window.files.model.row_of(
            next(entry.path for entry in window.files.entries() if entry.name == name)
        )
        index = window.files.model.index(row, 0)
        selection = view.selectionModel()
        flag = selection.SelectionFlag
        selection.setCurrentIndex(index, flag.Select | flag.Rows)


def save_into(monkeypatch, folder: Path):
    """Answer the system's dialogs, which belong to the system."""
    monkeypatch.setattr(dialogs, "ask_folder", lambda *_: folder)
    monkeypatch.setattr(dialogs, "ask_file", lambda _, entry, __: folder / entry.name)


def test_a_folder_opens_with_its_folders_and_files(browsing):
    assert names(browsing)[:4] == ["more", "broken.png", "img1.png", "img2.png"]
    assert browsing.windowTitle() == "pictures – Lanslide"
    assert browsing.tool_bar.breadcrumb.count.text() == "33 items"
    assert browsing.sidebar.paths() == ["", "more"]


def test_folders_are_walked_by_keyboard_and_back_again(browsing, qtbot):
    view = browsing.files.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert names(browsing) == ["deep", "portrait.png"]
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.keyClick(browsing, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert browsing.navigation.path == ""
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.keyClick(browsing, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert browsing.navigation.path == "more"
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.keyClick(browsing, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert browsing.navigation.path == ""


def test_the_tree_unfolds_and_leads_to_a_folder(browsing, qtbot):
    more = browsing.sidebar.tree.topLevelItem(0).child(0)
    more.setExpanded(True)
    qtbot.waitUntil(lambda: more.childCount() == 1)
    place = browsing.sidebar.tree.visualItemRect(more.child(0)).center()
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.mouseClick(browsing.sidebar.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert names(browsing) == ["letter.txt"]
    assert browsing.sidebar.tree.currentItem().text(0) == "deep"


def test_the_tree_follows_a_way_taken_in_the_files(browsing, qtbot):
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.open("more/deep")
    qtbot.waitUntil(lambda: browsing.sidebar.tree.currentItem().text(0) == "deep")


def test_the_filter_narrows_and_escape_shows_all(browsing, qtbot):
    box = browsing.tool_bar.filter
    qtbot.keyClicks(box, "img1")
    assert names(browsing) == ["img1.png", *(f"img{number}.png" for number in range(10, 20))]
    assert browsing.tool_bar.breadcrumb.count.text() == "11 of 33 items"
    qtbot.keyClicks(box, "zzz")
    assert names(browsing) == []
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert len(names(browsing)) == 33


def test_the_order_is_the_same_in_both_layouts(browsing):
    browsing.files.sort(Column.NAME, descending=True)
    assert names(browsing)[:2] == ["more", "notes.txt"]
    browsing.files.set_mode(Mode.LIST)
    assert names(browsing)[:2] == ["more", "notes.txt"]
    header = browsing.files.list.header()
    assert header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder


def test_the_selection_stays_when_layout_order_or_content_change(browsing, qtbot, pictures):
    select(browsing, "img3.png", "img7.png")
    browsing.files.set_mode(Mode.LIST)
    browsing.files.sort(Column.SIZE, descending=True)
    Image.new("RGB", (10, 10)).save(pictures / "a-new-one.png")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    assert {entry.name for entry in browsing.files.selected()} == {"img3.png", "img7.png"}
    assert "a-new-one.png" in names(browsing)


def test_a_picture_is_shown_at_the_size_of_the_preview(browsing, qtbot, pictures):
    Image.new("RGB", (3000, 1500), "navy").save(pictures / "wide.jpg")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    with qtbot.waitSignal(browsing.preview.shown):
        select(browsing, "wide.jpg")
    qtbot.waitUntil(lambda: "Pixels" in browsing.preview.facts)
    assert browsing.preview.facts["Pixels"] == "3000 × 1500"
    shown = browsing.preview.canvas.pixmap
    assert shown.width() <= browsing.preview.canvas.box().width()


def test_a_picture_is_turned_as_its_exif_says(browsing, qtbot, pictures):
    upright = Image.new("RGB", (400, 200), "red")
    upright.paste("blue", (200, 0, 400, 200))
    exif = upright.getexif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90° clockwise
    upright.save(pictures / "turned.jpg", exif=exif, quality=95)
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    select(browsing, "turned.jpg")
    qtbot.waitUntil(lambda: "Pixels" in browsing.preview.facts)
    assert browsing.preview.facts["Pixels"] == "200 × 400"
    image = browsing.preview.canvas.pixmap.toImage()
    assert image.pixelColor(image.width() // 2, 10).red() > 200
    assert image.pixelColor(image.width() // 2, image.height() - 10).blue() > 200


def test_a_broken_picture_says_that_it_cannot_be_shown(browsing, qtbot):
    select(browsing, "broken.png")
    qtbot.waitUntil(lambda: bool(browsing.preview.problem))
    assert "damaged" in browsing.preview.problem


def test_text_is_shown_as_text(browsing, qtbot):
    select(browsing, "notes.txt")
    qtbot.waitUntil(lambda: "sea" in browsing.preview.text.toPlainText())


def test_only_the_last_of_many_pictures_stays(browsing, qtbot):
    """Going quickly through all of them; a late answer must not take the place of the last."""
    view = browsing.files.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(31):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    last = browsing.files.selected()[0]
    assert last.name == "img30.png"
    qtbot.waitUntil(lambda: "Pixels" in browsing.preview.facts)
    qtbot.waitUntil(lambda: not browsing.preview.busy)
    image = browsing.preview.canvas.pixmap.toImage()
    middle = image.pixelColor(image.width() // 2, image.height() // 2).getRgb()[:3]
    assert middle == pytest.approx((240, 15, 100), abs=3)
    assert browsing.preview.name == "img30.png"


def test_going_away_and_coming_back_at_once_shows_the_picture(browsing, qtbot):
    for _ in range(20):
        select(browsing, "img1.png")
        select(browsing, "img2.png")
        select(browsing, "img1.png")
        qtbot.waitUntil(lambda: "Pixels" in browsing.preview.facts)
        assert browsing.preview.problem == ""


def test_thumbnails_come_for_what_is_on_screen(browsing, qtbot):
    entry = next(entry for entry in browsing.files.entries() if entry.name == "img1.png")
    qtbot.waitUntil(lambda: browsing.thumbnails.get(entry) is not None)
    assert browsing.thumbnails.get(entry).width() == 120


def test_twenty_files_are_saved_byte_for_byte(browsing, qtbot, monkeypatch, pictures, tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    save_into(monkeypatch, target)
    wanted = [f"img{number}.png" for number in range(1, 21)]
    select(browsing, *wanted)
    with qtbot.waitSignal(browsing.file_actions.saves.queue.finished) as finished:
        qtbot.keyClick(browsing, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert finished.args[0].saved == 20
    assert tree_of(target) == {name: (pictures / name).read_bytes() for name in wanted}
    assert browsing.file_actions.saves.bar.text.startswith("Saved 20 files")


def test_a_folder_is_saved_with_its_tree(browsing, qtbot, monkeypatch, pictures, tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    save_into(monkeypatch, target)
    select(browsing, "more")
    with qtbot.waitSignal(browsing.file_actions.saves.queue.finished):
        qtbot.mouseClick(browsing.preview.save_button, Qt.MouseButton.LeftButton)
    assert tree_of(target / "more") == tree_of(pictures / "more")


def test_saving_one_file_never_overwrites_unasked(browsing, qtbot, monkeypatch, pictures, tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "img1.png").write_text("mine")
    save_into(monkeypatch, target)
    select(browsing, "img1.png")
    with qtbot.waitSignal(browsing.file_actions.saves.queue.finished):
        browsing.preview.save_wanted.emit()
        dialog = browsing.file_actions.saves.conflict_dialog
        qtbot.waitUntil(dialog.isVisible)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert tree_of(target) == {
        "img1.png": b"mine",
        "img1 (2).png": (pictures / "img1.png").read_bytes(),
    }


def test_a_save_is_cancelled_half_way(browsing, qtbot, monkeypatch, pictures, tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    save_into(monkeypatch, target)
    for number in range(40):
        with (pictures / f"big{number}.bin").open("wb") as file:
            file.truncate(256 * 1024 * 1024)
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    select(browsing, *(f"big{number}.bin" for number in range(40)))
    browsing.preview.save_wanted.emit()
    qtbot.waitUntil(lambda: any(target.iterdir()))
    with qtbot.waitSignal(browsing.file_actions.saves.queue.finished) as finished:
        qtbot.mouseClick(browsing.file_actions.saves.bar.cancel_button, Qt.MouseButton.LeftButton)
    assert finished.args[0].cancelled
    whole = [file for file in target.iterdir() if file.suffix != ".part"]
    assert all(file.stat().st_size == 256 * 1024 * 1024 for file in whole)
    assert len(list(target.iterdir())) < 40


def test_sharing_lets_other_devices_in_and_cuts_them_off(browsing, qtbot, pictures):
    with qtbot.waitSignal(browsing._sharing.network_changed):
        qtbot.mouseClick(browsing.tool_bar.share, Qt.MouseButton.LeftButton)
    panel = browsing.share_switching.panel
    assert panel.isVisible()
    assert panel.pin_row.digits.text().replace(" ", "") == browsing._sharing.admission.pin
    address = panel.addresses[0]
    assert address.startswith("http://127.0.0.2:")
    with requests.Session() as other:
        other.trust_env = False
        answer = other.get(f"{address}/download/img1.png", timeout=10)
        assert answer.content == (pictures / "img1.png").read_bytes()
        with qtbot.waitSignal(browsing._sharing.network_changed):
            panel.stop_wanted.emit()
        assert not panel.isVisible()
        with pytest.raises(requests.ConnectionError):
            other.get(f"{address}/download/img1.png", timeout=10)
    with qtbot.waitSignal(browsing.navigation.opened):  # the window goes on as if nothing was
        browsing.navigation.reload()


def test_another_folder_is_not_shared_without_being_asked(browsing, qtbot, tmp_path):
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
    other = tmp_path / "other"
    other.mkdir()
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.open_folder(other)
    assert browsing._sharing.addresses == ()
    assert not browsing.tool_bar.share.isChecked()
    assert names(browsing) == []
    assert "stopped" in browsing.message_bar.text


def test_another_folder_is_opened_by_menu_and_by_button(browsing, qtbot, tmp_path, monkeypatch):
    for name, control in (
        (
            "one",
            lambda: qtbot.keyClick(browsing, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier),
        ),
        ("two", browsing.sidebar.open_button.click),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.txt").write_text(name)
        monkeypatch.setattr(dialogs, "ask_shared_folder", lambda *_, folder=folder: folder)
        with qtbot.waitSignal(browsing.navigation.opened):
            control()
        assert names(browsing) == [f"{name}.txt"]


def test_a_folder_dropped_on_the_window_is_opened(browsing, qtbot, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "dropped.txt").write_text("x")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.dropEvent(event)
    assert names(browsing) == ["dropped.txt"]


def test_a_folder_that_is_not_there_is_refused_in_a_sentence(window, qtbot, tmp_path):
    with qtbot.waitSignal(window._sharing.refused):
        window.open_folder(tmp_path / "nowhere")
    assert "nowhere" in window.files.notice.text


def test_the_window_survives_the_removal_of_its_folder(browsing, qtbot, pictures):
    kept = pictures.rename(pictures.with_name("moved"))
    with qtbot.waitSignal(browsing.navigation.failed):
        browsing.navigation.reload()
    assert "cannot be shown" in browsing.files.notice.text
    kept.rename(pictures)
    with qtbot.waitSignal(browsing.navigation.opened):
        qtbot.mouseClick(browsing.files.notice.retry_button, Qt.MouseButton.LeftButton)
    assert len(names(browsing)) == 33


def test_the_removal_of_a_folder_within_leaves_the_rest(browsing, qtbot, pictures):
    shutil.rmtree(pictures / "more")
    with qtbot.waitSignal(browsing.navigation.failed):
        browsing.navigation.open("more")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.back()
    assert "more" not in names(browsing)
    assert browsing.sidebar.paths() == [""]


def test_the_window_survives_the_stop_of_its_server(browsing, qtbot, own_share):
    own_share.close()
    with qtbot.waitSignal(browsing.navigation.failed):
        browsing.navigation.reload()
    assert "does not answer" in browsing.files.notice.text


@pytest.mark.parametrize("name", [b"\xff\xfe.txt", b"two\nlines.txt", b"<img src=x>.txt"])
def test_a_name_of_any_bytes_is_shown_and_read(window, qtbot, tmp_path, name):
    folder = tmp_path / "odd"
    folder.mkdir()
    file = bytes(folder) + b"/" + name
    Path(file.decode(errors="surrogateescape")).write_text("the odd one")
    with qtbot.waitSignal(window.navigation.opened):
        window.open_folder(folder)
    window.files.view.setCurrentIndex(window.files.model.index(0, 0))
    qtbot.waitUntil(lambda: window.preview.text.toPlainText() == "the odd one")


def test_a_second_copy_of_the_program_takes_the_next_port(pictures):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = LocalShare(port)
        try:
            address = second.open(pictures)
        finally:
            second.close()
    assert int(address.rpartition(":")[2]) > port


def test_a_link_is_copied_as_other_devices_can_use_it(browsing, qtbot):
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
    select(browsing, "img1.png")
    browsing.preview.link_wanted.emit()
    link = QGuiApplication.clipboard().text()
    assert link.startswith("http://127.0.0.2:")
    assert link.endswith("/files/img1.png")


def test_the_window_remembers_how_it_was(browsing, settings, pictures):
    browsing.files.set_mode(Mode.LIST)
    browsing.tool_bar.slider.setValue(200)
    browsing.files.sort(Column.SIZE, descending=True)
    browsing.close()
    assert settings.order == (Column.SIZE, True)
    assert settings.mode is Mode.LIST
    assert settings.tile_side == 200
    assert settings.shared_folder == pictures
    assert settings.geometry is not None


def test_the_panel_closes_when_something_else_is_pressed(browsing, qtbot):
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
    qtbot.mouseClick(
        browsing.files.view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 300)
    )
    assert not browsing.share_switching.panel.isVisible()
    assert browsing._sharing.addresses


def test_a_double_click_on_the_switch_leaves_nothing_open(browsing, qtbot, own_share):
    """The second press comes while the first is still being done."""
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
        browsing.tool_bar.share.click()
    address = browsing._sharing.addresses[0]
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
    with requests.Session() as other:
        other.trust_env = False
        with pytest.raises(requests.ConnectionError):
            other.get(f"{address}/files/", timeout=10)


def test_whatever_is_asked_for_last_holds(browsing, qtbot, tmp_path):
    answers = []
    browsing._sharing.network_changed.connect(answers.append)
    for on in [True, False] * 10:
        browsing._sharing.switch(on)
    qtbot.waitUntil(lambda: len(answers) == 20)
    assert browsing._sharing.addresses == ()
    folders = [tmp_path / f"folder {number}" for number in range(20)]
    for folder in folders:
        folder.mkdir()
        browsing.open_folder(folder)
    qtbot.waitUntil(lambda: browsing._sharing.folder == folders[-1])
    qtbot.waitUntil(lambda: browsing.windowTitle().startswith("folder 19"))


def test_a_folder_that_cannot_be_shared_leaves_the_one_before(browsing, qtbot, own_share, tmp_path):
    with qtbot.waitSignal(browsing._sharing.network_changed):
        browsing.tool_bar.share.click()
    with qtbot.waitSignal(browsing._sharing.refused):
        browsing.open_folder(tmp_path / "nowhere")
    assert "nowhere" in browsing.message_bar.text
    with requests.Session() as other:
        other.trust_env = False
        answer = other.get(f"{browsing._sharing.addresses[0]}/files/img1.png", timeout=10)
    assert answer.status_code == 200


def test_ten_thousand_selected_files_change_the_layout_and_the_order(window, qtbot, tmp_path):
    """Qt takes a time that grows with the square of the number of blocks in a selection."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.txt").touch()
    window.open_folder(folder)
    qtbot.waitUntil(lambda: window.files.model.rowCount() == 10_000)
    window.files.view.selectAll()
    window.files.set_mode(Mode.LIST)
    window.files.sort(Column.NAME, descending=True)
    assert len(window.files.selected()) == 10_000
    select(window, "17.txt")
    assert [entry.name for entry in window.files.selected()] == ["17.txt"]


def test_all_of_a_folder_can_be_saved_only_once_all_of_it_is_known(browsing):
    whole = browsing._folder
    assert browsing._menus.save_all.isEnabled()
    browsing._show_folder(replace(whole, complete=False))
    assert not browsing._menus.save_all.isEnabled()
    browsing._show_folder(whole)
    assert browsing._menus.save_all.isEnabled()


def test_another_folder_closes_the_viewer(browsing, qtbot, tmp_path):
    browsing.files.select("img1.png")
    qtbot.keyClick(browsing.files.view, Qt.Key.Key_Return)
    assert browsing.viewing.viewer.isVisible()
    (tmp_path / "other").mkdir()
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.open_folder(tmp_path / "other")
    assert not browsing.viewing.viewer.isVisible()


def test_going_up_leaves_the_cursor_on_the_folder_come_from(browsing, qtbot):
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.open("more")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.up()
    assert [entry.name for entry in browsing.files.selected()] == ["more"]


def test_deep_folders_with_long_names_leave_the_window_as_wide_as_it_was(window, qtbot, tmp_path):
    deep = "/".join(["a really long folder name with many words in it"] * 4)
    (tmp_path / "top" / deep).mkdir(parents=True)
    with qtbot.waitSignal(window.navigation.opened):
        window.open_folder(tmp_path / "top")
    before = window.minimumSizeHint().width()
    with qtbot.waitSignal(window.navigation.opened):
        window.navigation.open(deep)
    assert window.minimumSizeHint().width() == before


def test_an_empty_picture_says_that_it_is_empty(browsing, qtbot, pictures):
    (pictures / "empty.png").touch()
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    select(browsing, "empty.png")
    qtbot.waitUntil(lambda: bool(browsing.preview.problem))
    assert browsing.preview.problem == "This file is empty."


def test_text_of_very_many_lines_is_cut(browsing, qtbot, pictures):
    (pictures / "lines.txt").write_text("\n" * 500_000)
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    select(browsing, "lines.txt")
    qtbot.waitUntil(lambda: bool(browsing.preview.problem))
    assert browsing.preview.text.document().blockCount() <= 20_000


def test_saving_the_same_again_tells_that_it_is_there(browsing, qtbot, monkeypatch, tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    save_into(monkeypatch, target)
    select(browsing, "img1.png")
    for told in ("“img1.png”", "1 file was here already."):
        with qtbot.waitSignal(browsing.file_actions.saves.queue.finished):
            browsing.preview.save_wanted.emit()
        assert told in browsing.file_actions.saves.bar.text
