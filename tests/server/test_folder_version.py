"""A folder has another version whenever what it lists is another, and only then."""

import json
import os
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from server.application import Application
from server.folder import SharedFolder
from server.pictures.service import Pictures
from server.share import Share

LONG_AGO = time.time_ns() - 3_600_000_000_000
LATER = LONG_AGO + 60_000_000_000


def replace(folder: Path) -> None:
    """Put another file in a file's place, of the same size and time."""
    old = (folder / "notes.txt").stat()
    new = folder / ".new"
    new.write_bytes(b"x" * old.st_size)
    os.utime(new, ns=(old.st_atime_ns, old.st_mtime_ns))
    new.replace(folder / "notes.txt")


CHANGES = {
    "a new file": lambda folder: (folder / "new.png").touch(),
    "a new folder": lambda folder: (folder / "new").mkdir(),
    "a removed file": lambda folder: (folder / "notes.txt").unlink(),
    "a file renamed": lambda folder: (folder / "notes.txt").rename(folder / "note.txt"),
    "names exchanged": lambda folder: (
        (folder / "notes.txt").rename(folder / "x"),
        (folder / "img2.png").rename(folder / "notes.txt"),
        (folder / "x").rename(folder / "img2.png"),
    ),
    "a file grown": lambda folder: (folder / "notes.txt").write_text("longer than it was before"),
    "a file touched": lambda folder: os.utime(folder / "notes.txt", ns=(LATER, LATER)),
    "a file replaced": replace,
    "permission taken": lambda folder: (folder / "notes.txt").chmod(0),
    "a folder closed": lambda folder: (folder / "uploads").chmod(0),
    "a file in a folder within": lambda folder: (folder / "uploads" / "new.png").touch(),
    "a folder for a file": lambda folder: (
        (folder / "notes.txt").unlink(),
        (folder / "notes.txt").mkdir(),
    ),
    "what a link leads to": lambda folder: (folder / "behind" / "target.txt").write_text("other"),
}
NO_CHANGES = {
    "nothing": lambda folder: None,
    "a hidden file": lambda folder: (folder / ".hidden").touch(),
    "an unfinished file": lambda folder: (folder / "film.mp4.part").touch(),
    "a file that is read": lambda folder: (folder / "notes.txt").read_bytes(),
}


@pytest.fixture
def resting(holiday: Path) -> Path:
    """`holiday`, with a link in it, and so old that its names are kept."""
    (holiday / "behind").mkdir()
    (holiday / "behind" / "target.txt").touch()
    (holiday / "link.txt").symlink_to("behind/target.txt")
    for one in (*holiday.iterdir(), holiday):
        os.utime(one, ns=(LONG_AGO, LONG_AGO))
    return holiday


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_in_the_list_changes_the_version(resting, change):
    shared = SharedFolder(resting)
    before = shared.look("").version
    assert before == shared.entries("").version
    change(resting)
    assert shared.look("").version != before
    assert shared.look("").version == shared.entries("", "size", limit=1).version


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_is_not_listed_leaves_the_version(resting, change):
    shared = SharedFolder(resting)
    before = shared.look("").version
    change(resting)
    assert shared.look("").version == before == SharedFolder(resting).look("").version


@pytest.mark.parametrize("query", ["", "?limit=1", "?limit=1&offset=2&sort=size&order=desc"])
def test_every_part_of_a_listing_has_the_version_of_the_whole(browser, holiday, query):
    listing = json.loads(browser(f"/api/folder/{query}").body)
    assert listing["version"] == SharedFolder(holiday).look("").version


def test_the_version_is_left_out_if_it_should_cost_nothing_and_would(holiday):
    for one in (*holiday.iterdir(), holiday):
        os.utime(one, ns=(LONG_AGO, LONG_AGO))
    shared = SharedFolder(holiday)
    assert shared.entries("", limit=2, versioned=False).version == ""
    assert shared.entries("", limit=4, versioned=False).version == shared.look("").version
    assert shared.entries("uploads", versioned=False).version == shared.look("uploads").version


def test_whether_the_version_may_be_left_out_is_for_the_client_to_say(browser):
    assert json.loads(browser("/api/folder/?version=free&limit=9").body)["version"]
    assert browser("/api/folder/?version=maybe").status == 400


def test_parts_of_a_folder_that_takes_long_to_look_at_share_one_look(holiday, monkeypatch):
    """Shown by a change that only a look at the file itself could find."""
    for one in (*holiday.iterdir(), holiday):
        os.utime(one, ns=(LONG_AGO, LONG_AGO))
    monkeypatch.setattr("server.folder_version.HOLDS_TIMES", 1e9)
    shared = SharedFolder(holiday)
    first = shared.entries("", limit=1)
    (holiday / "notes.txt").write_text("longer than it was before")
    assert shared.entries("", limit=1).version == first.version
    now = shared.look("").version
    assert now != first.version
    assert shared.entries("", limit=1).version == now


def test_an_unchanged_listing_is_not_sent_again(browser, holiday):
    first = browser("/api/folder/uploads?limit=5")
    etag = first.headers["ETag"]
    again = browser("/api/folder/uploads?limit=5", If_None_Match=f'W/"x", {etag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Cache-Control"] == "no-cache"
    assert browser("/api/folder/uploads?limit=5", "HEAD").headers["ETag"] == etag
    (holiday / "uploads" / "new.png").touch()
    changed = browser("/api/folder/uploads?limit=5", If_None_Match=etag)
    assert changed.status == 200
    assert changed.headers["ETag"] != etag
    assert browser("/api/folder/?limit=1").headers["ETag"] != etag


def test_a_listing_that_tells_more_than_before_is_sent_again(holiday, browse, tmp_path):
    """A thumbnail, once made, tells how large the picture is."""
    pictures = Pictures(tmp_path / "kept")
    Image.new("RGB", (64, 48)).save(holiday / "img2.png")
    app = Application(SharedFolder(holiday), pictures=pictures)
    with closing(pictures), Share(app, port=0) as share:
        browser = browse(share)
        first = browser("/api/folder/")
        assert browser("/thumb/grid/img2.png").headers["X-Lanslide-Pixels"] == "64x48"
        then = browser("/api/folder/", If_None_Match=first.headers["ETag"])
        assert then.status == 200
        assert json.loads(then.body)["version"] == json.loads(first.body)["version"]
