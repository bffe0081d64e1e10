"""The loop under a share: with disks that hang, without epoll, with clients that hog it."""

import json
import os
import select
import socket
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress
from email.parser import BytesParser
from itertools import takewhile

import pytest

import server.body
import server.serving
from server import connection, crowd, loop
from server.application import Application
from server.environment import LATER
from server.folder import SharedFolder
from server.loop import Loop
from server.replies import Answer
from server.share import Share

GET = b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n"
# Only ever waited out when something is broken.
PATIENCE = 20


def answer(client):
    """Read one reply: status, fields, body."""
    with client.makefile("rb") as stream:
        status = stream.readline()
        if not status:
            raise ConnectionError("The connection ended without a reply.")
        lines = takewhile(bytes.strip, iter(stream.readline, b""))
        fields = BytesParser().parsebytes(b"".join(lines))
        body = b"" if b" 304 " in status else stream.read(int(fields["Content-Length"]))
    return status, fields, body


def test_a_client_may_go_after_a_plain_request(share, connect):
    request = GET % (b"/download/notes.txt", share.port, b"Connection: close\r\n")
    client = connect(share, request)
    received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert b"\r\nConnection: close\r\n" in received
    assert received.endswith(b"Sun, sea and sand.\n")


# Disks that hang


class Hanging:
    """An application whose disk hangs, until it is let go, for every path that says so."""

    def __init__(self):
        self.let_go = threading.Event()
        self.hangs = threading.Semaphore(0)

    def at_once(self, environ):
        if "hang" in environ["PATH_INFO"]:
            self.hangs.release()
            assert self.let_go.wait(PATIENCE)
        return Answer("200 OK", {"Content-Length": "0"}, None)

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        return [b"slow"]


@pytest.fixture
def hanging():
    app = Hanging()
    with Share(app, port=0) as share:
        yield app, share
        app.let_go.set()


def hung(app, share, connect):
    client = connect(share, GET % (b"/hang", share.port, b""))
    assert app.hangs.acquire(timeout=PATIENCE)
    return client


def test_a_disk_that_hangs_holds_nobody_else_up(hanging, connect, browse):
    app, share = hanging
    browser = browse(share)
    for _ in range(2):
        app.let_go.clear()
        client = hung(app, share, connect)
        for _ in range(10):
            assert browser("/plain").status == 200
            assert browser("/?").body == b"slow"
        app.let_go.set()
        assert answer(client)[0] == b"HTTP/1.1 200 OK\r\n"
        client.sendall(GET % (b"/plain", share.port, b""))
        assert answer(client)[0] == b"HTTP/1.1 200 OK\r\n"


def test_several_that_hang_hold_nobody_else_up(hanging, connect, browse):
    app, share = hanging
    clients = [hung(app, share, connect) for _ in range(3)]
    assert browse(share)("/plain").status == 200
    app.let_go.set()
    assert {answer(client)[0] for client in clients} == {b"HTTP/1.1 200 OK\r\n"}


def test_who_leaves_a_disk_that_hangs_leaves_nothing(hanging, connect, browse):
    app, share = hanging
    browser = browse(share)
    assert browser("/plain").status == 200
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, never looked at
    hung(app, share, connect).close()
    assert browser("/plain").status == 200
    app.let_go.set()
    while len(os.listdir("/dev/fd")) > before:  # noqa: PTH208 - as above
        assert browser("/plain").status == 200


def test_stopping_does_not_wait_for_a_disk_that_hangs_to_cut_others_off(hanging, connect):
    app, share = hanging
    idle = connect(share)
    hung(app, share, connect)
    stopping = threading.Thread(target=share.stop)
    stopping.start()
    with suppress(ConnectionResetError):
        assert idle.recv(1) == b""
    app.let_go.set()
    stopping.join()
    assert not [one for one in threading.enumerate() if one.name.startswith("share")]


@pytest.mark.parametrize("is_later", [False, True])
def test_an_answer_that_fails_at_once_is_left_to_the_application(connect, caplog, is_later):
    class Failing(Hanging):
        def at_once(self, environ):
            error = ValueError(environ["PATH_INFO"])
            if not is_later:
                raise error
            coming = Future()
            environ[LATER](lambda: coming.set_exception(error))
            return coming

    with Share(Failing(), port=0) as share:
        client = connect(share, GET % (b"/plain", share.port, b""))
        assert answer(client)[2] == b"slow"
    assert "A plain request failed." in caplog.text


# Turns


def test_no_client_sends_more_than_its_turn_before_the_others(share, holiday, connect, monkeypatch):
    size, turn = 600_000, 5000
    content = os.urandom(size)
    (holiday / "big.bin").write_bytes(content)
    monkeypatch.setattr(connection, "TURN", turn)
    monkeypatch.setattr(connection, "SMALL", 0)
    # What a worker sends while the computer is busy would count for the turn after its own.
    monkeypatch.setattr(loop, "HELD_UP", PATIENCE)
    sent, turns = Counter(), []
    sendfile, one_turn = server.body._sendfile, Loop._turn

    def counted(target, *rest):
        count = sendfile(target, *rest)
        sent[target] += count
        return count

    def begun(self, mine):
        turns.append(dict(sent))
        sent.clear()
        one_turn(self, mine)

    monkeypatch.setattr(server.body, "_sendfile", counted)
    monkeypatch.setattr(Loop, "_turn", begun)
    request = GET % (b"/download/big.bin", share.port, b"")
    clients = [connect(share, request) for _ in range(3)]
    assert all(answer(client)[2] == content for client in clients)
    assert max(count for counts in turns for count in counts.values()) <= turn


@pytest.mark.parametrize("missing", [["epoll"], ["epoll", "poll"]])
def test_without_epoll_it_is_the_same(holiday, connect, browse, monkeypatch, missing):
    for name in missing:
        monkeypatch.delattr(select, name)
    monkeypatch.setattr(server.body, "_sendfile", None)
    content = os.urandom(3_000_000)
    (holiday / "big.bin").write_bytes(content)
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        browser = browse(share)
        stalled = connect(share, GET % (b"/download/big.bin", share.port, b""), receive_buffer=4096)
        assert stalled.recv(1) == b"H"
        for _ in range(3):
            assert browser("/download/notes.txt").body == b"Sun, sea and sand.\n"
            assert browser("/download/big.bin").body == content
            assert json.loads(browser("/api/folder/").body)["total"]
            assert browser("/files/nothing").status == 404
    assert not [one for one in threading.enumerate() if one.name.startswith("share")]


# Room


@pytest.fixture
def small(holiday, monkeypatch):
    """A share with room for twenty."""
    monkeypatch.setattr(server.serving, "room_for_connections", lambda: 20)
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        yield share


def is_open(client):
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def test_idle_connections_make_room_for_a_newcomer(small, connect, browse, monkeypatch):
    monkeypatch.setattr(crowd, "_GO_AT_ONCE", 2)
    browser = browse(small)
    assert browser("/download/notes.txt").status == 200
    idle = []
    for _ in range(19):
        idle.append(connect(small))
        # Every one of them is known before the next comes.
        assert browser("/download/notes.txt").status == 200
    assert answer(connect(small, GET % (b"/download/notes.txt", small.port, b"")))[2]
    assert [is_open(client) for client in idle] == [False] * 2 + [True] * 17
    assert browser("/download/notes.txt").status == 200


def test_headers_that_dribble_in_do_not_keep_others_out(small, connect, browse):
    slow = [connect(small, b"GET /") for _ in range(30)]
    assert browse(small)("/download/notes.txt").status == 200
    for client in slow:
        try:
            client.send(b"f")
        except ConnectionError:
            continue
    assert browse(small)("/download/notes.txt").status == 200


@pytest.fixture
def busy(small, holiday, connect):
    """Clients of the small share that take all the room, each with a download."""
    with (holiday / "big.bin").open("wb") as file:
        file.truncate(64 << 20)
    clients = []
    for _ in range(20):
        request = GET % (b"/download/big.bin", small.port, b"")
        clients.append(connect(small, request, receive_buffer=4096))
        assert clients[-1].recv(1) == b"H"
    return clients


@pytest.mark.usefixtures("busy")
def test_running_downloads_are_not_cut_off_for_a_newcomer(small, connect):
    with pytest.raises((ConnectionError, ValueError, TypeError)):
        answer(connect(small, GET % (b"/download/notes.txt", small.port, b"")))


@pytest.mark.usefixtures("busy")
def test_a_stalled_download_makes_room_for_a_newcomer(small, connect, monkeypatch):
    monkeypatch.setattr(crowd, "STALLS_AFTER", 0)
    client = connect(small, GET % (b"/download/notes.txt", small.port, b""))
    assert answer(client)[2] == b"Sun, sea and sand.\n"


def test_a_pipe_of_requests_is_answered_whole(share, connect):
    client = connect(share)
    client.sendall(GET % (b"/download/notes.txt", share.port, b"") * 5)
    client.shutdown(socket.SHUT_WR)
    with client.makefile("rb") as stream:
        assert stream.read().count(b"Sun, sea and sand.\n") >= 1


def test_who_leaves_in_the_middle_of_an_answer_that_is_made_ends_its_making(connect):
    """And no sooner: what is made is sent from the loop, which has to notice that nobody reads."""
    has_ended = threading.Event()

    def pieces():
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            has_ended.set()

    def endless(_, start_response):
        start_response("200 OK", [])
        return pieces()

    with Share(endless, port=0) as share:
        for _ in range(10):
            has_ended.clear()
            client = connect(share, GET % (b"/", share.port, b""), receive_buffer=4096)
            assert client.recv(12) == b"HTTP/1.1 200"
            # Closed with something unread it is reset.
            client.close()
            assert has_ended.wait(PATIENCE)
