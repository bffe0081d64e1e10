"""The window's own share in networks that change."""

import socket
import threading
import urllib.request
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

import pytest

from gui.local_share import LocalShare
from server import address, network
from server.address import Address
from server.sockets import listen

# Only ever waited out when something is broken.
PATIENCE = 20
ONE, TWO, THREE = "127.0.0.2", "127.0.0.3", "127.0.0.4"
BIG = 16 << 20


class Surroundings:
    """The addresses that the computer has, as they are set."""

    def __init__(self, *hosts):
        self.hosts = hosts

    def __call__(self):
        return [Address(host, f"test{host[-1]}") for host in self.hosts]


@pytest.fixture
def around(monkeypatch):
    monkeypatch.setattr(network.Network.__init__, "__defaults__", (address.addresses, None, 0.01))
    return Surroundings(ONE, TWO)


@pytest.fixture
def shared(around, pictures):
    made = LocalShare(0, around)
    made.open(pictures)
    yield made
    made.close()


@pytest.fixture
def told(shared):
    """What observers are told."""
    queue = SimpleQueue()
    shared.observe_addresses(queue.put)
    return queue


def hosts(urls):
    return [urlsplit(one).hostname for one in urls]


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/api/share", timeout=PATIENCE) as answer:  # noqa: S310
            return answer.status == 200
    except OSError:
        return False


def test_the_share_follows_the_network_and_keeps_its_port(shared, around, told):
    before = shared.open_to_network()
    assert hosts(before) == [ONE, TWO]
    around.hosts = (THREE, ONE)
    after = told.get(timeout=PATIENCE)
    assert hosts(after) == [THREE, ONE]
    assert {urlsplit(one).port for one in before} == {urlsplit(one).port for one in after}
    assert all(answers(one) for one in after)
    assert not answers(before[1])
    assert shared.open_to_network() == after


def test_the_share_comes_back_after_a_while_without_a_network(shared, around, told):
    before = shared.open_to_network()
    around.hosts = ()
    assert told.get(timeout=PATIENCE) == []
    assert not answers(before[0])
    assert shared.named_address() is None
    around.hosts = (ONE, TWO)
    assert told.get(timeout=PATIENCE) == before
    assert all(answers(one) for one in before)


def test_it_is_switched_on_without_a_network_and_is_there_as_soon_as_there_is_one(
    shared, around, told
):
    around.hosts = ()
    assert shared.open_to_network() == []
    assert shared.network_addresses() == []
    assert (shared.named_address(), shared.is_moving()) == (None, False)
    around.hosts = (ONE, TWO)
    found = told.get(timeout=PATIENCE)
    assert hosts(found) == [ONE, TWO]
    assert all(answers(one) for one in found)
    shared.close_to_network()
    assert not answers(found[0])


def test_without_a_network_it_can_be_switched_off_again(shared, around, told):
    around.hosts = ()
    shared.open_to_network()
    shared.close_to_network()
    assert not [one for one in threading.enumerate() if one.name == "network"]
    around.hosts = (ONE,)
    assert shared.network_addresses() == []
    assert told.empty()


def test_the_port_may_be_another_one_where_nobody_knows_it_yet(shared, around, told, pictures):
    around.hosts = ()
    shared.open_to_network()
    port = shared._network.share.port
    with listen(ONE, port):
        around.hosts = (ONE,)
        (found,) = told.get(timeout=PATIENCE)
        assert urlsplit(found).port > port
        assert answers(found)


def test_switched_off_it_follows_nothing(shared, around, told):
    before = set(threading.enumerate())
    shared.open_to_network()
    shared.close_to_network()
    assert not {one for one in threading.enumerate() if one.name == "network"} - before
    assert shared.network_addresses() == []
    assert told.empty()


def test_the_user_chooses_among_the_addresses(shared, told):
    shared.choose(left_out=["test2"])
    assert hosts(shared.open_to_network()) == [TWO]
    assert [(one.host, one.is_used) for one in shared.network_addresses()] == [
        (ONE, False),
        (TWO, True),
    ]
    shared.choose(preferred="test3")
    assert hosts(told.get(timeout=PATIENCE)) == [TWO, ONE]
    assert all(answers(one.url) for one in shared.network_addresses())
    shared.choose(left_out=[TWO], preferred="test3")
    after = told.get(timeout=PATIENCE)
    assert hosts(after) == [ONE]
    assert answers(after[0])
    assert not answers(after[0].replace(ONE, TWO))


def test_what_is_left_out_stays_out_when_the_network_changes(shared, around, told):
    shared.choose(left_out=["test3"], preferred=THREE)
    shared.open_to_network()
    around.hosts = (TWO, ONE, THREE)
    assert hosts(told.get(timeout=PATIENCE)) == [THREE, ONE]


def test_with_every_address_left_out_nobody_comes_in_until_one_is_chosen(shared, told):
    shared.choose(left_out=[ONE, TWO])
    assert shared.open_to_network() == []
    assert [one.is_used for one in shared.network_addresses()] == [False, False]
    assert not any(answers(one.url) for one in shared.network_addresses())
    shared.choose(left_out=[TWO])
    (found,) = told.get(timeout=PATIENCE)
    assert urlsplit(found).hostname == ONE
    assert answers(found)


def test_an_address_that_is_taken_says_so_and_stops_no_other(shared, around, told):
    before = shared.open_to_network()
    with listen(THREE, urlsplit(before[0]).port):
        around.hosts = (THREE, ONE)
        assert hosts(told.get(timeout=PATIENCE)) == [ONE]
        taken, used = shared.network_addresses()
    assert (taken.host, taken.is_used) == (THREE, False)
    assert taken.problem.endswith("is taken by another program.")
    assert (used.host, used.is_used, used.problem) == (ONE, True, "")
    assert answers(used.url)


def test_another_folder_ends_what_follows_the_network(shared, pictures):
    shared.open_to_network()
    shared.open(pictures)
    assert not [one for one in threading.enumerate() if one.name == "network"]
    assert not shared.is_moving()


# On two computers with a cable between them


def take(url, size):
    """Begin to take the big file, and stop after *size* bytes."""
    parts = urlsplit(url)
    client = socket.socket()
    client.settimeout(PATIENCE)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((parts.hostname, parts.port))
    client.sendall(b"GET /download/big.bin HTTP/1.1\r\nHost: %s\r\n\r\n" % parts.netloc.encode())
    assert client.recv(size, socket.MSG_WAITALL).startswith(b"HTTP/1.1 200")
    return client


def received(client):
    """Count what comes until it is as much as the file at least, or no more comes."""
    count = 0
    with client, suppress(ConnectionResetError):
        while count < BIG and (data := client.recv(1 << 20)):
            count += len(data)
    return count


def connected(host):
    """Tell whether anybody is connected to *host*, as the system sees it."""
    wanted = socket.inet_aton(host)[::-1].hex().upper()
    established = "01"
    for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].startswith(wanted) and fields[3] == established:
            return True
    return False


@pytest.fixture
def cabled(computers, tmp_path):
    """A share on the first of two computers, of a big file, and its addresses when they change."""
    here, _ = computers
    with (tmp_path / "big.bin").open("wb") as file:
        file.truncate(BIG)
    share, told = LocalShare(0), SimpleQueue()
    share.observe_addresses(told.put)
    here(share.open, tmp_path)
    yield share, told
    here(share.close)


def test_a_cable_that_is_put_in_after_sharing_was_switched_on(computers, cabled):
    (here, there), (share, told) = computers, cabled
    here.ip("link", "set", "cable", "down")
    assert here(share.open_to_network) == []
    here.ip("link", "set", "cable", "up")
    (one,) = told.get(timeout=PATIENCE)
    assert urlsplit(one).hostname == "10.77.0.1"
    assert there(answers, one)


def test_what_is_taken_after_the_cable_was_out_counts_before_the_window_closes(computers, cabled):
    (here, there), (share, told) = computers, cabled
    share.open_to_everyone(True)
    (one,) = here(share.open_to_network)
    with there(take, one, 12):
        assert share.is_moving()
        here.ip("link", "set", "cable", "down")
        assert told.get(timeout=PATIENCE) == []
        # It is cut off, and nothing is kept by asking before the window closes.
        assert not share.is_moving()
    here.ip("link", "set", "cable", "up")
    assert told.get(timeout=PATIENCE) == [one]
    with there(take, one, 12):
        assert share.is_moving()


def test_a_cable_with_two_networks_on_it(computers, cabled):
    """One of them comes and goes; whoever is in the other does not notice; Stop cuts all off."""
    (here, there), (share, told) = computers, cabled
    share.open_to_everyone(True)
    (one,) = here(share.open_to_network)
    assert there(answers, one)
    staying, reading = there(take, one, 12), there(take, one, 12)
    other = one.replace("10.77.", "10.88.")
    for number, computer in enumerate(computers, 1):
        computer.ip("address", "add", f"10.88.0.{number}/24", "dev", "cable")
    assert told.get(timeout=PATIENCE) == [one, other]
    assert there(answers, other)
    leaving = there(take, other, 12)
    assert here(connected, "10.88.0.1")
    here.ip("address", "delete", "10.88.0.1/24", "dev", "cable")
    assert told.get(timeout=PATIENCE) == [one]
    assert not here(connected, "10.88.0.1")
    leaving.close()
    assert there(received, reading) >= BIG
    assert there(answers, one)
    here(share.close)
    assert there(received, staying) < BIG
    assert not there(answers, one)
    assert told.empty()
