"""Which of the two roads a request takes, and that it comes to the same by either."""

import os
from concurrent.futures import Future
from email.parser import BytesParser
from itertools import takewhile

import pytest

from server.application import Application
from server.folder import SharedFolder
from server.share import Share

EVIL = b"Host: evil.example\r\n"


class Watched(Application):
    """Notes what the short road has answered; None for what it left to Flask's routes."""

    def __init__(self, folder):
        super().__init__(folder)
        self.given, self._short = [], self.at_once
        self.at_once = self._noted

    def _noted(self, environ):
        given = self._short(environ)
        self.given.append(given)
        return given


@pytest.fixture
def watched(holiday):
    (holiday / "big.bin").write_bytes(os.urandom(3_000_000))
    (holiday / "empty").touch()
    (holiday / ".hidden").write_text("x")
    app = Watched(SharedFolder(holiday))
    with Share(app, port=0) as share:
        yield app, share


def reply(client):
    """Read one reply: status, fields, body."""
    with client.makefile("rb") as stream:
        status = stream.readline()
        lines = takewhile(bytes.strip, iter(stream.readline, b""))
        fields = BytesParser().parsebytes(b"".join(lines))
        body = b"" if b" 304 " in status else stream.read(int(fields["Content-Length"]))
    # May be known by the second time.
    del fields["Date"], fields["Digest"], fields["Repr-Digest"]
    return status, sorted(fields.items()), body


@pytest.mark.parametrize(
    ("target", "fields", "is_short"),
    [
        # A file as it is.
        (b"/download/notes.txt", b"", True),
        (b"/download/img2.png", b"", True),
        (b"/download/big.bin", b"", True),
        (b"/download/empty", b"", True),
        (b"/download2/uploads/img1.png", b"", True),
        (b"/files/img2.png", b"", True),
        (b"/files/notes.txt", b"Range: bytes=0-3\r\n", True),
        (b"/files/notes.txt", b"Range: bytes=-3\r\n", True),
        (b"/files/notes.txt", b"If-None-Match: *\r\n", True),
        # In another form, perhaps.
        (b"/files/notes.txt?v=1", b"", False),
        (b"/download/notes.txt?as=jpeg", b"", False),
        # A part, or a version, that there is not.
        (b"/files/notes.txt", b"Range: bytes=99-\r\n", False),
        (b"/files/notes.txt", b'If-Match: "other"\r\n', False),
        # Whoever is not let in.
        (b"/files/notes.txt", EVIL, False),
        (b"/files/notes.txt", b"Sec-Fetch-Site: cross-site\r\n", False),
        # What is no file, or none that is shared.
        (b"/", b"", False),
        (b"/nothing", b"", False),
        (b"/files/", b"", False),
        (b"/files/uploads", b"", False),
        (b"/files/nothing", b"", False),
        (b"/files/%2e%2e/secret", b"", False),
        (b"/files/.hidden", b"", False),
        (b"/download/uploads%2Fimg1.png", b"", False),
        (b"/download/", b"", False),
        (b"/download2/notes.txt/", b"", False),
        (b"/static/style.css", b"", False),
        # A listing, in full or in part; pictures have a test of their own.
        (b"/api/folder/", b"", True),
        (b"/api/folder/", b"If-None-Match: *\r\n", True),
        (b"/api/folder/uploads/", b"Accept-Encoding: gzip\r\n", True),
        (b"/api/folder/?offset=1&limit=2&version=free", b"", True),
        (b"/api/folder/?sort=size&order=desc", b"Sec-Fetch-Site: cross-site\r\n", False),
        (b"/api/folder/?limit=1&limit=2", b"", False),
        (b"/api/folder/?limit=0", b"", False),
        (b"/api/folder/nothing", b"", False),
        (b"/api/folder//", b"", False),
    ],
)
def test_a_reply_is_the_same_by_either_road(watched, connect, target, fields, is_short):
    app, share = watched
    host = b"" if fields == EVIL else b"Host: localhost:%d\r\n" % share.port
    request = b"GET %s HTTP/1.1\r\n%s%s\r\n" % (target, host, fields)
    by_the_short = reply(connect(share, request))
    (given,) = app.given
    assert ((given.result() if isinstance(given, Future) else given) is not None) is is_short
    # A line before it is allowed, but not plain.
    assert reply(connect(share, b"\r\n" + request)) == by_the_short
    assert len(app.given) == 1
