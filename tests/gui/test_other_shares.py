"""The window and another share, found by mDNS on loopback or typed, as a person gets there."""

import stat
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from gui import dialogs
from gui.local_share import LocalShare
from gui.nearby import Nearby
from gui.nearby_list import NOBODY
from server.access import Access
from server.address import Address
from server.discovery.announced import Announced, FoundShare
from server.discovery.announcement import Announcement
from server.discovery.nearby import Nearby as Finder
from server.identity import Identity

PIN, WRONG, SECRET = "123456", "000000", "s" * 22
# Announcing takes a second; only ever waited out when something is broken.
PATIENCE_MS = 15_000
SEED = b"n" * 32


class Neighbour:
    """Another computer's share, which can be stopped and begun again elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.access = Access(PIN, SECRET, is_free=lambda _: False)
        self._share: LocalShare | None = None
        self.address = ""

    def begin(self, name: str = "Ann’s pictures", host: str = "127.0.0.3", announce=True) -> None:
        self._share = LocalShare(
            0,
            lambda: [Address(host, "test1")],
            access=self.access,
            keeps_pin=True,
            name=name,
            seed=SEED,
            announce=Announcement if announce else None,
        )
        self._share.open(self.folder)
        (self.address,) = self._share.open_to_network()

    @property
    def id(self) -> str:
        return self._share.id

    def rename(self, name: str) -> None:
        self._share.rename(name)

    def stop(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            share.close()


@pytest.fixture
def neighbour(holiday):
    made = Neighbour(holiday)
    yield made
    made.stop()


@pytest.fixture
def nearby(own_share, qapp):
    made = Nearby(
        lambda changed: Finder(changed, lambda: [own_share.id], ["127.0.0.1"]),
    )
    made.begin()
    yield made
    made.stop()


def listed(window):
    shares = window.sidebar.nearby.list
    return [shares.item(row).text() for row in range(shares.count())]


def click(window, qtbot, row=0):
    shares = window.sidebar.nearby.list
    place = shares.visualItemRect(shares.item(row)).center()
    qtbot.mouseClick(shares.viewport(), Qt.MouseButton.LeftButton, pos=place)


def names(window):
    return [entry.name for entry in window.files.entries()]


def wait_for(qtbot, holds):
    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def type_address(window, qtbot, text):
    window._menus.open_address.trigger()
    dialog = window.browsing.questions.address
    wait_for(qtbot, dialog.isVisible)
    dialog.field.setText(text)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    return dialog


def give_pin(window, qtbot, pin, *, remember=False):
    dialog = window.browsing.questions.pin
    wait_for(qtbot, dialog.isVisible)
    wait_for(qtbot, lambda: not dialog.field.isReadOnly())
    dialog.field.clear()
    qtbot.keyClicks(dialog.field, pin)
    dialog.remember.setChecked(remember)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    return dialog


def test_a_share_is_found_opened_with_its_pin_and_left_again(browsing, neighbour, qtbot):
    assert browsing.sidebar.nearby.notice.text() == NOBODY
    neighbour.begin()
    wait_for(qtbot, lambda: listed(browsing) == ["Ann’s pictures"])
    click(browsing, qtbot)
    dialog = give_pin(browsing, qtbot, WRONG)
    wait_for(qtbot, lambda: dialog.problem.text() == "This is not the PIN.")
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert not dialog.isVisible()
    assert browsing.sidebar.paths() == ["", "uploads"]
    assert browsing.sidebar.home.isVisible()
    neighbour.stop()
    wait_for(qtbot, lambda: listed(browsing) == [])
    qtbot.mouseClick(browsing.sidebar.home, Qt.MouseButton.LeftButton)
    wait_for(qtbot, lambda: "img1.png" in names(browsing))
    assert not browsing.sidebar.home.isVisible()


def test_two_programs_find_each_other_and_neither_itself(browsing, own_share, neighbour, qtbot):
    neighbour.begin()
    own_share._announcing._begin = Announcement
    there = Finder(lambda: None, lambda: [neighbour.id], ["127.0.0.1"])
    try:
        with qtbot.waitSignal(browsing._sharing.network_changed):
            browsing._sharing.switch(True)
        wait_for(qtbot, lambda: [share.id for share in there.shares()] == [own_share.id])
        wait_for(qtbot, lambda: listed(browsing) == ["Ann’s pictures"])
        own_share.open_to_everyone(True)
        wait_for(qtbot, lambda: [share.needs_pin for share in there.shares()] == [False])
        own_share.rename("Kitchen")
        wait_for(qtbot, lambda: [share.name for share in there.shares()] == ["Kitchen"])
        with qtbot.waitSignal(browsing._sharing.network_changed):
            browsing._sharing.switch(False)
        wait_for(qtbot, lambda: there.shares() == ())
    finally:
        there.close()


def test_a_share_that_went_away_is_open_again_when_it_is_back_elsewhere(browsing, neighbour, qtbot):
    neighbour.begin()
    wait_for(qtbot, lambda: listed(browsing) == ["Ann’s pictures"])
    click(browsing, qtbot)
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    browsing.navigation.open("uploads")
    wait_for(qtbot, lambda: names(browsing) == ["img1.png"])
    before = neighbour.address
    with qtbot.waitSignal(browsing.browsing.lost, timeout=PATIENCE_MS) as lost:
        neighbour.stop()
    assert lost.args[0].startswith("“Ann’s pictures” does not answer just now.")
    neighbour.begin(host="127.0.0.4")
    assert neighbour.address != before
    wait_for(qtbot, lambda: browsing._client.address == neighbour.address)
    wait_for(qtbot, lambda: names(browsing) == ["img1.png"])


def test_a_pin_is_remembered_only_on_request_and_forgotten_when_it_is_wrong(
    browsing, neighbour, settings, qtbot
):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, neighbour.address)
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert settings.known_shares.pin_of(neighbour.id) is None
    for remember in (True, False):
        browsing.browsing.go_home()
        wait_for(qtbot, lambda: "img1.png" in names(browsing))
        type_address(browsing, qtbot, neighbour.address)
        if remember:
            give_pin(browsing, qtbot, PIN, remember=True)
        wait_for(qtbot, lambda: "uploads" in names(browsing))
        assert settings.known_shares.pin_of(neighbour.id) == PIN
    neighbour.access.new_pin()
    browsing.browsing.go_home()
    type_address(browsing, qtbot, neighbour.address)
    dialog = browsing.browsing.questions.pin
    wait_for(qtbot, dialog.isVisible)
    assert settings.known_shares.pin_of(neighbour.id) is None
    qtbot.keyClicks(dialog.field, neighbour.access.pin)
    dialog.remember.setFocus()
    qtbot.keyClick(dialog.remember, Qt.Key.Key_Return)
    wait_for(qtbot, lambda: "uploads" in names(browsing))


def test_what_is_remembered_is_listed_and_forgotten(browsing, neighbour, settings, qtbot):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, neighbour.address)
    give_pin(browsing, qtbot, PIN, remember=True)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    browsing._menus.remembered.trigger()
    assert browsing.remembered.lines == [f"Ann’s pictures\n{neighbour.address}, PIN"]
    qtbot.mouseClick(browsing.remembered.forget_button, Qt.MouseButton.LeftButton)
    assert settings.known_shares.pin_of(neighbour.id) is None
    browsing.remembered.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions.")
def test_remembered_pins_are_readable_by_their_user_alone(settings):
    settings.known_shares.keep_pin("abc", PIN)
    settings._store.sync()
    mode = Path(settings._store.fileName()).stat().st_mode
    assert stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO) == 0


def test_a_link_lets_in_without_a_question(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, f"{neighbour.address}/files/uploads/?key={SECRET}")
    wait_for(qtbot, lambda: names(browsing) == ["img1.png"])
    wait_for(qtbot, lambda: browsing.sidebar.paths() == ["", "uploads"])
    assert browsing.sidebar.tree.currentItem().text(0) == "uploads"
    assert not browsing.browsing.questions.pin.isVisible()
    assert SECRET not in browsing._client.url("img1.png")


def test_an_old_link_asks_for_the_pin_instead(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    dialog = type_address(browsing, qtbot, f"{neighbour.address}/?key={'o' * 22}")
    wait_for(qtbot, browsing.browsing.questions.pin.isVisible)
    assert browsing.browsing.questions.pin.problem.text() == "This link is not valid any more."
    assert not dialog.isVisible()
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))


def test_a_new_pin_there_is_asked_for_here(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, neighbour.address)
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    neighbour.access.new_pin()
    browsing.navigation.reload()
    dialog = browsing.browsing.questions.pin
    wait_for(qtbot, dialog.isVisible)
    assert dialog.problem.text() == "It has another PIN now."
    assert "“Ann’s pictures” has another PIN now." in browsing.files.notice.text
    give_pin(browsing, qtbot, neighbour.access.pin)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert browsing.focusWidget() is browsing.files.view


def test_who_is_blocked_there_is_told_so_here(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, f"{neighbour.address}/?key={SECRET}")
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    neighbour.access.block(["127.0.0.1"])
    blocked = "has blocked this computer. Whoever shares it can undo that."
    browsing.navigation.reload()
    wait_for(qtbot, lambda: f"“Ann’s pictures” {blocked}" in browsing.files.notice.text)
    dialog = type_address(browsing, qtbot, neighbour.address)
    wait_for(qtbot, lambda: dialog.problem.text() == f"{neighbour.address} {blocked}")
    dialog.reject()


def test_a_share_that_is_opened_to_everyone_opens_while_its_pin_is_asked_for(
    browsing, neighbour, qtbot
):
    neighbour.begin(announce=False)
    type_address(browsing, qtbot, neighbour.address)
    dialog = browsing.browsing.questions.pin
    wait_for(qtbot, dialog.isVisible)
    qtbot.keyClicks(dialog.field, "12")
    neighbour.access.is_open = True
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert not dialog.isVisible()


def test_a_click_nearby_asks_again_for_the_pin_of_what_has_another_now(browsing, neighbour, qtbot):
    neighbour.begin()
    wait_for(qtbot, lambda: listed(browsing) == ["Ann’s pictures"])
    click(browsing, qtbot)
    dialog = give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    neighbour.access.new_pin()
    browsing.navigation.reload()
    wait_for(qtbot, dialog.isVisible)
    dialog.reject()
    browsing.browsing.go_home()
    click(browsing, qtbot)
    wait_for(qtbot, dialog.isVisible)
    assert not browsing.sidebar.nearby.list.selectedItems()


def test_too_many_wrong_pins_are_said_in_the_dialog(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    for _ in range(5):
        neighbour.access.guess(WRONG, "127.0.0.1")
    type_address(browsing, qtbot, neighbour.address)
    dialog = give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "too many wrong PINs" in dialog.problem.text())
    assert dialog.isVisible()


@pytest.mark.parametrize("text", ["", "no address", "ftp://127.0.0.1:5000", "http://a@b/"])
def test_what_is_no_address_is_said_in_the_dialog(browsing, qtbot, text):
    browsing._menus.open_address.trigger()
    dialog = browsing.browsing.questions.address
    wait_for(qtbot, dialog.isActiveWindow)
    qtbot.keyClicks(dialog.field, text)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert "One looks like 192.168.1.5:5000." in dialog.problem.text()
    dialog.reject()


def test_an_address_where_no_share_is_is_said_in_the_dialog(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    neighbour.stop()
    dialog = type_address(browsing, qtbot, neighbour.address)
    wait_for(qtbot, lambda: dialog.problem.text() == f"{neighbour.address} does not answer.")
    assert dialog.isVisible()
    dialog.reject()
    assert "img1.png" in names(browsing)


def test_what_the_user_gave_up_does_not_open_later(browsing, scripted, qtbot):
    stalled = scripted(lambda exchange: exchange.stall())
    dialog = type_address(browsing, qtbot, stalled.address)
    assert stalled.stalled.acquire(timeout=20)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    changed = []
    browsing.browsing.changed.connect(lambda *_: changed.append(1))
    stalled.stop()
    browsing.navigation.open("more")
    wait_for(qtbot, lambda: "portrait.png" in names(browsing))
    assert not changed
    assert not browsing.message_bar.isVisible()


def test_another_share_at_an_announced_address_is_not_taken_for_it(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    browsing.browsing.open_found(FoundShare("f" * 32, "Ben", (neighbour.address,)))
    wait_for(qtbot, browsing.message_bar.isVisible)
    wait_for(qtbot, lambda: browsing.message_bar.text.startswith("Another share than “Ben” is at"))


def test_the_first_address_that_answers_is_taken(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    urls = ("http://127.0.0.9:1", neighbour.address)
    browsing.browsing.open_found(FoundShare(neighbour.id, "Ann", urls))
    give_pin(browsing, qtbot, PIN)
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert browsing._client.address == neighbour.address


def test_hostile_names_are_text_and_stay_within_the_side_bar(browsing, qtbot, monkeypatch):
    shares = [
        FoundShare("a" * 32, "<img src=x>", ("http://127.0.0.3:1",)),
        FoundShare("b" * 32, "W" * 100, ("http://127.0.0.3:2",), needs_pin=True),
        *(FoundShare(f"{number:032}", "x", ("http://127.0.0.3:3",)) for number in range(198)),
    ]
    width = browsing.sidebar.minimumSizeHint().width()
    browsing.sidebar.nearby.show_shares(shares, "")
    items = browsing.sidebar.nearby.list
    assert items.count() == 200
    assert items.item(0).text() == "<img src=x>"
    assert items.item(0).toolTip().startswith("<qt>&lt;img src=x&gt;")
    assert browsing.sidebar.minimumSizeHint().width() == width
    assert browsing.sidebar.tree.height() > 100


def test_without_multicast_a_sentence_says_how_to_go_on(browsing):
    sentence = "This network does not let shares be found. Open one by its address."
    browsing.sidebar.nearby.show_shares((), sentence)
    assert browsing.sidebar.nearby.notice.text() == sentence


def test_nothing_is_asked_of_a_share_before_it_is_clicked(browsing, scripted, qtbot):
    asked = scripted(lambda exchange: exchange.reply(b"{}"))
    port = int(asked.address.rpartition(":")[2])
    announcement = Announcement(Announced(Identity("Trap"), port, ("127.0.0.1",)))
    try:
        wait_for(qtbot, lambda: listed(browsing) == ["Trap"])
        assert asked.connections == 0
        click(browsing, qtbot)
        wait_for(qtbot, lambda: "did not say which share it is" in browsing.message_bar.text)
        assert asked.connections > 0
    finally:
        announcement.close()


def test_saving_goes_on_while_another_share_is_browsed(
    browsing, neighbour, qtbot, tmp_path, monkeypatch
):
    neighbour.begin(announce=False)
    monkeypatch.setattr(dialogs, "ask_folder", lambda *_: tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    with qtbot.waitSignal(
        browsing.file_actions.saves.queue.finished, timeout=PATIENCE_MS
    ) as finished:
        browsing._save_all()
        browsing.browsing.open_typed(f"{neighbour.address}/?key={SECRET}")
        wait_for(qtbot, lambda: "uploads" in names(browsing))
    assert (finished.args[0].saved, finished.args[0].failed) == (34, 0)


def test_a_link_to_another_share_is_its_own(browsing, neighbour, qtbot):
    neighbour.begin(announce=False)
    browsing.browsing.open_typed(f"{neighbour.address}/?key={SECRET}")
    wait_for(qtbot, lambda: "uploads" in names(browsing))
    browsing.files.select("notes.txt")
    wait_for(qtbot, lambda: [entry.name for entry in browsing.files.selected()] == ["notes.txt"])
    browsing._copy_link()
    assert QGuiApplication.clipboard().text() == f"{neighbour.address}/files/notes.txt"


def test_the_name_on_the_network_is_asked_for_and_kept(browsing, own_share, monkeypatch, qtbot):
    assert own_share._identity(Path("x")).name not in ("", "Lanslide")
    monkeypatch.setattr(dialogs, "ask_share_name", lambda *_: "Kitchen")
    browsing._menus.share_name.trigger()
    wait_for(qtbot, lambda: own_share._identity(Path("x")).name == "Kitchen")
    assert browsing._settings.share_name == "Kitchen"
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    assert browsing.share_switching.panel.called == "Nearby it is called “Kitchen”."
