"""Thumbnails that have to be waited for keep nobody from anything else."""

import io
import os
import threading

import pytest
from PIL import Image

from server.application import Application
from server.folder import SharedFolder
from server.loop import WORKERS
from server.pictures import queue
from server.pictures.decoder import Decoder
from server.pictures.service import Pictures
from server.share import Share

GET = b"GET /thumb/grid/%d.png HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"


@pytest.fixture
def pictures(tmp_path):
    pictures = Pictures(tmp_path / "kept", workers=1)
    yield pictures
    pictures.close()


class Gate:
    """Holds up decoders of *files* until it is opened; lists those that were given to them."""

    def __init__(self, files):
        self.held = {file.stat().st_ino for file in files}
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)
        self.files: list[int] = []


@pytest.fixture
def gate(monkeypatch, many):
    gate, ask = Gate(many.iterdir()), Decoder.ask

    def held(self, request, descriptor, sink):
        file = os.fstat(descriptor).st_ino
        if file not in gate.held:
            # Of a test before, which may still be at its end.
            return ask(self, request, descriptor, sink)
        gate.files.append(file)
        gate.entered.release()
        gate.open.wait()
        return ask(self, request, descriptor, sink)

    monkeypatch.setattr(Decoder, "ask", held)
    # Nobody takes over from what is held up on purpose.
    monkeypatch.setattr(queue, "SLOW", 3600)
    monkeypatch.setattr(queue, "OLDEST_EVERY", 3600)
    yield gate
    gate.open.set()


@pytest.fixture
def many(gallery):
    for number in range(12):
        file = io.BytesIO()
        Image.new("RGB", (300, 200), (number, 0, 0)).save(file, "PNG")
        (gallery / f"{number}.png").write_bytes(file.getvalue())
    return gallery


@pytest.fixture
def is_waited_for(pictures, monkeypatch):
    """Tell when another request has put its job into the queue."""
    asked, ask = threading.Semaphore(0), pictures._queue.ask

    def told(*wanted):
        future = ask(*wanted)
        asked.release()
        return future

    monkeypatch.setattr(pictures._queue, "ask", told)
    return asked


def test_listings_are_answered_while_more_wait_than_there_are_workers(
    share, browser, connect, gate, many, is_waited_for
):
    waiting = [connect(share, GET % (number, share.port)) for number in range(WORKERS + 2)]
    for _ in waiting:
        is_waited_for.acquire()
    assert browser("/api/folder/").status == 200
    assert browser("/files/").status == 200
    gate.open.set()
    for client in waiting:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert browser("/files/").status == 200


def test_who_has_left_is_not_worked_for(share, browser, connect, gate, many, is_waited_for):
    """One is being made; of the two behind it, one has been given up."""
    first = connect(share, GET % (0, share.port))
    gate.entered.acquire()
    for number in (1, 2):
        client = connect(share, GET % (number, share.port))
        is_waited_for.acquire()
        if number == 2:
            client.close()
    gate.open.set()
    assert first.recv(12) == b"HTTP/1.1 200"
    assert browser("/thumb/grid/1.png").status == 200
    assert len(gate.files) == 2
    # Nothing was noted against it.
    assert browser("/thumb/grid/2.png").headers["X-Lanslide-Picture"] == "full"


def test_one_is_made_however_many_ask(share, connect, gate, many, is_waited_for):
    waiting = [connect(share, GET % (0, share.port)) for _ in range(10)]
    for _ in waiting:
        is_waited_for.acquire()
    gate.open.set()
    for client in waiting:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert len(gate.files) == 1


def test_what_was_asked_last_is_made_first(share, connect, gate, many, is_waited_for):
    waiting = [connect(share, GET % (0, share.port))]
    gate.entered.acquire()
    is_waited_for.acquire()
    for number in range(1, 6):
        waiting.append(connect(share, GET % (number, share.port)))
        is_waited_for.acquire()
    gate.open.set()
    for client in waiting:
        client.recv(12)
    inodes = [(many / f"{number}.png").stat().st_ino for number in (0, 5, 4, 3, 2, 1)]
    assert gate.files == inodes


def test_who_is_left_out_for_others_is_told_to_ask_again(
    share, connect, gate, many, is_waited_for, monkeypatch
):
    monkeypatch.setattr(queue, "MOST_WAITING", 2)
    waiting = [connect(share, GET % (0, share.port))]
    gate.entered.acquire()
    is_waited_for.acquire()
    for number in (1, 2, 3):
        waiting.append(connect(share, GET % (number, share.port)))
        is_waited_for.acquire()
    gate.open.set()
    replies = [client.recv(1 << 16) for client in waiting]
    assert [reply[9:12] for reply in replies] == [b"200", b"503", b"200", b"200"]
    assert b"\r\nRetry-After: 1\r\n" in replies[1]
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in replies[1]


def test_stopping_lets_nobody_wait(gallery, many, tmp_path, connect, gate):
    pictures = Pictures(tmp_path / "other", workers=1)
    share = Share(Application(SharedFolder(gallery), pictures=pictures), port=0)
    share.start()
    connect(share, GET % (0, share.port))
    gate.entered.acquire()
    gate.open.set()
    pictures.close()
    share.stop()
    assert pictures.processes() == []
