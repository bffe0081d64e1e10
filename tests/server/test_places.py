"""Who gets one of the few places for archives."""

import pytest

from server import places
from server.places import AllTaken, HasOne, Places

LAPTOP, PHONE, TABLET = "192.168.1.5", "192.168.1.6", "192.168.1.7"


def stalled(some, device):
    place = some.take(device)
    place.moved -= places.STALLS_AFTER + 1
    return place


def test_one_device_never_has_every_place():
    some = Places(2)
    some.take(LAPTOP)
    with pytest.raises(HasOne):
        some.take(LAPTOP)
    some.take(PHONE)
    with pytest.raises(AllTaken):
        some.take(TABLET)


def test_a_place_can_be_taken_again_once_it_was_left_however_often():
    some = Places(2)
    for _ in range(5):
        place = some.take(LAPTOP)
        place.leave()
        place.leave()
    some.take(LAPTOP)
    some.take(PHONE)
    with pytest.raises(AllTaken):
        some.take(TABLET)


def test_who_lost_the_way_may_come_back_at_once():
    some = Places(2)
    lost = stalled(some, PHONE)
    again = some.take(PHONE)
    with pytest.raises(HasOne):
        some.take(PHONE)
    again.moved -= places.STALLS_AFTER + 1
    with pytest.raises(AllTaken):
        some.take(PHONE)
    lost.leave()
    again.move()
    with pytest.raises(HasOne):
        some.take(PHONE)


def test_who_stalls_keeps_nobody_out():
    some = Places(2)
    first = stalled(some, LAPTOP)
    stalled(some, PHONE)
    some.take(TABLET)
    first.move()
    with pytest.raises(AllTaken):
        some.take("192.168.1.8")


def test_not_any_number_may_stall():
    some = Places(2)
    for device in (LAPTOP, PHONE, LAPTOP, PHONE):
        last = stalled(some, device)
    with pytest.raises(AllTaken):
        some.take(TABLET)
    last.leave()
    some.take(TABLET)


def test_this_computer_may_take_them_all():
    some = Places(2)
    some.take(None)
    some.take(None)
    with pytest.raises(AllTaken):
        some.take(None)
