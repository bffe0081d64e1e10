"""The panel below the Share switch, on the real share, with another device that comes in."""

import os
from base64 import b64encode
from pathlib import Path

import pytest
import segno
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QPlainTextEdit, QRadioButton

from gui import dialogs
from gui.admission import Admission
from gui.app import keep_choice, keep_pin
from gui.own_share import Choice, NetworkAddress
from gui.pin_row import grouped
from gui.qr_code import QUIET, matrix, paint
from gui.reach_box import ReachBox
from gui.share_panel import ALL_LEFT_OUT
from gui.sharing import Sharing
from gui.theme import DARK, LIGHT
from server.address import Address

LAN, VPN = Address("127.0.0.2", "wlan0"), Address("127.0.0.4", "tun0", "vpn")
MOST_WRONG = 30


@pytest.fixture
def network(own_share, monkeypatch):
    """The addresses of this computer, to be changed by a test."""
    found = [LAN]
    monkeypatch.setattr(own_share._network, "_find_addresses", lambda: list(found))
    return found


@pytest.fixture
def panel(network, browsing, qtbot):
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    return browsing.share_switching.panel


def moves_to(browsing, own_share, qtbot, *found):
    """Have the computer moved to another network."""
    with qtbot.waitSignal(browsing._sharing.network_changed):
        own_share._network._follow(own_share._network.share, list(found))


def with_pin(pin):
    return {"Authorization": f"Basic {b64encode(f'any:{pin}'.encode()).decode()}"}


def modules_of(image: QImage, across: int):
    """Read the modules of the code in the middle of *image*."""
    middle, module = image.width() // 2, image.width() // (across + 2 * QUIET)
    first = middle - module * across // 2
    centres = [first + module * number + module // 2 for number in range(across)]
    return [[int(image.pixelColor(x, y).lightness() < 128) for x in centres] for y in centres]


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_the_code_is_dark_on_light_with_room_around_it_in_every_scheme(panel, qapp, scheme):
    before = qapp.palette()
    palette = qapp.palette()
    palette.setColor(palette.ColorRole.Window, QColor(scheme.background))
    qapp.setPalette(palette)
    try:
        image = panel.code.grab().toImage()
    finally:
        qapp.setPalette(before)
    expected = [list(row) for row in segno.make(panel.code.link, error="m").matrix]
    assert modules_of(image, len(expected)) == expected
    module = image.width() // (len(expected) + 2 * QUIET)
    edge = image.width() // 2 - module * len(expected) // 2
    around = [image.pixelColor(x, image.height() // 2) for x in range(2, edge - 1)]
    assert len(around) >= QUIET * module - 3
    assert all(colour == QColor("white") for colour in around)


def test_a_code_is_painted_in_whole_pixels_in_any_place(qapp):
    modules = matrix("http://192.168.1.23:5000")
    for side in (60, 101, 333):
        image = QImage(side, side, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        paint(painter, modules, image.rect())
        painter.end()
        found = {image.pixelColor(x, y).name() for x in range(side) for y in range(side)}
        assert found == {"#000000", "#ffffff"}


def test_who_scans_the_code_is_in_and_is_listed(panel, phone, qtbot):
    assert panel.visitors.lines == []
    assert phone.get(panel.code.link)[0] == 200
    phone.get(f"{panel.addresses[0]}/files/")
    qtbot.waitUntil(lambda: len(panel.visitors.lines) == 1)
    assert panel.visitors.lines[0].startswith("iPhone, Safari\n127.0.0.3, by link, since ")
    assert panel.reach.standing.startswith("Yes")
    assert panel.reach.fold.isHidden()


def test_a_new_pin_ends_the_session_and_draws_another_code(panel, browsing, phone, qtbot):
    link, pin = panel.code.link, panel.pin_row.digits.text()
    programs = type(phone)("curl/8")
    programs.get(f"{panel.addresses[0]}/files/", **with_pin(pin.replace(" ", "")))
    qtbot.waitUntil(lambda: len(panel.visitors.lines) == 1)
    assert panel.visitors.lines[0].startswith("curl\n127.0.0.3, by PIN, since ")
    qtbot.mouseClick(panel.pin_row.new_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.code.link != link)
    assert panel.pin_row.digits.text() != pin
    qtbot.waitUntil(lambda: panel.visitors.lines == [])
    assert phone.get(link)[0] == 401


def test_the_switch_lets_everyone_in_and_says_so(panel, phone, qtbot):
    address = panel.addresses[0]
    assert phone.get(f"{address}/download/notes.txt")[0] == 401
    qtbot.keyClick(panel.everyone, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: panel.code.link == address)
    assert "Anyone on this network can look at “pictures”" in panel.meaning
    assert panel.pin_row.isHidden()
    assert phone.get(f"{address}/download/notes.txt")[0] == 200
    qtbot.waitUntil(lambda: len(panel.visitors.lines) == 1)
    assert panel.visitors.lines[0].startswith("iPhone, Safari\n127.0.0.3, since ")
    qtbot.keyClick(panel.everyone, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: panel.code.link != address)
    qtbot.waitUntil(lambda: panel.visitors.lines == [])
    assert phone.get(f"{address}/download/notes.txt")[0] == 401
    assert not panel.pin_row.isHidden()


def test_a_pin_that_is_paused_is_told_and_resumed(panel, own_share, qtbot):
    access = own_share._access
    for number in range(MOST_WRONG):
        access.guess("000000" if access.pin != "000000" else "111111", f"10.0.0.{number}")
    qtbot.waitUntil(lambda: panel.pin_row.is_paused)
    qtbot.mouseClick(panel.pin_row.resume_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.pin_row.is_paused)
    assert access.guess(access.pin, "10.0.0.1").kind == "right"


def test_the_best_address_is_told_and_another_one_when_it_is_chosen(
    panel, network, browsing, own_share, phone, qtbot
):
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    assert [address.rpartition(":")[0] for address in panel.addresses[:2]] == [
        "http://127.0.0.2",
        "http://127.0.0.4",
    ]
    assert panel.code.link.startswith(panel.addresses[0])
    second = panel.addresses[1]
    panel.address_list.choose(second)
    assert panel.code.link.startswith(second)
    qtbot.mouseClick(panel.link, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == panel.code.link
    assert browsing._sharing.public_link("http://127.0.0.1:1/files/").startswith(second)
    moves_to(browsing, own_share, qtbot, LAN)
    assert panel.code.link.startswith(panel.addresses[0])


def box_of(panel, interface):
    (box,) = (one for one in panel.networks.boxes if f" {interface} " in one.accessibleName())
    return box


def test_a_network_is_left_out_and_let_in_again_by_key(
    panel, browsing, own_share, phone, settings, qtbot
):
    assert panel.networks.isHidden()
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    browsing._sharing.chose.connect(lambda choice: keep_choice(settings, choice))
    first, second = panel.addresses[:2]
    assert "127.0.0.4, VPN" in box_of(panel, "tun0").accessibleName()
    assert phone.get(f"{first}/download/notes.txt")[0] == 401
    qtbot.keyClick(box_of(panel, "wlan0"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: first not in panel.addresses)
    assert panel.code.link.startswith(second)
    assert settings.left_out == {"wlan0"}
    with pytest.raises(ConnectionRefusedError):
        phone.get(first)
    qtbot.keyClick(box_of(panel, "tun0"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: panel.lead == ALL_LEFT_OUT)
    qtbot.waitUntil(panel.code.isHidden)
    assert panel.reach.isHidden()
    qtbot.keyClick(box_of(panel, "wlan0"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: first in panel.addresses)
    assert phone.get(f"{first}/download/notes.txt")[0] == 401
    assert settings.left_out == {"tun0"}


def test_the_network_chosen_is_told_first_the_next_time_too(
    panel, browsing, own_share, settings, qtbot
):
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    browsing._sharing.chose.connect(lambda choice: keep_choice(settings, choice))
    second = panel.addresses[1]
    panel.address_list.choose(second)
    assert settings.preferred == "tun0"
    moves_to(browsing, own_share, qtbot, LAN)
    moves_to(browsing, own_share, qtbot, VPN, LAN)
    assert panel.code.link.startswith(second)


def test_what_was_chosen_holds_from_the_start(own_share, pictures, network, qtbot):
    network.append(VPN)
    sharing = Sharing(own_share, choice=Choice(frozenset({"wlan0"}), "tun0"))
    try:
        own_share.open(pictures)
        (only,) = own_share.open_to_network()
        assert only.startswith("http://127.0.0.4:")
    finally:
        sharing.stop()


def test_a_network_that_goes_and_comes_back_leaves_the_share_on(panel, browsing, own_share, qtbot):
    moves_to(browsing, own_share, qtbot)
    assert browsing.tool_bar.share.isChecked()
    assert panel.isVisible()
    assert panel.code.isHidden()
    assert panel.reach.standing.startswith("No: this computer is on no network")
    moves_to(browsing, own_share, qtbot, LAN)
    assert not panel.code.isHidden()


def test_what_is_the_same_is_left_alone(panel, browsing, own_share, qtbot):
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    buttons = panel.address_list._group.buttons()
    browsing._sharing._moved.emit()
    browsing._sharing._stirred.emit()
    with qtbot.waitSignal(browsing._sharing.admission_changed):
        browsing._sharing.resume()
    assert panel.address_list._group.buttons() == buttons


def test_a_closed_panel_stays_closed_when_the_network_changes(panel, browsing, own_share, qtbot):
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    assert not panel.isVisible()


def test_the_code_fills_the_window_until_a_key_is_pressed(panel, browsing, qtbot):
    panel.code.setFocus()
    qtbot.keyClick(panel.code, Qt.Key.Key_Space)
    assert panel.sheet.isVisible()
    assert panel.sheet.size() == browsing.size()
    image = panel.sheet.grab().toImage()
    assert image.pixelColor(2, 2) == QColor("white")
    browsing.resize(900, 500)
    assert panel.sheet.size() == browsing.size()
    qtbot.keyClick(panel.sheet, Qt.Key.Key_Escape)
    assert not panel.sheet.isVisible()
    assert panel.isVisible()


def test_the_focus_is_on_the_switch_again_when_sharing_has_stopped(panel, browsing, qtbot):
    panel.stop_button.setFocus()
    for _ in range(2):
        # From the panel first, then at the switch itself.
        with qtbot.waitSignal(browsing._sharing.network_changed):
            qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Space)
        assert QGuiApplication.focusObject() is browsing.tool_bar.share
        assert not browsing._sharing.is_on
        with qtbot.waitSignal(browsing._sharing.switched_on):
            qtbot.keyClick(browsing.tool_bar.share, Qt.Key.Key_Space)
        qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Escape)
        assert QGuiApplication.focusObject() is browsing.tool_bar.share


def test_everything_in_the_panel_has_a_name_and_is_reached_by_tab(panel, browsing, qtbot):
    panel.reach.fold.click()
    wanted = {
        part
        for part in panel.findChildren(QAbstractButton)
        if part.isVisible() and part.isEnabled()
        # Of several to choose from, Tab leads to the one that is chosen, and arrows to the rest.
        if not isinstance(part, QRadioButton) or part.isChecked()
    }
    assert all(part.accessibleName() or part.text() for part in wanted)
    reached = set()
    panel.setFocus()
    for _ in range(60):
        qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Tab)
        reached.add(QGuiApplication.focusObject())
    assert wanted <= reached


def in_order(within):
    """Give what Tab leads to in *within*, in that order."""
    found, part = [], within.nextInFocusChain()
    while part is not within:
        takes_focus = part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isEnabled()
        is_skipped = isinstance(part, QRadioButton) and not part.isChecked()
        if within.isAncestorOf(part) and part.isVisible() and takes_focus and not is_skipped:
            found.append(part)
        part = part.nextInFocusChain()
    return found


def test_tab_leads_from_top_to_bottom(panel, browsing, own_share, qtbot):
    moves_to(browsing, own_share, qtbot, LAN, VPN)
    browsing.resize(1240, 1400)
    with qtbot.waitSignal(browsing._sharing.encrypted):
        panel.https.switch.click()
    chosen = panel.address_list._group.checkedButton()

    # What is new in a layout is shown, and what is below it makes room, in later turns.
    def heights_grow():
        reached = in_order(panel)
        assert {chosen, panel.https.fingerprint} <= set(reached)
        heights = [part.mapTo(panel, part.rect().topLeft()).y() for part in reached]
        assert heights == sorted(heights)

    qtbot.waitUntil(heights_grow)


USED = NetworkAddress("http://10.0.0.2:5003", "10.0.0.2", "eth0", "lan", True, "")


@pytest.fixture
def box(qtbot):
    """What helps where nobody has got here yet, unfolded, on a computer with a firewall."""
    made = ReachBox(lambda: "ufw")
    qtbot.addWidget(made)
    made.show_reach([USED], 5003, was_reached=False)
    made.show()
    made.fold.click()
    return made


def test_tab_leads_from_a_command_to_what_copies_it(box):
    names = [part.accessibleName() for part in in_order(box)[1:]]
    assert names == [
        "Command",
        "Copy: sudo ufw allow 5003/tcp comment Lanslide",
        "Command that takes it back",
        "Copy: sudo ufw delete allow 5003/tcp",
    ]


def test_in_a_low_window_the_panel_scrolls_to_what_has_the_focus(panel, browsing, qtbot):
    browsing.resize(browsing.minimumWidth(), 420)
    qtbot.waitUntil(lambda: panel.geometry().bottom() < browsing.height())
    assert panel.stop_button.isVisible()
    panel.everyone.setFocus()
    top = panel.everyone.mapTo(panel, panel.everyone.rect().topLeft()).y()
    assert 0 <= top <= panel.height() - panel.everyone.height()


def test_stop_is_at_hand(panel, browsing, phone, qtbot):
    address = panel.addresses[0]
    with qtbot.waitSignal(browsing._sharing.network_changed):
        qtbot.mouseClick(panel.stop_button, Qt.MouseButton.LeftButton)
    assert not browsing.tool_bar.share.isChecked()
    with pytest.raises(ConnectionRefusedError):
        phone.get(address)


@pytest.mark.parametrize("closes", [False, True])
def test_the_window_asks_before_it_closes_while_others_take_files(
    panel, browsing, own_share, monkeypatch, closes
):
    asked = []
    # A loopback address is never another device to what counts the transfers.
    monkeypatch.setattr(own_share, "is_moving", lambda: True)
    monkeypatch.setattr(dialogs, "ask_to_stop", lambda *words: asked.append(words) or closes)
    assert browsing.close() is closes
    assert "Other devices" in asked[0][1]


def test_the_window_asks_nothing_when_the_program_is_ended(browsing, own_share, monkeypatch):
    monkeypatch.setattr(own_share, "is_moving", lambda: True)
    monkeypatch.setattr(dialogs, "ask_to_stop", lambda *_: pytest.fail("nobody is there"))
    browsing.close_at_once()
    assert not browsing.isVisible()


def test_two_hundred_visitors_are_listed_without_a_longer_panel(panel, own_share, qtbot):
    for number in range(200):
        asked = {"REMOTE_ADDR": f"10.0.{number}.1", "HTTP_USER_AGENT": "Lanslide/1"}
        asked |= {"REQUEST_METHOD": "GET", "SERVER_PORT": "5000"}
        own_share._activity.answered(asked, "/files/", "200 OK", {}, None)
    qtbot.waitUntil(lambda: len(panel.visitors.lines) == 200)
    row = panel.visitors.list.sizeHintForRow(0)
    assert panel.visitors.list.height() < 7 * row
    assert panel.visitors.lines[0].startswith("Lanslide\n10.0.199.1")


def test_a_command_for_the_firewall_is_shown_to_be_copied(box):
    commands = [field.toPlainText() for field in box.findChildren(QPlainTextEdit)]
    assert commands[0] == "sudo ufw allow 5003/tcp comment Lanslide"
    box.show_reach([USED], 5003, was_reached=True)
    assert box._causes.isHidden()


def test_what_is_in_the_way_of_one_address_is_said(qtbot):
    box = ReachBox(lambda: "unknown")
    qtbot.addWidget(box)
    taken = NetworkAddress("http://10.0.0.3:5003", "10.0.0.3", "eth1", "lan", False, "It is taken.")
    box.show_reach([USED, taken], 5003, was_reached=True)
    assert "10.0.0.3: It is taken." in box.standing


def test_the_pin_is_kept_by_a_switch(panel, browsing, own_share, qtbot):
    with qtbot.waitSignal(browsing._sharing.admission_changed):
        qtbot.keyClick(panel.keep, Qt.Key.Key_Space)
    assert own_share.admission().is_kept
    assert panel.keep.isChecked()


def test_a_kept_pin_is_remembered_and_forgotten(settings):
    admission = Admission("123456", "s" * 22, is_kept=True)
    keep_pin(settings, admission)
    assert settings.kept_pin == ("123456", "s" * 22)
    settings._store.sync()
    assert settings._store.status() == settings._store.Status.NoError
    assert Path(settings._store.fileName()).stat().st_mode & 0o077 == 0 or os.name == "nt"
    keep_pin(settings, Admission("123456", "s" * 22))
    assert settings.kept_pin is None


@pytest.mark.parametrize(
    ("pin", "shown"), [("482913", "482 913"), ("12345678", "1234 5678"), ("1234567", "1234 567")]
)
def test_digits_are_shown_in_groups(pin, shown):
    assert grouped(pin) == shown


def test_the_pin_shown_is_the_one_that_lets_in(panel, phone):
    pin = panel.pin_row.digits.text().replace(" ", "")
    given = {"Authorization": f"Basic {b64encode(f'any:{pin}'.encode()).decode()}"}
    assert phone.get(f"{panel.addresses[0]}/download/notes.txt", **given)[0] == 200
