"""What goes into an archive, under which names, and what is said of the rest."""

import os

import pytest

from server import members
from server.body import EndedEarly
from server.folder import SharedFolder
from server.folder_problem import NotShared
from server.members import MISSING, TooMuch, spelled
from server.selections import MOST_PATHS, Selections, selection


def never():
    return False


@pytest.fixture
def shared(holiday):
    return SharedFolder(holiday)


def packed(shared, base="", paths=None):
    return {member.name.decode(): member for member in members.members(shared, base, paths, never)}


def test_everything_shared_is_in_it_and_nothing_else(shared, holiday):
    for name in (".hidden", "Thumbs.db", "film.mp4.part", "back\\slash"):
        (holiday / name).write_text("x")
    (holiday / "link.txt").symlink_to("notes.txt")
    (holiday / "out.txt").symlink_to("/etc/passwd")
    os.mkfifo(holiday / "fifo")
    assert set(packed(shared)) == {
        *("img2.png", "img10.png", "link.txt", "notes.txt", "uploads/img1.png")
    }


def test_a_folder_with_nothing_that_is_shared_is_an_empty_one(shared, holiday):
    (holiday / "uploads" / "img1.png").rename(holiday / "uploads" / ".img1.png")
    assert "uploads/" in packed(shared)


def test_names_are_relative_to_the_folder_of_the_archive(shared):
    assert set(packed(shared, "uploads")) == {"img1.png"}
    assert set(packed(shared, "", ["uploads"])) == {"uploads/img1.png"}
    assert set(packed(shared, "uploads", ["uploads/img1.png"])) == {"img1.png"}


def test_what_is_no_folder_has_no_archive(shared):
    for path in ("notes.txt", "nothing", "../holiday", ".."):
        with pytest.raises(NotShared):
            packed(shared, path)


# Names


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("100% sun.jpg", "100% sun.jpg"),
        ("日本 é.txt", "日本 é.txt"),
        ("a\nb", "a%0Ab"),
        ("a\x7f%\x85", "a%7F%25%C2%85"),
        (os.fsdecode(b"caf\xe9.jpg"), "caf%E9.jpg"),
        ("C:boot.ini", "C%3Aboot.ini"),
        ("12:30.jpg", "12:30.jpg"),
    ],
)
def test_a_name_that_a_program_may_not_take_for_one_is_spelled_out(name, spelling):
    assert spelled(name) == spelling


def test_no_two_files_get_the_same_name(shared, holiday):
    for number, name in enumerate([b"a\nb", b"a%0Ab", b"%_a%0Ab", b"\xff", b"%FF"]):
        (holiday / "uploads" / os.fsdecode(name)).write_bytes(b"x" * number)
    names = set(packed(shared, "uploads"))
    odd = {"a%0Ab", "%_a%0Ab", "%_%_a%0Ab", "%FF", "%_%FF"}
    assert names == {"img1.png", *odd}
    selected = packed(shared, "uploads", ["uploads/a\nb"])
    assert set(selected) == {"%_%_a%0Ab"}


def test_a_folder_with_an_odd_name_is_one_folder_however_it_is_selected(shared, holiday):
    (holiday / "a\nb").mkdir()
    (holiday / "a\nb" / "c\nd").touch()
    assert "a%0Ab/c%0Ad" in packed(shared)
    assert set(packed(shared, "", ["a\nb/c\nd"])) == {"a%0Ab/c%0Ad"}
    assert set(packed(shared, "", ["a\nb"])) == {"a%0Ab/c%0Ad"}


def test_a_path_that_is_too_long_for_an_archive_is_named(shared, holiday, monkeypatch):
    monkeypatch.setattr(members, "LONGEST_NAME", 15)
    assert set(packed(shared)) == {"img2.png", "img10.png", "notes.txt", MISSING}
    assert b"uploads/img1.png has too long" in packed(shared)[MISSING].content


# What is missing


def test_what_may_not_be_read_is_named(shared, holiday, public, as_nobody):
    holiday = holiday.rename(public / "holiday")
    shared = SharedFolder(holiday)
    (holiday / "locked").mkdir(mode=0)
    (holiday / "notes.txt").chmod(0)
    (holiday / "odd\nname").touch(mode=0)
    with as_nobody():
        found = packed(shared)
    assert set(found) == {"img2.png", "img10.png", "uploads/img1.png", MISSING}
    assert found[MISSING].content.decode().splitlines() == [
        "These are not in the archive:",
        "",
        "notes.txt may not be read.",
        "odd%0Aname may not be read.",
        "locked/ may not be read.",
    ]


def test_what_went_after_it_was_selected_is_named(shared):
    found = packed(shared, "", ["gone.txt", "notes.txt"])
    assert b"gone.txt is not there any more." in found[MISSING].content
    assert set(found) == {"notes.txt", MISSING}


@pytest.mark.parametrize("taken", [MISSING, MISSING.upper(), f"{MISSING}/inside"])
def test_the_file_that_names_them_takes_no_others_name(taken, shared, holiday):
    (holiday / taken).parent.mkdir(exist_ok=True)
    (holiday / taken).write_text("mine")
    found = packed(shared, "", ["gone.txt", taken.partition("/")[0]])
    assert set(found) == {taken, "not-in-this-archive (2).txt"}


def test_links_that_lead_to_each_other_end(shared, holiday):
    for one, other in (("a", "b"), ("b", "a")):
        (holiday / one).mkdir()
        (holiday / one / f"{other}.txt").touch()
        (holiday / one / "other").symlink_to(f"../{other}")
    found = packed(shared, "a")
    assert set(found) == {"b.txt", "other/a.txt", MISSING}
    assert b"other/other/ is a link to a folder that it is in." in found[MISSING].content


# Limits


def test_more_files_than_an_archive_may_have_are_refused(shared, holiday, monkeypatch):
    monkeypatch.setattr(members, "MOST_MEMBERS", 3)
    with pytest.raises(TooMuch, match="more than 3 files"):
        packed(shared)


def test_files_that_take_too_long_to_find_are_refused(shared, monkeypatch):
    monkeypatch.setattr(members, "PATIENCE", -1)
    with pytest.raises(TooMuch, match="takes too long"):
        packed(shared)


def test_nothing_is_looked_for_once_the_client_has_left(shared, holiday):
    asked = []

    def has_left():
        asked.append(True)
        return len(asked) > 1

    with pytest.raises(EndedEarly):
        members.members(shared, "", None, has_left)
    assert len(asked) == 2


def test_selected_files_are_not_looked_for_either(shared, monkeypatch):
    looked_for = []

    def item(path):
        looked_for.append(path)
        return SharedFolder.item(shared, path)

    monkeypatch.setattr(shared, "item", item)
    with pytest.raises(EndedEarly):
        members.members(shared, "", ["img2.png", "notes.txt"], lambda: bool(looked_for))
    assert looked_for == ["img2.png"]


def test_deep_folders_keep_their_tree(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    depth = 100
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert set(packed(SharedFolder(folder))) == {"d/" * depth}


# Selections


@pytest.mark.parametrize(
    ("paths", "base", "kept"),
    [
        (["a.txt"], "", ("a.txt",)),
        (["x/a.txt"], "x", ("x/a.txt",)),
        (["x/b", "x/a", "x/b"], "x", ("x/a", "x/b")),
        (["x/y/a", "x/z/b"], "x", ("x/y/a", "x/z/b")),
        (["x/y/a", "b"], "", ("b", "x/y/a")),
        (["x/", "x/y/a", "x/z", "x-more"], "", ("x", "x-more")),
        (["xy/a", "x/a"], "", ("x/a", "xy/a")),
    ],
)
def test_a_selection_is_of_the_outermost_paths_in_the_folder_around_them(paths, base, kept):
    found = selection(paths)
    assert (found.base, found.paths) == (base, kept)


@pytest.mark.parametrize("path", ["", "/", "..", "a/../b", "/a", ".hidden", "a\\b", "a\0b", "a//b"])
def test_what_cannot_be_selected(path):
    assert selection([path, "a.txt"]) is None


def test_the_token_stands_for_the_paths_in_whatever_order():
    assert selection(["a", "b\udcff"]).token == selection(["b\udcff", "a"]).token
    assert selection(["a", "b"]).token != selection(["ab"]).token


def test_only_so_much_is_remembered_and_what_is_used_longest(monkeypatch):
    monkeypatch.setattr("server.selections.MOST_REMEMBERED", 3 * 10)
    remembered = Selections()
    made = [selection([letter * 10]) for letter in "abcd"]
    for one in made[:3]:
        remembered.remember(one)
    assert remembered.get(made[0].token) == made[0]
    remembered.remember(made[3])
    assert [remembered.get(one.token) for one in made] == [made[0], None, *made[2:]]
    assert MOST_PATHS == 10_000
