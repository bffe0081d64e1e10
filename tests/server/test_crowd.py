"""Who may connect, and who has to go for it."""

from dataclasses import dataclass

import pytest

from server import crowd
from server.crowd import Crowd, device


@dataclass(eq=False)
class Member:
    crowd: Crowd
    device: str | None = None
    quiet_since: float = 0.0
    moved: float = 0.0
    is_quiet: bool = True
    feed: object = None

    def __post_init__(self):
        self.crowd.join(self)

    def reset(self):
        self.crowd.leave(self)


@pytest.fixture
def ten():
    return Crowd(10)


def test_there_is_room_until_it_is_taken(ten):
    for _ in range(10):
        assert ten.has_room_for(None)
        Member(ten, is_quiet=False, moved=float("inf"))
    assert not ten.has_room_for(None)
    assert len(ten) == 10


def test_the_quietest_go_first(ten, monkeypatch):
    monkeypatch.setattr(crowd, "_GO_AT_ONCE", 2)
    members = [Member(ten, quiet_since=number) for number in (5, 3, 8, 1, 9, 7, 6, 4, 2, 10)]
    assert ten.has_room_for(None)
    assert {one.quiet_since for one in members if one not in ten._members} == {1, 2}


def test_a_busy_one_stays_while_others_are_quiet(ten):
    busy = [Member(ten, is_quiet=False) for _ in range(9)]
    Member(ten, quiet_since=99.0)
    assert ten.has_room_for(None)
    assert list(ten._members) == busy


def test_who_takes_nothing_goes_if_nobody_is_quiet(ten):
    members = [Member(ten, is_quiet=False, moved=float("inf")) for _ in range(9)]
    Member(ten, is_quiet=False, moved=float("-inf"))
    assert ten.has_room_for(None)
    assert list(ten._members) == members


def test_what_moves_is_what_moved_lately_on_other_devices(ten):
    for moved, device_of, feed in [(9, "a", None), (11, "a", None), (11, None, None), (11, "b", 1)]:
        Member(ten, moved=moved, device=device_of, feed=feed)
    assert ten.moving(10) == 1
    assert ten.moving(8) == 2


def test_one_device_has_room_of_its_own_only(monkeypatch):
    monkeypatch.setattr(crowd, "MOST_FOR_ONE", 3)
    many = Crowd(100)
    greedy = [
        Member(many, device="192.0.2.1", is_quiet=False, moved=float("inf")) for _ in range(3)
    ]
    assert not many.has_room_for("192.0.2.1")
    assert many.has_room_for("192.0.2.2")
    assert many.has_room_for(None)
    greedy[1].is_quiet = True
    other = Member(many, device="192.0.2.2", quiet_since=-1)
    assert many.has_room_for("192.0.2.1")
    assert list(many._members) == [greedy[0], greedy[2], other]
    assert many.has_room_for("192.0.2.1")


def test_who_leaves_twice_is_counted_out_once(ten):
    one, other = Member(ten, device="a"), Member(ten, device="a")
    ten.leave(one)
    ten.leave(one)
    assert len(ten) == 1
    ten.leave(other)
    assert not ten._of_device


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("127.0.0.1", None),
        ("127.8.9.10", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
    ],
)
def test_addresses_tell_the_device(address, whose):
    assert device(address) == whose
