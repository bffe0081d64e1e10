"""Listings, and the folder that comes and goes."""

import json
import os
import re
import stat
import threading

import pytest

from server.folder import CannotShare, SharedFolder, check
from server.folder_problem import IsFolder, NotReadable, NotShared, Unavailable
from server.tree import followed


def names(listing):
    return [entry.name for entry in listing.entries]


def test_folders_come_first_and_numbers_count(holiday):
    (holiday / "Zoo").mkdir()
    assert names(SharedFolder(holiday).entries("")) == [
        "uploads",
        "Zoo",
        "img2.png",
        "img10.png",
        "notes.txt",
    ]


def test_folders_come_first_backwards_too(holiday):
    (holiday / "Zoo").mkdir()
    backwards = SharedFolder(holiday).entries("", descending=True)
    assert names(backwards) == ["Zoo", "uploads", "notes.txt", "img10.png", "img2.png"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("size", ["small.zip", "middle.jpg", "big.gif"]),
        ("modified", ["middle.jpg", "big.gif", "small.zip"]),
        ("type", ["small.zip", "big.gif", "middle.jpg"]),
    ],
)
def test_a_folder_sorts_by_more_than_names(tmp_path, sort, order):
    for name, size, modified in [("big.gif", 30, 2), ("middle.jpg", 20, 1), ("small.zip", 10, 3)]:
        (tmp_path / name).write_bytes(bytes(size))
        os.utime(tmp_path / name, (modified, modified))
    folder = SharedFolder(tmp_path)
    assert names(folder.entries("", sort)) == order
    assert names(folder.entries("", sort, descending=True)) == order[::-1]


def test_an_entry_tells_what_there_is(browser, holiday):
    os.utime(holiday / "notes.txt", (1_700_000_000.25, 1_700_000_000.25))
    listing = json.loads(browser("/api/folder/").body)
    assert (listing["path"], listing["name"], listing["total"]) == ("", "holiday", 4)
    assert listing["next"] is None
    uploads, notes = listing["entries"][0], listing["entries"][-1]
    assert re.fullmatch("[0-9a-f]{16}", notes.pop("version"))
    assert notes == {
        "name": "notes.txt",
        "kind": "file",
        "size": 19,
        "modified": 1_700_000_000.25,
        "type": "text/plain",
        "readable": True,
    }
    assert (uploads["kind"], uploads["size"], uploads["type"]) == ("folder", None, None)
    below = json.loads(browser("/api/folder/uploads/").body)
    assert (below["path"], below["name"]) == ("uploads", "uploads")


@pytest.mark.parametrize(
    "query",
    [
        "offset=-1",
        "offset=x",
        "limit=0",
        "limit=10001",
        "limit=1e3",
        "limit=",
        "sort=colour",
        "order=up",
        "limit=" + "9" * 5000,
        "offset=%D9%A1",
    ],
)
def test_a_listing_that_cannot_be_is_refused_with_a_sentence(browser, query):
    reply = browser(f"/api/folder/?{query}")
    assert reply.status == 400
    assert json.loads(reply.body)["error"].endswith(".")


def test_ten_thousand_files_are_listed_in_pages(serve, browse, tmp_path):
    for number in range(10_000):
        (tmp_path / f"img{number}.jpg").touch()
    browser, found, offset = browse(serve(tmp_path)), [], 0
    while offset is not None:
        page = json.loads(browser(f"/api/folder/?offset={offset}&limit=3000").body)
        assert page["total"] == 10_000
        found += [entry["name"] for entry in page["entries"]]
        offset = page["next"]
    assert found == [f"img{number}.jpg" for number in range(10_000)]
    assert len(json.loads(browser("/api/folder/?limit=10000").body)["entries"]) == 10_000
    assert len(json.loads(browser("/api/folder/").body)["entries"]) == 1_000
    assert json.loads(browser("/api/folder/?offset=10000").body)["entries"] == []


def test_a_shared_folder_may_go_and_come_back(browser, holiday, tmp_path):
    holiday.rename(tmp_path / "away")
    for path in (
        *("/files/", "/files/notes.txt", "/files/nothing", "/download/notes.txt"),
        *("/download2/uploads/img1.png", "/api/folder/", "/api/digest/notes.txt"),
    ):
        reply = browser(path)
        assert reply.status == 503
        assert b"not there at the moment" in reply.body
        assert str(tmp_path).encode() not in reply.body
        # The page looks by itself whether the folder is there again.
        assert (b'http-equiv="refresh"' in reply.body) == (not path.startswith("/api/"))
    assert browser("/nothing").status == 404
    (tmp_path / "away").rename(holiday)
    assert browser("/download/notes.txt").status == 200
    assert browser("/files/").status == 200


def test_a_file_in_place_of_the_folder_is_no_folder(holiday, tmp_path):
    holiday.rename(tmp_path / "away")
    holiday.write_text("not a folder")
    with pytest.raises(Unavailable):
        SharedFolder(holiday).entries("")


def test_what_may_not_be_read_is_listed_with_a_lock(serve, browse, public, as_nobody):
    (public / "closed.txt").write_text("secret")
    (public / "open.txt").write_text("news")
    (public / "cellar").mkdir()
    (public / "closed.txt").chmod(0)
    (public / "cellar").chmod(0)
    browser = browse(serve(public))
    # The program may lie where only the one who runs the tests can read: have it read its pages.
    browser("/files/")
    browser("/nothing")
    with as_nobody():
        entries = json.loads(browser("/api/folder/").body)["entries"]
        assert {entry["name"]: entry["readable"] for entry in entries} == {
            "cellar": False,
            "closed.txt": False,
            "open.txt": True,
        }
        page = browser("/files/").body.decode()
        assert re.findall(r'class="([\w ]+) locked">\s*<a class="open" href="([^"]*)"', page) == [
            ("cover", "cellar/"),
            ("row text", "closed.txt"),
        ]
        assert page.count(">Locked<") == 2
        # Only what can be read can be saved.
        assert re.findall(r'<a class="save" href="([^"]*)"', page) == ["open.txt"]
        for path in ("/files/closed.txt", "/download/closed.txt", "/download2/closed.txt"):
            assert browser(path).status == 403
        assert browser("/files/cellar/").status == 403
        assert browser("/download2/cellar/x").status == 403
        assert browser("/api/folder/cellar").status == 403
        assert browser("/files/open.txt").body == b"news"
    (public / "cellar").chmod(0o700)


def test_opening_says_what_is_wrong(holiday, public, as_nobody):
    folder = SharedFolder(holiday)
    with pytest.raises(NotShared):
        folder.open("nothing")
    with pytest.raises(IsFolder):
        folder.open("uploads")
    with pytest.raises(IsFolder):
        folder.open("")
    with pytest.raises(NotShared):
        folder.entries("notes.txt")
    with pytest.raises(NotShared):
        folder.open("n" * 5000)
    (public / "closed").touch(mode=0)
    with as_nobody(), pytest.raises(NotReadable):
        SharedFolder(public).open("closed")


def test_a_folder_is_checked_before_it_is_shared(tmp_path, public, as_nobody):
    check(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CannotShare, match="There is no folder"):
        check(tmp_path / "nothing")
    with pytest.raises(CannotShare, match="is a file, not a folder"):
        check(tmp_path / "file")
    (public / "closed").mkdir(mode=0o700)
    (public / "closed").chmod(0)
    with as_nobody(), pytest.raises(CannotShare, match="may not be read"):
        check(public / "closed")


@pytest.mark.parametrize(
    ("here", "target", "rest", "names"),
    [
        ((), "a", (), ("a",)),
        (("x",), "a", ("r",), ("x", "a", "r")),
        (("x",), "./a//b/", ("r",), ("x", "a", "b", "r")),
        (("x", "y"), "../a", (), ("x", "a")),
        (("x",), "a/../b", (), ("x", "a", "..", "b")),
        ((), "../a", (), ("..", "a")),
        (("x",), "/a", (), ("a",)),
    ],
)
def test_a_link_is_followed_in_names(here, target, rest, names):
    assert followed(here, target, rest) == names


@pytest.mark.parametrize(
    ("here", "target"),
    [((), "."), (("x",), ".."), (("x", "y"), "../.."), (("x",), "/"), (("x",), "/x")],
)
def test_a_link_to_a_folder_it_is_in_is_a_way_without_end(here, target):
    with pytest.raises(NotShared):
        followed(here, target, ())


def test_a_neighbour_whose_name_begins_alike_is_outside(holiday, tmp_path):
    for folder in (tmp_path / "holiday-more", holiday / "-more"):
        folder.mkdir()
        (folder / "a.txt").touch()
    (holiday / "link").symlink_to(tmp_path / "holiday-more" / "a.txt")
    with pytest.raises(NotShared):
        SharedFolder(holiday).open("link")


def test_a_file_swapped_for_a_link_never_leads_out(holiday, tmp_path):
    """Swaps as fast as it can while the file is opened; the outside is never reached."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    victim, folder, done = holiday / "victim.txt", SharedFolder(holiday), threading.Event()

    def swap():
        while not done.is_set():
            for make in (lambda: victim.symlink_to(secret), lambda: victim.write_text("fine")):
                victim.unlink(missing_ok=True)
                make()

    swapping = threading.Thread(target=swap)
    swapping.start()
    seen = set()
    try:
        for _ in range(5000):
            try:
                with folder.open("victim.txt") as file:
                    assert stat.S_ISREG(file.status.st_mode)
                    seen.add(os.read(file.descriptor, 100))
            except NotShared:
                pass
    finally:
        done.set()
        swapping.join()
    assert seen <= {b"fine", b""}
