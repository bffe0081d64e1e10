"""Streams of events, as a bare socket gets them from a real server."""

import json
import os
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

import server.serving
from server import crowd, events, watching
from server.application import Application
from server.environment import OPENER
from server.feed import Push
from server.folder import SharedFolder
from server.share import Share

GET = b"%s /api/events/%s HTTP/%s\r\nHost: localhost:%d\r\n%s\r\n"
RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
# Milliseconds; only ever waited out when something is broken.
PATIENCE = 20_000


class Stream:
    """A stream that was asked for."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self._lines = client.makefile("rb")
        self.status = int(self._lines.readline().split()[1])
        self.fields: dict[str, str] = {}
        while line := self._lines.readline().strip():
            name, _, text = line.decode().partition(": ")
            self.fields[name.lower()] = text

    def part(self) -> dict[str, str]:
        """Give the next block: fields of an event, or a comment without a name; {} at the end."""
        found = {}
        while (line := self._lines.readline()).strip():
            name, _, text = line.decode().rstrip("\n").partition(":")
            found[name] = text.strip()
        return found

    def event(self) -> tuple[str, dict[str, str]]:
        """Give name and data of the next event."""
        while "data" not in (part := self.part()):
            assert part, "the stream has ended"
        return part["event"], json.loads(part["data"])

    def wait_for(self, version: str) -> None:
        while self.event()[1].get("version") != version:
            pass

    def rest(self) -> bytes:
        return self._lines.read()


@pytest.fixture
def stream(share, connect) -> Callable[..., Stream]:
    def new(
        path: str = "",
        method: bytes = b"GET",
        http: bytes = b"1.1",
        fields: bytes = b"",
        on: Share | None = None,
    ) -> Stream:
        there = on or share
        return Stream(connect(there, GET % (method, path.encode(), http, there.port, fields)))

    return new


@pytest.fixture
def version(holiday) -> Callable[..., str]:
    return lambda path="": SharedFolder(holiday).look(path).version


def watchers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "folder-watch"]


@pytest.fixture(autouse=True)
def no_watcher_left() -> Iterator[None]:
    yield
    for thread in watchers():
        thread.join(PATIENCE / 1000)
    assert not watchers()


@pytest.mark.parametrize("http", [b"1.0", b"1.1"])
@pytest.mark.parametrize("path", ["", "uploads", "uploads/"])
def test_a_stream_begins_with_the_version_and_goes_on(stream, holiday, version, path, http):
    found = stream(path, http=http, fields=b"Last-Event-ID: 7\r\n")
    name = path.strip("/")
    assert found.status == 200
    assert found.fields["content-type"] == "text/event-stream; charset=utf-8"
    assert found.fields["cache-control"] == "no-cache"
    assert found.fields["connection"] == "close"
    assert not {"content-length", "transfer-encoding"} & found.fields.keys()
    assert found.part() == {"retry": "3000"}
    assert found.event() == ("folder", {"path": name, "version": version(name)})
    (holiday / name / "new.png").touch()
    found.wait_for(version(name))
    (holiday / name / "new.png").unlink()
    found.wait_for(version(name))


def test_any_name_fits_into_an_event(stream, holiday):
    name = os.fsdecode(b"line\nbreak \xff \xc3\xbc")
    (holiday / name).mkdir()
    assert stream("line%0Abreak%20%FF%20%C3%BC").event()[1]["path"] == name


def test_the_version_is_the_one_of_the_listing(stream, browser, holiday):
    found = stream("uploads")
    found.event()
    (holiday / "uploads" / "new.png").touch()
    told = found.event()[1]["version"]
    assert told == json.loads(browser("/api/folder/uploads").body)["version"]


def test_a_folder_that_goes_is_told_and_the_stream_goes_on(stream, holiday, version, monkeypatch):
    monkeypatch.setattr(watching, "UNTOLD", 0.02)
    found = stream("uploads")
    found.event()
    (holiday / "uploads" / "img1.png").unlink()
    (holiday / "uploads").rmdir()
    while (event := found.event())[0] != "gone":
        pass
    assert event[1] == {"path": "uploads"}
    (holiday / "uploads").mkdir()
    found.wait_for(version("uploads"))


@pytest.mark.parametrize("path", ["nothing", "notes.txt", "..", ".hidden", "/"])
def test_what_is_no_folder_here_has_no_stream(stream, path):
    found = stream(path)
    assert (found.status, found.fields["content-type"]) == (404, "application/json")


def test_head_is_answered_without_a_stream(stream):
    found = stream("uploads", b"HEAD")
    assert (found.status, found.rest()) == (200, b"")
    assert "content-length" not in found.fields
    assert not watchers()


def test_no_request_after_a_stream_is_answered(stream, share, holiday, version):
    pipe = b"\r\nGET /download/notes.txt HTTP/1.1\r\nHost: localhost:%d\r\n" % share.port
    found = stream("uploads", fields=pipe)
    found.client.sendall(b"GET /download/notes.txt HTTP/1.1\r\n\r\n" * 9)
    found.event()
    (holiday / "uploads" / "new.png").touch()
    assert found.event() == ("folder", {"path": "uploads", "version": version("uploads")})


def test_two_hundred_streams_cost_no_thread_and_hold_nobody_up(
    stream, share, browser, holiday, version
):
    stream("uploads").event()
    before = threading.active_count()
    streams = [stream("uploads") for _ in range(200)]
    assert len(watchers()) == 1
    assert threading.active_count() <= before + 4
    assert browser("/download/notes.txt").status == 200
    (holiday / "uploads" / "new.png").touch()
    for one in streams:
        one.wait_for(version("uploads"))


def test_a_client_that_leaves_is_watched_for_no_more(stream):
    found = stream()
    found.event()
    (watcher,) = watchers()
    found.client.shutdown(socket.SHUT_RDWR)
    watcher.join(PATIENCE / 1000)
    assert not watcher.is_alive()


def test_stopping_ends_every_stream(stream, share):
    streams = [stream() for _ in range(10)]
    for one in streams:
        one.event()
    share.stop()
    for one in streams:
        one.client.settimeout(PATIENCE / 1000)
        try:
            rest = one.rest()
        except ConnectionError:
            rest = b""
        assert b"data" not in rest


def test_a_quiet_stream_is_not_taken_for_a_stalled_reader(
    serve, holiday, stream, version, monkeypatch
):
    """The share looks for stalled readers every second."""
    monkeypatch.setattr(server.serving, "STALLED_FOR", 1)
    monkeypatch.setattr(watching, "BEAT", 0.1)
    found = stream(on=serve(holiday))
    found.event()
    for _ in range(25):
        assert found.part() == {"": ""}
    (holiday / "new.png").touch()
    found.wait_for(version())


def test_a_stalled_listener_is_dropped(serve, holiday, connect, monkeypatch):
    monkeypatch.setattr(server.serving, "STALLED_FOR", 1)
    monkeypatch.setattr(watching, "BEAT", 0.001)
    monkeypatch.setattr(events, "_BEAT", b":" * 1000 + b"\n\n")
    share = serve(holiday)
    client = connect(share, GET % (b"GET", b"", b"1.1", share.port, b""), receive_buffer=2048)
    ended = select.poll()
    ended.register(client, select.POLLHUP)
    assert ended.poll(PATIENCE)


def test_too_many_streams_are_told_to_look_themselves(stream, monkeypatch):
    monkeypatch.setattr(events, "MOST", 2)
    first, _ = stream(), stream("uploads")
    refused = stream()
    assert (refused.status, refused.fields["retry-after"]) == (503, "60")
    first.client.close()
    first._lines.close()
    while stream().status != 200:
        pass


def test_one_device_has_not_all_streams(stream, monkeypatch):
    monkeypatch.setattr(events, "MOST_FOR_ONE", 1)
    monkeypatch.setattr(events, "device", lambda _: "a phone")
    first = stream()
    assert (first.status, stream().status) == (200, 503)


def test_a_stream_outlasts_idle_connections_when_room_is_needed(
    serve, holiday, connect, stream, version, monkeypatch
):
    monkeypatch.setattr(server.serving, "room_for_connections", lambda: 20)
    monkeypatch.setattr(crowd, "_GO_AT_ONCE", 1)
    share = serve(holiday)
    found = stream(on=share)
    found.event()
    for _ in range(30):
        stream("nothing", on=share)
    (holiday / "new.png").touch()
    found.wait_for(version())


# A reply without an end, whatever is in it


class Tap:
    """A feed that a test turns on."""

    def __init__(self) -> None:
        self.push: Push | None = None
        self.has_begun, self.has_ended = threading.Event(), threading.Event()

    def begin(self, push: Push) -> None:
        self.push = push
        self.has_begun.set()

    def end(self) -> None:
        self.has_ended.set()


@pytest.fixture
def tap(connect) -> Iterator[tuple[Tap, socket.socket]]:
    """A feed, and a client of it that has little room."""
    made = Tap()

    def app(environ, start_response):
        environ[OPENER](made)
        start_response("200 OK", [])
        return iter([b"begun\n"])

    with Share(app, port=0) as share:
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        yield made, connect(share, request, receive_buffer=2048)
    assert made.has_ended.wait(PATIENCE / 1000)


def test_what_a_client_does_not_take_is_not_piled_up_and_the_last_comes(tap):
    feed, client = tap
    assert feed.has_begun.wait(PATIENCE / 1000)
    for number in range(20_000):
        feed.push(b"%d\n" % number * 10)
    feed.push(b"the last\n")
    feed.push(b"a beat\n", keep=False)
    lines = client.makefile("rb")
    while lines.readline() != b"begun\n":
        pass
    received = list(iter(lines.readline, b"the last\n"))
    assert len(received) < 20_000
    numbers = [int(line) for line in received]
    assert numbers == sorted(numbers)
    assert b"a beat\n" not in received
    feed.push(b"and on\n")
    assert lines.readline() == b"and on\n"


def test_a_feed_of_a_client_that_has_gone_is_ended(connect):
    feed, is_asked, may_answer = Tap(), threading.Event(), threading.Event()

    def app(environ, start_response):
        environ[OPENER](feed)
        is_asked.set()
        may_answer.wait(PATIENCE / 1000)
        start_response("200 OK", [])
        return iter([b"begun\n"])

    with Share(app, port=0) as share:
        client = connect(share, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        assert is_asked.wait(PATIENCE / 1000)
        client.close()
        may_answer.set()
        assert feed.has_ended.wait(PATIENCE / 1000)


def test_a_feed_whose_reply_fails_is_ended(connect):
    feed = Tap()

    def app(environ, start_response):
        environ[OPENER](feed)
        raise ValueError

    with Share(app, port=0) as share:
        client = connect(share, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(99).startswith(b"HTTP/1.1 500")
        assert feed.has_ended.wait(PATIENCE / 1000)
        assert not feed.has_begun.is_set()


def test_a_server_that_keeps_no_reply_open_says_so(holiday):
    reply = (
        Application(SharedFolder(holiday))
        .routes()
        .test_client()
        .get("/api/events", headers={"Host": "127.0.0.1"})
    )
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "60")
