import os
import threading
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from gui.keeping import keeping
from gui.part import Part

SIZE = 1000
PIECES = [os.urandom(SIZE), os.urandom(SIZE), os.urandom(10), os.urandom(SIZE), os.urandom(SIZE)]


@pytest.fixture
def part(tmp_path):
    begun = Part.begun(str(tmp_path / "img.png"), lambda _: None)
    yield begun
    begun.leave()


def keep(part, pieces, rooms):
    with keeping(part, [memoryview(bytearray(SIZE)) for _ in range(rooms)]) as taking:
        for piece in pieces:
            room = taking.room()
            room[: len(piece)] = piece
            taking.keep(room, len(piece))


def kept(part):
    return Path(part.path).read_bytes()


@contextmanager
def a_disk_that_fails_once(monkeypatch, at):
    def write(descriptor, data):
        writes.append(len(data))
        if len(writes) == at:
            raise OSError("no room")
        return real(descriptor, data)

    writes, real = [], os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        yield


@pytest.mark.parametrize("rooms", [1, 2, 4])
def test_what_comes_is_written_and_hashed_in_its_order(part, rooms):
    keep(part, PIECES, rooms)
    whole = b"".join(PIECES)
    assert kept(part) == whole
    assert (part.size, part.digest.digest()) == (len(whole), sha256(whole).digest())


@pytest.mark.parametrize("rooms", [1, 2, 4])
@pytest.mark.parametrize("at", [1, 3, len(PIECES)])
def test_nothing_is_written_after_what_could_not_be(part, monkeypatch, rooms, at):
    with (
        a_disk_that_fails_once(monkeypatch, at),
        pytest.raises(OSError, match="no room"),
    ):
        keep(part, PIECES, rooms)
    assert kept(part) == b"".join(PIECES[: at - 1])


def test_a_disk_that_fails_is_told_of_even_if_the_share_breaks_off_too(part, monkeypatch):
    def pieces():
        yield PIECES[0]
        raise ConnectionError

    with (
        a_disk_that_fails_once(monkeypatch, 1),
        pytest.raises(OSError, match="no room"),
    ):
        keep(part, pieces(), 2)


def test_what_came_before_the_share_broke_off_is_kept(part):
    def pieces():
        yield from PIECES
        raise ConnectionError

    with pytest.raises(ConnectionError):
        keep(part, pieces(), 4)
    assert kept(part) == b"".join(PIECES)


def test_where_there_is_no_thread_for_both_none_is_left(part, monkeypatch):
    def start(thread):
        if thread.name == "save-hash":
            raise RuntimeError("can't start new thread")
        real(thread)

    real = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError):
        keep(part, PIECES, 2)
    assert "save-write" not in {one.name for one in threading.enumerate()}
