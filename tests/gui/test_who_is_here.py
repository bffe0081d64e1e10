"""The window of who is here, on the real share, with other devices that come in."""

import http.client
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton

from gui.activity import Guest, Happening, Taking
from gui.activity_words import clock, doing, happened, part_done, totals
from gui.guest_model import GuestModel, row_of
from gui.guest_rows import device_drawing
from gui.history_model import MOST, HistoryModel
from gui.rates import WINDOW, Rates
from gui.row_model import ROW_ROLE

PHONE = "127.0.0.3"
PATIENCE = 20
BIG = 64 << 20
HOSTILE = "<img src=x>\n\u202egpj.exe"


@pytest.fixture
def here(browsing, qtbot):
    """The window, open; others may come in."""
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    browsing.who_is_here.open_window()
    return browsing.who_is_here


@pytest.fixture
def link(here):
    return here._sharing.link(here._sharing.chosen)


def rows(model):
    return [model.index(row).data() for row in range(model.rowCount())]


def guest(number=1, **fields):
    usual = {
        "name": "curl",
        "address": "10.0.0.1",
        "is_blocked": False,
        "is_in": True,
        "by": "",
        "since": 0.0,
        "seen": 0.0,
        "deed": "",
        "path": "",
        "takings": (),
        "viewed": 0,
        "taken": 0,
        "moved": 0,
    }
    return Guest(number, **{**usual, **fields})


def happening(number, **fields):
    usual = {
        "when": 0.0,
        "what": "took",
        "device": 1,
        "name": "curl",
        "address": "10.0.0.1",
        "path": "a/b.jpg",
        "sent": 1500,
        "size": 1500,
        "files": 0,
        "by": "",
    }
    return Happening(number, **{**usual, **fields})


# With the real share


def test_before_anybody_comes_it_says_so(here):
    assert here._pages.currentIndex() == 0
    assert here.guests.rowCount() == 1


def test_a_device_is_listed_with_what_it_does(here, link, phone, qtbot):
    phone.get(link)
    phone.get(f"{here._sharing.chosen}/files/more/")
    phone.get(f"{here._sharing.chosen}/download/notes.txt")
    qtbot.waitUntil(lambda: here.history.rowCount() == 3)
    qtbot.waitUntil(lambda: "Took" in rows(here.guests)[-1])
    assert here._pages.currentIndex() == 1
    everyone, device = rows(here.guests)
    assert everyone.startswith("Everyone, 1 device, 1 taken, 19 bytes")
    assert device.startswith("iPhone, Safari, 127.0.0.3, Took “notes.txt”, 1 taken, 19 bytes, ")
    said = [line.partition(" iPhone, Safari ")[2] for line in rows(here.history)]
    assert said == ["took “notes.txt”, 19 bytes", "looked at “more”", "came in by link"]


def test_what_is_on_its_way_has_a_bar_and_a_rate(here, link, phone, pictures, qtbot):
    with (pictures / "film.bin").open("wb") as film:
        film.truncate(BIG)
    phone.get(link)
    parts = urlsplit(link)
    client = http.client.HTTPConnection(
        parts.hostname, parts.port, timeout=PATIENCE, source_address=(PHONE, 0)
    )
    asked = {"User-Agent": phone.agent, "Cookie": phone.cookie}
    client.request("GET", "/download2/film.bin", headers=asked)
    answer = client.getresponse()
    answer.read(1 << 20)
    qtbot.waitUntil(lambda: here.guests.rowCount() == 2)
    qtbot.waitUntil(lambda: (here.guests.shown(1).done or 0) > 0)
    assert here.guests.shown(1).doing == "Taking “film.bin”"
    assert here.guests.shown(1).done < 1
    here.grab()  # paints the bar
    answer.close()
    client.close()
    qtbot.waitUntil(lambda: not here.guests.shown(1).is_busy)
    assert here.guests.shown(1).doing == "Broke off “film.bin”"
    qtbot.waitUntil(lambda: "broke off “film.bin” after " in rows(here.history)[0])


def test_the_history_is_that_of_the_selected_device(here, link, phone, own_share, qtbot):
    phone.get(link)
    phone.get(f"{here._sharing.chosen}/files/")
    other = type(phone)("curl/8")
    other.get(link)
    other.get(f"{here._sharing.chosen}/download/notes.txt")
    qtbot.waitUntil(lambda: here.history.rowCount() == 4)
    here.guest_list.setFocus()
    qtbot.keyClick(here.guest_list, Qt.Key.Key_Down)
    assert here.name.text() == "curl"
    assert [text.partition(" curl ")[2] for text in rows(here.history)] == [
        "took “notes.txt”, 19 bytes",
        "came in by link",
    ]
    other.get(f"{here._sharing.chosen}/files/more/")
    qtbot.waitUntil(lambda: here.history.rowCount() == 3)
    qtbot.keyClick(here.guest_list, Qt.Key.Key_Up)
    assert here.history.rowCount() == 5


def test_a_device_is_blocked_and_unblocked(here, link, phone, qtbot):
    phone.get(link)
    file = f"{here._sharing.chosen}/download/notes.txt"
    assert phone.get(file)[0] == 200
    qtbot.waitUntil(lambda: here.guests.rowCount() == 2)
    assert here.block_button.isHidden()
    here.guest_list.setCurrentIndex(here.guests.index(1))
    assert here.block_button.accessibleName() == "Block iPhone, Safari"
    qtbot.mouseClick(here.block_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: here.block_button.text() == "Unblock")
    assert phone.get(file)[0] == phone.get(link)[0] == 403
    assert here.notice.isVisible()
    assert here.guests.shown(1).doing == "Blocked"
    assert here.block_action.text() == "Unblock iPhone, Safari"
    here.guest_list.setFocus()
    qtbot.keyClick(here.guest_list, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: here.block_button.text() == "Block")
    assert here.notice.isHidden()
    assert phone.get(file)[0] == 401
    assert phone.get(link)[0] == 200


def test_a_new_pin_is_at_hand_beside_a_blocked_device(here, link, phone, qtbot):
    phone.get(link)
    phone.get(f"{here._sharing.chosen}/files/")
    qtbot.waitUntil(lambda: here.guests.rowCount() == 2)
    here.guest_list.setCurrentIndex(here.guests.index(1))
    assert here.new_pin_button.isHidden()
    qtbot.mouseClick(here.block_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(here.new_pin_button.isVisible)
    pin = here._sharing.admission.pin
    qtbot.mouseClick(here.new_pin_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: here._sharing.admission.pin != pin)
    qtbot.waitUntil(lambda: here.block_button.text() == "Block")
    assert phone.get(link)[0] == 401


def test_nothing_is_asked_for_while_nobody_looks(
    here, browsing, link, phone, own_share, qtbot, monkeypatch
):
    assert here._looking.interval() >= 250
    here.hide()
    browsing.share_switching.panel.hide()
    assert not here._looking.isActive()
    monkeypatch.setattr(own_share, "guests", lambda: pytest.fail("nobody looks"))
    with qtbot.waitSignal(here._sharing.admission_changed):
        phone.get(link)


def test_the_panel_leads_to_it(here, browsing, qtbot):
    here.hide()
    browsing.share_switching.panel.open_below(browsing.tool_bar.share)
    qtbot.mouseClick(browsing.share_switching.panel.who_button, Qt.MouseButton.LeftButton)
    assert here.isVisible()
    assert not browsing.share_switching.panel.isVisible()
    here.close()
    browsing._menus.who.trigger()
    assert here.isVisible()


def test_everything_in_it_is_reached_by_tab(here, link, phone, qtbot):
    phone.get(link)
    phone.get(f"{here._sharing.chosen}/files/")
    qtbot.waitUntil(lambda: here.guests.rowCount() == 2)
    here.guest_list.setCurrentIndex(here.guests.index(1))
    wanted = {part for part in here.findChildren(QAbstractButton) if part.isVisible()}
    wanted |= {here.guest_list, here.history_list}
    assert all(part.accessibleName() or part.text() for part in wanted)
    reached = set()
    for _ in range(10):
        qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Tab)
        reached.add(QGuiApplication.focusObject())
    assert wanted <= reached


def test_hostile_names_are_shown_and_not_obeyed(here, link, phone, pictures, qtbot):
    name = "<b>\u202e\x1b[31m.txt"
    (pictures / name).write_text("x")
    phone.get(link)
    phone.get(f"{here._sharing.chosen}/download/%3Cb%3E%E2%80%AE%1B%5B31m.txt")
    qtbot.waitUntil(lambda: here.history.rowCount() == 2)
    qtbot.waitUntil(lambda: "Took" in rows(here.guests)[1])
    for text in (rows(here.history)[0], rows(here.guests)[1]):
        assert "“<b>\ufffd\ufffd[31m.txt”" in text
        assert text.isprintable()
    here.grab()


# The models


def test_the_models_keep_to_the_rules(qtmodeltester):
    guests, history = GuestModel(), HistoryModel()
    guests.show_guests([guest(1), guest(2)], {1: 5000.0})
    history.add([happening(1), happening(2, device=2)])
    qtmodeltester.check(guests)
    qtmodeltester.check(history)


def test_a_guest_who_comes_is_added_and_the_others_stay_where_they_are(qtbot):
    model = GuestModel()
    model.show_guests([guest(1)], {})
    with qtbot.assertNotEmitted(model.modelReset):
        with qtbot.waitSignal(model.rowsInserted):
            model.show_guests([guest(1), guest(2)], {})
        with qtbot.assertNotEmitted(model.rowsInserted), qtbot.waitSignal(model.dataChanged):
            model.show_guests([guest(1, viewed=1), guest(2)], {})
    with qtbot.assertNotEmitted(model.dataChanged):
        model.show_guests([guest(1, viewed=1), guest(2)], {})
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.show_guests([guest(1, viewed=2), guest(2)], {})
    model.show_guests([guest(1, viewed=2), guest(2)], {2: 5000.0})
    assert changed == [(0, 0), (2, 2), (0, 1)]
    with qtbot.waitSignal(model.modelReset):
        model.show_guests([guest(2), guest(3)], {})
    assert [model.guest_at(row) and model.guest_at(row).number for row in range(3)] == [None, 3, 2]
    assert (model.row_of(2), model.row_of(1), model.row_of(None)) == (2, 0, 0)


def test_the_last_thousand_are_kept():
    model = HistoryModel()
    model.add([happening(number, device=number % 2) for number in range(1, 901)])
    model.add([happening(number, device=number % 2) for number in range(901, 1501)])
    assert model.rowCount() == MOST
    model.show_device(1)
    assert model.rowCount() == MOST // 2
    model.add([happening(number, device=1) for number in range(1501, 1501 + 3 * MOST)])
    assert model.rowCount() == MOST
    assert model.last == 1500 + 3 * MOST
    model.show_device(0)
    assert model.rowCount() == 0


def test_what_is_told_of_wrong_pins_is_told_once_for_each_address():
    model, wrong = HistoryModel(), {"what": "wrong", "device": 0, "path": ""}
    model.add([happening(1, **wrong, tries=1), happening(2), happening(3, **wrong, tries=2)])
    model.add([happening(4, address="10.0.0.2", **wrong, tries=1)])
    model.add([happening(6, **wrong, tries=4)])
    assert [line.partition(" curl ")[2] for line in rows(model)] == [
        "gave 4 wrong PINs, from 10.0.0.1",
        "gave a wrong PIN, from 10.0.0.2",
        "took “b.jpg”, 1.5 kB",
    ]


def test_everyone_together_is_the_sum():
    model = GuestModel()
    taking = Taking("took", "film.bin", 50, 200)
    busy = guest(1, takings=(taking,), viewed=2, moved=1000)
    model.show_guests([busy, guest(2, taken=3, moved=500)], {1: 2e6, 2: 1e6})
    row = model.index(0).data(ROW_ROLE)
    assert (row.address, row.doing) == ("2 devices", "1 device taking files")
    assert (row.totals, row.beside) == ("2 viewed, 3 taken, 1.5 kB", "3.0 MB/s")


# Words


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"what": "came", "by": "pin"}, "came in by PIN"),
        ({"what": "came"}, "is here"),
        ({"what": "looked", "path": ""}, "looked at the folder"),
        ({"what": "viewed"}, "viewed “b.jpg”"),
        ({}, "took “b.jpg”, 1.5 kB"),
        ({"path": "", "files": 12}, "took everything as a zip of 12 files, 1.5 kB"),
        ({"what": "broke", "size": None}, "broke off “b.jpg” after 1.5 kB of an unknown size"),
        ({"what": "part", "size": 3000}, "took a part of “b.jpg”, 1.5 kB of 3.0 kB"),
        ({"what": "blocked"}, "was blocked"),
        ({"path": f"x/{HOSTILE}"}, "took “<img src=x>\ufffd\ufffdgpj.exe”, 1.5 kB"),
    ],
)
def test_what_happened_is_told_in_words(fields, expected):
    assert happened(happening(1, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ""),
        ({"deed": "looked"}, "Looked at the folder"),
        ({"deed": "zipped", "path": "a/b"}, "Took “b” as a zip"),
        ({"deed": "took", "path": "b", "is_blocked": True}, "Blocked"),
        ({"takings": (Taking("viewed", "b", 0, 5),)}, "Loading “b”"),
        ({"takings": (Taking("zipped", "", 0, 5),)}, "Taking everything as a zip"),
        ({"takings": (Taking("took", "b", 0, 5),) * 3}, "Taking 3 files"),
    ],
)
def test_what_a_device_does_is_told_in_words(fields, expected):
    assert doing(guest(**fields)) == expected


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([], None), ([(1, None)], None), ([(0, 0)], None), ([(5, 10), (0, 10)], 0.25), ([(9, 5)], 1)],
)
def test_how_much_is_done(sizes, expected):
    assert part_done([Taking("took", "b", *one) for one in sizes]) == expected


def test_totals_leave_out_what_there_is_none_of():
    assert totals(0, 0, 0) == ""
    assert totals(12, 0, 45_000_000) == "12 viewed, 45.0 MB"


def test_who_takes_something_and_pauses_is_not_shown_as_gone():
    film = Taking("took", "film.bin", 5_000, 10_000)
    tablet = guest(takings=(film,), moved=5_000)
    assert row_of(tablet, 2_000_000.0).beside == "2.0 MB/s"
    assert row_of(tablet, 0.0).beside == ""
    assert row_of(replace(tablet, takings=()), 0.0).beside == clock(0.0)


def test_who_is_blocked_has_no_rate_any_more():
    tablet = guest(is_blocked=True, deed="broke", path="film.bin", moved=5_000)
    assert row_of(tablet, 2_000_000.0).beside == clock(0.0)


def test_who_comes_in_is_drawn_as_the_device_that_it_is():
    assert [device_drawing(name) for name in ("iPhone, Safari", "Android, Chrome")] == 2 * ["phone"]
    assert [device_drawing(name) for name in ("Linux, Firefox", "curl")] == 2 * ["computer"]


def test_a_rate_is_an_average_of_the_last_seconds():
    rates = Rates()
    assert rates.update({1: 100}, 10.0) == {1: 0.0}
    assert rates.update({1: 600}, 10.5) == {1: 1000.0}
    for step in range(1, 20):
        rates.update({1: 600}, 10.5 + step * WINDOW / 4)
    assert rates.update({1: 600, 2: 5}, 30.0) == {1: 0.0, 2: 0.0}
    assert rates.update({}, 31.0) == {}
