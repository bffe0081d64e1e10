"""Files over HTTP, byte by byte: what is sent, what must come back, and that nothing else does.

Every request is followed at once by a second one, on the same connection. Its reply shows that
the first one's had exactly the length that it said, and that the connection goes on; or it has
none, where the connection must end.
"""

import os
import re
import socket
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from itertools import takewhile

import pytest

LETTERS = b"abcdefghijklmnopqrstuvwxyz" * 20
SIZE = len(LETTERS)
LAST = b"<the second one>"
GUARD = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OLD = b"Sun, 06 Nov 1994 08:49:37 GMT"
EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"
NEVER = b"Fri, 31 Dec 2100 23:59:59 GMT"


class Got:
    """One reply, read as strictly as a client may."""

    def __init__(self, stream, method):
        line = stream.readline()
        found = re.fullmatch(rb"HTTP/1\.[01] (\d{3}) [ -~]+\r\n", line)
        assert found, line
        self.status = int(found[1])
        head = b"".join(takewhile(bytes.strip, iter(stream.readline, b"")))
        assert b"\n" not in head.replace(b"\r\n", b"")
        self.headers = BytesParser().parsebytes(head, headersonly=True)
        names = [name.lower() for name in self.headers]
        assert len(names) == len(set(names)), names
        self.body = b""
        if method != b"HEAD" and self.status not in {204, 304}:
            length = int(self.headers["Content-Length"])
            self.body = stream.read(length)
            assert len(self.body) == length


@pytest.fixture
def shelf(holiday):
    """What the requests are about, two seconds old so that its time tells its version."""
    files = {"letters.txt": LETTERS, "empty.txt": b"", "last.txt": LAST}
    files |= {"a+b.txt": b"plus", "sp ace.txt": b"space", "100%.txt": b"percent"}
    files |= {"q?.txt": b"question", "semi;x=1.txt": b"semicolon", "caf\u00e9.txt": b"accent"}
    for name, content in files.items():
        (holiday / name).write_bytes(content)
        os.utime(holiday / name, (1_700_000_000, 1_700_000_000))
    return holiday


@pytest.fixture
def ask(share, connect, shelf):
    """Send a request and the second one; give the first reply and whether there was another."""
    host = f"127.0.0.1:{share.port}".encode()
    last = b"GET /download/last.txt HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % host

    def new(request, replies=1):
        request = request.replace(b"{host}", host)
        client = connect(share, request + last)
        with client.makefile("rb") as stream:
            got = [Got(stream, request.lstrip().split(b" ")[0]) for _ in range(replies)]
            rest = stream.read()
        goes_on = rest.endswith(b"\r\n\r\n" + LAST) and rest.count(b"HTTP/1.") == 1
        assert goes_on or not rest, rest
        for one in got:
            policy = one.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            # Our own pages tell this share where their forms come from.
            own = {"Referrer-Policy": "same-origin"} if "script-src" in policy else {}
            assert {name: one.headers[name] for name in GUARD} == {**GUARD, **own}
            assert one.headers["Server"] is None
            date = parsedate_to_datetime(one.headers["Date"])
            assert parsedate_to_datetime(one.headers.get("Last-Modified", EPOCH)) <= date
            assert (one.headers["Connection"] == "close") == (not goes_on)
        return (*got, goes_on)

    return new


def get(path=b"/download/letters.txt", fields=b"", method=b"GET", version=b"1.1", host=None):
    host = b"Host: {host}\r\n" if host is None else host
    if fields:
        fields = b"".join(field + b"\r\n" for field in fields.split(b"|"))
    return method + b" " + path + b" HTTP/" + version + b"\r\n" + host + fields + b"\r\n"


@pytest.fixture
def there(ask):
    """The version of letters.txt: its ETag and its date."""
    headers = ask(get(method=b"HEAD"))[0].headers
    return headers["ETag"].encode(), headers["Last-Modified"].encode()


WHOLE, PART, NOT_MODIFIED = (200, LETTERS), (206, LETTERS[:1]), (304, b"")
FAILED, NO_SUCH_PART = (412, None), (416, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"If-None-Match: %(etag)b", NOT_MODIFIED),
        (b"If-None-Match: W/%(etag)b", NOT_MODIFIED),
        (b'If-None-Match: "a", W/"b" ,%(etag)b', NOT_MODIFIED),
        (b'If-None-Match: "a"|If-None-Match: %(etag)b', NOT_MODIFIED),
        (b"If-None-Match: *", NOT_MODIFIED),
        (b'If-None-Match: "a"', WHOLE),
        (b"If-None-Match: %(bare)b", WHOLE),
        (b'If-None-Match: "a"|If-Modified-Since: %(date)b', WHOLE),
        (b"If-None-Match: %(etag)b|If-Modified-Since: " + OLD, NOT_MODIFIED),
        (b"If-None-Match: %(etag)b|Range: bytes=0-0", NOT_MODIFIED),
        (b"If-None-Match: %(etag)b|Range: bytes=9999-", NOT_MODIFIED),
        (b"If-Modified-Since: %(date)b", NOT_MODIFIED),
        (b"If-Modified-Since: " + NEVER, NOT_MODIFIED),
        (b"If-Modified-Since: " + OLD, WHOLE),
        (b"If-Modified-Since: soon", WHOLE),
        (b"If-Modified-Since: 1700000000", WHOLE),
        (b"If-Modified-Since: %(date)b|Range: bytes=0-0", NOT_MODIFIED),
        (b"If-Match: %(etag)b", WHOLE),
        (b'If-Match: "a", %(etag)b', WHOLE),
        (b"If-Match: *", WHOLE),
        (b'If-Match: "a"', FAILED),
        (b"If-Match: W/%(etag)b", FAILED),
        (b'If-Match: "a"|If-None-Match: %(etag)b', FAILED),
        (b'If-Match: "a"|Range: bytes=0-0', FAILED),
        (b"If-Match: %(etag)b|If-None-Match: %(etag)b", NOT_MODIFIED),
        (b"If-Match: %(etag)b|If-Unmodified-Since: " + OLD, WHOLE),
        (b"If-Unmodified-Since: %(date)b", WHOLE),
        (b"If-Unmodified-Since: " + OLD, FAILED),
        (b"If-Unmodified-Since: soon", WHOLE),
        (b"If-Unmodified-Since: " + OLD + b"|Range: bytes=0-0", FAILED),
        (b"Range: bytes=0-0|If-Range: %(etag)b", PART),
        (b"Range: bytes=0-0|If-Range: W/%(etag)b", WHOLE),
        (b'Range: bytes=0-0|If-Range: "a"', WHOLE),
        (b"Range: bytes=0-0|If-Range: %(date)b", PART),
        (b"Range: bytes=0-0|If-Range: " + NEVER, WHOLE),
        (b"Range: bytes=0-0|If-Range: " + OLD, WHOLE),
        (b"Range: bytes=0-0|If-Range: soon", WHOLE),
        (b'Range: bytes=9999-|If-Range: "a"', WHOLE),
        (b"Range: bytes=9999-|If-Range: %(etag)b", NO_SUCH_PART),
        (b"If-Range: %(etag)b", WHOLE),
    ],
)
def test_conditions_are_weighed_before_ranges(ask, there, fields, expected):
    etag, date = there
    fields %= {b"etag": etag, b"date": date, b"bare": etag.strip(b'"')}
    for method in (b"GET", b"HEAD"):
        got, goes_on = ask(get(fields=fields, method=method))
        status = 200 if method == b"HEAD" and expected[0] in {206, 416} else expected[0]
        assert (got.status, goes_on) == (status, True)
        if status in {200, 206, 304}:
            assert got.headers["ETag"].encode() == etag
            assert got.headers["Cache-Control"] == "no-cache"
        if status == 304:
            assert got.headers["Content-Length"] is None
        if method == b"GET" and expected[1] is not None:
            assert got.body == expected[1]


@pytest.mark.parametrize(
    ("ranges", "start", "end"),
    [
        (b"bytes=0-0", 0, 1),
        (b"bytes=-5", 515, 520),
        (b"bytes=515-", 515, 520),
        (b"bytes=0-", 0, 520),
        (b"bytes=500-9999", 500, 520),
        (b"bytes=-520", 0, 520),
        (b"bytes=-9999", 0, 520),
        (b"bytes=519-519", 519, 520),
        (b"BYTES=1-2", 1, 3),
        (b"bytes= 1-2 ,", 1, 3),
        (b"bytes=,1-2", 1, 3),
        (b"bytes=0-" + b"9" * 400, 0, 520),
        (b"bytes=-" + b"9" * 400, 0, 520),
        (b"bytes=0-9,5-14", 0, 15),
        (b"bytes=0-0,9999-", 0, 1),
        (b"bytes=00-0001", 0, 2),
    ],
)
def test_one_part(ask, ranges, start, end):
    got, goes_on = ask(get(fields=b"Range: " + ranges))
    assert (got.status, got.body, goes_on) == (206, LETTERS[start:end], True)
    assert got.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert got.headers["Content-Type"] == "text/plain"
    assert got.headers["Accept-Ranges"] == "bytes"
    assert got.headers["Last-Modified"]


@pytest.mark.parametrize(
    "ranges",
    [b"520-", b"520-600", b"-0", b"9" * 400 + b"-", b"600-,700-800", b"-0,600-"],
)
def test_no_such_part(ask, ranges):
    got, goes_on = ask(get(fields=b"Range: bytes=" + ranges))
    assert (got.status, goes_on) == (416, True)
    assert got.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "ranges",
    [
        *[b"lines=0-1", b"bytes", b"bytes=", b"bytes=-", b"bytes=5-2", b"bytes=a-b", b"0-0"],
        *[
            b"bytes=0-0,x",
            b"bytes=0 - 0",
            b"bytes=+0-1",
            b"bytes=0-0|Range: bytes=2-2",
            b"bytes:0-0",
        ],
        b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(17)),
        *[b"bytes=0-,0-", b"bytes=" + b"0-," * 2000, b"bytes=0-519,0-0"],
    ],
)
def test_ranges_that_are_no_use_are_ignored(ask, ranges):
    got, goes_on = ask(get(fields=b"Range: " + ranges))
    assert (got.status, got.body, goes_on) == (200, LETTERS, True)
    assert got.headers["Content-Range"] is None


@pytest.mark.parametrize(
    ("ranges", "parts"),
    [
        (b"bytes=0-0,-1", [(0, 1), (519, 520)]),
        (b"bytes=-1,0-0", [(519, 520), (0, 1)]),
        (b"bytes=0-1,5-6,3-4", [(0, 2), (5, 7), (3, 5)]),
        (b"bytes=0-9,5-14,100-", [(0, 15), (100, 520)]),
        (b"bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 32, 2)), None),
    ],
)
def test_several_parts(ask, ranges, parts):
    parts = parts or [(n, n + 1) for n in range(0, 32, 2)]
    got, goes_on = ask(get(fields=b"Range: " + ranges))
    assert (got.status, goes_on) == (206, True)
    assert got.headers.get_content_type() == "multipart/byteranges"
    assert got.headers["Content-Range"] is None
    head = f"Content-Type: {got.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + got.body)
    assert not message.defects
    assert [part["Content-Range"] for part in message.get_payload()] == [
        f"bytes {start}-{end - 1}/{SIZE}" for start, end in parts
    ]
    assert [part.get_payload(decode=True) for part in message.get_payload()] == [
        LETTERS[start:end] for start, end in parts
    ]
    assert {part["Content-Type"] for part in message.get_payload()} == {"text/plain"}


@pytest.mark.parametrize("ranges", [b"0-0", b"0-", b"-1", b"-0", b"5-", b"0-0,-1"])
def test_an_empty_file_has_no_parts(ask, ranges):
    got, goes_on = ask(get(b"/download/empty.txt", b"Range: bytes=" + ranges))
    assert goes_on
    if got.status == 416:
        assert got.headers["Content-Range"] == "bytes */0"
    else:
        assert (got.status, got.body, got.headers["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"/download/a+b.txt", b"plus"),
        (b"/download/a%2bb.txt", b"plus"),
        (b"/download/sp%20ace.txt", b"space"),
        (b"/download/100%25.txt", b"percent"),
        (b"/download/q%3F.txt", b"question"),
        (b"/download/semi;x=1.txt", b"semicolon"),
        (b"/download/semi%3Bx%3D1.txt", b"semicolon"),
        (b"/download/caf%C3%A9.txt", b"accent"),
        (b"/download/caf\xc3\xa9.txt", b"accent"),
        (b"/download/%6C%65tters.txt", LETTERS),
        (b"/download/letters.txt?x=%zz", LETTERS),
        (b"/download/letters.txt?", LETTERS),
        (b"http://{host}/download/letters.txt", LETTERS),
        (b"HTTP://{host}/download/caf\xc3\xa9.txt", b"accent"),
        (b"/download2/uploads%2F../letters.txt", None),
        (b"/download2//letters.txt", None),
        (b"/download2/./letters.txt", None),
        (b"/download2/uploads/../letters.txt", None),
        (b"/download/letters.txt/", None),
        (b"/download/letters.txt%2F", None),
        (b"/download/sp+ace.txt", None),
        (b"/download/Letters.txt", None),
        (b"/download/letters.txt%00", None),
        (b"/download/letters.txt%20", None),
        (b"/download/%2561", None),
    ],
)
def test_a_url_names_a_file_or_none(ask, path, content):
    for method in (b"GET", b"HEAD"):
        got, goes_on = ask(get(path, method=method))
        assert (got.status, goes_on) == (404 if content is None else 200, True)
        if content is not None:
            assert int(got.headers["Content-Length"]) == len(content)
            assert got.body == (content if method == b"GET" else b"")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        # What the request is about
        (get(host=b""), 400),
        (get(host=b"Host: {host}\r\nHost: {host}\r\n"), 400),
        (get(host=b"Host: {host}\r\nHost: evil.example\r\n"), 400),
        (get(host=b"Host: {host}\r\nHost: {host}\r\n", version=b"1.0"), 400),
        (get(host=b"Host: {host}, {host}\r\n"), 400),
        (get(host=b"Host:\r\n"), 400),
        (get(host=b"Host: a/b\r\n"), 400),
        (get(host=b"Host: u@{host}\r\n"), 400),
        (get(host=b"Host : {host}\r\n"), 400),
        (get(b"http://{host}/files/", host=b""), 400),
        (get(b"/download/let\tters.txt"), 400),
        (get(b"/download/let\x01ters.txt"), 400),
        (get(b"/download/let\x7fters.txt"), 400),
        (get(b"/download/let ters.txt"), 400),
        (get(b"/download/%zz"), 400),
        (get(b"/download/%4"), 400),
        (get(b"/download/%"), 400),
        (get(b"download/letters.txt"), 400),
        (get(b"ftp://{host}/download/letters.txt"), 400),
        (get(b"*"), 400),
        (get(b"{host}", method=b"CONNECT"), 400),
        (get(method=b"get"), 400),
        (get(method=b"G(T"), 400),
        (get(version=b"2.0"), 505),
        (get(version=b"3.0"), 505),
        (get(version=b"0.9"), 505),
        (get(version=b"1"), 400),
        (get(version=b"1.11"), 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /download/letters.txt\r\n\r\n", 400),
        (get().replace(b"HTTP/", b"http/"), 400),
        (get().replace(b" HTTP", b"\tHTTP"), 400),
        # Where a field ends
        (get().replace(b"\r\n", b"\n"), 400),
        (get().replace(b"\r\n", b"\n", 1), 400),
        (get(fields=b"X: a\n b"), 400),
        (get(fields=b"X: a\rb"), 400),
        (get(fields=b"X: a\r\n b"), 400),
        (get(fields=b"X: a\r\n\tb"), 400),
        (get(fields=b"X: a\x00b"), 400),
        (get(fields=b"X: a\x01b"), 400),
        (get(fields=b"X\x00: a"), 400),
        (get(fields=b"X Y: a"), 400),
        (get(fields=b": a"), 400),
        (get(fields=b"no colon"), 400),
        (get(host=b" Host: {host}\r\n"), 400),
        # Where the body ends
        (get(fields=b"Content-Length: -1"), 400),
        (get(fields=b"Content-Length: +0"), 400),
        (get(fields=b"Content-Length: 0x0"), 400),
        (get(fields=b"Content-Length:"), 400),
        (get(fields=b"Content-Length: 0, 0"), 400),
        (get(fields=b"Content-Length: 0|Content-Length: 0"), 400),
        (get(fields=b"Content-Length: 0|Content-Length: 5"), 400),
        (get(fields=b"Content-Length: \xb2"), 400),
        (get(fields=b"Content-Length: 5|Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (get(fields=b"Transfer-Encoding: chunked|Content-Length: 0") + b"0\r\n\r\n", 400),
        (get(fields=b"Transfer-Encoding:"), 400),
        (get(fields=b"Transfer-Encoding:|Content-Length: 0"), 400),
        (get(fields=b"Transfer-Encoding: \x0bchunked"), 400),
        (get(fields=b"Transfer-Encoding: chunked", version=b"1.0"), 400),
        (get(fields=b"Transfer-Encoding: gzip"), 501),
        (get(fields=b"Transfer-Encoding: identity"), 501),
        (get(fields=b"Transfer-Encoding: gzip, chunked"), 501),
        (get(fields=b"Transfer-Encoding: xchunked"), 501),
        # Too much
        (get(fields=b"Content-Length: 5") + b"hello", 413),
        (get(fields=b"Content-Length: " + b"9" * 400), 413),
        (get(fields=b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", 413),
        (get(fields=b"Expect: 100-continue|Content-Length: 5"), 413),
        (get(b"/" + b"a" * 9_000), 414),
        (get(b"/" + b"a" * 40_000), 414),
        (get(fields=b"X: " + b"a" * 33_000), 431),
        (get(fields=b"|".join(b"X%d: a" % n for n in range(5000))), 431),
    ],
)
def test_what_cannot_be_trusted_ends_the_connection(ask, request_, status):
    got, goes_on = ask(request_)
    assert (got.status, goes_on) == (status, False)
    assert got.headers.get_content_type() == "text/plain"
    assert got.body


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get(method=b"POST", fields=b"Content-Length: 0"), 405),
        (get(method=b"PUT", fields=b"Content-Length: 0"), 405),
        (get(method=b"DELETE"), 405),
        (get(method=b"TRACE"), 405),
        (get(method=b"PROPFIND"), 405),
        (get(method=b"BREW"), 405),
        (get(b"/api/folder/", method=b"POST", fields=b"Content-Length: 0"), 405),
        (get(b"/api/digest/letters.txt", method=b"DELETE"), 405),
        (get(method=b"OPTIONS"), 200),
        (get(b"*", method=b"OPTIONS"), 200),
    ],
)
def test_what_can_be_done_is_told(ask, request_, status):
    got, goes_on = ask(request_)
    assert (got.status, goes_on) == (status, True)
    assert {"GET", "HEAD"} <= set(got.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "request_",
    [
        get(version=b"1.2"),
        get(version=b"1.9"),
        b"\r\n\r\n" + get(),
        get(fields=b"Content-Length: 0"),
        get(fields=b"Content-Length: 00"),
        get(fields=b"Expect: 100-continue"),
        get(fields=b"X: \xff"),
        get(fields=b"X:a|Y: \t a \t"),
        get(fields=b"Ra_nge: bytes=0-0"),
        get(fields=b"Connection: Upgrade, HTTP2-Settings|Upgrade: h2c"),
        get(fields=b"Connection: keep-alive"),
        get(fields=b"Accept-Encoding: gzip, br"),
        get(fields=b"Accept: image/png"),
        get(fields=b"|".join(b"X%d: a" % n for n in range(500))),
        get(b"/" + b"a" * 8_100).replace(b"a" * 8_100, b"download/letters.txt?" + b"a" * 8_000),
        get(version=b"1.0", fields=b"Connection: keep-alive"),
        get(version=b"1.0", host=b"", fields=b"Connection: Keep-Alive"),
    ],
)
def test_the_connection_goes_on(ask, request_):
    got, goes_on = ask(request_)
    assert (got.status, got.body, goes_on) == (200, LETTERS, True)


@pytest.mark.parametrize(
    "request_",
    [
        get(fields=b"Connection: close"),
        get(fields=b"Connection: CLOSE"),
        get(fields=b"Connection: te, close"),
        get(fields=b"Connection: te|Connection: close"),
        get(fields=b"Connection: keep-alive, close"),
        get(version=b"1.0"),
        get(version=b"1.0", host=b""),
    ],
)
def test_the_connection_ends_when_the_client_wants_it(ask, request_):
    got, goes_on = ask(request_)
    assert (got.status, got.body, goes_on) == (200, LETTERS, False)


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/download/nothing", 404),
        (b"/api/nothing", 404),
        (b"/api/folder/nothing", 404),
        (b"/files/uploads", 302),
        (b"/", 302),
        (b"/files/", 200),
        (b"/api/folder/", 200),
        (b"/api/openapi.json", 200),
        (b"/static/style.css", 200),
    ],
)
def test_every_other_reply_has_its_length_too(ask, path, status, method):
    got, goes_on = ask(get(path, method=method))
    assert (got.status, goes_on) == (status, True)
    assert int(got.headers["Content-Length"]) >= 0


def test_a_whole_file_says_all_there_is_to_say(ask):
    got, _ = ask(get())
    head, _ = ask(get(method=b"HEAD", fields=b"Range: bytes=0-0"))
    assert {
        name: value
        for name, value in got.headers.items()
        if name not in GUARD and name not in {"Date", "ETag", "Content-Security-Policy"}
    } == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Content-Disposition": "attachment; filename=\"letters.txt\"; filename*=UTF-8''letters.txt",
        "Content-Length": str(SIZE),
        "Content-Type": "text/plain",
        "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
    }
    assert re.fullmatch(r'"[0-9a-f-]+"', got.headers["ETag"])
    for reply in (got, head):
        for name in ("Date", "Digest", "Repr-Digest"):  # the digest may be known by now
            del reply.headers[name]
    assert dict(head.headers) == dict(got.headers)


def test_many_requests_at_once_are_answered_in_order(ask):
    requests = [get(), get(b"/nothing"), get(fields=b"Range: bytes=1-1"), get(b"/files/")]
    requests += [get(fields=b"If-None-Match: *"), get(fields=b"Range: bytes=9999-")]
    *got, goes_on = ask(b"".join(requests), replies=len(requests))
    assert [one.status for one in got] == [200, 404, 206, 200, 304, 416]
    assert goes_on


def test_a_request_may_come_in_pieces(share, connect, shelf):
    client = connect(share)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = get(fields=b"Range: bytes=0-0|Connection: close")
    for byte in request.replace(b"{host}", f"127.0.0.1:{share.port}".encode()):
        client.sendall(bytes([byte]))
    with client.makefile("rb") as stream:
        assert Got(stream, b"GET").body == b"a"
