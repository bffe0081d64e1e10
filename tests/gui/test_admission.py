"""The window's own share lets devices in by PIN, link, or because it is open, and no others."""

from base64 import b64encode

import pytest

from gui.local_share import access_with
from gui.sharing import Sharing


@pytest.fixture
def address(own_share, pictures):
    own_share.open(pictures)
    return own_share.open_to_network()[0]


def with_pin(pin):
    return {"Authorization": f"Basic {b64encode(f'any:{pin}'.encode()).decode()}"}


def test_a_device_needs_the_pin(own_share, address, phone):
    file = f"{address}/download/notes.txt"
    assert phone.get(file)[0] == 401
    pin = own_share.admission().pin
    assert phone.get(file, **with_pin(pin)) == (200, b"Sun, sea and sand.\n")


def test_a_device_that_follows_the_link_is_in_and_is_told_by_a_name(own_share, address, phone):
    assert phone.get(own_share.link(address))[0] == 200
    assert phone.get(f"{address}/download/notes.txt")[0] == 200
    (guest,) = own_share.guests()
    assert (guest.name, guest.address, guest.by) == ("iPhone, Safari", "127.0.0.3", "link")


def test_a_new_pin_ends_what_the_one_before_began(own_share, address, phone):
    before, link = own_share.admission(), own_share.link(address)
    phone.get(link)
    phone.get(f"{address}/files/")
    assert [guest.is_in for guest in own_share.guests()] == [True]
    own_share.new_pin()
    assert phone.get(f"{address}/download/notes.txt")[0] == 401
    assert phone.get(link)[0] == 401
    assert phone.get(f"{address}/files/", **with_pin(before.pin))[0] == 401
    assert [guest.is_in for guest in own_share.guests()] == [False]
    now = own_share.admission()
    assert phone.get(f"{address}/files/", **with_pin(now.pin))[0] == 200
    assert [(guest.is_in, guest.by) for guest in own_share.guests()] == [(True, "pin")]


def test_everyone_is_let_in_as_long_as_the_share_is_open(own_share, address, phone):
    own_share.open_to_everyone(True)
    assert own_share.link(address) == address
    assert phone.get(f"{address}/download/notes.txt")[0] == 200
    own_share.open_to_everyone(False)
    assert phone.get(f"{address}/download/notes.txt")[0] == 401


def test_stop_ends_every_session(own_share, address, phone):
    phone.get(own_share.link(address))
    phone.get(f"{address}/files/")
    own_share.close_to_network()
    assert [guest.is_in for guest in own_share.guests()] == [False]
    again = own_share.open_to_network()[0]
    assert phone.get(f"{again}/download/notes.txt")[0] == 401


def test_another_folder_is_for_nobody_who_knew_the_way_into_the_one_before(
    own_share, address, phone, pictures
):
    own_share.open_to_everyone(True)
    before = own_share.admission()
    own_share.open(pictures / "more")
    now = own_share.admission()
    assert not now.is_open
    assert now.pin != before.pin
    assert now.secret != before.secret


def test_a_pin_that_is_kept_is_good_for_another_folder_but_the_sessions_are_not(
    own_share, address, phone, pictures
):
    own_share.keep_pin(True)
    before = own_share.admission()
    phone.get(own_share.link(address))
    own_share.open(pictures / "more")
    again = own_share.open_to_network()[0]
    assert own_share.admission().pin == before.pin
    assert phone.get(f"{again}/files/")[0] == 401


def test_it_is_known_whether_another_device_got_here(own_share, address, phone):
    assert not own_share.admission().was_reached
    phone.get(f"{address}/files/")
    assert own_share.admission().was_reached
    own_share.close_to_network()
    assert not own_share.admission().was_reached


def test_a_device_that_gets_here_is_told_of_by_itself(qtbot, own_share, address, phone):
    sharing = Sharing(own_share)
    try:
        with qtbot.waitSignal(
            sharing.admission_changed, check_params_cb=lambda admission: admission.was_reached
        ):
            phone.get(own_share.link(address))
    finally:
        sharing.stop()


@pytest.mark.parametrize(("pin", "secret"), [("12345", "s" * 22), ("123456", "s"), ("", "")])
def test_what_was_kept_and_makes_no_sense_is_drawn_anew(pin, secret):
    access = access_with(pin, secret)
    assert access.pin != pin
    assert access.secret != secret


def test_what_was_kept_is_taken_again():
    access = access_with("123456", "s" * 22)
    assert (access.pin, access.secret) == ("123456", "s" * 22)
