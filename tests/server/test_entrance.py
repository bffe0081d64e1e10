"""Who comes in: real requests from several addresses, each standing for a device."""

import json
import logging
import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import pytest

import server.access
import server.pin
from server.access import Access
from server.application import Application
from server.entrance import local
from server.folder import SharedFolder
from server.identity import Identity
from server.pin import MOST_FAILURES, TRIES
from server.share import Share

PIN, SECRET = "123456", "a-secret-of-more-than-22-letters"
OWN, PHONE, TABLET = "127.0.0.1", "127.0.0.7", "127.0.0.8"
PAGE = {"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (a phone)"}
FORM = {**PAGE, "Content-Type": "application/x-www-form-urlencoded"}
PATIENCE = 20
BIG = 64 << 20


@pytest.fixture
def access():
    return Access(PIN, SECRET, is_free=lambda address: address == OWN)


@pytest.fixture
def guarded(holiday, access) -> Iterator[Share]:
    """`holiday`, with a PIN for everything but one address."""
    identity = Identity("Ann’s pictures", "1234")
    with Share(Application(SharedFolder(holiday), access=access, identity=identity), port=0) as own:
        access.when_ended(own.cut_off)
        yield own


class Device:
    """A client at an address of its own; with cookies, if it is given some."""

    def __init__(self, port, address):
        self._connection = HTTPConnection(OWN, port, timeout=PATIENCE, source_address=(address, 0))
        self.cookies = {}

    def __call__(self, path, method="GET", body=None, **headers):
        if self.cookies:
            pairs = [f"{name}={value}" for name, value in self.cookies.items()]
            headers["Cookie"] = "; ".join(pairs)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, fields)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers, answer.read()

    def types(self, pin, target="/files/", **headers):
        body = urlencode({"pin": pin, "next": target})
        return self("/pin", "POST", body, **{**FORM, **headers})

    def close(self):
        self._connection.close()


@pytest.fixture
def device(guarded):
    """Give a client at an address."""
    with ExitStack() as opened:

        def new(address=PHONE, share=guarded):
            made = Device(share.port, address)
            opened.callback(made.close)
            return made

        yield new


def basic(pin, user="anybody"):
    return {"Authorization": "Basic " + b64encode(f"{user}:{pin}".encode()).decode()}


# Coming in


def test_this_computer_needs_nothing(device):
    assert device(OWN)("/download/notes.txt")[0] == 200
    assert device(OWN)("/files/")[0] == 200


def test_loopback_addresses_are_this_computer(holiday, device):
    with Share(Application(SharedFolder(holiday), access=Access()), port=0) as share:
        assert device(PHONE, share)("/download/notes.txt")[0] == 200


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.5", False),
        ("::ffff:192.168.1.5", False),
        ("fe80::1%eth0", False),
        ("10.127.0.1", False),
    ],
)
def test_only_loopback_addresses_are_this_computer(address, is_own):
    assert server.access.is_this_computer(address) == is_own
    assert Access().lets_in({"REMOTE_ADDR": address, "SERVER_PORT": "5000"}) == is_own


def test_another_device_is_asked_for_the_pin(device):
    status, headers, page = device()("/files/uploads/?view=a%20b", **PAGE)
    assert status == 401
    assert b'name="pin"' in page
    assert "PIN for <bdi>Ann’s pictures</bdi>" in page.decode()
    assert b'name="next" value="/files/uploads/?view=a%20b"' in page
    assert headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in headers
    assert "form-action 'self'" in headers["Content-Security-Policy"]


def test_the_pin_lets_in_and_leads_to_where_one_was_going(device, access):
    phone = device()
    status, headers, _ = phone.types(PIN, "/files/uploads/?view=a%20b")
    assert (status, headers["Location"]) == (303, "/files/uploads/?view=a%20b")
    assert phone("/files/uploads/")[0] == 200
    assert phone("/download/notes.txt")[2] == b"Sun, sea and sand.\n"
    assert [visitor.by for visitor in access.visitors()] == ["pin"]
    assert access.visitors()[0].agent == "Mozilla/5.0 (a phone)"
    assert access.visitors()[0].address == PHONE


def test_the_cookie_is_a_careful_one(device, guarded):
    _, headers, _ = device().types(PIN)
    session, sign = headers.get_all("Set-Cookie")
    assert re.fullmatch(
        rf"lanslide-{guarded.port}=[\w-]{{32}}; HttpOnly; Path=/; SameSite=Strict", session
    )
    assert sign == f"lanslide-{guarded.port}-here=1; HttpOnly; Path=/; SameSite=Lax"


def test_the_link_lets_in_and_the_key_is_gone(device, access, guarded):
    phone = device()
    assert access.link(guarded.address) == f"{guarded.address}/?key={SECRET}"
    status, headers, page = phone(f"/files/uploads/?view=a%20b&key={SECRET}&x", **PAGE)
    assert status == 200
    assert b'content="0; url=/files/uploads/?view=a%20b&amp;x"' in page
    assert SECRET.encode() not in page
    assert SECRET not in str(headers)
    assert headers["Cache-Control"] == "no-store"
    assert phone("/files/uploads/?view=a%20b&x", **PAGE)[0] == 200
    assert [visitor.by for visitor in access.visitors()] == ["link"]


@pytest.mark.parametrize("path", ["/download/notes.txt", "/", "/api/folder", "/nothing"])
def test_any_path_may_carry_the_key(device, path):
    phone = device()
    assert f"url={path}".encode() in phone(f"{path}?key={SECRET}")[2]
    assert phone(path)[0] != 401


def test_an_old_link_asks_for_the_pin_and_is_no_failure(device, looked_at):
    phone = device()
    for _ in range(MOST_FAILURES):
        status, _, page = phone("/files/?key=old&view=x", **PAGE)
        assert status == 401
    assert b"This link is not valid any more." in page
    assert b'value="/files/?view=x"' in page
    assert not looked_at
    assert phone.types(PIN)[0] == 303


def test_whoever_is_in_loses_the_key_from_the_address_whatever_it_is(device, access):
    page = device(OWN)("/files/?key=old")[2]
    assert b'url=/files/"' in page
    assert not access.visitors()


def test_a_link_that_another_site_leads_to_is_asked_for_again_once(device, guarded):
    phone = device()
    phone.types(PIN)
    strict = phone.cookies.pop(f"lanslide-{guarded.port}")
    status, headers, page = phone("/files/?view=x", **PAGE)
    assert status == 200
    assert b"url=/files/?view=x" in page
    assert "Max-Age=0" in headers["Set-Cookie"]
    del phone.cookies[f"lanslide-{guarded.port}-here"]
    # Without a cookie after all
    assert phone("/files/?view=x", **PAGE)[0] == 401
    # With it, the sign comes back
    phone.cookies[f"lanslide-{guarded.port}"] = strict
    assert phone("/files/?view=x", **PAGE)[0] == 200
    assert f"lanslide-{guarded.port}-here" in phone.cookies


@pytest.mark.parametrize("user", ["", "anybody", "a:b"])
def test_tools_give_the_pin_as_a_password(device, user):
    tool = device()
    status, headers, _ = tool("/download/notes.txt")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith('Basic realm="Lanslide"')
    expected = 401 if ":" in user else 200
    assert tool("/download/notes.txt", **basic(PIN, user))[0] == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"Accept": "text/html"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"},
        {"User-Agent": "Mozilla/5.0", "Accept": "image/avif,image/*"},
    ],
)
def test_no_browser_shows_a_dialog_of_its_own(device, fields):
    for path in ("/files/img2.png", "/api/folder"):
        status, headers, _ = device()(path, **fields)
        assert status == 401
        assert "WWW-Authenticate" not in headers


@pytest.mark.parametrize(
    "value", ["Basic", "Basic !", "Basic \xff", "Bearer x", "Basic Og==", "Digest a=b"]
)
def test_other_credentials_are_none(device, value):
    assert device()("/download/notes.txt", Authorization=value)[0] == 401


def test_an_open_share_asks_nobody(device, access):
    access.is_open = True
    assert device()("/download/notes.txt")[0] == 200
    assert json.loads(device()("/api/share")[2])["needs_pin"] is False
    access.is_open = False
    assert device()("/download/notes.txt")[0] == 401


def test_the_page_of_the_pin_is_complete_without_being_in(device):
    page = device()("/files/", **PAGE)[2].decode()
    links = re.findall(r'<link [^>]*href="([^"]+)"', page)
    assert links
    assert all(device()(link)[0] == 200 for link in links)
    assert "<script" not in page


def test_the_form_can_be_asked_for_by_itself(device):
    phone = device()
    assert phone("/pin", **PAGE)[0] == 401
    phone.types(PIN)
    status, headers, _ = phone("/pin", **PAGE)
    assert (status, headers["Location"]) == (303, "/files/")
    assert phone.types("wrong")[0] == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/.//evil.example",
        "/files//evil.example",
        "/files/\r\nSet-Cookie: a=b",
        "/é",
        "",
    ],
)
def test_nothing_leads_to_another_place(device, target):
    status, headers, _ = device().types(PIN, target)
    assert (status, headers["Location"]) == (303, "/files/")
    assert local(target) == "/files/"


@pytest.mark.parametrize(
    "target", ["/", "/files/", "/files/%2F%2Fx/?view=//a&b=c:d", "/a/b", "/a?\"'<>", "/@:;,"]
)
def test_a_path_of_the_share_is_kept(target):
    assert local(target) == target


# Being told apart from nobody

METHODS = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"]
FREE = {"/pin", "/api/share", "/static/<path:path>"}


def routes(app):
    """Give the path of every route of the share, with `{}` for the name of a file."""
    texts = {rule.rule for rule in app.routes().url_map.iter_rules()}
    rules = {text.replace("<string:size>", "grid") for text in texts}
    return sorted(re.sub(r"<.*>", "{}", rule) for rule in rules - FREE)


class Untouchable:
    """A folder, or what works on one, that must not be looked at once the share is made."""

    is_made = False

    def __getattr__(self, name):
        if self.is_made:
            pytest.fail(f"Somebody who is not in reached {name}.")
        return self


@pytest.fixture
def untouched(access):
    """A share whose folder fails the test when anything is asked of it."""
    thing = Untouchable()
    app = Application(thing, thing, thing, access=access)
    app.routes().testing = True  # what fails in a view, fails here
    thing.is_made = True
    return app


@pytest.mark.parametrize("headers", [{}, PAGE, basic("000000"), {"Cookie": "lanslide-80=x"}])
def test_nothing_looks_at_the_folder_for_who_is_not_in(untouched, headers):
    client = untouched.routes().test_client()
    options = {"headers": headers, "environ_overrides": {"REMOTE_ADDR": PHONE}}
    for route in [*routes(untouched), "/nothing", "//", "/files/../x"]:
        for method in METHODS:
            answer = client.open(route.format("a"), method=method, **options)
            assert answer.status_code in {401, 429}, (route, method)
            assert untouched.at_once(answer.request.environ) is None


def test_what_exists_and_what_does_not_look_the_same(device, holiday, access):
    phone = device()
    app = Application(SharedFolder(holiday), access=access)
    kinds = {"notes.txt": "none0.txt", "uploads": "nothing", "uploads/": "nothing/"}
    for route in routes(app):
        for method, headers in [(method, fields) for method in METHODS for fields in ({}, PAGE)]:
            for there, missing in kinds.items():
                answers = []
                for name in (there, missing):
                    status, fields, body = phone(route.format(name), method, **headers)
                    fields = [(key, text) for key, text in fields.items() if key != "Date"]
                    answers.append((status, fields, body.replace(quote(name).encode(), b"")))
                assert answers[0] == answers[1], (route, method)
                assert answers[0][0] == 401


def test_both_roads_to_an_answer_let_the_same_in(device, guarded):
    """A plain request is answered on a short road; an empty query makes it take the long one."""
    own, phone, other = device(OWN), device(PHONE), device(TABLET)
    phone.types(PIN)
    stranger, old, foreign = device(TABLET), device(TABLET), device(TABLET)
    old.cookies = {f"lanslide-{guarded.port}": "x" * 32}
    foreign.cookies = {f"lanslide-{guarded.port + 1}": phone.cookies[f"lanslide-{guarded.port}"]}
    for road in ("/files/", "/download/", "/download2/"):
        for name in ("notes.txt", "nothing.txt", "uploads"):
            for method in ("GET", "HEAD"):
                for client in (own, phone, other, stranger, old, foreign):
                    short = client(road + name, method)[::2]
                    assert short == client(f"{road}{name}?", method)[::2]
                    assert (short[0] == 401) == (client not in (own, phone))


def test_the_share_tells_who_is_not_in_no_more_than_it_must(device):
    stranger = json.loads(device()("/api/share")[2])
    assert stranger == {"id": "1234", "name": "Ann’s pictures", "needs_pin": True}
    for told in (device(OWN)("/api/share"), device()("/api/share", **basic(PIN))):
        assert json.loads(told[2]) == {**stranger, "needs_pin": False, "version": "0.1.0"}
    assert device()("/api/share", **basic("000000"))[0] == 401


def test_a_share_is_called_nothing_that_tells_about_its_computer(browser, tmp_path):
    told = json.loads(browser("/api/share").body)
    assert told["name"] == "Lanslide"
    assert re.fullmatch("[0-9a-f]{32}", told["id"])
    assert told["needs_pin"] is False


def test_an_error_below_api_is_json(device):
    for fields in ({}, basic("000000")):
        status, headers, body = device()("/api/folder", **fields)
        assert (status, headers["Content-Type"]) == (401, "application/json")
        assert json.loads(body)["error"].endswith(".")


# Guessing


def test_a_device_has_five_wrong_ones_on_every_road_together(device, looked_at):
    phone = device()
    first = [phone.types("000000") for _ in range(2)]
    assert [answer[0] for answer in first] == [401, 401]
    assert b"This is not the PIN. 3 more tries." in first[1][2]
    assert phone("/download/notes.txt", **basic("000001"))[0] == 401
    assert phone("/api/share", **basic("000001"))[0] == 401
    assert phone("/static/style.css", "HEAD", **basic("000002"))[0] == 401
    for answer in (phone.types(PIN), phone("/files/", **basic(PIN))):
        assert answer[0] == 429
        assert 290 < int(answer[1]["Retry-After"]) <= 300
        assert b"Too many wrong PINs. Try again in 5 minutes." in answer[2]
    assert len(looked_at) == TRIES
    assert device(TABLET).types(PIN)[0] == 303


def test_the_link_lets_in_who_has_guessed_too_often(device):
    phone = device()
    for _ in range(TRIES + 1):
        phone.types("000000")
    phone(f"/?key={SECRET}")
    assert phone("/download/notes.txt")[0] == 200


def test_ten_thousand_guesses_at_once_are_five(access, monkeypatch):
    looked_at = []

    def comparing(one, other):
        assert access._lock.locked(), "Two could be counted as one."
        looked_at.append(one)
        return one == other

    monkeypatch.setattr(server.pin, "compare_digest", comparing)
    pins = [f"{number:06d}" for number in range(120_000, 130_000)]
    with ThreadPoolExecutor(64) as many:
        kinds = set(many.map(lambda pin: access.guess(pin, PHONE).kind, pins))
    assert len(looked_at) == TRIES
    assert kinds == {"wrong", "wait"}


def test_guesses_over_many_connections_are_five(guarded, looked_at, access):
    def guess(number):
        phone = Device(guarded.port, PHONE)
        try:
            roads = [
                lambda: phone.types(f"{number:06d}"),
                lambda: phone("/download/notes.txt", **basic(f"{number:06d}")),
                lambda: phone("/api/folder", "HEAD", **basic(f"{number:06d}")),
            ]
            return roads[number % 3]()[0]
        finally:
            phone.close()

    with ThreadPoolExecutor(64) as many:
        statuses = list(many.map(guess, range(640)))
    assert len(looked_at) == statuses.count(401) == TRIES
    assert statuses.count(429) == 640 - TRIES
    assert not access.paused


def test_many_devices_pause_the_pin_until_the_user_acts(device, access, looked_at):
    phone, tablet = device("127.0.1.1"), device("127.0.1.2")
    phone("/files/")
    changes = []
    access.observe(lambda: changes.append(access.paused))
    phone.types(PIN)
    for number in range(2 * MOST_FAILURES):
        device(f"127.0.2.{number + 1}")("/files/", **basic("000000"))
    assert len(looked_at) == MOST_FAILURES + 1
    assert changes == [False, True]
    status, headers, page = tablet.types(PIN)
    assert (status, headers["Retry-After"]) == (429, None)
    assert b"none is taken for now" in page
    assert b'name="pin"' not in tablet("/files/", **PAGE)[2]
    # Cookies and links go on
    assert phone("/files/")[0] == 200
    tablet(f"/?key={SECRET}")
    assert tablet("/files/")[0] == 200
    access.resume()
    assert device("127.0.1.3").types(PIN)[0] == 303


def test_an_ipv6_network_is_one_device(access):
    kinds = [access.guess("000000", f"fd00::{number:x}").kind for number in range(10)]
    assert kinds == ["wrong"] * TRIES + ["wait"] * TRIES
    assert access.guess(PIN, "fd00:0:0:1::1").kind == "right"


def test_another_site_cannot_guess_with_the_users_browser(device, looked_at, guarded):
    phone = device()
    own = {"Host": f"127.0.0.1:{guarded.port}"}
    for fields in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{guarded.port + 1}", **own},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ):
        assert phone.types(PIN, **fields)[0] == 403
    assert not looked_at
    assert phone.types(PIN, Origin=f"http://127.0.0.1:{guarded.port}", **own)[0] == 303


def test_a_name_of_somebody_else_does_not_come_in_with_the_cookie(device, guarded):
    phone = device()
    phone.types(PIN)
    assert phone("/files/", Host=f"evil.example:{guarded.port}")[0] == 421


def test_a_form_that_is_too_long_is_not_read(device):
    phone = device()
    assert phone.types("1" * 40_000)[0] == 413


# The end of being in


def test_a_new_pin_ends_what_the_old_one_and_the_old_link_began(device, access):
    phone, tablet = device(PHONE), device(TABLET)
    phone.types(PIN)
    tablet(f"/?key={SECRET}")
    access.new_pin()
    assert access.pin != PIN
    assert access.secret != SECRET
    assert access.visitors() == ()
    for address, before in ((PHONE, phone), (TABLET, tablet)):
        again = device(address)
        again.cookies = before.cookies
        assert again("/download/notes.txt")[0] == 401
        assert again(f"/?key={SECRET}")[0] == 401
        assert again.types(PIN)[0] == 401
    assert device("127.0.0.9").types(access.pin)[0] == 303


def test_sessions_can_be_ended_and_the_pin_stays(device, access):
    phone = device()
    phone.types(PIN)
    access.end_sessions()
    again = device()
    again.cookies = phone.cookies
    assert again("/download/notes.txt")[0] == 401
    assert again.types(PIN)[0] == 303


@pytest.fixture
def transfer(guarded, holiday):
    """Begin a transfer that no socket's buffers can hold, at an address."""
    with (holiday / "big.bin").open("wb") as file:
        file.truncate(BIG)
    with ExitStack() as opened:

        def begin(address, headers):
            client = opened.enter_context(socket.socket())
            client.settimeout(PATIENCE)
            client.bind((address, 0))
            client.connect((OWN, guarded.port))
            fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            request = f"GET /download/big.bin HTTP/1.0\r\n{fields}\r\n"
            client.sendall(request.encode())
            assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.0 200"
            return client

        yield begin


def received(client):
    """Count what still comes, until the other side ends the connection one way or the other."""
    count = 0
    try:
        while data := client.recv(1 << 20):
            count += len(data)
    except ConnectionResetError:
        pass
    return count


@pytest.mark.parametrize("end", [Access.new_pin, Access.end_sessions])
def test_running_transfers_are_cut_off_and_those_of_this_computer_are_not(
    device, access, transfer, end
):
    phone = device()
    phone.types(PIN)
    cookie = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    cut = [transfer(PHONE, {"Cookie": cookie}), transfer(TABLET, basic(PIN))]
    own = transfer(OWN, {})
    end(access)
    assert all(received(client) < BIG for client in cut)
    assert received(own) > BIG


def test_whoever_is_told_what_changes_is_told_no_more(device, access, guarded):
    phone = device()
    phone.types(PIN)
    cookie = f"lanslide-{guarded.port}=" + phone.cookies[f"lanslide-{guarded.port}"]
    with socket.create_connection((OWN, guarded.port), PATIENCE, (PHONE, 0)) as client:
        request = f"GET /api/events/ HTTP/1.1\r\nHost: localhost:{guarded.port}\r\n"
        client.sendall(f"{request}Cookie: {cookie}\r\n\r\n".encode())
        assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        access.new_pin()
        received(client)


def test_closing_an_open_share_cuts_off_who_was_not_asked(device, access, transfer):
    phone = device()
    phone.types(PIN)
    access.is_open = True
    asked, unasked, own = transfer(PHONE, {}), transfer(TABLET, {}), transfer(OWN, {})
    access.is_open = False
    assert received(unasked) < BIG
    assert received(asked) > BIG
    assert received(own) > BIG


def test_nobody_comes_in_with_a_pin_that_is_replaced_meanwhile(access, monkeypatch):
    """What is right and what begins by it are one step."""
    begun = []
    begin = access._sessions.begin

    def beginning(visitor, device):
        begun.append(access._lock.locked())
        return begin(visitor, device)

    monkeypatch.setattr(access._sessions, "begin", beginning)
    access.enter_by_pin(PIN, PHONE, "")
    access.enter_by_key(SECRET, PHONE, "")
    assert begun == [True, True]


def test_changes_are_told(access):
    told = []
    access.observe(lambda: told.append((access.pin, access.is_open, len(access.visitors()))))
    access.enter_by_pin("000000", PHONE, "")
    access.enter_by_pin(PIN, PHONE, "")
    access.is_open = True
    access.is_open = True
    access.new_pin()
    assert told == [(PIN, False, 1), (PIN, True, 1), (access.pin, True, 0)]


def test_pin_and_secret_are_others_at_every_start():
    assert Access().secret != Access().secret
    assert len(Access().secret) >= server.access.SHORTEST_SECRET
    with pytest.raises(ValueError, match="at least 22 letters"):
        Access(None, "short")


def test_no_line_of_a_log_holds_a_pin_or_a_key(device, holiday, access, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    phone = device()
    monkeypatch.setattr("server.entrance.local", lambda _: 1 / 0)
    assert phone(f"/files/?key={SECRET}")[0] == 500
    assert phone.types(PIN)[0] == 500
    assert phone("/files/", **basic(PIN))[0] == 500
    assert caplog.records
    for record in caplog.records:
        text = caplog.handler.format(record)
        assert SECRET not in text
        assert PIN not in text
    caplog.clear()
