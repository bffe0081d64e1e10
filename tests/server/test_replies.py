"""What a file is answered with: its name, its version, and its bytes."""

import os
from types import SimpleNamespace

import pytest

from server.body import EndedEarly, FileBody
from server.replies import disposition, etag


@pytest.mark.parametrize(
    ("name", "simple", "whole"),
    [
        ("img2.jpg", "img2.jpg", "img2.jpg"),
        ("two words.jpg", "two words.jpg", "two%20words.jpg"),
        ("😀.jpg", "_.jpg", "%F0%9F%98%80.jpg"),
        ("Café.jpg", "Cafe.jpg", "Caf%C3%A9.jpg"),
        ("Cafe\u0301.jpg", "Cafe.jpg", "Cafe%CC%81.jpg"),
        ("日本", "__", "%E6%97%A5%E6%9C%AC"),
        ('a"b\\c%41.txt', "a_b_c_41.txt", "a%22b%5Cc%2541.txt"),
        ("a\r\nb.txt", "a__b.txt", "a__b.txt"),
        ("a;b'c.txt", "a;b'c.txt", "a%3Bb%27c.txt"),
        (os.fsdecode(b"\xff.bin"), "_.bin", "%EF%BF%BD.bin"),
    ],
)
def test_a_name_is_given_plainly_and_whole(name, simple, whole):
    field = f"attachment; filename=\"{simple}\"; filename*=UTF-8''{whole}"
    assert disposition(name, attachment=True) == field


@pytest.mark.parametrize("field", ["st_size", "st_ino", "st_mtime_ns", "st_ctime_ns"])
def test_two_versions_that_differ_in_anything_have_two_etags(field):
    same = {"st_size": 1, "st_ino": 2, "st_mtime_ns": 3, "st_ctime_ns": 4}
    one, other = SimpleNamespace(**same), SimpleNamespace(**{**same, field: 5})
    assert etag(one) == etag(SimpleNamespace(**same))
    assert etag(one) != etag(other)


@pytest.fixture
def letters(tmp_path):
    path = tmp_path / "letters"
    path.write_bytes(b"abcdefghij")
    return path


def test_a_body_strings_its_parts_together(letters):
    with FileBody(os.open(letters, os.O_RDONLY), [b"<", (2, 5), b"|", (9, 10), b">"]) as body:
        assert body.length == 7
        assert b"".join(iter(lambda: body.read(2), b"")) == b"<cde|j>"
        body.seek(2)
        assert body.read(100) == b"de"
        assert body.tell() == 4


def test_a_body_that_ends_early_says_so(letters):
    with FileBody(os.open(letters, os.O_RDONLY), [(5, 20)]) as body:
        assert body.read(100) == b"fghij"
        with pytest.raises(EndedEarly):
            body.read(1)


def test_a_body_closes_its_file(letters):
    descriptor = os.open(letters, os.O_RDONLY)
    FileBody(descriptor, [(0, 1)]).close()
    with pytest.raises(OSError):
        os.fstat(descriptor)
