"""Text of our own goes packed to those who take it, and is the same text."""

import gzip
import json

import pytest

from server import packing
from server.packing import takes_gzip

PACKED = "gzip, deflate, br"
OWN = ["/files/", "/api/folder/", "/static/style.css", "/static/gallery.js"]


@pytest.fixture
def large(holiday):
    """`holiday` with so many files that its page and its listing are worth packing."""
    for number in range(50):
        (holiday / f"{number}.txt").touch()
    return holiday


@pytest.mark.parametrize(
    ("field", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.5", True),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip ; q=0.001", True),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
        ("gzip;q=none", True),
    ],
)
def test_what_a_client_takes(field, takes):
    assert takes_gzip(field) == takes


@pytest.mark.parametrize("path", OWN)
def test_packed_or_not_it_is_the_same_text(browser, large, path):
    plain = browser(path, Accept_Encoding="identity")
    packed = browser(path, Accept_Encoding=PACKED)
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) == int(packed.headers["Content-Length"]) < len(plain.body)
    assert gzip.decompress(packed.body) == plain.body
    for reply in (plain, packed):
        assert "Accept-Encoding" in reply.headers["Vary"]


@pytest.mark.parametrize("path", OWN)
def test_each_coding_is_a_version_of_its_own(browser, large, path):
    plain = browser(path).headers["ETag"]
    packed = browser(path, Accept_Encoding=PACKED).headers["ETag"]
    assert plain != packed
    assert browser(path, Accept_Encoding=PACKED, If_None_Match=packed).status == 304
    assert browser(path, If_None_Match=plain).status == 304
    assert browser(path, Accept_Encoding=PACKED, If_None_Match=plain).status == 200
    assert browser(path, If_None_Match=packed).status == 200


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("coding", [PACKED, "identity"])
def test_a_head_tells_what_a_get_would(browser, large, path, coding):
    get, head = (browser(path, method, Accept_Encoding=coding) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert {**head.headers, "Date": ""} == {**get.headers, "Date": ""}


def test_what_has_not_changed_is_not_sent_again(browser, large):
    etag = browser("/files/").headers["ETag"]
    reply = browser("/files/", If_None_Match=etag)
    assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", etag)
    assert reply.headers["Content-Encoding"] is None
    (large / "new.txt").touch()
    assert browser("/files/", If_None_Match=etag).status == 200


@pytest.mark.parametrize("road", ["/files", "/download2"])
def test_a_file_of_the_share_is_never_packed(browser, holiday, road):
    (holiday / "long.txt").write_bytes(b"again and " * 1000)
    reply = browser(f"{road}/long.txt", Accept_Encoding=PACKED)
    assert reply.headers["Content-Encoding"] is None
    assert reply.body == b"again and " * 1000
    part = browser(f"{road}/long.txt", Accept_Encoding=PACKED, Range="bytes=0-4")
    assert (part.status, part.body) == (206, b"again")


def test_a_short_text_is_sent_as_it_is(browser):
    reply = browser("/static/plain.css", Accept_Encoding=PACKED)
    assert reply.headers["Content-Encoding"] is None
    assert "Accept-Encoding" in reply.headers["Vary"]


def test_problems_are_told_unpacked(browser):
    reply = browser("/api/folder/nothing", Accept_Encoding=PACKED)
    assert json.loads(reply.body)["error"]


def test_what_was_packed_is_kept_unless_it_is_long(browser, large, monkeypatch):
    packed = []
    pack = gzip.compress

    def packing_it(text, *how, **more):
        packed.append(text)
        return pack(text, *how, **more)

    monkeypatch.setattr(gzip, "compress", packing_it)
    for _ in range(2):
        browser("/api/folder/", Accept_Encoding=PACKED)
    assert len(packed) == 1
    monkeypatch.setattr(packing, "LONGEST_KEPT", len(packed[0]) - 1)
    for _ in range(2):
        browser("/api/folder/?sort=size", Accept_Encoding=PACKED)
    assert len(packed) == 3
