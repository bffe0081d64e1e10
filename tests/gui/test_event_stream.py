"""Events are read from any share, believed from none, and end in our own exceptions."""

import threading

import pytest

from gui import client as client_module
from gui import event_stream
from gui.client import Client
from gui.errors import BadAnswer, Cancelled, Interrupted, Missing, Unavailable
from gui.event_stream import LONGEST_LINE, MOST_BYTES, lines, versions
from server.folder import SharedFolder

STREAM = (
    b"retry: 3000\n\n"
    b'event: folder\ndata: {"path": "", "version": "a1"}\n\n'
    b":\n\n: a comment\n"
    b'event: gone\r\ndata: {"path": ""}\r\n\r\n'
    b'event: other\ndata: whatever\n\ndata: "no name"\n\n'
    b'id: 7\nevent:folder\ndata:{"version": "b2"}\n\n'
    b'event: folder\ndata: {"version": "not yet whole"}\n'
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 7, 64, len(STREAM)])
def test_events_are_the_same_however_they_are_cut(size):
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert list(versions(chunks)) == ["a1", None, "b2"]


def test_a_line_is_given_as_soon_as_it_is_whole():
    arriving = iter([b"one\ntw", b"o\n"])
    found = lines(arriving)
    assert next(found) == b"one"
    assert next(arriving) == b"o\n"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"x", b"[]", b"7", b"{}", b"\xff", b"[" * 9999),
        *(b'{"version": 7}', b'{"version": ""}', b'{"version": "a b"}'),
        b'{"version": "%s"}' % (b"a" * 65),
    ],
)
def test_what_is_no_event_is_no_version(data):
    with pytest.raises((ValueError, RecursionError)):
        list(versions([b"event: folder\ndata: " + data + b"\n\n"]))


def test_a_line_without_end_and_a_flood_are_too_much(monkeypatch):
    with pytest.raises(ValueError, match="line"):
        list(lines(b"x" for _ in range(LONGEST_LINE + 2)))
    with pytest.raises(ValueError, match="many"):
        list(lines([b"\n" * 1024] * (MOST_BYTES // 1024 + 1)))
    monkeypatch.setattr(event_stream, "MOST_SECONDS", -1.0)
    assert len(list(lines([b"\n" * 1024] * (MOST_BYTES // 1024 + 1)))) > MOST_BYTES


def test_a_real_share_tells_what_happens(share, holiday):
    client = Client(share.address)
    events = client.events("uploads")
    assert next(events) == client.version("uploads") == client.entries("uploads").version
    (holiday / "uploads" / "new.png").touch()
    now = SharedFolder(holiday).look("uploads").version
    while next(events) != now:
        pass
    events.close()
    client.close()


@pytest.mark.parametrize("path", ["nothing", "notes.txt"])
def test_what_is_no_folder_is_missing(share, path):
    client = Client(share.address)
    with pytest.raises(Missing):
        next(client.events(path))
    client.close()


def full(exchange):
    exchange.reply(b"", "503 Service Unavailable", Retry_After="60")


def a_page(exchange):
    exchange.reply(b"<p>", Content_Type="text/html")


def nonsense(exchange):
    exchange.send(HEAD + b"event: folder\ndata: {\n\n")
    exchange.stall()


def a_line_without_end(exchange):
    exchange.send(HEAD + b"x" * (LONGEST_LINE + 2))
    exchange.stall()


def an_end(exchange):
    exchange.send(HEAD)
    exchange.hang_up()


def silence(exchange):
    exchange.send(HEAD)
    exchange.stall()


def a_redirect(exchange):
    exchange.reply(b"", "302 Found", Location="/api/events/elsewhere")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (full, Unavailable),
        (a_page, BadAnswer),
        (nonsense, BadAnswer),
        (a_line_without_end, BadAnswer),
        (an_end, Interrupted),
        (silence, Interrupted),
        (a_redirect, BadAnswer),
    ],
)
def test_what_is_no_stream_ends_in_an_exception(client_of, script, kind, monkeypatch):
    monkeypatch.setattr(client_module, "SILENCE", 0.3)
    with pytest.raises(kind):
        next(client_of(script).events(""))


def test_signs_of_life_are_enough_for_a_stream_to_go_on(client_of, monkeypatch):
    """It takes longer in all than a share may be silent."""
    monkeypatch.setattr(client_module, "SILENCE", 0.5)
    beat = threading.Event()

    def script(exchange):
        exchange.send(HEAD)
        for _ in range(10):
            exchange.send(b":\n\n")
            beat.wait(0.1)
        exchange.send(b'event: folder\ndata: {"version": "a1"}\n\n')
        exchange.stall()

    assert next(client_of(script).events("")) == "a1"


def test_a_stream_is_cancelled_while_it_waits(scripted):
    share, cancel = scripted(silence), threading.Event()
    client = Client(share.address)

    def cancel_once_it_waits():
        share.stalled.acquire()
        cancel.set()

    thread = threading.Thread(target=cancel_once_it_waits)
    thread.start()
    with pytest.raises(Cancelled):
        next(client.events("", cancel))
    thread.join()
    client.close()


def test_closing_the_client_ends_a_stream(scripted):
    share = scripted(silence)
    client = Client(share.address)

    def close_once_it_waits():
        share.stalled.acquire()
        client.close()

    thread = threading.Thread(target=close_once_it_waits)
    thread.start()
    with pytest.raises(Cancelled):
        next(client.events(""))
    thread.join()
