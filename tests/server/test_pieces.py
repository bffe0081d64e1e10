"""Bodies in pieces that are made while they are sent."""

import os
import select
from contextlib import suppress

import pytest

import server.body
import server.pieces
from server.body import EndedEarly, Stretch
from server.open_file import OpenFile
from server.pieces import Piece, Pieces

PATIENCE = 20
SIZE = 100_000


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(os.urandom(SIZE))
    return path


def opened(path, start=0, end=SIZE, before=b""):
    descriptor = os.open(path, os.O_RDONLY)
    parts = (
        [before, Stretch(descriptor, start, end)] if before else [Stretch(descriptor, start, end)]
    )
    return Piece(parts, [OpenFile(path.name, descriptor, os.fstat(descriptor))])


@pytest.fixture
def begin(monkeypatch):
    """Begin bodies of pieces from a generator, and close them."""
    # However busy the computer is.
    monkeypatch.setattr(server.pieces, "_AT_ONCE_FOR", PATIENCE)
    bodies = []

    def new(length, pieces, at_end=lambda: None):
        bodies.append(Pieces(length, pieces, at_end))
        return bodies[-1]

    yield new
    for body in bodies:
        body.close()


def descriptors(content):
    """Count how often *content* is open; other tests may still be closing other files."""
    there, count = content.stat(), 0
    for number in os.listdir("/dev/fd"):  # noqa: PTH208 - names of nothing but numbers
        # The one that the list was read from is closed by now.
        with suppress(OSError):
            count += os.path.samestat(os.fstat(int(number)), there)
    return count


def received(body, near, far):
    """Send all of *body*, and give what came."""
    data = bytearray()
    while body.tell() < body.length:
        if not body.send(near, 70_000) and select.select([far], [], [], 0)[0]:
            data += far.recv(1 << 20)
    near.close()
    while more := far.recv(1 << 20):
        data += more
    return bytes(data)


def drained(body, near, far):
    """Send *body* to one who reads all of it, and tell after every turn how much was sent."""
    while body.tell() < body.length:
        yield body.send(near, SIZE // 3)
        while select.select([far], [], [], 0)[0]:
            far.recv(1 << 20)


@pytest.mark.parametrize("slow_one", [0, 20, None])
@pytest.mark.parametrize("way", ["by the system", "without it"])
def test_it_is_sent_whole_and_closes_every_file(way, slow_one, begin, content, ends, monkeypatch):
    if way == "without it":
        monkeypatch.setattr(server.body, "_sendfile", None)

    def pieces():
        for number in range(40):
            if number == slow_one:
                yield None
            yield Piece([b"<%d>" % number])
            # What stands before a file may be longer than what there is room for.
            yield opened(content, number, before=before[: number * 5_000])

    data, before = content.read_bytes(), bytes(200_000)
    whole = b"".join(
        b"<%d>" % number + before[: number * 5_000] + data[number:] for number in range(40)
    )
    body = begin(len(whole), pieces())
    assert received(body, *ends) == whole
    body.close()
    assert descriptors(content) == 0


def test_what_takes_long_is_left_to_whoever_sends_next(begin, ends):
    made = []

    def pieces():
        yield Piece([b"one"])
        yield None
        for piece in (Piece([b"two"]), None, Piece([b"th", b"ree"])):
            made.append(piece)
            yield piece

    body = begin(11, pieces())
    assert not body.is_slow
    assert body.send(ends[0], 100) == 3
    assert body.is_slow
    assert made == []
    assert body.send(ends[0], 100) == 8
    assert ends[1].recv(100) == b"onetwothree"


def test_a_piece_is_made_when_the_one_before_it_was_sent(begin, content, ends):
    body = begin(SIZE * 100, (opened(content) for _ in range(100)))
    for _ in drained(body, *ends):
        assert descriptors(content) <= 1


def test_others_have_their_turn_unless_a_worker_sends(begin, ends, monkeypatch):
    monkeypatch.setattr(server.pieces, "_AT_ONCE_FOR", -1)
    assert begin(6, made_of(b"one", b"two")).send(ends[0], 100) == 0
    body = begin(6, made_of(b"one", b"two"))
    body.is_slow = True
    assert body.send(ends[0], 100) == 6


def made_of(*pieces):
    for piece in pieces:
        yield Piece([piece]) if isinstance(piece, bytes) else piece


def test_closing_it_has_the_maker_let_go_of_what_it_holds_and_closes_what_is_open(
    begin, content, ends
):
    ended = []

    def pieces():
        try:
            yield opened(content)
        finally:
            ended.append("maker")

    body = begin(SIZE, pieces(), lambda: ended.append("body"))
    assert body.send(ends[0], 1000) == 1000
    assert descriptors(content) == 1
    body.close()
    body.close()
    assert descriptors(content) == 0
    assert ended == ["maker", "body"]


def failing(kind):
    yield Piece([b"abc"])
    yield None
    if kind == "an error":
        raise OSError


@pytest.mark.parametrize("kind", ["an error", "too little"])
def test_what_cannot_be_made_ends_it_early(kind, begin, ends):
    body = begin(100, failing(kind))
    assert body.send(ends[0], 100) == 3
    with pytest.raises(OSError):
        body.send(ends[0], 10)
    with pytest.raises(EndedEarly):
        body.send(ends[0], 10)


@pytest.mark.parametrize("after", [0, SIZE])
@pytest.mark.parametrize("sent", [1000, SIZE])
def test_a_file_that_was_changed_ends_it_early(sent, after, begin, content, ends):
    pieces = [opened(content), b"x" * after] if after else [opened(content)]
    body = begin(SIZE + after, made_of(*pieces))
    body.send(ends[0], min(sent, SIZE - 1))
    with content.open("r+b") as file:
        file.write(b"other")
    os.utime(content)
    with pytest.raises(EndedEarly):
        list(drained(body, *ends))
    assert body.tell() < body.length
