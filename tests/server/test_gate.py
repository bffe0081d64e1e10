"""Nothing outside the folder, or hidden in it, is reached by any route."""

import io
import itertools
import json
import os
import re
import zipfile
from urllib.parse import quote

import pytest

import server.tree
from server.application import Application
from server.directory import NamedDirectory, OpenDirectory
from server.folder import SharedFolder

SECRET = b"the secret outside"


@pytest.fixture
def surroundings(holiday, tmp_path):
    """`holiday` with everything around it and in it that must stay unseen."""
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (tmp_path / "holiday-more").mkdir()
    (tmp_path / "holiday-more" / "secret.txt").write_bytes(SECRET)
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "secret.txt").write_bytes(SECRET)
    return holiday


UP = ["..", "%2e%2e", ".%2e", "%2e.", "%252e%252e", "..;", "...", "..%00", "..%20", "%c0%ae%c0%ae"]
SLASH = ["/", "%2f", "%2F", "\\", "%5c", "//", "%252f", "/./", "%c0%af", "%ef%bc%8f"]
START = ["", "/", "uploads/", "./", "%2f", "uploads/../", "nothing/"]
PLACE = ["secret.txt", "holiday-more/secret.txt"]
WHOLE = ["\\\\server\\share\\x", "%5c%5cserver%5cshare", "C:%5cWindows%5cwin.ini", "C:/x"]
WHOLE += ["..", "../", "../..", ".", "./", "%2e", "", "/", "//", "~", "~root", "%", "%zz"]


def whole_ways_out(outside):
    """Give spellings of what is outside that name all of the way."""
    for whole in (outside / "secret.txt", "/etc/passwd"):
        text = str(whole)
        yield from (text, quote(text), quote(text, safe=""), f"/{text}", f"file://{text}")
        yield from (f".{text}", f"uploads{text}", f"~{text}", f"%00{text}", f"img2.png%00{text}")
    yield from WHOLE


def ways_out(outside):
    """Give more than a thousand spellings of what is outside."""
    for parts in itertools.product(START, UP, SLASH, PLACE):
        yield "".join(parts)
    yield from whole_ways_out(outside)


def pairs_of_ways_out(outside):
    """Give enough of them that each part stands before each that can follow it."""
    for (one, up), (other, slash) in itertools.product(enumerate(UP), enumerate(SLASH)):
        start, place = START[(3 * one + other) % len(START)], PLACE[(one + other) % len(PLACE)]
        yield f"{start}{up}{slash}{place}"
    yield from whole_ways_out(outside)


@pytest.fixture
def routes(holiday):
    rules = Application(SharedFolder(holiday)).routes().url_map.iter_rules()
    texts = {rule.rule.replace("<string:size>", "grid") for rule in rules}
    return {re.sub(r"<.*>", "", text) for text in texts if "<" in text}


def test_no_spelling_of_a_way_out_leads_out(browser, surroundings, routes, tmp_path):
    """One function reads the path of every URL, so not each route is tried with all of them."""
    assert routes == {"/files/", "/download/", "/download2/", "/api/folder/", "/static/"} | {
        *("/api/digest/", "/api/events/", "/api/info/", "/thumb/grid/", "/zip/")
    }, "A new route also needs a line in ROADS."
    spellings, few = {*ways_out(tmp_path)}, {*pairs_of_ways_out(tmp_path)}
    assert len(spellings) > 1200
    inside = {"", "./", ".", "/", "//"}
    for route in routes:
        for spelling in spellings if route == "/download2/" else few:
            # A stream of events has no end to wait for.
            reply = browser(route + spelling, "HEAD" if route == "/api/events/" else "GET")
            assert SECRET not in reply.body, (route, spelling)
            assert b"root:" not in reply.body, (route, spelling)
            is_refused = reply.status in {400, 404}
            assert is_refused or spelling in inside, (route, spelling, reply.status)


@pytest.fixture(params=[OpenDirectory, NamedDirectory])
def cells(surroundings, tmp_path, request, monkeypatch):
    """One thing of every sort in `holiday`, behind either way of going through directories."""
    monkeypatch.setattr(server.tree, "type_of_directory", request.param)
    holiday, outside = surroundings, tmp_path
    (holiday / ".hidden").mkdir()
    (holiday / ".hidden" / "inside.txt").write_bytes(SECRET)
    (holiday / ".hidden.txt").write_bytes(SECRET)
    links = {
        "link-inside.txt": "notes.txt",
        "link-inside-absolute.txt": str(holiday / "notes.txt"),
        "link-round-about.txt": "uploads/../notes.txt",
        "link-of-link.txt": "link-inside.txt",
        "link-to-uploads": "uploads",
        "link-outside.txt": "../secret.txt",
        "link-outside-absolute.txt": str(outside / "secret.txt"),
        "link-to-sibling.txt": str(outside / "holiday-more" / "secret.txt"),
        "link-to-parent": "..",
        "link-to-itself": "link-to-itself",
        "link-to-hidden.txt": ".hidden.txt",
        "link-to-in-hidden.txt": ".hidden/inside.txt",
        "link-to-nothing.txt": "nothing",
        "link-to-fifo": "fifo",
        "link-out-and-in.txt": "../holiday/notes.txt",
        "link-to-device": "/dev/zero",
        "ring": ".",
    }
    for name, target in links.items():
        (holiday / name).symlink_to(target)
    (holiday / "uploads" / "out").symlink_to(outside)
    for name in ("Thumbs.db", "desktop.ini", "._img2.png", "film.mp4.part", "back\\slash.txt"):
        (holiday / name).write_bytes(SECRET)
    os.mkfifo(holiday / "fifo")
    return holiday


FILES = ["notes.txt", "link-inside.txt", "link-inside-absolute.txt", "link-of-link.txt"]
FILES += ["link-round-about.txt", "link-to-uploads/img1.png"]
FOLDERS = ["uploads", "link-to-uploads"]
UNSEEN = [
    *["link-outside.txt", "link-outside-absolute.txt", "link-to-sibling.txt", "link-to-parent"],
    *["link-to-parent/secret.txt", "link-to-itself", "link-to-hidden.txt", "link-to-in-hidden.txt"],
    *["link-to-nothing.txt", "link-to-fifo", "link-out-and-in.txt", "link-to-device", "ring"],
    *["ring/notes.txt", "uploads/out", "uploads/out/secret.txt", "link-to-uploads/out"],
    *[".hidden", ".hidden/inside.txt", ".hidden.txt", "Thumbs.db", "THUMBS.DB", "desktop.ini"],
    *["._img2.png", "film.mp4.part", "back\\slash.txt", "fifo"],
]


def listed(browser, path):
    folder, _, name = path.rpartition("/")
    entries = json.loads(browser(f"/api/folder/{folder}").body).get("entries", [])
    return name in {entry["name"] for entry in entries}


def on_the_page(browser, path):
    folder, _, name = path.rpartition("/")
    page = browser(f"/files/{folder}/" if folder else "/files/").body.decode()
    return f'href="{quote(name, safe="")}"' in page or f'href="{quote(name, safe="")}/"' in page


def is_sent(road, query=""):
    """Make a cell: whether the file itself is sent on *road*, and HEAD says the same."""

    def cell(browser, path):
        get, head = (browser(quote(road + path) + query, method) for method in ("GET", "HEAD"))
        assert get.status == head.status
        assert SECRET not in get.body
        if get.status == 200:
            assert len(get.body) == int(head.headers["Content-Length"])
        return get.status == 200

    return cell


def in_the_archive(browser, path):
    """Tell whether the archive of the folder around it has it; a folder, whatever is in it."""
    folder, _, name = path.rpartition("/")
    reply = browser(quote(f"/zip/{folder}"))
    assert SECRET not in reply.body
    if reply.status != 200:
        return False
    names = zipfile.ZipFile(io.BytesIO(reply.body)).namelist()
    return any(f"{other}/".startswith(f"{name}/") for other in names)


def selected(browser, path):
    """Tell whether it can be selected for an archive."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    browser._connection.request("POST", "/zip", f"path={quote(path)}", headers)
    answer = browser._connection.getresponse()
    answer.read()
    assert answer.status in {303, 404}
    return answer.status == 303


# One for every way to learn that a file is there; a new road gets a line here.
ROADS = {
    "list": listed,
    "page": on_the_page,
    "file": is_sent("/files/"),
    "download": is_sent("/download2/"),
    "download from the top": is_sent("/download/"),
    "as a JPEG": is_sent("/download2/", "?as=jpeg"),
    "digest": is_sent("/api/digest/"),
    "details": is_sent("/api/info/"),
    "thumbnail": is_sent("/thumb/grid/"),
    "archive": in_the_archive,
    "selection": selected,
}


@pytest.mark.parametrize("path", FILES)
def test_a_shared_file_is_shared_by_every_road(browser, cells, path):
    for road, is_reached in ROADS.items():
        expected = road != "download from the top" or "/" not in path
        assert is_reached(browser, path) == expected, road


@pytest.mark.parametrize("path", FILES)
def test_a_shared_file_is_whole_and_no_folder(browser, cells, path):
    for road in ("/files/", "/download2/"):
        assert browser(road + path).body == (cells / path).read_bytes()
    assert browser(f"/files/{path}/").status == 404
    assert browser(f"/api/folder/{path}").status == 404
    assert browser(f"/api/events/{path}").status == 404


@pytest.mark.parametrize("path", FOLDERS)
def test_a_shared_folder_is_shared_by_every_road(browser, cells, path):
    assert listed(browser, path)
    assert on_the_page(browser, path)
    assert browser(f"/files/{path}").status == 302
    assert b"img1.png" in browser(f"/files/{path}/").body
    assert browser(f"/files/{path}/", "HEAD").status == 200
    assert browser(f"/api/events/{path}", "HEAD").status == 200
    assert listed(browser, f"{path}/img1.png")
    assert browser(f"/thumb/grid/{path}/").status == 200
    assert in_the_archive(browser, path)
    assert selected(browser, path)
    assert in_the_archive(browser, f"{path}/img1.png")
    for road in ("/download/", "/download2/", "/api/digest/", "/api/info/", "/thumb/grid/"):
        assert browser(road + path).status == 404


@pytest.mark.parametrize("path", UNSEEN)
def test_what_is_not_shared_is_unseen_by_every_road(browser, cells, path):
    for road, is_reached in ROADS.items():
        assert not is_reached(browser, path), road


@pytest.mark.parametrize("path", UNSEEN)
def test_what_is_not_shared_is_no_folder(browser, cells, path):
    folders = (f"/files/{path}/", f"/api/folder/{path}", f"/api/folder/{path}/", f"/zip/{path}")
    for road in (*folders, f"/api/events/{path}", f"/api/events/{path}/", f"/thumb/grid/{path}/"):
        for method in ("GET", "HEAD"):
            reply = browser(quote(road), method)
            assert reply.status == 404, road
            assert SECRET not in reply.body


def test_what_is_not_shared_is_not_counted(browser, cells):
    listing = json.loads(browser("/api/folder/").body)
    shown = {entry["name"] for entry in listing["entries"]}
    assert shown == {"img2.png", "img10.png", *FOLDERS, *(p for p in FILES if "/" not in p)}
    assert listing["total"] == len(shown)


def test_links_in_the_way_to_the_root_are_the_users_own(serve, browse, holiday, tmp_path):
    (tmp_path / "shortcut").symlink_to(holiday)
    (holiday / "absolute.txt").symlink_to(tmp_path / "shortcut" / "notes.txt")
    (holiday / "real.txt").symlink_to(holiday / "notes.txt")
    browser = browse(serve(tmp_path / "shortcut"))
    for name in ("notes.txt", "absolute.txt", "real.txt"):
        assert browser(f"/download/{name}").body == (holiday / "notes.txt").read_bytes()
