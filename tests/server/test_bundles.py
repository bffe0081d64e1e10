"""What is made of an archive, put together before it is sent."""

import os

import pytest

from server.body import Stretch
from server.bundles import Opened, bundled
from server.open_file import OpenFile

KB, MB = 1 << 10, 1 << 20


@pytest.fixture
def opened(tmp_path):
    """Open a file of that many bytes, as often as it is asked for."""
    path = tmp_path / "file"
    path.touch()
    given = []

    def new(size=MB, before=b"<"):
        descriptor = os.open(path, os.O_RDONLY)
        given.append(OpenFile("file", descriptor, os.fstat(descriptor)))
        return Opened(before, given[-1], 0, size)

    new.given = given
    return new


def is_open(file):
    try:
        os.fstat(file.descriptor)
    except OSError:
        return False
    return True


def told(piece):
    """Tell how long the bytes and the files of a piece are."""
    if piece is None:
        return None
    piece.close()
    return [
        part.end - part.start if isinstance(part, Stretch) else bytes(part) for part in piece.parts
    ]


def test_bytes_go_together_and_with_the_file_that_follows(opened):
    made = [b"a", b"b", opened(5), opened(7, before=b""), b"c", b"d"]
    assert list(map(told, bundled(made))) == [[b"ab<", 5, 7, b"cd"]]
    assert list(bundled([])) == []


@pytest.mark.parametrize(
    ("one", "at_once"),
    [
        (bytes(1), 64),
        (bytes(64 * KB), 4),
        (70 * KB, 16),
        (MB, 16),
        (4 * MB, 4),
        (100 * MB, 1),
    ],
)
def test_a_bundle_is_full_in_time(one, at_once, opened):
    made = (one if isinstance(one, bytes) else opened(one) for _ in range(3 * at_once))
    pieces = list(bundled(made))
    if not isinstance(one, bytes):
        assert [len(piece.files) for piece in pieces] == [at_once] * 3
    assert len(pieces) == 3
    for piece in pieces:
        piece.close()


def test_nothing_is_held_open_while_a_file_is_read_but_bytes_may_wait(opened):
    made = [b"a", None, b"b", opened(5), None, b"c", None, opened(7)]
    assert list(map(told, bundled(made))) == [None, [b"ab<", 5], None, None, [b"c<", 7]]


@pytest.mark.parametrize("end", ["nobody wants it", "one cannot be made"])
def test_what_was_not_taken_is_closed(end, opened):
    def made():
        yield from (opened() for _ in range(20))
        if end == "one cannot be made":
            raise OSError

    pieces = bundled(made())
    next(pieces).close()
    if end == "nobody wants it":
        pieces.close()
    else:
        with pytest.raises(OSError):
            list(pieces)
    assert not any(map(is_open, opened.given))
