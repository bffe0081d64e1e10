"""Files over HTTP, asked for by a real client."""

import json
import os
import re
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from server.application import Application
from server.folder import SharedFolder
from server.share import Share


@pytest.fixture
def letters(holiday):
    path = holiday / "letters.txt"
    path.write_bytes(b"abcdefghijklmnopqrstuvwxyz" * 20)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/download/img2.png", "img2.png"),
        ("/download2/img2.png", "img2.png"),
        ("/download2/uploads/img1.png", "img1.png"),
    ],
)
def test_the_seeds_routes_send_attachments(browser, holiday, path, name):
    reply = browser(path)
    assert reply.status == 200
    assert reply.body == next(holiday.rglob(name)).read_bytes()
    assert reply.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
    assert reply.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "path",
    [
        "/download/nothing.png",
        "/download2/nothing.png",
        "/download2/uploads/nothing.png",
        "/download/uploads/img1.png",
        "/download/uploads%2Fimg1.png",
        "/download/uploads",
        "/download2/uploads",
        "/download2/uploads/",
        "/download2/img2.png/",
        "/download2/img2.png/x",
        "/files/nothing",
        "/files/nothing/",
        "/files/img2.png/",
        "/files//img2.png",
        "/files//",
        "/files/%2F",
        "/files/uploads//",
        "/api/folder//",
        "/nothing",
    ],
)
def test_what_is_not_there_is_404(browser, path):
    reply = browser(path)
    assert reply.status == 404
    assert b"This is not shared here." in reply.body


def test_the_start_leads_to_the_files(browser):
    assert browser("/").headers["Location"] == "/files/"
    assert browser("/files").headers["Location"] == "/files/"
    assert browser("/files/uploads").headers["Location"] == "/files/uploads/"
    assert browser("/files/uploads").status == 302


def test_a_picture_is_shown_inline(browser, holiday):
    reply = browser("/files/img2.png")
    assert reply.body == (holiday / "img2.png").read_bytes()
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["Content-Disposition"].startswith("inline;")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("feed.xml", b"<?xml version='1.0'?>"),
        ("paper.pdf", b"%PDF-1.7"),
        ("fake.png", b"<script>alert(1)</script>"),
        ("fake.txt", b"\x00\x01<script>"),
        ("unknown.xyz", b"..."),
        ("noname", b"<html>"),
    ],
)
def test_what_could_do_harm_is_saved_instead(browser, holiday, name, content):
    (holiday / name).write_bytes(content)
    reply = browser(f"/files/{name}")
    assert reply.status == 200
    assert reply.body == content
    assert reply.headers["Content-Disposition"].startswith("attachment;")


def test_text_is_shown_as_text(browser, holiday):
    (holiday / "read me.md").write_text("<b>Überall</b>", encoding="utf-8")
    reply = browser("/files/read%20me.md")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["Content-Disposition"].startswith("inline;")


def test_a_picture_with_another_pictures_name_is_what_it_is(browser, holiday):
    (holiday / "really.jpg").write_bytes((holiday / "img2.png").read_bytes())
    assert browser("/files/really.jpg").headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("name", ["packed.tar.gz", "drawing.svgz", "text.txt.gz", "notes.txt.Z"])
def test_a_packed_file_is_sent_as_it_is(browser, holiday, name):
    (holiday / name).write_bytes(b"\x1f\x8b packed")
    reply = browser(f"/download/{name}", Accept_Encoding="gzip")
    assert reply.headers["Content-Encoding"] is None
    assert reply.body == b"\x1f\x8b packed"


def test_a_file_says_which_version_it_is(browser, letters):
    reply = browser("/download/letters.txt")
    assert int(reply.headers["Content-Length"]) == len(letters)
    assert re.fullmatch(r'"[0-9a-f-]+"', reply.headers["ETag"])
    assert reply.headers["Accept-Ranges"] == "bytes"
    modified = parsedate_to_datetime(reply.headers["Last-Modified"])
    assert modified <= parsedate_to_datetime(reply.headers["Date"])
    assert reply.headers["Server"] is None


def test_a_file_from_the_future_is_as_old_as_the_reply(browser, holiday):
    os.utime(holiday / "notes.txt", (4_000_000_000, 4_000_000_000))
    reply = browser("/download/notes.txt")
    assert reply.headers["Last-Modified"] == reply.headers["Date"]


def test_new_content_with_the_old_size_and_time_has_another_etag(browser, holiday):
    path = holiday / "notes.txt"
    before, status = browser("/download/notes.txt").headers["ETag"], path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert browser("/download/notes.txt").headers["ETag"] != before


def test_head_is_get_without_the_body(browser, letters):
    get = browser("/download/letters.txt")
    head = browser("/download/letters.txt", "HEAD", Range="bytes=0-0")
    assert head.status == 200
    assert head.body == b""
    for reply in (get, head):
        for name in ("Date", "Digest", "Repr-Digest"):  # the digest may be known by now
            del reply.headers[name]
    assert head.headers.items() == get.headers.items()
    assert browser("/download/letters.txt").body == letters


def test_one_range_is_one_part(browser, letters):
    reply = browser("/download/letters.txt", Range="bytes=2-4")
    assert reply.status == 206
    assert reply.body == b"cde"
    assert reply.headers["Content-Range"] == f"bytes 2-4/{len(letters)}"
    assert reply.headers["Content-Length"] == "3"


def test_several_ranges_are_several_parts(browser, letters):
    reply = browser("/download/letters.txt", Range="bytes=0-1,-2")
    assert reply.status == 206
    boundary = reply.headers.get_boundary()
    first, second, end = reply.body.split(f"\r\n--{boundary}".encode())[1:]
    assert first.endswith(f"Content-Range: bytes 0-1/{len(letters)}\r\n\r\nab".encode())
    assert second.endswith(b"\r\n\r\nyz")
    assert end == b"--\r\n"
    assert browser("/download/letters.txt").body == letters


def test_a_range_beyond_the_end_is_416(browser, letters):
    reply = browser("/download/letters.txt", Range="bytes=9999-")
    assert reply.status == 416
    assert reply.headers["Content-Range"] == f"bytes */{len(letters)}"


def test_a_version_that_the_client_has_is_not_sent_again(browser, letters):
    etag = browser("/download/letters.txt").headers["ETag"]
    reply = browser("/download/letters.txt", If_None_Match=etag)
    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["ETag"] == etag
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["Content-Length"] is None
    assert reply.headers["Connection"] is None
    assert browser("/download/letters.txt", If_Match='"other"').status == 412


def test_an_empty_file_is_whole_and_empty(browser, holiday):
    (holiday / "empty.txt").touch()
    for path in ("/download/empty.txt", "/files/empty.txt"):
        reply = browser(path, Range="bytes=-5")
        assert (reply.status, reply.body) == (200, b"")
        assert reply.headers["Content-Length"] == "0"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FOO"])
@pytest.mark.parametrize("path", ["/download/img2.png", "/files/", "/api/folder/", "/"])
def test_other_methods_are_not_allowed(browser, method, path):
    reply = browser(path, method)
    assert reply.status == 405
    assert {"GET", "HEAD"} <= set(reply.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "path",
    [
        "/files/",
        "/files/img2.png",
        "/download/img2.png",
        "/api/folder/",
        "/nothing",
        "/static/style.css",
    ],
)
def test_every_reply_is_guarded(browser, path):
    headers = browser(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    # Our own pages tell this share, and it alone, where a form comes from.
    is_page = path in {"/files/", "/nothing"}
    assert headers["Referrer-Policy"] == ("same-origin" if is_page else "no-referrer")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Access-Control-Allow-Origin"] is None


def test_a_files_page_may_run_nothing(browser):
    assert "sandbox" in browser("/files/img2.png").headers["Content-Security-Policy"]


def test_problems_are_pages_for_people_and_json_for_programs(browser):
    assert browser("/files/nothing").headers.get_content_type() == "text/html"
    reply = browser("/api/folder/nothing")
    assert reply.headers.get_content_type() == "application/json"
    assert json.loads(reply.body) == {"error": "This is not shared here."}
    assert list(json.loads(browser("/api/nothing").body)) == ["error"]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/files/nothing", "GET", 404),
        ("/files/../x", "GET", 404),
        ("/nothing", "GET", 404),
        ("/download/img2.png", "POST", 405),
        ("/api/nothing", "GET", 404),
        ("/api/folder/nothing", "GET", 404),
        ("/api/folder/?sort=colour", "GET", 400),
        ("/api/folder/", "POST", 405),
        ("/api/digest/", "GET", 404),
        ("/api", "GET", 404),
    ],
)
def test_every_problem_is_told_in_a_sentence(browser, path, method, status):
    reply = browser(path, method)
    assert reply.status == status
    if path.startswith("/api/"):
        assert reply.headers.get_content_type() == "application/json"
        assert list(json.loads(reply.body)) == ["error"]
        assert json.loads(reply.body)["error"].endswith(".")
    else:
        assert reply.headers.get_content_type() == "text/html"
        assert re.search(rb"<h1>[A-Z][^<]*\.</h1>", reply.body)


@pytest.mark.parametrize(
    "path", ["/files/", "/files/img2.png", "/download/img2.png", "/api/folder/", "/api/digest/x"]
)
def test_a_surprise_tells_nothing_and_leaves_the_rest_alone(holiday, browse, path, monkeypatch):
    folder = SharedFolder(holiday)
    with Share(Application(folder), port=0) as share:
        browser = browse(share)
        with monkeypatch.context() as patch:
            patch.setattr(folder._tree, "find", lambda names: names.surprise)
            reply = browser(path)
        assert reply.status == 500
        is_api = path.startswith("/api/")
        assert reply.headers.get_content_type() == ("application/json" if is_api else "text/html")
        assert b"Something went wrong here." in reply.body
        assert b"Traceback" not in reply.body
        assert b"surprise" not in reply.body
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert browser("/download/notes.txt").status == 200


def test_another_site_may_not_ask(browser):
    assert browser("/files/img2.png", Sec_Fetch_Site="cross-site").status == 403


NAMES = [
    b"\xff.bin",
    b"a\nb.txt",
    b"a\rb.txt",
    b"ends\n",
    b" leading.txt",
    b"trailing ",
    b"%41#?;.txt",
    b"a&b=c+d.txt",
    b"a:b.txt",
    b"<img src=x>.jpg",
    b"\"quoted'.txt",
    "Cafe\u0301.txt".encode(),
    "Caf\u00e9.txt".encode(),
    "😀.jpg".encode(),
    "日本語".encode(),
    "gpj.\u202eexe".encode(),
    b"~tilde",
    b"-dash",
    b"n" * 251 + b".jpg",
    b"\x01\x7f.txt",
    b"\xed\xa0\x80.surrogate",
]


@pytest.fixture
def odd(holiday):
    folder = holiday / "odd"
    folder.mkdir()
    for name in NAMES:
        (folder / os.fsdecode(name)).write_bytes(b"content of " + name)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_name_is_fetched_by_every_road(browser, odd, name):
    for road in ("/files", "/download2"):
        reply = browser(f"{road}/odd/{quote(name, safe='')}")
        assert (reply.status, reply.body) == (200, b"content of " + name)
    (odd.parent / os.fsdecode(name)).write_bytes(b"up here")
    assert browser(f"/download/{quote(name, safe='')}").body == b"up here"


def test_odd_names_are_listed_and_lead_to_their_files(browser, odd):
    names = {entry["name"] for entry in json.loads(browser("/api/folder/odd").body)["entries"]}
    assert {os.fsencode(name) for name in names} == set(NAMES)
    page = browser("/files/odd/").body.decode()
    links = re.findall(r'class="open" href="([^"]*)"', page)
    assert {browser(f"/files/odd/{link}").body for link in links} == {
        b"content of " + name for name in NAMES
    }
    assert "<img src=x>" not in page
    assert "\u202e" not in page
    assert "\\xff.bin" in page


def test_an_odd_folder_is_entered(browser, holiday):
    folder = holiday / os.fsdecode(b"\xff\n")
    folder.mkdir()
    (folder / "a.txt").touch()
    assert browser("/files/%FF%0A").headers["Location"] == "/files/%FF%0A/"
    listing = json.loads(browser("/api/folder/%FF%0A/").body)
    assert os.fsencode(listing["path"]) == b"\xff\n"
    assert [entry["name"] for entry in listing["entries"]] == ["a.txt"]
    assert b"a.txt" in browser("/files/%FF%0A/").body


@pytest.mark.parametrize(
    "path", ["./12:30.txt", "././12:30.txt", "uploads/./12:30.txt", "%2e/12:30.txt"]
)
def test_a_dot_as_some_programs_put_it_before_a_colon_means_nothing(browser, holiday, path):
    for folder in (holiday, holiday / "uploads"):
        (folder / "12:30.txt").write_bytes(b"half past twelve")
    assert browser(f"/files/{path}").body == b"half past twelve"
    assert browser(f"/files/{path}").status == 200
    assert browser(f"/files/.{path}").status == 404
