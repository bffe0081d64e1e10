"""Bodies that are made while they are sent."""

import os
import select
import threading
from contextlib import suppress

import pytest

import server.made_ahead
from server.body import EndedEarly, Stretch
from server.made_ahead import MadeAhead, Opened

PATIENCE = 20
SIZE = 100_000


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(os.urandom(SIZE))
    return path


def opened(path, start=0, end=SIZE, before=b""):
    descriptor = os.open(path, os.O_RDONLY)
    return Opened(Stretch(descriptor, start, end), os.fstat(descriptor), before)


@pytest.fixture
def begin():
    """Begin bodies of pieces from a generator, and give what says that they have become ready.

    The first piece takes long, if they are not said to be *quick*: so a thread makes all of them.
    """
    bodies = []

    def new(length, pieces, at_end=lambda: None, *, quick=False):
        def made(is_closed):
            if not quick:
                yield None
            yield from pieces(is_closed)

        body = MadeAhead(length, made, at_end)
        bodies.append(body)
        woken = threading.Semaphore(0)
        body.begin(woken.release)
        return body, woken

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


def is_gone(thread_name="archive"):
    for thread in threading.enumerate():
        if thread.name == thread_name:
            thread.join(PATIENCE)
    return not any(thread.name == thread_name for thread in threading.enumerate())


def received(body, woken, near, far):
    data = bytearray()
    while body.tell() < body.length:
        if not body.is_ready:
            assert woken.acquire(timeout=PATIENCE)
        elif not body.send(near, 70_000) and select.select([far], [], [], 0)[0]:
            data += far.recv(1 << 20)
    near.close()
    while more := far.recv(1 << 20):
        data += more
    return bytes(data)


@pytest.mark.parametrize("slow_one", [0, 20, None])
@pytest.mark.parametrize("way", ["by the system", "without it"])
def test_it_is_sent_whole_and_closes_every_file(way, slow_one, begin, content, ends, monkeypatch):
    if way == "without it":
        monkeypatch.setattr(server.body, "_sendfile", None)

    def pieces(_):
        for number in range(40):
            if number == slow_one:
                yield None
            yield b"<%d>" % number
            # What stands before a file may be longer than what there is room for.
            yield opened(content, number, before=before[: number * 5_000])

    data, before = content.read_bytes(), bytes(200_000)
    whole = b"".join(
        b"<%d>" % number + before[: number * 5_000] + data[number:] for number in range(40)
    )
    body, woken = begin(len(whole), pieces, quick=True)
    assert received(body, woken, *ends) == whole
    body.close()
    assert descriptors(content) == 0


def test_it_is_not_ready_until_there_is_something_and_then_says_so(begin, ends):
    go_on = threading.Semaphore(0)

    def pieces(_):
        for piece in (b"one", b"two"):
            assert go_on.acquire(timeout=PATIENCE)
            yield piece

    body, woken = begin(6, pieces)
    for _ in range(2):
        assert not body.is_ready
        assert body.send(ends[0], 10) == 0
        go_on.release()
        assert woken.acquire(timeout=PATIENCE)
        assert body.is_ready
        assert body.send(ends[0], 10) == 3
    assert ends[1].recv(10) == b"onetwo"


def test_what_takes_no_time_needs_no_thread_and_is_made_a_few_at_a_time(begin, content, ends):
    made = []

    def pieces(_):
        for number in range(100):
            made.append(number)
            yield opened(content)

    body, _ = begin(SIZE * 100, pieces, quick=True)
    assert 0 < len(made) <= 16
    drained(body, *ends)
    assert len(made) == 100
    assert is_gone()
    body.close()
    assert descriptors(content) == 0


@pytest.mark.parametrize("quick", [False, True])
def test_closing_it_has_the_pieces_let_go_of_what_they_hold(quick, begin):
    held = threading.Event()

    def pieces(_):
        try:
            while True:
                yield b"piece"
        finally:
            held.set()

    body, _ = begin(1000, pieces, quick=quick)
    body.close()
    assert held.wait(PATIENCE)


def test_the_thread_goes_only_so_far_ahead(begin, content, ends, monkeypatch):
    monkeypatch.setattr(server.made_ahead, "MOST_FILES", 4)
    made = threading.Semaphore(0)

    def pieces(_):
        while True:
            piece = opened(content)
            made.release()
            yield piece

    body, _ = begin(SIZE * 100, pieces)
    for _ in range(4):
        assert made.acquire(timeout=PATIENCE)
    # One more is made only when others were sent, and then several.
    assert not made.acquire(timeout=0.2)
    assert descriptors(content) == 4
    while body.tell() < 3 * SIZE:
        if not body.send(ends[0], SIZE):
            ends[1].recv(1 << 20)
    for _ in range(3):
        assert made.acquire(timeout=PATIENCE)


def test_however_big_a_file_is_the_next_one_is_made_meanwhile(begin, content, monkeypatch):
    monkeypatch.setattr(server.made_ahead, "MOST_BYTES", 1)
    made = threading.Semaphore(0)

    def pieces(_):
        while True:
            made.release()
            yield opened(content)

    begin(SIZE * 100, pieces)
    assert made.acquire(timeout=PATIENCE)
    assert made.acquire(timeout=PATIENCE)
    assert not made.acquire(timeout=0.1)


def test_the_thread_rests_until_what_it_made_is_sent_or_has_no_room(
    begin, content, ends, monkeypatch
):
    monkeypatch.setattr(server.made_ahead, "_SOON", PATIENCE)
    made = threading.Semaphore(0)

    def pieces(_):
        while True:
            made.release()
            yield opened(content)

    body, woken = begin(SIZE * 100, pieces)
    assert woken.acquire(timeout=PATIENCE)
    assert made.acquire(timeout=PATIENCE)
    assert not made.acquire(timeout=0.1)
    while body.send(ends[0], SIZE // 10):
        pass
    assert made.acquire(timeout=PATIENCE)


def test_closing_it_ends_the_thread_and_closes_what_was_open(begin, content):
    made, ended = threading.Semaphore(0), []

    def pieces(_):
        while True:
            yield opened(content)
            made.release()

    body, woken = begin(SIZE * 100, pieces, lambda: ended.append(True))
    assert woken.acquire(timeout=PATIENCE)
    body.close()
    body.close()
    assert is_gone()
    assert descriptors(content) == 0
    assert ended == [True]


def test_closing_it_while_a_piece_is_made_tells_the_maker(begin, content):
    asked, closed = threading.Event(), threading.Event()

    def pieces(is_closed):
        asked.set()
        assert closed.wait(PATIENCE)
        assert is_closed()
        yield opened(content)

    body, _ = begin(SIZE, pieces)
    assert asked.wait(PATIENCE)
    body.close()
    closed.set()
    assert is_gone()
    assert descriptors(content) == 0


def failing(_):
    yield b"abc"
    raise OSError


def short(_):
    yield b"abc"


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("pieces", [failing, short])
def test_what_cannot_be_made_ends_it_early(pieces, quick, begin, ends):
    body, woken = begin(100, pieces, quick=quick)
    assert quick or woken.acquire(timeout=PATIENCE)
    assert body.send(ends[0], 3) == 3
    assert quick or woken.acquire(timeout=PATIENCE)
    with pytest.raises(EndedEarly):
        body.send(ends[0], 10)


def drained(body, near, far):
    """Send *body* for as long as it is sent, to one who reads all of it."""
    while body.tell() < body.length:
        body.send(near, SIZE)
        while select.select([far], [], [], 0)[0]:
            far.recv(1 << 20)


@pytest.mark.parametrize("after", [0, SIZE])
@pytest.mark.parametrize("sent", [0, 1000, SIZE])
def test_a_file_that_was_changed_ends_it_early(sent, after, begin, content, ends):
    pieces = [opened(content), b"x" * after] if after else [opened(content)]
    body, woken = begin(SIZE + after, lambda _: iter(pieces))
    assert woken.acquire(timeout=PATIENCE)
    if sent:
        body.send(ends[0], min(sent, SIZE - 1))
    with content.open("r+b") as file:
        file.write(b"other")
    os.utime(content)
    with pytest.raises(EndedEarly):
        drained(body, *ends)
    assert body.tell() < body.length


def test_what_is_awaited_is_sent_once_it_is_worth_it(begin, ends, monkeypatch):
    monkeypatch.setattr(server.made_ahead, "_SOON", PATIENCE)
    monkeypatch.setattr(server.made_ahead, "_ENOUGH_BYTES", 4)
    go_on, made = threading.Semaphore(1), threading.Semaphore(0)

    def pieces(_):
        for piece in (b"first", b"123", b"4", b"56"):
            assert go_on.acquire(timeout=PATIENCE)
            yield piece
            made.release()

    body, woken = begin(11, pieces)
    assert woken.acquire(timeout=PATIENCE)
    assert body.send(ends[0], 20) == 5
    go_on.release()
    assert made.acquire(timeout=PATIENCE)
    assert not body.is_ready
    go_on.release()
    assert woken.acquire(timeout=PATIENCE)
    assert body.send(ends[0], 20) == 4
    # The last of it is not waited for.
    go_on.release()
    assert woken.acquire(timeout=PATIENCE)
    assert body.send(ends[0], 20) == 2
    assert ends[1].recv(20) == b"first123456"
