"""Pictures that are being converted keep nobody from anything else."""

import os
import signal
import threading
from functools import partial

import pytest

from server.folder import SharedFolder
from server.loop import WORKERS
from server.pictures import crew, handover
from server.pictures.conversion import Form
from server.pictures.crew import Asker, Busy
from server.pictures.decoder import Decoder

GET = b"GET /download/%d.png?as=jpeg HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"


@pytest.fixture
def pictures(own_pictures):
    return own_pictures


@pytest.fixture
def many(gallery, make):
    for number in range(8):
        (gallery / f"{number}.png").write_bytes(
            make.saved(make.corners((300 + number, 200)), "PNG")
        )
    return gallery


class Gate:
    """Holds conversions up until it is opened; lists the files that were given to decoders."""

    def __init__(self):
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.files: list[int] = []


@pytest.fixture
def gate(monkeypatch):
    gate, ask = Gate(), Decoder.ask

    def held(self, request, descriptor, sink):
        if request.is_conversion:
            gate.files.append(os.fstat(descriptor).st_ino)
            gate.entered.release()
            gate.open.wait()
        return ask(self, request, descriptor, sink)

    monkeypatch.setattr(Decoder, "ask", held)
    yield gate
    gate.open.set()


@pytest.fixture
def is_waited_for(pictures, monkeypatch):
    """Tell when another request has put its conversion into the queue."""
    line = pictures.conversions._queue
    asked, ask = threading.Semaphore(0), line.ask

    def told(*wanted):
        future = ask(*wanted)
        asked.release()
        return future

    monkeypatch.setattr(line, "ask", told)
    return asked


def test_thumbnails_and_listings_come_while_more_wait_than_there_are_workers(
    share, browser, connect, gate, many, is_waited_for
):
    waiting = [connect(share, GET % (number % 8, share.port)) for number in range(WORKERS + 6)]
    for _ in waiting:
        is_waited_for.acquire()
    for number in range(8):
        reply = browser(f"/thumb/grid/{number}.png")
        assert reply.headers["X-Lanslide-Picture"] == "full"
    assert browser("/files/").status == 200
    assert browser("/download/0.png").body == (many / "0.png").read_bytes()
    gate.open.set()
    for client in waiting:
        assert client.recv(12) == b"HTTP/1.1 200"


def test_one_is_made_however_many_ask(share, connect, gate, many, is_waited_for):
    waiting = [connect(share, GET % (0, share.port)) for _ in range(10)]
    for _ in waiting:
        is_waited_for.acquire()
    gate.open.set()
    for client in waiting:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert len(gate.files) == 1


def test_they_are_made_in_turn_but_for_those_that_nobody_waits_for(
    share, connect, gate, many, is_waited_for
):
    waiting = []
    for number in range(5):
        waiting.append(connect(share, GET % (number, share.port)))
        is_waited_for.acquire()
        if not number:
            gate.entered.acquire()
    waiting.pop(2).close()
    gate.open.set()
    for client in waiting:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert gate.files == [(many / f"{number}.png").stat().st_ino for number in (0, 1, 3, 4)]


def test_who_leaves_is_not_kept_to_the_end(pictures, gate, many):
    folder, has_left, problems = SharedFolder(many), threading.Event(), []

    def ask():
        again = partial(folder.open, "0.png")
        try:
            with again() as file:
                pictures.conversions.convert(file, again, Form(), Asker(has_left.is_set))
        except Busy as problem:
            problems.append(problem)

    thread = threading.Thread(target=ask)
    thread.start()
    gate.entered.acquire()
    has_left.set()
    thread.join(20)
    assert len(problems) == 1
    # What was begun has a file of its own, and is there for whoever comes next.
    gate.open.set()
    again = partial(folder.open, "0.png")
    with again() as file, pictures.conversions.convert(file, again, Form(), Asker()) as found:
        assert found.name == "0.jpg"
    assert len(gate.files) == 1


@pytest.fixture
def kill(monkeypatch):
    """Kill the next so many decoders as soon as they have been given something to do."""
    send, left = handover.send, []

    def sent(connection, line, descriptor, process):
        send(connection, line, descriptor, process)
        if left:
            left.pop()
            process.send_signal(signal.SIGKILL)

    monkeypatch.setattr(handover, "send", sent)
    return lambda times: left.extend(range(times))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="There is no such signal here.")
def test_a_decoder_that_was_killed_is_made_up_for(browser, many, kill):
    kill(1)
    reply = browser("/download/0.png?as=jpeg")
    assert (reply.status, reply.headers["X-Lanslide-Converted"]) == (200, "jpeg")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="There is no such signal here.")
def test_a_picture_whose_decoders_are_killed_all_the_time_is_sent_as_it_is(browser, many, kill):
    kill(2 * crew.TRIES)
    for _ in range(crew.TRIES - 1):
        reply = browser("/download/0.png?as=jpeg")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    reply = browser("/download/0.png?as=jpeg")
    assert (reply.status, reply.headers["X-Lanslide-Converted"]) == (200, "none")
    assert reply.body == (many / "0.png").read_bytes()
    # Nothing is held against it later.
    assert browser("/download/1.png?as=jpeg").headers["X-Lanslide-Converted"] == "jpeg"
