"""Starting, stopping, and what clients that do not read can do: nothing."""

import gc
import os
import select
import socket
import threading
import time
from pathlib import Path

import pytest

import server.serving
from server import connection
from server.application import Application
from server.digests import Digests
from server.folder import SharedFolder
from server.share import Share
from server.sockets import PortTaken, listen

BIG = 64 << 20
# Milliseconds; only ever waited out when something is broken.
PATIENCE = 20_000
GET = b"GET /download/big.bin HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n"


@pytest.fixture
def big(holiday):
    """A file that no socket's buffers can hold."""
    path = holiday / "big.bin"
    with path.open("wb") as file:
        file.truncate(BIG)
    return path


@pytest.fixture
def stalled(share, big, connect):
    """Open a connection whose client asks for the big file, reads a byte, and then stops."""

    def new(fields=b""):
        client = connect(share, GET % (share.port, fields), receive_buffer=4096)
        assert client.recv(1) == b"H"
        return client

    return new


def descriptors():
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, never looked at


def test_a_share_starts_and_stops_fifty_times_and_leaves_nothing(holiday, browse, tmp_path):
    folder = SharedFolder(holiday)

    def once():
        digests = Digests(folder, tmp_path / "digests.sqlite")
        with Share(Application(folder, digests), port=0) as share:
            client = browse(share)
            assert client("/download/notes.txt").status == 200
            assert client("/api/digest/notes.txt").status == 200
            digests.close()
        client.close()

    for thread in threading.enumerate():
        if thread.name == "digests":
            # Of an application of another test, which ends by itself.
            thread.join()
    once()
    gc.collect()  # of what other tests have left
    threads, before = set(threading.enumerate()), descriptors()
    for _ in range(50):
        once()
    gc.collect()
    assert set(threading.enumerate()) <= threads
    assert descriptors() <= before


def test_a_stopped_share_has_closed_its_port(holiday):
    share = Share(Application(SharedFolder(holiday)), port=0)
    share.start()
    assert share.is_running
    share.stop()
    share.stop()
    assert not share.is_running
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", share.port)).close()


def test_a_share_keeps_its_port_when_it_is_started_again(holiday, browse):
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    share = Share(Application(SharedFolder(holiday)), port=port)
    for _ in range(3):
        with share:
            assert browse(share)("/download/notes.txt").status == 200
            assert share.address == f"http://127.0.0.1:{port}"


def test_a_taken_port_is_an_exception_for_the_caller(share, holiday):
    with pytest.raises(PortTaken, match=f"Port {share.port} is taken by another program."):
        Share(Application(SharedFolder(holiday)), port=share.port).start()


def test_the_next_free_port_is_taken_if_that_is_wanted(share, holiday, browse):
    with Share(Application(SharedFolder(holiday)), port=share.port, next_free=True) as other:
        assert other.port > share.port
        assert browse(other)("/download/notes.txt").status == 200


def test_two_shares_serve_one_application(holiday, browse):
    app = Application(SharedFolder(holiday))
    with Share(app, port=0) as one, Share(app, "127.0.0.2", 0) as two:
        two.stop()
        assert browse(one)("/download/notes.txt").status == 200


@pytest.mark.parametrize(
    "fields", [b"", b"Range: bytes=5-\r\n", b"Range: bytes=0-9999999,20000000-\r\n"]
)
def test_sixty_readers_that_stall_hold_nobody_up(stalled, browser, fields):
    readers = [stalled(fields) for _ in range(60)]
    assert browser("/download/notes.txt").body == b"Sun, sea and sand.\n"
    assert browser("/files/").status == 200
    assert len(readers) == 60


def read_to_the_end(client):
    """Count what still comes, until the other side ends the connection one way or the other."""
    received = 0
    try:
        while data := client.recv(1 << 20):
            received += len(data)
    except ConnectionResetError:
        pass
    return received


def send_for_ever(client):
    while True:
        client.sendall(bytes(1 << 20))


def of_shares():
    return [thread for thread in threading.enumerate() if thread.name.startswith("share")]


def test_stopping_cuts_stalled_readers_off(stalled, share):
    readers = [stalled() for _ in range(60)]
    share.stop()
    assert not of_shares()
    assert all(read_to_the_end(reader) < BIG for reader in readers)


def test_stopping_cuts_a_fast_transfer_off(share, big, connect):
    size = 100 << 30
    os.truncate(big, size)
    client = connect(share, GET % (share.port, b""))
    assert len(client.makefile("rb").read(1 << 20)) == 1 << 20
    received = []
    reading = threading.Thread(target=lambda: received.append(read_to_the_end(client)))
    reading.start()
    share.stop()
    assert not of_shares()
    reading.join()
    assert received[0] < size


def test_stopping_frees_a_worker_that_waits_for_a_reader(connect):
    """An application's own chunks, unlike files, hold their worker while the client stalls."""
    is_full, is_closed = threading.Event(), threading.Event()

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", str(BIG))])
        try:
            for number in range(BIG >> 20):
                if number == 17:
                    is_full.set()
                yield bytes(1 << 20)
        finally:
            is_closed.set()

    share = Share(app, port=0)
    share.start()
    connect(share, b"GET / HTTP/1.0\r\n\r\n", receive_buffer=4096)
    is_full.wait()
    share.stop()
    is_closed.wait()
    assert not of_shares()


@pytest.mark.parametrize("fields", [b"", b"Range: bytes=5-\r\n"])
def test_a_file_that_shrinks_ends_the_reply_visibly_short(stalled, browser, big, fields):
    reader = stalled(fields)
    os.truncate(big, 100)
    received = 1
    while data := reader.recv(1 << 20):
        received += len(data)
    assert 100 < received < BIG
    assert browser("/download/big.bin").body == bytes(100)


def test_a_reader_that_leaves_closes_the_file(stalled, browser, share):
    browser("/download/notes.txt")
    before = descriptors()
    for reader in [stalled() for _ in range(10)]:
        reader.close()
    # The share has seen every end before it accepts one more, or soon after.
    while descriptors() > before:
        assert browser("/download/notes.txt").status == 200


def test_a_client_that_does_not_finish_its_headers_is_dropped(share, connect, monkeypatch):
    monkeypatch.setattr(connection, "HEADERS_IN", 0)
    client = connect(share, b"GET /files/ HTTP/1.1\r\nHost: ")
    assert read_to_the_end(client) == 0


def test_a_refused_client_that_goes_on_sending_is_dropped(share, connect, monkeypatch):
    monkeypatch.setattr(connection, "HEADERS_IN", 0)
    client = connect(share, b"nonsense\r\n\r\n")
    assert read_to_the_end(client) > 0
    with pytest.raises(ConnectionError):
        send_for_ever(client)


def test_a_reader_that_stalls_for_long_is_dropped(holiday, big, connect, monkeypatch):
    monkeypatch.setattr(server.serving, "STALLED_FOR", 1)
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        client = connect(share, GET % (share.port, b""), receive_buffer=4096)
        ended = select.poll()
        ended.register(client, select.POLLHUP)
        assert ended.poll(PATIENCE)
        assert read_to_the_end(client) < BIG


def test_late_clients_are_dropped_though_the_clock_was_set_back(share, connect, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(connection, "HEADERS_IN", 0)
    client = connect(share, b"GET /files/ HTTP/1.1\r\nHost: ")
    assert read_to_the_end(client) == 0


def test_without_descriptors_who_asks_nothing_makes_room(share, connect, no_more):
    idle = connect(share, b"GET /download/notes.txt HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert idle.recv(1) == b"H"
    with socket.socket() as late:
        late.settimeout(PATIENCE / 1000)
        no_more(0)
        late.connect(("127.0.0.1", share.port))
        late.sendall(b"GET /download/notes.txt HTTP/1.0\r\n\r\n")
        assert late.recv(1) == b"H"


def test_without_descriptors_the_port_is_looked_at_no_more_than_now_and_then(
    share, stalled, no_more, monkeypatch
):
    stalled()
    asked, turned, accept = [], threading.Semaphore(0), socket.socket.accept

    def counted(self):
        asked.append(self)
        return accept(self)

    with socket.socket() as late:
        late.settimeout(PATIENCE / 1000)
        no_more(0)
        monkeypatch.setattr(socket.socket, "accept", counted)
        late.connect(("127.0.0.1", share.port))
        late.sendall(b"GET /download/notes.txt HTTP/1.0\r\n\r\n")
        for _ in range(100):
            share.cut_off(lambda _: turned.release())
            assert turned.acquire(timeout=PATIENCE / 1000)
        assert len(asked) < 50
        no_more(20)
        assert late.recv(1) == b"H"


def test_more_connections_than_select_can_count_are_served(share, connect, browser):
    import resource

    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 3000:
        pytest.skip("This system does not allow enough descriptors.")
    idle = [connect(share) for _ in range(1200)]
    assert browser("/download/notes.txt").status == 200
    late = idle[-1]
    late.sendall(b"GET /download/notes.txt HTTP/1.0\r\n\r\n")
    assert late.makefile("rb").readline() == b"HTTP/1.0 200 OK\r\n"


def test_no_path_is_needed_to_import_the_server(tmp_path):
    root = Path(Application(SharedFolder(tmp_path)).routes().root_path)
    assert (root / "templates" / "folder.html").is_file()
