import gzip
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from gui import client as client_module
from gui import connection, listing
from gui.client import Client
from gui.errors import (
    BadAddress,
    BadAnswer,
    Cancelled,
    ClientError,
    Interrupted,
    Missing,
    PinNeeded,
    Refused,
    Unavailable,
    Unreachable,
)
from gui.listing import Entry, plain
from gui.watch import Watch


def entry(name="img.png", **changes):
    found = {"name": name, "kind": "file", "size": 3, "modified": 1.5, "type": "image/png"}
    return found | {"readable": True} | changes


def folder(name="sub", **changes):
    return entry(name, kind="folder", size=None, type=None) | changes


def page(*entries, **changes):
    found = {"path": "", "name": "holiday", "total": 1, "next": None, "entries": entries}
    return json.dumps(found | changes).encode()


EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def replying(body, **headers):
    return lambda exchange: exchange.reply(body, **headers)


def sending(*parts):
    """Sends *parts* and then hangs up."""

    def script(exchange):
        for part in parts:
            exchange.send(part)
        exchange.hang_up()

    return script


def pieces(download):
    """Give the bytes of a download in the pieces in which they come."""
    buffer = memoryview(bytearray(64 * 1024))
    while count := download.read_into(buffer):
        yield bytes(buffer[:count])


def saved(client, path="img.png", **options):
    with client.download(path, **options) as download:
        return b"".join(pieces(download))


class CancelledAtThe(threading.Event):
    """An event that is set when it is asked about for the nth time."""

    def __init__(self, nth):
        super().__init__()
        self.left = nth

    def is_set(self):
        self.left -= 1
        return self.left <= 0


# Listings


def test_a_listing_becomes_entries(client_of):
    found = client_of(replying(page(folder("sub"), entry("img.png", size=7)))).entries("")
    assert found.name == "holiday"
    assert found.entries == (
        Entry("sub", "sub", "folder", None, 1.5, None, True),
        Entry("img.png", "img.png", "file", 7, 1.5, "image/png", True),
    )
    assert found.entries[0].is_folder
    assert not found.entries[1].is_folder


def test_an_entry_knows_its_path_and_cannot_be_changed(client_of):
    (found,) = client_of(replying(page(entry("img.png")))).entries("a/b").entries
    assert found.path == "a/b/img.png"
    with pytest.raises(FrozenInstanceError):
        found.path = "elsewhere"


def test_all_pages_of_a_listing_are_read(client_of, monkeypatch):
    names = [f"{number}.png" for number in range(7)]
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr(listing, "FIRST_PAGES", (1, 2, 9))

    def script(exchange):
        start, most = map(int, re.search("offset=([0-9]+)&limit=([0-9]+)", exchange.head).groups())
        end = start + most
        following = end if end < len(names) else None
        exchange.reply(page(*map(entry, names[start:end]), next=following))

    client = client_of(script)
    assert [found.name for found in client.entries("").entries] == names
    assert [len(some.entries) for some in client.pages("")] == [1, 2, 3, 1]


def test_an_entry_that_moved_to_the_next_page_is_listed_once(client_of):
    pages = iter([page(entry("a"), entry("b"), next=2), page(entry("b"), entry("c"))])
    client = client_of(lambda exchange: exchange.reply(next(pages)))
    assert [found.name for found in client.entries("").entries] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "name",
    [
        "日本.jpg",
        " a b ",
        "a+b&c=d?e#f%41;g",
        "a\nb",
        "\udcff.bin",
        chr(0xD800) + ".bin",
        "a\\b",
        "é",
        "e\u0301",
        "😀",
        "~",
        "..a",
    ],
)
def test_a_file_of_any_name_is_asked_for_by_its_bytes(client_of, scripted, name):
    def script(exchange):
        if "/api/" in exchange.path:
            exchange.reply(page(entry(name)))
        else:
            asked.append(exchange.path.encode(errors="surrogateescape"))
            exchange.reply(b"")

    asked = []
    client = client_of(script)
    (found,) = client.entries("ü").entries
    client.read(found.path, 10)
    saved(client, found.path)
    errors = "surrogatepass" if "\ud800" in name else "surrogateescape"
    raw = f"ü/{name}".encode(errors=errors)
    assert asked == [b"/files/" + raw, b"/download2/" + raw]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "../../x", "a\0b", "x" * 1025])
def test_a_name_that_no_file_can_have_condemns_the_listing(client_of, name):
    with pytest.raises(BadAnswer):
        client_of(replying(page(entry("good.png"), entry(name)))).entries("")


NO_LISTINGS = [
    b"",
    b"hello",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b'"' + b"x" * 100,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    page(name=None),
    page(name="a/b"),
    page(entries=None),
    page(entries={}),
    page(None),
    page([]),
    page("img.png"),
    page({}),
    page({"name": "img.png"}),
    page(entry(5)),
    page(entry(None)),
    page(entry(["img.png"])),
    page(entry(kind="link")),
    page(entry(kind=None)),
    page(entry(size=-1)),
    page(entry(size=None)),
    page(entry(size=1.5)),
    page(entry(size=True)),
    page(entry(size="3")),
    page(entry(size=1 << 63)),
    page(entry(size=10**4000)),
    page(entry()).replace(b'"size": 3', b'"size": ' + b"9" * 5000),
    page(folder(size="3")),
    page(entry(modified=None)),
    page(entry(modified="now")),
    page(entry(modified=float("nan"))),
    page(entry(modified=float("inf"))),
    page(entry()).replace(b"1.5", b"1e999"),
    page(entry(modified=1e12)),
    page(entry(type=5)),
    page(entry(type="x" * 256)),
    page(entry(readable=1)),
    page(entry(readable=None)),
    page(entry(), next="1"),
    page(entry(), next=True),
    page(entry(), next=0),
    page(entry(), next=-1),
    page(entry(), next=5),
    page(next=0),
    page(*[entry()] * (listing.PAGE + 1)),
    page(entry(), more=[[]] * listing.MOST_PARTS),
]


@pytest.mark.parametrize("body", NO_LISTINGS, ids=range(len(NO_LISTINGS)))
def test_what_is_no_listing_is_a_bad_answer(client_of, body):
    with pytest.raises(BadAnswer):
        client_of(replying(body)).entries("")


def test_a_listing_too_long_to_be_one_is_not_read(client_of):
    def script(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (listing.MOST_BYTES + 1))
        exchange.stall()

    with pytest.raises(BadAnswer, match="far too long"):
        client_of(script).entries("")


def test_a_listing_without_end_is_left(client_of, monkeypatch):
    monkeypatch.setattr(listing, "MOST_ENTRIES", 10)

    def script(exchange):
        start = int(exchange.head.partition("offset=")[2].partition("&")[0])
        exchange.reply(page(entry(f"{start}.png"), next=start + 1))

    with pytest.raises(BadAnswer):
        client_of(script).entries("")


def test_a_listing_that_takes_too_long_in_all_is_left(client_of, monkeypatch):
    monkeypatch.setattr(client_module, "LISTING", 0.3)

    def script(exchange):
        body = page(*[entry(f"{number}.png") for number in range(5000)])
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            exchange.send(bytes([byte]))
        exchange.stall()

    with pytest.raises(Interrupted, match="stopped sending"):
        client_of(script).entries("")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*entry(), "next", "entries"]), inner)
    ),
)


@given(json_values, json_values)
def test_any_json_is_a_listing_or_a_value_error(first, second):
    for answer in (first, {"name": "x", "next": None, "entries": [first, second]}):
        try:
            found = listing.page(json.dumps(answer).encode(), "sub", 0)
        except ValueError:
            continue
        assert all(each.path == f"sub/{each.name}" for each in found.entries)


# Files


def test_a_file_comes_whole_with_what_is_known_about_it(client_of):
    headers = {"ETag": '"1"', "Last_Modified": "Thu, 01 Jan 1970 00:01:40 GMT"}
    client = client_of(replying(b"hello", **headers))
    with client.download("img.png") as download:
        assert (download.size, download.start, download.etag) == (5, 0, '"1"')
        assert download.modified == 100.0
        assert b"".join(pieces(download)) == b"hello"


def test_an_empty_file_comes_too(client_of):
    client = client_of(replying(b""))
    assert saved(client) == b""
    assert client.read("img.png", 10).data == b""


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 1970", "Fri, 01 Jan 9999999 0:0:0"])
def test_a_date_that_cannot_be_read_is_unknown(client_of, date):
    with client_of(replying(b"", Last_Modified=date)).download("img.png") as download:
        assert download.modified is None


def test_a_large_file_comes_in_pieces(client_of):
    data = bytes(range(256)) * 20_000
    with client_of(replying(data)).download("img.png") as download:
        chunks = list(pieces(download))
    assert b"".join(chunks) == data
    assert len(chunks) > 1


def test_only_what_is_asked_for_is_read_of_a_file_to_show(client_of):
    def script(exchange):
        assert "Range: bytes=0-3\r\n" in exchange.head
        exchange.reply(
            b"hell",
            "206 PARTIAL CONTENT",
            Content_Range="bytes 0-3/5",
            Content_Type="Text/Plain; charset=utf-8",
        )

    content = client_of(script).read("hello.txt", 4)
    assert (content.data, content.media_type, content.size) == (b"hell", "text/plain", 5)
    assert content.truncated


def test_a_share_that_knows_no_ranges_is_read_only_as_far_as_asked(client_of):
    content = client_of(replying(b"hello", Content_Disposition="attachment")).read("a.svg", 4)
    assert (content.data, content.media_type, content.size) == (
        b"hell",
        "application/octet-stream",
        5,
    )
    assert not client_of(replying(b"hello")).read("a.svg", 5).truncated


def test_the_rest_of_a_file_is_asked_for_by_its_etag(client_of):
    def script(exchange):
        assert "Range: bytes=2-\r\n" in exchange.head
        assert 'If-Range: "1"\r\n' in exchange.head
        exchange.reply(b"llo", "206 PARTIAL CONTENT", Content_Range="bytes 2-4/5", ETag='"1"')

    with client_of(script).download("img.png", start=2, etag='"1"') as download:
        assert (download.start, download.size) == (2, 5)
        assert b"".join(pieces(download)) == b"llo"


def test_a_file_that_changed_comes_from_its_beginning(client_of):
    client = client_of(replying(b"other", ETag='"2"'))
    with client.download("img.png", start=2, etag='"1"') as download:
        assert download.start == 0
        assert b"".join(pieces(download)) == b"other"


@pytest.mark.parametrize("etag", [None, "", 'W/"1"'])
def test_a_part_is_not_asked_for_without_a_strong_etag(client_of, etag):
    with pytest.raises(ValueError), client_of(replying(b"")).download("a", start=1, etag=etag):
        pass


# What a share must not do


BAD_ANSWERS = {
    "no length": sending(b"HTTP/1.1 200 OK\r\n\r\nhello"),
    "negative length": sending(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"),
    "signed length": sending(b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"),
    "length in words": sending(b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
    "length with underscore": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 0_5\r\n\r\nhello"),
    "length of another script": sending(
        "HTTP/1.1 200 OK\r\nContent-Length: \u0665\r\n\r\n".encode()
    ),
    "length with fraction": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 5.0\r\n\r\nhello"),
    "endless length": sending(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n"),
    "two lengths": sending(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
    ),
    "the same length twice": sending(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"
    ),
    "chunked": sending(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    ),
    "chunked with length": sending(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\n\r\n"
    ),
    "gzip": replying(gzip.compress(b"hello"), Content_Encoding="gzip"),
    "deflate": replying(b"hello", Content_Encoding="deflate"),
    "unasked part": replying(b"hello", status="206 PARTIAL CONTENT", Content_Range="bytes 0-4/9"),
    "no content": replying(b"", status="204 NO CONTENT"),
    "another success": replying(b"hello", status="203 NON-AUTHORITATIVE"),
    "a bad request": replying(b"hello", status="400 BAD REQUEST"),
    "a range that cannot be": replying(b"", status="416 RANGE NOT SATISFIABLE"),
    "a broken share": replying(b"hello", status="500 INTERNAL SERVER ERROR"),
    "status 999": replying(b"hello", status="999 WHAT"),
    "a status too long": sending(b"HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello"),
    "another protocol": sending(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "an endless header": sending(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "many headers": sending(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n"),
}


@pytest.mark.parametrize("script", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_no_odd_answer_becomes_a_file_or_a_listing(client_of, script):
    client = client_of(script)
    with pytest.raises(BadAnswer):
        saved(client)
    with pytest.raises(BadAnswer):
        client.entries("")


@pytest.mark.parametrize(
    ("content_range", "body"),
    [
        ("bytes 0-3/5", b"hell!"),
        ("bytes 0-4/5", b"hell"),
        ("bytes 1-4/5", b"ello"),
        ("bytes 1-3/5", b"hell"),
        ("bytes 0-3/*", b"hell"),
        ("bytes 0-3/3", b"hell"),
        ("bytes 0-1/5", b"he"),
        ("bytes 0-4/5", b"hello"),
        ("bytes -4/5", b"hell"),
        ("bytes */5", b""),
        ("items 0-3/5", b"hell"),
        ("", b"hell"),
    ],
)
def test_another_part_than_the_wanted_one_is_refused(client_of, content_range, body):
    client = client_of(replying(body, status="206 PARTIAL CONTENT", Content_Range=content_range))
    with pytest.raises(BadAnswer):
        client.read("img.png", 4)


@pytest.mark.parametrize(
    ("content_range", "body"),
    [
        ("bytes 0-4/5", b"hello"),
        ("bytes 1-4/5", b"ello"),
        ("bytes 1-4/5", b"llo"),
        ("bytes 2-3/5", b"ll"),
        ("bytes 2-4/5", b"ll"),
        ("bytes 2-4/4", b"llo"),
        ("bytes 2-4/6", b"llo"),
        ("bytes 3-4/5", b"lo"),
        ("bytes 2-4/*", b"llo"),
        ("bytes 2-1/2", b""),
        ("", b"llo"),
    ],
)
def test_another_rest_than_the_wanted_one_is_refused(client_of, content_range, body):
    client = client_of(
        replying(body, status="206 PARTIAL CONTENT", Content_Range=content_range, ETag='"1"')
    )
    with pytest.raises(BadAnswer):
        saved(client, start=2, etag='"1"')


@pytest.mark.parametrize("headers", [{}, {"ETag": '"2"'}, {"ETag": 'W/"1"'}])
def test_the_rest_of_another_file_is_refused(client_of, headers):
    client = client_of(
        replying(b"llo", status="206 PARTIAL CONTENT", Content_Range="bytes 2-4/5", **headers)
    )
    with pytest.raises(BadAnswer):
        saved(client, start=2, etag='"1"')


@pytest.mark.parametrize("sent", [b"", b"hell"])
def test_a_file_that_ends_early_is_an_error(client_of, sent):
    client = client_of(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + sent))
    with pytest.raises(Interrupted):
        saved(client)
    with pytest.raises(Interrupted):
        client.read("img.png", 5)


def test_bytes_beyond_the_announced_length_are_neither_taken_nor_mistaken_for_the_next_answer(
    client_of,
):
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    client = client_of(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" + extra * 2000))
    assert [saved(client) for _ in range(3)] == [b"hello"] * 3


def test_a_redirect_leads_nowhere(client_of, scripted):
    other = scripted(replying(b"hello"))
    for status in ("301 MOVED", "302 FOUND", "303 SEE OTHER", "307 TEMPORARY", "308 PERMANENT"):
        client = client_of(replying(b"", status=status, Location=f"{other.address}/x"))
        with pytest.raises(BadAnswer):
            saved(client)
        with pytest.raises(BadAnswer):
            client.entries("")
        with pytest.raises(BadAnswer):
            next(client.events(""))  # by the road of requests
    assert other.heads == []


def test_the_body_of_a_redirect_is_not_read(client_of, monkeypatch):
    monkeypatch.setattr(client_module, "SILENCE", 1.0)

    def script(exchange):
        exchange.send(b"HTTP/1.1 302 FOUND\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nhell")
        exchange.stall()

    with pytest.raises(BadAnswer):
        saved(client_of(script))
    with pytest.raises(BadAnswer):
        next(client_of(script).events(""))


def test_no_proxy_and_no_password_file_has_any_say(scripted, monkeypatch, tmp_path):
    def script(exchange):
        if exchange.path.startswith("/api/events"):
            exchange.send(EVENTS + b'event: folder\ndata: {"version": "a1"}\n\n')
        exchange.reply(b"hello")

    proxy, share = scripted(replying(b"evil")), scripted(script)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    client = Client(share.address)
    assert saved(client) == b"hello"
    assert next(client.events("")) == "a1"  # by the road of requests
    client.close()
    assert proxy.connections == 0
    assert not any("Authorization" in head for head in share.heads)


def test_a_plain_answer_is_asked_for_and_cookies_are_not_kept(scripted):
    share = scripted(replying(b"hello", Set_Cookie="a=b; Path=/"))
    client = Client(share.address)
    saved(client)
    saved(client)
    client.close()
    assert all("Accept-Encoding: identity\r\n" in head for head in share.heads)
    assert not any("Cookie" in head for head in share.heads)


# Failures in words


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("404 NOT FOUND", Missing, "“img.png” is not there any more."),
        ("410 GONE", Missing, "“img.png” is not there any more."),
        ("403 FORBIDDEN", Refused, "“img.png”"),
        ("401 UNAUTHORIZED", PinNeeded, "asks for a PIN"),
        ("429 TOO MANY REQUESTS", Refused, "does not let you in"),
        ("503 SERVICE UNAVAILABLE", Unavailable, "not there just now"),
    ],
)
def test_a_refusal_is_a_sentence(client_of, status, kind, words):
    with pytest.raises(kind, match=words):
        saved(client_of(replying(b"hello", status=status)), "sub/img.png")


def test_a_name_in_a_sentence_is_fit_to_be_shown(client_of):
    with pytest.raises(Missing) as caught:
        saved(client_of(replying(b"", status="404 NOT FOUND")), "sub/a\n\udcff\u202egpj.exe")
    assert str(caught.value) == "“a\ufffd\ufffd\ufffdgpj.exe” is not there any more."


def test_what_steers_the_display_is_replaced_and_the_rest_is_kept():
    assert plain("日本 é 👩\u200d🔬 <b>") == "日本 é 👩\u200d🔬 <b>"
    assert plain("\x00\x1b\x7f\x9b\u2028\u202e\u2066\ufeff\ud800") == "\ufffd" * 9


def test_nothing_that_answers_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(Unreachable, match="does not answer") as caught:
        Client(address).entries("")
    assert not isinstance(caught.value, Interrupted)


def test_a_name_that_no_computer_has_is_unreachable():
    with pytest.raises(Unreachable, match="no computer called"):
        Client("http://" + "a" * 64 + ":5000").entries("")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "holiday",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://",
        "http://:5000",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://user:pin@127.0.0.1:5000",
        "http://127.0.0.1:5000/files/",
        "http://127.0.0.1:5000?x",
        "http://127.0.0.1:5000#x",
        "http://a b",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_said_at_once(address):
    with pytest.raises(BadAddress):
        Client(address)


@pytest.mark.parametrize(
    ("address", "plain_address"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("https://127.0.0.1:5000/", "https://127.0.0.1:5000"),
        ("HTTP://Anna.local", "http://anna.local"),
    ],
)
def test_an_address_is_kept_in_its_plain_form(address, plain_address):
    client = Client(address)
    assert client.address == plain_address
    assert client.url("a b/ü.jpg") == f"{plain_address}/files/a%20b/%C3%BC.jpg"
    assert client.url("") == f"{plain_address}/files/"


def descendants(kind):
    return {kind}.union(*map(descendants, kind.__subclasses__()))


FROM_BELOW = sorted(
    descendants(requests.RequestException) | descendants(urllib3.exceptions.HTTPError), key=str
)


@pytest.mark.parametrize("kind", FROM_BELOW, ids=str)
def test_no_exception_from_below_is_forgotten(kind, client_of, monkeypatch):
    error = kind.__new__(kind)

    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(connection.Session, "get", fail)
    with pytest.raises(ClientError) as caught:
        next(client_of(replying(b"")).events(""))
    assert str(caught.value).endswith(".")


# Waiting and stopping


def stalling_before_anything(exchange):
    exchange.stall()


def stalling_in_the_headers(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.stall()


def stalling_in_the_body(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    exchange.stall()


STALLS = [stalling_before_anything, stalling_in_the_headers, stalling_in_the_body]
REQUESTS = {
    "entries": lambda client, **options: client.entries("", **options),
    "read": lambda client, **options: client.read("img.png", 2000, **options),
    "download": lambda client, **options: saved(client, **options),
}


def test_a_head_that_has_no_end_is_not_waited_for(client_of):
    def script(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000)
        exchange.stall()

    with pytest.raises(BadAnswer, match="does not answer as a share does"):
        client_of(script, patience=0.2).entries("")


@pytest.mark.parametrize("script", STALLS)
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_share_that_stalls_is_given_up(client_of, script, request_):
    with pytest.raises(Interrupted, match="stopped sending"):
        request_(client_of(script, patience=0.2))


@pytest.mark.parametrize("script", STALLS)
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_another_thread_ends_a_request_that_waits(scripted, script, request_):
    share, cancel = scripted(script), threading.Event()
    client = Client(share.address, patience=1e6)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(request_, client, cancel=cancel)
        share.stalled.acquire()
        cancel.set()
        with pytest.raises(Cancelled):
            running.result(timeout=20)
    client.close()


def test_a_request_on_a_kept_connection_is_cancelled_by_its_own_event(scripted):
    def script(exchange):
        exchange.reply(b"hello") if exchange.path.endswith("first") else exchange.stall()

    share, cancel = scripted(script), threading.Event()
    client = Client(share.address, patience=1e6)
    saved(client, "first", cancel=threading.Event())
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(saved, client, "second", cancel=cancel)
        share.stalled.acquire()
        cancel.set()
        with pytest.raises(Cancelled):
            running.result(timeout=20)
    client.close()
    assert share.connections == 1


@pytest.mark.parametrize("script", STALLS)
def test_closing_the_client_ends_all_that_is_under_way(scripted, script):
    share = scripted(script)
    client = Client(share.address, patience=1e6)
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(request, client) for request in REQUESTS.values()]
        for _ in running:
            share.stalled.acquire()
        client.close()
        for each in running:
            with pytest.raises(Cancelled):
                each.result(timeout=20)
    with pytest.raises(Cancelled):
        client.entries("")


def dripping(start):
    """Sends a byte after the other without an end, as fast as they are taken."""

    def script(exchange):
        exchange.send(start)
        while True:
            exchange.send(b"x")

    return script


def test_a_stream_without_end_can_be_cancelled(client_of):
    client = client_of(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"))
    with pytest.raises(Cancelled):
        saved(client, cancel=CancelledAtThe(100))


def test_a_byte_now_and_then_is_no_progress():
    watch = Watch("http://share", (), patience=30)
    for _ in range(29):
        watch.received(1, seconds=1.0)
        watch.check()
    watch.received(1, seconds=1.1)
    with pytest.raises(Interrupted):
        watch.check()


def test_a_slow_but_steady_share_is_waited_for():
    watch = Watch("http://share", (), patience=30)
    for _ in range(1000):
        watch.received(16 * 1024, seconds=29.0)
        watch.check()


def test_connecting_can_be_cancelled(monkeypatch):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # the queue is full: the next one waits for an answer
            each.setblocking(False)
            each.connect_ex(place)
        with pytest.raises(Cancelled):
            Client(f"http://127.0.0.1:{place[1]}").entries("", CancelledAtThe(4))
        for each in waiting:
            each.close()


# Connections


def test_one_connection_serves_all_that_has_an_end(scripted):
    share = scripted(replying(b"hello", X_Lanslide_Converted="jpeg"))
    client = Client(share.address)
    for _ in range(5):
        saved(client)
        client.read("img.png", 5)
        client.converted("img.png")
    client.close()
    assert (share.connections, len(share.heads)) == (1, 15)


LEFT_UNREAD = {
    "a file read to show": lambda client: client.read("img.png", 2),
    "a file instead of a picture": lambda client: client.converted("img.png"),
}


@pytest.mark.parametrize("request_", LEFT_UNREAD.values(), ids=LEFT_UNREAD)
def test_what_is_not_read_of_an_answer_is_not_taken_for_the_next(scripted, request_):
    evil = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    wait = threading.Event()

    def script(exchange):
        if exchange.path.startswith("/download2/next"):
            exchange.reply(b"hello")
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nhe" % (len(evil) + 2))
        wait.wait(20)
        exchange.send(evil)

    share = scripted(script)
    client = Client(share.address)
    request_(client)
    assert saved(client, "next") == b"hello"
    wait.set()
    client.close()
    assert share.connections == 2


def test_each_thread_has_a_connection_to_itself(scripted):
    together = threading.Barrier(4)

    def script(exchange):
        together.wait()
        exchange.reply(exchange.path.encode())

    share = scripted(script)
    client = Client(share.address)
    paths = [f"{number}.png" for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda path: saved(client, path), paths)) == [
            f"/download2/{path}".encode() for path in paths
        ]
    client.close()
    assert share.connections == 4


def test_a_connection_that_was_closed_meanwhile_is_made_again(scripted):
    def script(exchange):
        if exchange.path == "/download2/last":
            exchange.hang_up()
        else:
            exchange.reply(b"hello")

    share = scripted(script)
    client = Client(share.address)
    assert saved(client, "first") == b"hello"
    with pytest.raises(Interrupted):
        saved(client, "last")
    assert saved(client, "first") == b"hello"
    client.close()
    assert share.connections == 3


def test_several_files_may_be_open_on_one_thread(client_of):
    client = client_of(lambda exchange: exchange.reply(exchange.path.encode()))
    with client.download("a") as first, client.download("b") as second:
        assert b"".join(pieces(second)) == b"/download2/b"
        assert b"".join(pieces(first)) == b"/download2/a"
