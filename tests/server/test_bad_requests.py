"""Requests that are wrong, sent byte by byte to a real server."""

import threading
from itertools import takewhile

import pytest

from server.connection import Refusal
from server.share import Share

# Only ever waited out when something is broken.
PATIENCE = 20

GET = b"GET /download/notes.txt HTTP/1.1\r\n"
HOST = b"Host: {host}\r\n"
CLOSING = b"HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
LENGTH = CLOSING + b"Content-Length: %d\r\n\r\n"
PIECES = CLOSING + b"Transfer-Encoding: chunked\r\n\r\n"


def status(answer):
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # The Host field
        (GET + b"\r\n", 400),
        (GET + HOST + HOST + b"\r\n", 400),
        (GET + b"Host: \r\n\r\n", 400),
        (GET + b"Host: a b\r\n\r\n", 400),
        (GET + b"Host: evil.example\r\n\r\n", 421),
        (GET + b"Host: evil.example:5000\r\n\r\n", 421),
        (GET + b"Host: 127.0.0.1:1\r\n\r\n", 421),
        (b"GET http://evil.example/files/ HTTP/1.1\r\n" + HOST + b"\r\n", 421),
        (b"GET http://evil.example/files/ HTTP/1.0\r\n\r\n", 421),
        (GET.replace(b"1.1", b"1.0") + b"Sec-Fetch-Site: cross-site\r\n\r\n", 403),
        (b"GET http://{host}/download/notes.txt HTTP/1.1\r\n" + HOST + b"\r\n", 200),
        (GET + HOST + b"\r\n", 200),
        (GET.replace(b"1.1", b"1.0") + b"\r\n", 200),
        # Framing that can be read in two ways
        (GET + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (GET + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (GET + HOST + b"Content-Length: +1\r\n\r\na", 400),
        (GET + HOST + b"Content-Length: -1\r\n\r\n", 400),
        (GET + HOST + b"Content-Length : 1\r\n\r\na", 400),
        (GET + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (GET.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (GET + HOST + b"Bad\x00Name: x\r\n\r\n", 400),
        (GET + HOST + b"Bad: a\x00b\r\n\r\n", 400),
        (GET + HOST + b"Bad: a\nEvil: b\r\n\r\n", 400),
        (GET + HOST + b"no colon\r\n\r\n", 400),
        (GET + HOST + b"X: one\r\n two\r\n\r\n", 400),
        (GET + HOST + b"X: one\r\n\ttwo\r\n\r\n", 400),
        # Nothing more is waited for
        ((GET + HOST + b"\r\n").replace(b"\r\n", b"\n"), 400),
        (GET + HOST.replace(b"\r\n", b"\n"), 400),
        # The request line
        (b"nonsense\r\n\r\n", 400),
        (b"GET  /files/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"get /files/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET files/ HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /files/\r\n\r\n", 400),
        (b"GET /files/ HTTP/2.0\r\n" + HOST + b"\r\n", 505),
        (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"FOO /files/ HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        # Too much of it
        (b"GET /files/" + b"a" * 8192 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET /files/" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET /files/" + b"a" * 9_000, 414),
        (GET + HOST + b"X: " + b"a" * 32_768 + b"\r\n\r\n", 431),
        (GET + HOST + b"X: a\r\n" * 10_000 + b"\r\n", 431),
        # A body where none is taken
        (b"POST /files/ HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", 413),
        (GET + HOST + b"Content-Length: 5\r\n\r\nhello", 413),
        (GET + HOST + b"Content-Length: 99999999999999999999\r\n\r\n", 413),
        (GET + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 413),
        (GET + HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", 413),
    ],
)
def test_a_request_gets_its_status(send, request_, expected):
    # One that makes sense is asked to be the last; the others are so by themselves.
    if expected in {200, 405, 421} or request_.count(b"Host: {host}") != 1:
        request_ = request_.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    answer = send(request_)
    assert status(answer) == expected
    assert b"Connection: close" in answer
    assert answer.count(b"HTTP/1.") == 1


@pytest.fixture
def taking_bodies():
    """A share that takes 5 bytes at /form, and sends back what it took."""

    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["wsgi.input"].read()]

    app.bodies = {"/form": 5}
    with Share(app, port=0) as share:
        yield share


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"POST /form %b" % LENGTH % 5 + b"hello", 200),
        (b"POST /form?a=b %b" % LENGTH % 5 + b"hello", 200),
        (b"POST /form %b" % LENGTH % 6 + b"hello!", 413),
        (b"POST /form %b" % LENGTH % 10**19, 413),
        (b"POST /form %b6\r\nhello!\r\n0\r\n\r\n" % PIECES, 413),
        (b"POST /form %b1\r\nh\r\n1\r\ne\r\n" % PIECES, 413),
        (b"POST /other %b" % LENGTH % 5 + b"hello", 413),
        (b"GET /form %b" % LENGTH % 5 + b"hello", 413),
        (b"PUT /form %b" % LENGTH % 5 + b"hello", 413),
    ],
)
def test_a_body_is_taken_only_where_one_is_wanted(taking_bodies, connect, request_, expected):
    client = connect(taking_bodies, request_)
    answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert status(answer) == expected
    assert answer.endswith(b"hello" if expected == 200 else b".\n")


def test_the_client_may_ask_to_close_among_other_things(send):
    answer = send(GET + HOST + b"Connection: TE, Close\r\n\r\n")
    assert status(answer) == 200
    assert answer.endswith(b"Sun, sea and sand.\n")


def test_an_old_client_gets_an_end(send):
    assert b"Connection: close" in send(GET.replace(b"1.1", b"1.0") + HOST + b"\r\n")


def test_an_old_client_may_stay(share, connect):
    request = GET.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n"
    client = connect(share, request)
    with client.makefile("rb") as answers:
        for _ in range(2):
            head = b"".join(takewhile(bytes.strip, iter(answers.readline, b"")))
            assert b"Connection: keep-alive" in head
            assert answers.read(19) == b"Sun, sea and sand.\n"
            client.sendall(request)


def test_requests_sent_at_once_are_answered_in_order(send):
    closing = GET + HOST + b"Connection: close\r\n\r\n"
    answer = send((GET + HOST + b"\r\n") * 3 + closing.replace(b"notes", b"nothing"))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.index(b"HTTP/1.1 404") > answer.rindex(b"HTTP/1.1 200")


def test_a_client_that_expects_to_be_asked_is_not_left_waiting(send):
    answer = send(GET + HOST + b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
    assert status(answer) == 200


@pytest.mark.parametrize("path", [b"/nothing", b"/api/nothing", b"/files/%00", b"/download/%ff"])
def test_a_head_of_what_is_missing_has_no_body(send, path):
    answer = send(b"HEAD " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert status(answer) == 404
    assert answer.endswith(b"\r\n\r\n")


def test_no_answer_tells_where_the_folder_is(send, tmp_path):
    for path in (
        b"/files/nothing",
        b"/files/%00",
        b"/api/folder/%ff/..",
        b"/download/" + b"x" * 300,
    ):
        answer = send(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert str(tmp_path).encode() not in answer
        assert b"Traceback" not in answer


def test_who_leaves_before_hearing_why_is_no_mistake_of_ours(share, connect, monkeypatch, caplog):
    refuse, has_refused = Refusal.execute, threading.Event()

    def too_late(self):
        self.channel.connected = False
        try:
            refuse(self)
        finally:
            has_refused.set()

    monkeypatch.setattr(Refusal, "execute", too_late)
    connect(share, b"nonsense\r\n\r\n")
    assert has_refused.wait(PATIENCE)
    share.stop()
    assert not caplog.records
