"""What is told from the text of a name alone."""

import os

import pytest

from server.names import components, is_plain_on_windows, is_shared, natural, shown


@pytest.mark.parametrize(
    "name",
    ["a.jpg", " a", "a ", "a\nb", "%41#?;", "a:b", "a..", "nul", "é"],
)
def test_an_odd_name_is_still_a_name(name):
    assert is_shared(name)


@pytest.mark.parametrize(
    "name",
    [
        *["", ".", "..", "...", ".hidden", "._a.jpg", ".DS_Store", "a\\b", "a/b", "a\0b"],
        *["Thumbs.db", "THUMBS.DB", "desktop.ini", "a.part", "A.PART", "$RECYCLE.BIN"],
    ],
)
def test_hidden_junk_and_more_than_a_name_is_not_shared(name):
    assert not is_shared(name)


@pytest.mark.parametrize("path", ["/", "a/", "/a", "a//b", "a/./b", "a/../b", "a/.hidden/b"])
def test_a_path_with_one_bad_name_is_not_shared(path):
    assert components(path) is None


def test_a_path_is_split_at_its_slashes():
    assert components("") == ()
    assert components("a/b c/d.jpg") == ("a", "b c", "d.jpg")


@pytest.mark.parametrize(
    "name",
    ["a:b", "a.", "a ", "nul", "NUL.txt", "com1", "COM¹.log", "Lpt9", "con .txt", "conin$", "aux."],
)
def test_windows_takes_some_names_for_more(name):
    assert not is_plain_on_windows(name)


@pytest.mark.parametrize("name", ["a", "a.b", "null", "com", "com10", "console.txt", "x.nul", " a"])
def test_windows_takes_other_names_as_they_are(name):
    assert is_plain_on_windows(name)


def test_numbers_in_names_count_as_numbers():
    names = ["img10.png", "IMG2.png", "img1.png", "a", "10", "9", "img", "img2.png", "²", "٣"]
    in_order = ["9", "10", "a", "img", "img1.png", "IMG2.png", "img2.png", "img10.png"]
    assert [name for name in sorted(names, key=natural) if name in in_order] == in_order


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Strand 1.jpg", "Strand 1.jpg"),
        ("日本 é 😀", "日本 é 😀"),
        ("a\nb\x7f", "a␊b\\u007f"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        (os.fsdecode(b"\xff.bin"), "\\xff.bin"),
    ],
)
def test_what_a_screen_would_obey_is_spelled_out(name, text):
    assert shown(name) == text
