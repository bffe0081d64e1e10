"""Following the network as it changes: simulated, and on networks made for it."""

import threading
from queue import Empty, SimpleQueue

import pytest

from server import network
from server.address import Address, addresses
from server.network import LOOK_EVERY, Network, has_slept
from server.sockets import listen

# Only ever waited out when something is broken.
PATIENCE = 20
HOME, TRAIN = Address("192.168.1.5", "wlan0"), Address("10.0.0.7", "wlan0")


class Place:
    """Where a computer is; what it tells, in `told`."""

    def __init__(self, *found):
        self.found = list(found)
        self.told = SimpleQueue()
        self.looked = threading.Semaphore(0)

    def find(self):
        self.looked.release()
        if isinstance(self.found, OSError):
            raise self.found
        return list(self.found)

    def is_looked_at(self):
        """Wait for a whole look that begins from now on."""
        while self.looked.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self.looked.acquire(timeout=PATIENCE)


@pytest.fixture
def place(monkeypatch):
    monkeypatch.setattr(network, "_notices", lambda: None)
    return Place(HOME)


@pytest.fixture
def following(place):
    made = Network(place.told.put, place.find, look_every=0.01)
    yield made
    made.stop()


def test_a_change_is_told_once_and_no_change_is_not(following, place):
    assert following.addresses == (HOME,)
    place.is_looked_at()
    place.found = [TRAIN, HOME]
    assert place.told.get(timeout=PATIENCE) == (TRAIN, HOME)
    place.found = [HOME, TRAIN]
    assert place.told.get(timeout=PATIENCE) == (HOME, TRAIN)
    place.found = []
    assert place.told.get(timeout=PATIENCE) == ()
    assert following.addresses == ()
    place.is_looked_at()
    assert place.told.empty()


def test_what_is_known_already_is_not_asked_for_again(place):
    made = Network(place.told.put, place.find, [TRAIN], look_every=0.01)
    assert made.addresses == (TRAIN,)
    assert place.told.get(timeout=PATIENCE) == (HOME,)
    made.stop()


def test_after_a_sleep_the_same_is_told_again(following, place, monkeypatch):
    now, slept = network._now, [0.0]
    monkeypatch.setattr(network, "_now", lambda: now() + slept[0])
    place.is_looked_at()
    assert place.told.empty()
    slept[0] = 3600
    assert place.told.get(timeout=PATIENCE) == (HOME,)
    place.is_looked_at()
    assert place.told.empty()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.01, False), (2, False), (7, False), (13, True), (30_000, True)]
)
def test_a_late_look_is_no_sleep(seconds, expected):
    assert has_slept(100.0, 100.0 + seconds, LOOK_EVERY) is expected


def test_a_list_that_cannot_be_had_changes_nothing(following, place):
    place.found = OSError("no list")
    place.is_looked_at()
    assert following.addresses == (HOME,)
    place.found = [TRAIN]
    assert place.told.get(timeout=PATIENCE) == (TRAIN,)


def test_a_change_that_fails_does_not_hide_the_next(place, caplog):
    def fail(found):
        place.told.put(found)
        raise LookupError("somebody's mistake")

    made = Network(fail, place.find, look_every=0.01)
    for found in ((TRAIN,), (HOME,)):
        place.found = list(found)
        assert place.told.get(timeout=PATIENCE) == found
    made.stop()
    assert "somebody's mistake" in caplog.text


def test_stopping_ends_the_thread_at_once_and_can_be_done_twice(place):
    before = set(threading.enumerate())
    made = Network(place.told.put, place.find, look_every=3600)
    assert set(threading.enumerate()) > before
    made.stop()
    made.stop()
    assert set(threading.enumerate()) <= before


def test_whoever_is_told_may_stop_it(place):
    stopped = threading.Event()

    def changed(found):
        made.stop()
        stopped.set()

    made = Network(changed, place.find, look_every=0.01)
    place.found = [TRAIN]
    assert stopped.wait(PATIENCE)
    made.stop()


# On two computers with a cable between them

ONE, OTHER = Address("10.77.0.1", "cable"), Address("10.88.0.1", "cable")


@pytest.fixture
def follow(computers):
    """Follow the real network of the first computer; gives what is told."""
    running = []

    def start(look_every):
        told = SimpleQueue()
        running.append(computers[0](lambda: Network(told.put, look_every=look_every)))
        assert running[0].addresses == (ONE,)
        return told

    yield start
    for made in running:
        made.stop()


def until(told, expected):
    """Wait until that is told; a change may come in several steps."""
    last = None
    while last != expected:
        try:
            last = told.get(timeout=PATIENCE)
        except Empty:
            pytest.fail(f"{last} is told at the end, not {expected}.")


@pytest.mark.parametrize("listens", [True, False], ids=["told by the system", "looking again"])
def test_addresses_come_and_go(computers, follow, monkeypatch, listens):
    here, there = computers
    if not listens:
        monkeypatch.setattr(network, "_notices", lambda: None)
    told = follow(3600 if listens else LOOK_EVERY)
    here.ip("address", "add", "10.88.0.1/24", "dev", "cable")
    until(told, (ONE, OTHER))
    here.ip("address", "delete", "10.88.0.1/24", "dev", "cable")
    until(told, (ONE,))
    # The cable is pulled out at the other end, and put in again.
    there.ip("link", "set", "cable", "down")
    until(told, ())
    there.ip("link", "set", "cable", "up")
    until(told, (ONE,))


def test_the_way_to_other_networks_goes_first_when_it_changes(computers, follow):
    here, _ = computers
    told = follow(3600)
    here.ip("address", "add", "10.88.0.1/24", "dev", "cable")
    until(told, (ONE, OTHER))
    here.ip("route", "add", "default", "via", "10.88.0.2")
    until(told, (OTHER, ONE))


def test_an_address_of_ipv6_is_told_once_it_can_be_used(computers, follow):
    """For a moment the system looks whether somebody else on the network has it."""
    here, _ = computers
    told = follow(3600)
    here.ip("address", "add", "fd77::1/64", "dev", "cable")
    until(told, (ONE, Address("fd77::1", "cable")))
    here(listen, "fd77::1", 0).close()
    assert [one.host for one in here(addresses)] == ["10.77.0.1", "fd77::1"]
