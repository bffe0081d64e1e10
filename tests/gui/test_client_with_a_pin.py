"""A client and a share that wants a PIN: the real one, and one that does what the test says."""

import base64
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import server.pin
from gui import errors
from gui.client import Client
from gui.errors import BadAnswer, Cancelled, PinNeeded, Refused, TooManyTries, WrongPin
from gui.identity import Identity
from server import identity
from server.access import Access
from server.application import Application
from server.folder import SharedFolder
from server.share import Share

PIN, WRONG = "123456", "000000"


def pieces(download):
    """Give the bytes of a download in the pieces in which they come."""
    buffer = memoryview(bytearray(64 * 1024))
    while count := download.read_into(buffer):
        yield bytes(buffer[:count])


@pytest.fixture
def access():
    return Access(PIN, is_free=lambda _: False)


@pytest.fixture
def guarded(holiday, access):
    own = identity.Identity("Ann’s pictures", "1234")
    with Share(Application(SharedFolder(holiday), access=access, identity=own), port=0) as share:
        yield share


@pytest.fixture
def client(guarded):
    made = []

    def new(pin=None):
        made.append(Client(guarded.address, pin=pin))
        return made[-1]

    yield new
    for one in made:
        one.close()


@pytest.fixture
def looked_at(monkeypatch):
    seen = []
    monkeypatch.setattr(
        server.pin, "compare_digest", lambda one, other: seen.append(one) or one == other
    )
    return seen


def test_with_the_pin_everything_is_as_without_one(client):
    one = client(PIN)
    assert {entry.name for entry in one.entries("").entries} >= {"notes.txt", "uploads"}
    with one.download("notes.txt") as download:
        assert b"".join(pieces(download)) == b"Sun, sea and sand.\n"
    assert one.read("notes.txt", 3).data == b"Sun"


def test_a_share_tells_whether_it_wants_a_pin(client):
    assert client().identity() == Identity("1234", "Ann’s pictures", needs_pin=True)
    assert client(PIN).identity() == Identity("1234", "Ann’s pictures", needs_pin=False)
    with pytest.raises(WrongPin):
        client(WRONG).identity()


def test_what_is_missing_is_said(client):
    with pytest.raises(PinNeeded, match=r"http://127.0.0.1:\d+ asks for a PIN."):
        client().entries("")


def test_a_wrong_pin_is_sent_once_however_much_is_asked_for(client, looked_at):
    one = client(WRONG)

    def ask(_):
        with pytest.raises(WrongPin, match="This is not the PIN of http"):
            one.entries("")

    with ThreadPoolExecutor(16) as many:
        list(many.map(ask, range(64)))
    assert looked_at == [WRONG.encode()]


def test_a_pin_that_is_replaced_costs_no_tries_however_much_is_asked_for(client, access):
    one = client(PIN)
    one.identity()
    access.new_pin()

    def ask(_):
        with pytest.raises(WrongPin, match="“Ann’s pictures” has another PIN now"):
            one.entries("")

    with ThreadPoolExecutor(16) as many:
        list(many.map(ask, range(64)))
    assert client(access.pin).entries("").entries


def test_the_wait_after_too_many_is_told(client, access):
    for _ in range(5):
        access.guess(WRONG, "127.0.0.1")
    with pytest.raises(TooManyTries, match="Try again in 5 minutes") as told:
        client(PIN).entries("")
    assert 290 < told.value.wait <= 300


def test_a_paused_pin_is_told_without_a_wait(client, access):
    for number in range(30):
        access.guess(WRONG, f"192.168.1.{number}")
    with pytest.raises(TooManyTries, match="takes none for now") as told:
        client(PIN).entries("")
    assert told.value.wait is None


@pytest.mark.parametrize("text", ["-1", "x", "9" * 5000, "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_that_cannot_be_read_is_none(client_of, text):
    def script(exchange):
        exchange.reply(b"", "429 TOO MANY REQUESTS", Retry_After=text)

    with pytest.raises(TooManyTries) as told:
        client_of(script, pin=PIN).entries("")
    assert told.value.wait is None


def test_many_ask_at_once_as_soon_as_the_pin_is_taken(client_of):
    together = threading.Barrier(4, timeout=20)
    asked = threading.Event()

    def script(exchange):
        if asked.is_set():
            together.wait()
        asked.set()
        exchange.reply(b'{"id": "1", "name": "x", "needs_pin": false}')

    one = client_of(script, pin=PIN)
    one.identity()
    with ThreadPoolExecutor(4) as many:
        assert len(list(many.map(lambda _: one.identity(), range(4)))) == 4


def test_waiting_for_the_first_answer_can_be_cancelled(client_of, scripted):
    one = client_of(lambda exchange: exchange.stall(), pin=PIN)
    with ThreadPoolExecutor(2) as two:
        first = two.submit(one.identity)
        cancel = threading.Event()
        second = two.submit(one.identity, cancel)
        cancel.set()
        with pytest.raises(Cancelled):
            second.result(timeout=20)
        one.close()
        with pytest.raises(Cancelled):
            first.result(timeout=20)


def test_the_pin_is_a_field_of_the_request_and_nowhere_else(client_of, caplog):
    caplog.set_level(logging.DEBUG)
    heads = []

    def script(exchange):
        heads.append(exchange.head)
        exchange.reply(b"", "302 FOUND", Location="http://127.0.0.2:9/")

    one = client_of(script, pin=PIN)
    with pytest.raises(BadAnswer) as told:
        one.entries("")
    pair = base64.b64encode(f"lanslide:{PIN}".encode()).decode()
    assert [head.count(f"Authorization: Basic {pair}") for head in heads] == [1]
    for text in (*heads, caplog.text, str(told.value), one.address, one.url("a"), repr(vars(one))):
        assert PIN not in text


def test_without_a_pin_none_is_sent(client_of):
    heads = []

    def script(exchange):
        heads.append(exchange.head)
        exchange.reply(b'{"id": "1", "name": "x", "needs_pin": false}')

    client_of(script).identity()
    assert "authorization" not in heads[0].lower()


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 4000,
        json.dumps({"id": "1", "name": 7, "needs_pin": True}).encode(),
        json.dumps({"id": "1", "name": "", "needs_pin": True}).encode(),
        json.dumps({"id": "", "name": "x", "needs_pin": True}).encode(),
        json.dumps({"id": "1", "name": "x" * 101, "needs_pin": True}).encode(),
        json.dumps({"id": "1", "name": "x", "needs_pin": 1}).encode(),
        json.dumps({"id": "1", "name": "x", "more": "x" * 5000}).encode(),
    ],
)
def test_what_is_no_identity_is_not_taken_for_one(client_of, told):
    with pytest.raises(BadAnswer):
        client_of(lambda exchange: exchange.reply(told)).identity()


def test_each_of_them_means_that_one_is_not_let_in():
    for kind in (errors.PinNeeded, errors.WrongPin, errors.TooManyTries):
        assert issubclass(kind, Refused)
