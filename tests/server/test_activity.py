"""Who is here and what they took, told by a real share to which real clients come."""

import io
import json
import os
import socket
import ssl
import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPSConnection, IncompleteRead
from urllib.parse import quote

import pytest

import server.activity
from server.access import Access
from server.activity import Activity
from server.activity_lines import line
from server.application import Application
from server.body import FileBody
from server.folder import SharedFolder
from server.guests import MOST_DEVICES, MOST_OF_ADDRESS
from server.happenings import MOST_HAPPENINGS, Happening
from server.share import Share
from server.transfer import place, together
from tests.conftest import wait_until

PIN, SECRET = "123456", "a-secret-of-more-than-22-letters"
OWN, PHONE, TABLET = "127.0.0.1", "127.0.0.7", "127.0.0.8"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
PATIENCE = 20
BIG, SOME = 64 << 20, 1 << 20
RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def access():
    return Access(PIN, SECRET, is_free=lambda address: address == OWN)


@pytest.fixture
def activity(access):
    return Activity(access, access.is_free)


@pytest.fixture(params=["http", "https"])
def tls(request):
    if request.param == "http":
        return None
    return request.getfixturevalue("own_certificate").context()


@pytest.fixture
def guarded(holiday, access, activity, tls) -> Iterator[Share]:
    """`holiday`, for whoever has come in; by HTTP, and once more by HTTPS."""
    with (holiday / "film.bin").open("wb") as film:
        film.truncate(BIG)
    app = Application(SharedFolder(holiday), access=access, activity=activity)
    with Share(app, port=0, tls=tls) as own:
        access.when_ended(own.cut_off)
        yield own


class Client:
    """A browser at an address of its own, which keeps its connection and its cookies."""

    def __init__(self, share, address, agent):
        where = {"timeout": PATIENCE, "source_address": (address, 0)}
        if share.address.startswith("https"):
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            self.connection = HTTPSConnection(OWN, share.port, context=trusting, **where)
        else:
            self.connection = HTTPConnection(OWN, share.port, **where)
        self.agent, self.cookie = agent, ""

    def ask(self, path, method="GET", body=None, **fields):
        """Give the answer, with its body still to be read."""
        headers = {name.replace("_", "-"): text for name, text in fields.items()}
        headers |= {"User-Agent": self.agent, "Cookie": self.cookie}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        given = [text.partition(";")[0] for text in answer.headers.get_all("Set-Cookie", [])]
        self.cookie = "; ".join(given) or self.cookie
        return answer

    def __call__(self, path, method="GET", body=None, **fields):
        answer = self.ask(path, method, body, **fields)
        return answer.status, answer.read()

    def comes_in(self):
        assert self(f"/?key={SECRET}")[0] == 200
        return self

    def breaks_off(self, path, **fields):
        """Read the beginning of what is at *path*, then cut the connection."""
        answer = self.ask(path, **fields)
        assert len(answer.read(SOME)) == SOME
        sock = self.connection.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        answer.close()
        self.connection.close()


@pytest.fixture
def client(guarded):
    """Give a browser on another device."""
    with ExitStack() as opened:

        def new(address=PHONE, agent=IPHONE):
            made = Client(guarded, address, agent)
            opened.callback(made.connection.close)
            return made

        yield new


def told(activity, after=0):
    """Give what happened, in short; who came in is left out."""
    return [(one.what, one.path) for one in activity.happenings(after) if one.what != "came"]


# What they do


def test_a_device_has_a_name_an_address_and_a_way_in(client, activity):
    phone = client().comes_in()
    assert activity.devices() == ()
    phone("/files/")
    (device,) = activity.devices()
    assert (device.name, device.address, device.is_blocked) == ("iPhone, Safari", PHONE, False)
    came, looked = activity.happenings()
    assert (came.what, came.by, came.device) == ("came", "link", device.number)
    assert (looked.what, looked.path, looked.name) == ("looked", "", "iPhone, Safari")


def test_this_computers_own_window_is_no_device(client, activity):
    own = client(OWN)
    own("/files/")
    own("/download/notes.txt")
    assert activity.devices() == ()
    assert activity.happenings() == ()


def test_who_is_not_in_is_no_device(client, activity):
    stranger = client()
    for path in ("/files/", "/download/notes.txt", "/api/folder/", "/static/style.css", "/pin"):
        stranger(path)
    assert activity.devices() == ()


def test_wrong_pins_of_a_device_are_one_happening_with_a_count(client, activity, access):
    for path in ("/", "/api/share"):
        assert client()(path, Authorization="Basic OjAwMDAwMA==")[0] == 401
    assert activity.devices() == ()
    (first,) = activity.happenings()
    assert (first.what, first.device, first.name) == ("wrong", 0, "iPhone, Safari")
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for _ in range(9):  # most of them are not looked at any more
        client()("/pin", "POST", "pin=000000", **form)
    client(TABLET)("/pin", "POST", "pin=000000", **form)
    phone, tablet = activity.happenings()
    assert (phone.address, phone.tries, tablet.address, tablet.tries) == (PHONE, 5, TABLET, 1)
    assert activity.happenings(first.number) == (phone, tablet)
    assert activity.happenings(phone.number) == (tablet,)
    said = [line(one).partition(" ")[2] for one in (phone, tablet)]
    assert said[0] == f"iPhone, Safari ({PHONE}) gave 5 wrong PINs"
    assert said[1] == f"iPhone, Safari ({TABLET}) gave a wrong PIN"
    # Who goes on with the one before a new one guesses nothing.
    access.new_pin()
    assert client()("/", Authorization="Basic OjEyMzQ1Ng==")[0] == 401
    assert activity.happenings(tablet.number) == ()


def test_what_was_done_is_told_once(client, activity):
    phone = client().comes_in()
    for path in ("/files/uploads/", "/api/folder/uploads", "/api/folder/uploads?offset=0"):
        assert phone(path)[0] == 200
    for path in ("/files/img2.png", "/files/img2.png?", "/thumb/screen/img2.png"):
        assert phone(path)[0] == 200
    phone("/thumb/grid/img10.png")
    phone("/thumb/grid/uploads/")
    phone("/api/info/img10.png")
    phone("/static/style.css")
    phone("/nothing")
    phone("/download/nothing")
    phone("/download/notes.txt", "HEAD")
    assert told(activity) == [("looked", "uploads"), ("viewed", "img2.png")]
    assert activity.devices()[0].viewed == 1
    assert activity.devices()[0].taken == 0


@pytest.mark.parametrize("path", ["/download/notes.txt", "/download2/notes.txt?"])
def test_a_small_file_is_taken_by_both_roads(client, activity, path):
    size = len(client().comes_in()(path)[1])
    client().comes_in()
    *_, taken = activity.happenings()
    assert (taken.what, taken.path, taken.sent, taken.size) == ("took", "notes.txt", size, size)
    device = activity.devices()[0]
    assert (device.taken, device.moved, device.takings) == (1, size, ())


def test_an_empty_file_is_taken_too(client, activity, holiday):
    (holiday / "empty.bin").touch()
    client().comes_in()("/download/empty.bin")
    assert told(activity) == [("took", "empty.bin")]


def test_what_is_the_same_still_is_not_taken_again(client, activity):
    phone = client().comes_in()
    etag = phone.ask("/download/notes.txt", "HEAD")
    etag.read()
    assert phone("/download/notes.txt", If_None_Match=etag.headers["ETag"])[0] == 304
    assert told(activity) == []


def test_what_is_on_its_way_is_told_while_it_is(client, activity):
    phone = client().comes_in()
    answer = phone.ask("/download2/film.bin")
    answer.read(1000)
    (taking,) = activity.devices()[0].takings
    assert (taking.deed, taking.size) == (("took", "film.bin"), BIG)
    wait_until(lambda: activity.devices()[0].takings[0].sent > 1000)
    assert activity.devices()[0].moved > 1000
    assert told(activity) == []
    answer.read()
    wait_until(lambda: told(activity) == [("took", "film.bin")])
    device = activity.devices()[0]
    assert (device.taken, device.moved, device.takings) == (1, BIG, ())


def test_what_is_broken_off_is_not_taken(client, activity):
    client().comes_in().breaks_off("/download2/film.bin")
    wait_until(lambda: told(activity) == [("broke", "film.bin")])
    broken = activity.happenings()[-1]
    assert 0 < broken.sent < BIG == broken.size
    device = activity.devices()[0]
    assert (device.taken, device.takings, device.last.kind) == (0, (), "broke")


def test_a_download_that_goes_on_is_one(client, activity):
    phone = client().comes_in()
    phone.breaks_off("/download2/film.bin")
    wait_until(lambda: bool(told(activity)))
    again = client()
    again.cookie = phone.cookie
    assert len(again("/download2/film.bin", Range="bytes=1000-")[1]) == BIG - 1000
    wait_until(lambda: told(activity) == [("broke", "film.bin"), ("took", "film.bin")])
    assert len(activity.devices()) == 1
    assert activity.devices()[0].taken == 1
    assert activity.happenings()[-1].sent == BIG


def test_a_file_taken_in_parts_at_once_is_one(client, activity):
    phone = client().comes_in()
    middle = BIG // 2
    halves = []
    for part in (f"bytes=0-{middle - 1}", f"bytes={middle}-"):
        one = client()
        one.cookie = phone.cookie
        halves.append(one.ask("/download2/film.bin", Range=part))
    assert len(activity.devices()[0].takings) == 1
    assert sum(len(half.read()) for half in halves) == BIG
    wait_until(lambda: told(activity) == [("took", "film.bin")])
    assert activity.devices()[0].taken == 1


def test_a_part_alone_is_told_when_nobody_asks_for_the_rest(client, activity, monkeypatch):
    monkeypatch.setattr(server.activity, "SETTLES_AFTER", 0)
    client().comes_in()("/download2/film.bin", Range="bytes=0-99")
    wait_until(lambda: told(activity) == [("part", "film.bin")])
    assert activity.happenings()[-1].sent == 100
    assert activity.devices()[0].taken == 0


def test_another_version_is_another_file(client, activity, holiday):
    phone = client().comes_in()
    phone.breaks_off("/download2/film.bin")
    wait_until(lambda: bool(told(activity)))
    (holiday / "film.bin").write_bytes(b"short")
    again = client()
    again.cookie = phone.cookie
    again("/download2/film.bin")
    wait_until(lambda: told(activity) == [("broke", "film.bin"), ("took", "film.bin")])
    assert activity.happenings()[-1].sent == 5


def test_films_that_are_watched_part_by_part_are_viewed_once(client, activity, holiday):
    (holiday / "film.bin").rename(holiday / "film.mp4")
    with (holiday / "film.mp4").open("r+b") as film:
        film.write(b"\0\0\0\x18ftypmp42")
    phone = client().comes_in()
    for start in range(0, 5000, 1000):
        assert phone("/files/film.mp4", Range=f"bytes={start}-{start + 999}")[0] == 206
    assert told(activity) == [("viewed", "film.mp4")]
    assert activity.devices()[0].viewed == 1
    assert activity.devices()[0].moved == 5000


@pytest.mark.parametrize("path", ["/zip/", "/zip/?as=jpeg"])
def test_a_zip_is_as_many_files_as_are_in_it(client, activity, holiday, path):
    (holiday / "empty").mkdir()
    archive = client().comes_in()(path)[1]
    inside = zipfile.ZipFile(io.BytesIO(archive)).infolist()
    count = sum(not one.is_dir() for one in inside)
    assert count < len(inside)
    wait_until(lambda: told(activity) == [("took", "")])
    taken = activity.happenings()[-1]
    assert (taken.files, taken.sent, taken.size) == (count, len(archive), len(archive))
    assert activity.devices()[0].taken == count


def test_a_zip_that_is_broken_off_is_not_taken(client, activity):
    client().comes_in().breaks_off("/zip/")
    wait_until(lambda: told(activity) == [("broke", "")])
    assert activity.devices()[0].taken == 0


# Who is who


def test_devices_are_told_apart_by_address_agent_and_session(client, activity, access):
    access.is_open = True
    for address, agent in ((PHONE, IPHONE), (TABLET, IPHONE), (PHONE, "curl/8"), (PHONE, IPHONE)):
        client(address, agent)("/files/")
    assert [one.name for one in activity.devices()] == ["iPhone, Safari"] * 2 + ["curl"]
    access.is_open = False
    for _ in range(2):
        client(TABLET).comes_in()("/files/")
    assert len(activity.devices()) == 4  # the first one was here already, without a session


def test_a_device_is_the_same_at_another_address_and_after_a_new_pin(client, activity, access):
    phone = client().comes_in()
    phone("/files/")
    elsewhere = client(TABLET)
    elsewhere.cookie = phone.cookie
    elsewhere("/download/notes.txt")
    assert [one.address for one in activity.devices()] == [TABLET]
    access.new_pin()
    again = client()
    assert again(f"/?key={access.secret}")[0] == 200
    again("/files/")
    assert [one.address for one in activity.devices()] == [PHONE]


def test_no_more_is_remembered_than_was_promised(access, activity):
    access.is_open = True
    environ = {"REQUEST_METHOD": "GET", "SERVER_PORT": "80"}
    for number in range(MOST_DEVICES + 50):
        address = f"10.{number >> 8}.{number & 255}.1"
        activity.answered({**environ, "REMOTE_ADDR": address}, "/files/", "200 OK", {}, None)
    assert len(activity.devices()) == MOST_DEVICES
    happenings = activity.happenings()
    assert len(happenings) == MOST_HAPPENINGS
    assert happenings[-1].number == 2 * (MOST_DEVICES + 50)
    assert activity.happenings(happenings[-3].number) == happenings[-2:]
    assert activity.happenings(happenings[-1].number + 5) == ()


def test_ever_new_names_from_one_address_push_nobody_out(access, activity):
    environ = {"REQUEST_METHOD": "GET", "SERVER_PORT": "80"}
    activity.answered({**environ, "REMOTE_ADDR": "10.0.0.1"}, "/files/", "200 OK", {}, None)
    for number in range(3 * MOST_DEVICES):
        asked = {**environ, "REMOTE_ADDR": "10.0.0.2", "HTTP_USER_AGENT": f"name{number}"}
        activity.answered(asked, "/files/", "200 OK", {}, None)
    assert len(activity.devices()) == 1 + MOST_OF_ADDRESS
    assert activity.devices()[0].address == "10.0.0.1"


def test_parts_that_nobody_looks_at_do_not_pile_up(access, activity):
    environ = {"REQUEST_METHOD": "GET", "SERVER_PORT": "80", "REMOTE_ADDR": "10.0.0.1"}
    for number in range(2000):
        body = FileBody(-1, [b"x"])
        headers = {"Content-Range": "bytes 5-5/10", "Content-Disposition": "attachment"}
        path = f"/download/{number}"
        activity.answered(environ, path, "206 PARTIAL CONTENT", headers, body)
        body.seek(1)
        body.close()
    assert len(activity._unsettled) < 300
    assert activity.happenings()[-1].what == "part"


# Blocking


ROADS = [
    *("/", "/files/", "/files/notes.txt", "/files/uploads", "/download/notes.txt"),
    *("/download2/uploads/img1.png", "/api/folder/", "/api/folder/uploads", "/api/events/"),
    *("/api/info/img2.png", "/api/digest/notes.txt", "/api/share", "/api/openapi.json"),
    *("/thumb/grid/img2.png", "/thumb/screen/uploads/", "/zip/", "/zip", "/zip/uploads", "/pin"),
    *("/static/style.css", "/nothing", f"/?key={SECRET}", "//", "/files/../x"),
]


def test_every_route_of_the_share_is_among_the_roads(holiday, access):
    app = Application(SharedFolder(holiday), access=access)
    roads = {rule.rule.split("<")[0].rstrip("/") for rule in app.routes().url_map.iter_rules()}
    assert roads <= {road.split("?")[0].rstrip("/") for road in ROADS} | {
        *("/download", "/download2", "/thumb", "/static", "/api/info", "/api/digest"),
    }


@pytest.mark.parametrize("is_open", [False, True])
def test_who_is_blocked_gets_nothing_on_any_road(client, activity, access, is_open):
    phone = client().comes_in()
    assert phone("/download/notes.txt")[0] == 200
    access.is_open = is_open
    activity.block(activity.devices()[0].number)
    assert activity.devices()[0].is_blocked
    again = client()
    again.cookie = phone.cookie
    for one in (again, client(agent="curl/8")):
        for path in ROADS:
            for method in ("GET", "HEAD", "POST"):
                status, body = one(path, method, Authorization="Basic OjEyMzQ1Ng==")
                assert status == 403, (path, method)
                assert b"Sun" not in body
                if path.startswith("/api/") and method == "GET":
                    assert "blocked" in json.loads(body)["error"]
    assert b"You have been blocked here." in client()("/files/")[1]
    assert "gesperrt" in client()("/files/", Accept_Language="de")[1].decode()
    assert client(TABLET).comes_in()("/download/notes.txt")[0] == 200


def test_a_running_download_is_cut_off(client, activity):
    phone = client().comes_in()
    answer = phone.ask("/download2/film.bin")
    answer.read(1000)
    activity.block(activity.devices()[0].number)
    with pytest.raises((IncompleteRead, OSError)):
        answer.read()
    wait_until(lambda: ("broke", "film.bin") in told(activity))
    assert ("blocked", "") in told(activity)


def test_a_kept_connection_is_of_no_more_use(client, activity):
    phone = client().comes_in()
    phone("/files/")
    sock = phone.connection.sock
    activity.block(activity.devices()[0].number)
    wait_until(lambda: _has_ended(sock))


def _has_ended(sock):
    try:
        return not sock.recv(1)
    except OSError:
        return True


def test_whoever_is_unblocked_has_to_come_in_anew(client, activity):
    phone = client().comes_in()
    phone("/files/")
    client(agent="curl/8").comes_in()("/files/")
    assert [one.is_in for one in activity.devices()] == [True, True]
    number = activity.devices()[0].number
    activity.block(number)
    activity.unblock(number)
    assert [one.is_in for one in activity.devices()] == [False, False]
    again = client()
    again.cookie = phone.cookie
    assert again("/files/")[0] == 401
    assert again.comes_in()("/files/")[0] == 200
    assert [one.number for one in activity.devices() if one.is_in] == [number]
    assert [what for what, _ in told(activity) if "block" in what] == ["blocked", "unblocked"]


@pytest.mark.parametrize("end", ["new_pin", "end_sessions"])
def test_another_pin_and_the_end_of_sharing_lift_every_block(client, activity, access, end):
    client().comes_in()("/files/")
    activity.block(activity.devices()[0].number)
    getattr(access, end)()
    assert not activity.devices()[0].is_blocked
    assert client()("/files/")[0] == 401


def test_a_device_is_blocked_at_all_of_its_addresses(client, activity):
    phone = client().comes_in()
    phone("/files/")
    elsewhere = client(TABLET)
    elsewhere.cookie = phone.cookie
    elsewhere("/files/")
    activity.block(activity.devices()[0].number)
    assert client(PHONE)("/files/")[0] == client(TABLET)("/files/")[0] == 403


@pytest.mark.parametrize(
    ("blocked", "other", "is_refused"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fd00::1", "fd00::ffff:1", True),
        ("fd00::1", "fd00:0:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%wlan0", True),
    ],
)
def test_what_counts_as_the_same_device_is_what_does_for_guesses(blocked, other, is_refused):
    access = Access(is_open=True)
    access.block([blocked])
    assert access.is_blocked(other) == is_refused
    assert access.lets_in({"REMOTE_ADDR": other, "SERVER_PORT": "80"}) != is_refused


def test_this_computer_cannot_be_blocked():
    access = Access()
    access.block(["127.0.0.1", "::1"])
    assert access.lets_in({"REMOTE_ADDR": "127.0.0.1", "SERVER_PORT": "80"})


# In a line


HOSTILE = [
    "<img src=x onerror=alert(1)>.png",
    "a\nb\r\x1b[31m.png",
    "gnp.\u202egpj.png",
    "\udcff.png",
    "a\u2028b.png",
    "\x00\x07.png",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_line_is_one_line_whatever_it_tells_of(name):
    for what in ("came", "looked", "viewed", "took", "broke", "part", "blocked", "unblocked"):
        said = line(Happening(1, 0.0, what, 1, "curl", "10.0.0.1", name, 5, None, 0))
        assert said.isprintable(), said
        said.encode()


def test_hostile_names_are_told_as_they_are(client, activity, holiday):
    name = "a\nb\x1b[31m\u202e<b>.bin"
    (holiday / name).write_bytes(b"x")
    client().comes_in()("/download/" + quote(os.fsencode(name)))
    assert told(activity) == [("took", name)]
    said = line(activity.happenings()[-1])
    assert said.endswith(r'took "a␊b␛[31m\u202e<b>.bin" (1 B)')


@pytest.mark.parametrize("agent", ["", "<b>bold</b>", "\xe9", "x" * 9000, "{}", "-/1"])
def test_a_program_that_calls_itself_something_odd_has_no_name_of_its_own(client, activity, agent):
    client(agent=agent).comes_in()("/files/")
    assert activity.devices()[0].name == "Unknown device"


# Parts


@pytest.mark.parametrize(
    ("stretches", "more", "expected"),
    [
        ([], (0, 5), [(0, 5)]),
        ([(0, 5)], (5, 9), [(0, 9)]),
        ([(0, 5)], (3, 4), [(0, 5)]),
        ([(0, 5), (8, 9)], (5, 8), [(0, 9)]),
        ([(4, 6)], (0, 2), [(0, 2), (4, 6)]),
        ([(4, 6)], (3, 3), [(4, 6)]),
    ],
)
def test_stretches_are_put_together(stretches, more, expected):
    assert together(stretches, more) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (0, 7)),
        ({"Content-Range": "bytes 5-11/20"}, (5, 20)),
        ({"Content-Type": "multipart/byteranges; boundary=x"}, (None, None)),
    ],
)
def test_the_place_of_a_part_is_read_from_the_reply(headers, expected):
    assert place(headers, 7) == expected
