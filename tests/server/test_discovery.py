"""Announcing and finding by real mDNS, on loopback; and what others may announce."""

import threading
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

import pytest
from zeroconf import DNSOutgoing, DNSPointer, ServiceInfo, Zeroconf
from zeroconf.const import _CLASS_IN, _FLAGS_QR_RESPONSE, _TYPE_PTR

from server.discovery import announced
from server.discovery.announced import Announced, found, label
from server.discovery.announcement import Announcement
from server.discovery.multicast import TYPE
from server.discovery.nearby import _MOST_WAITING, MOST, Nearby
from server.identity import Identity, cleaned, identity_of, seed_in

HERE = "127.0.0.1"
# Only ever waited out when something is broken.
PATIENCE = 20
ID = "0123456789abcdef0123456789abcdef"


class Looking:
    """Someone who looks for shares, and can be waited for."""

    def __init__(self, own=(), hosts=(HERE,)):
        self._stirred = threading.Condition()
        self.nearby = Nearby(self._stir, lambda: own, hosts)

    def _stir(self):
        with self._stirred:
            self._stirred.notify_all()

    def until(self, holds):
        with self._stirred:
            assert self._stirred.wait_for(lambda: holds(self.nearby.shares()), PATIENCE), (
                self.nearby.shares()
            )
        return self.nearby.shares()


@pytest.fixture
def looking():
    made = []

    def look(**options):
        made.append(Looking(**options))
        return made[-1]

    yield look
    for one in made:
        one.nearby.close()


@pytest.fixture
def announce():
    made = []

    def start(identity, port=5000, host="127.0.0.2", **options):
        made.append(Announcement(Announced(identity, port, (host,), **options)))
        return made[-1]

    yield start
    for one in made:
        one.close()


@contextmanager
def raw(*services):
    """Announce what no program of ours would, without asking whether the name is free."""
    zeroconf = Zeroconf(interfaces=[HERE])
    try:
        for service in services:
            zeroconf.register_service(service, cooperating_responders=True, strict=False)
        yield zeroconf
    finally:
        zeroconf.close()


def service(name, port=5000, host="127.0.0.3", **properties):
    said = {"id": ID, "path": "/", "pin": "1", **properties}
    return ServiceInfo(
        TYPE,
        f"{name}.{TYPE}",
        port=port,
        properties=said,
        server="somebody.local.",
        addresses=[ip_address(host).packed],
    )


def test_a_share_is_found_followed_and_gone_when_it_is_closed(looking, announce):
    one = looking()
    own = Identity("Ann’s pictures")
    announcement = announce(own, needs_pin=True)
    (share,) = one.until(bool)
    assert (share.id, share.name, share.urls) == (own.id, own.name, ("http://127.0.0.2:5000",))
    assert (share.needs_pin, share.tls, share.fingerprint) == (True, False, None)
    announcement.update(Announced(own, 5001, ("127.0.0.2",), needs_pin=False))
    one.until(lambda shares: [share.needs_pin for share in shares] == [False])
    announcement.update(Announced(own, 5001, ("127.0.0.4",)))
    one.until(lambda shares: [share.urls for share in shares] == [("http://127.0.0.4:5001",)])
    announcement.update(Announced(own, 5001, ("127.0.0.4",), fingerprint="ab" * 32))
    (share,) = one.until(lambda shares: [share.tls for share in shares] == [True])
    assert (share.urls, share.fingerprint) == (("https://127.0.0.4:5001",), "ab" * 32)
    announcement.close()
    one.until(lambda shares: not shares)


def test_one_that_is_closed_while_it_is_announced_stays_away(looking, announce):
    one = looking()
    announce(Identity("Ann")).close()
    announce(Identity("Ben"), host="127.0.0.5")
    assert [share.name for share in one.until(bool)] == ["Ben"]


def test_browsers_of_web_pages_find_it_too(announce):
    announcement = announce(Identity("Ann"))
    zeroconf = Zeroconf(interfaces=[HERE])
    try:
        told = ServiceInfo("_http._tcp.local.", "Ann._http._tcp.local.")
        for _ in range(PATIENCE):
            if told.request(zeroconf, 1000):
                break
        assert (told.port, told.properties[b"path"]) == (5000, b"/")
        assert told.server == f"{announcement._wanted.identity.host}."
    finally:
        zeroconf.close()


def test_of_two_with_one_name_the_second_gets_a_number(looking, announce):
    one = looking()
    announce(Identity("Ann"))
    one.until(bool)
    announce(Identity("Ann"), host="127.0.0.3")
    shares = one.until(lambda shares: len(shares) == 2)
    assert [share.name for share in shares] == ["Ann", "Ann (2)"]


def test_ones_own_is_left_out(looking, announce):
    own = Identity("Own")
    one = looking(own=[own.id])
    announce(own)
    announce(Identity("Other"), host="127.0.0.3")
    assert [share.name for share in one.until(bool)] == ["Other"]


@pytest.mark.parametrize("hosts", [(), ("192.0.2.7",), ("fe80::1",)])
def test_where_nothing_can_be_found_a_sentence_says_so(looking, hosts):
    told = threading.Event()
    nearby = Nearby(told.set, hosts=hosts)
    assert told.wait(PATIENCE)
    assert nearby.problem.endswith(".")
    nearby.close()


def test_where_nothing_can_be_announced_nothing_breaks(announce):
    announcement = announce(Identity("Ann"), host="192.0.2.7")
    announcement.update(Announced(Identity("Ann"), 5000, ()))
    announcement.close()
    announcement.close()


def test_hostile_names_become_text_of_one_line(looking):
    one = looking()
    names = ["<img src=x>", "a\u202eb\u2066c", "\u200f", "Dr. X", "W" * 60]
    services = [service(name, id=f"{number:032}") for number, name in enumerate(names)]
    with raw(*services):
        shares = one.until(lambda shares: len(shares) == len(names))
    assert sorted(share.name for share in shares) == sorted(
        ["<img src=x>", "a b c", "Lanslide", "Dr. X", "W" * 60]
    )


def test_three_hundred_announcements_are_two_hundred_shares(looking):
    one = looking()
    services = [service(f"n{number}", id=f"{number:032}") for number in range(300)]
    zeroconf = Zeroconf(interfaces=[HERE])
    try:
        for each in services:
            each.set_server_if_missing()
            zeroconf.registry.async_add(each)
            zeroconf.send(zeroconf.generate_service_broadcast(each, None))
        listed = {share.id for share in one.until(lambda shares: len(shares) == MOST)}
        assert len(one.nearby._found) == MOST
        leaving = next(each for each in services if each.properties[b"id"].decode() in listed)
        zeroconf.registry.async_remove(leaving)
        zeroconf.send(zeroconf.generate_service_broadcast(leaving, 0))
        one.until(lambda shares: {share.id for share in shares} - listed and len(shares) == MOST)
    finally:
        zeroconf.close()


def test_a_thousand_names_with_nothing_behind_them_keep_no_share_out(looking, announce):
    one = looking()
    zeroconf = Zeroconf(interfaces=[HERE])
    try:
        for start in range(0, 2 * _MOST_WAITING, 50):
            said = DNSOutgoing(_FLAGS_QR_RESPONSE)
            for number in range(start, start + 50):
                name = f"n{number}.{TYPE}"
                said.add_answer_at_time(DNSPointer(TYPE, _TYPE_PTR, _CLASS_IN, 4500, name), 0)
            zeroconf.send(said)
        announce(Identity("Ann"))
        assert [share.name for share in one.until(bool)] == ["Ann"]
        assert len(one.nearby._waiting) <= _MOST_WAITING
    finally:
        zeroconf.close()


def test_what_says_nothing_of_use_is_not_listed(looking):
    one = looking()
    with raw(service("no id", id=""), service("good", id="b" * 32)):
        assert [share.name for share in one.until(bool)] == ["good"]


NETWORKS = [ip_network("192.168.1.0/24"), ip_network("2001:db8:5::/64")]
GOOD = {b"id": ID.encode(), b"path": b"/", b"pin": b"0"}


def read(name="x", port=5000, hosts=("192.168.1.5",), properties=GOOD):
    return found(name, port, map(ip_address, hosts), properties, NETWORKS)


@pytest.mark.parametrize(
    "said",
    [
        {"port": 0},
        {"port": None},
        {"port": 65_536},
        {"hosts": ()},
        {"hosts": ("127.0.0.1",)},
        {"hosts": ("::1",)},
        {"hosts": ("0.0.0.0", "224.0.0.251", "255.255.255.255", "::", "ff02::fb")},  # noqa: S104
        {"hosts": ("1.1.1.1", "2606:4700::1")},
        {"hosts": ("fe80::1",)},
        {"hosts": ("::ffff:127.0.0.1", "::ffff:192.168.1.5", "::127.0.0.1", "64:ff9b::7f00:1")},
        {"hosts": ("0.1.2.3", "198.18.0.1", "2001:0:1:2::1", "2002:7f00:1::")},
        {"properties": {}},
        {"properties": {**GOOD, b"id": None}},
        {"properties": {**GOOD, b"id": b"../../x"}},
        {"properties": {**GOOD, b"id": b"x" * 65}},
        {"properties": {**GOOD, b"id": b"\xff" * 32}},
        {"properties": {**GOOD, b"path": b"//elsewhere"}},
        {"properties": {**GOOD, b"tls": b"1"}},
        {"properties": {**GOOD, b"tls": b"1", b"fp": b"x" * 64}},
    ],
)
def test_what_cannot_be_a_share_is_none(said):
    assert read() is not None
    assert read(**said) is None


def test_the_best_address_is_first():
    hosts = ("10.9.9.9", "2001:db8:5::7", "8.8.8.8", "192.168.1.5", "127.0.0.1")
    assert read(hosts=hosts).urls == (
        "http://192.168.1.5:5000",
        "http://[2001:db8:5::7]:5000",
        "http://10.9.9.9:5000",
    )


def test_there_are_few_addresses_however_many_are_announced():
    hosts = [f"192.168.1.{number}" for number in range(1, 250)]
    assert len(read(hosts=hosts).urls) == announced.MOST_URLS


def test_a_share_that_does_not_tell_whether_it_wants_a_pin_may_want_one():
    assert read(properties={b"id": ID.encode()}).needs_pin


@pytest.mark.parametrize("name", ["", "é" * 100, "a.b.", "\x00", "日本" * 50, "x" * 500])
def test_a_label_fits_whatever_the_name(name):
    for number in (1, 2, 99):
        made = label(name, number)
        assert 0 < len(made.encode()) <= 63
        assert "." not in made
        assert made == cleaned(made)


def test_an_identity_is_the_same_again_and_tells_nothing(tmp_path):
    folder = tmp_path / "ann" / "secret plans"
    seed = seed_in(tmp_path / "data" / "identity")
    assert seed_in(tmp_path / "data" / "identity") == seed
    one, again = identity_of(folder, seed), identity_of(folder, seed)
    assert one == again
    assert identity_of(tmp_path, seed).id != one.id
    assert identity_of(folder, b"x" * 32).id != one.id
    assert identity_of(folder, seed, "Ann\n").name == "Ann"
    for word in ("ann", "secret", "plans", "tmp"):
        assert word not in (one.name + one.host).lower()


def test_a_seed_that_cannot_be_kept_is_drawn(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert len(seed_in(tmp_path / "file" / "identity")) == 32
    (tmp_path / "short").write_bytes(b"short")
    assert len(seed_in(tmp_path / "short")) == 32
