"""The list of what is remembered of the shares of others."""

import pytest
from PySide6.QtCore import Qt

from gui.remembered import NAMELESS, RememberedShares, line

FINGERPRINT = "ab" * 32
HOSTILE = "<b>\u202eShare</b>"


@pytest.fixture
def known(settings):
    return settings.known_shares


@pytest.fixture
def remembered(known, qtbot):
    known.keep_pin("ann", "123456")
    known.name_share("ann", "Ann’s pictures", "http://192.168.1.5:5000")
    known.keep_fingerprint("ben", FINGERPRINT)
    known.keep_pin("ben", "654321")
    known.name_share("ben", HOSTILE, "https://192.168.1.6:5000")
    known.name_share("passer-by", "Not remembered", "http://192.168.1.7:5000")
    made = RememberedShares(known, None)
    qtbot.addWidget(made)
    made.open_window()
    return made


def test_every_share_is_listed_with_what_is_remembered_of_it(remembered):
    assert remembered.lines == [
        "<b>\ufffdShare</b>\nhttps://192.168.1.6:5000, PIN and certificate",
        "Ann’s pictures\nhttp://192.168.1.5:5000, PIN",
    ]
    assert remembered.fingerprint.toPlainText().startswith("AB AB ")
    assert not remembered.fingerprint.isHidden()
    remembered.list.setCurrentRow(1)
    assert remembered.fingerprint.isHidden()


def test_what_is_forgotten_is_gone_for_good(remembered, known, qtbot):
    qtbot.keyClick(remembered.list, Qt.Key.Key_Delete)
    assert [text.partition("\n")[0] for text in remembered.lines] == ["Ann’s pictures"]
    assert known.pin_of("ben") is None
    assert known.fingerprint_of("ben") is None
    qtbot.mouseClick(remembered.forget_button, Qt.MouseButton.LeftButton)
    assert remembered.lines == []
    assert not remembered.nothing.isHidden()
    assert not remembered.forget_button.isEnabled()
    assert [key for key in known._store.allKeys() if key != "share/is_private"] == []


def test_a_pin_that_is_not_kept_is_known_until_it_is_forgotten(known):
    known.keep_fingerprint("ann", FINGERPRINT)
    (share,) = known.remembered()
    for forget in (
        lambda: known.forget_pin("ann"),
        lambda: known.forget(share),
    ):
        known.note_pin("ann", "123456")
        assert known.pin_of("ann") == "123456"
        assert known.remembered() == (share,)
        forget()
        assert known.pin_of("ann") is None


def test_what_was_remembered_before_there_were_names_has_none(known):
    known.keep_fingerprint("old", FINGERPRINT)
    (share,) = known.remembered()
    assert line(share) == f"{NAMELESS}\ncertificate"


def test_a_pin_that_is_forgotten_takes_the_name_with_it(known):
    known.keep_pin("ann", "123456")
    known.name_share("ann", "Ann’s pictures", "http://192.168.1.5:5000")
    known.forget_pin("ann")
    assert known.remembered() == ()
    assert "Ann" not in "".join(map(str, map(known._store.value, known._store.allKeys())))
