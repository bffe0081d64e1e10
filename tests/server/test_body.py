"""The body of a reply, sent to a socket without anything in between."""

import errno
import os
import select

import pytest

import server.body
from server.body import EndedEarly, FileBody

PARTS = [b"<", (2, 5), b"|", (0, 300_000), b">"]


@pytest.fixture
def content(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(os.urandom(300_000))
    return path


def refusing(*_):
    raise OSError(errno.EINVAL, "This disk cannot.")


@pytest.fixture(params=["by the system", "without it", "refused"])
def way(request, monkeypatch):
    """Each way in which the bytes of a file get to a socket."""
    if request.param != "by the system":
        instead = refusing if request.param == "refused" else None
        monkeypatch.setattr(server.body, "_sendfile", instead)


@pytest.mark.usefixtures("way")
def test_a_body_is_sent_whole_whatever_there_is_room_for(content, ends):
    near, far = ends
    data, received = content.read_bytes(), bytearray()
    with FileBody(os.open(content, os.O_RDONLY), PARTS) as body:
        while body.tell() < body.length:
            before = body.tell()
            sent = body.send(near, 100_000)
            assert body.tell() == before + sent
            if not sent and select.select([far], [], [], 0)[0]:
                received += far.recv(1 << 20)
    near.close()
    while more := far.recv(1 << 20):
        received += more
    assert received == b"<" + data[2:5] + b"|" + data + b">"


@pytest.mark.usefixtures("way")
def test_no_more_is_sent_than_asked(content, ends):
    with FileBody(os.open(content, os.O_RDONLY), [(0, 300_000)]) as body:
        sent = body.send(ends[0], 1000) or body.send(ends[0], 1000)
        assert sent == 1000


@pytest.mark.usefixtures("way")
def test_a_full_socket_takes_nothing(content, ends):
    with FileBody(os.open(content, os.O_RDONLY), [(0, 300_000)] * 100) as body:
        body.send(ends[0], 1)
        while body.send(ends[0], 1 << 20):
            pass
        assert body.tell() < body.length


@pytest.mark.usefixtures("way")
def test_a_file_that_became_shorter_is_an_error(content, ends):
    with FileBody(os.open(content, os.O_RDONLY), [(0, 300_000)]) as body:
        os.truncate(content, 10)
        # The refused way takes one more to find out.
        while body.tell() < 10:
            body.send(ends[0], 1000)
        with pytest.raises(EndedEarly):
            body.send(ends[0], 1000)


def test_a_file_that_became_shorter_is_an_error_to_whoever_reads_it(content):
    with FileBody(os.open(content, os.O_RDONLY), [(0, 300_000)]) as body:
        os.truncate(content, 10)
        assert len(body.read()) == 10
        with pytest.raises(EndedEarly):
            body.read()


def test_what_else_goes_wrong_while_sending_is_an_error(content, ends):
    near, far = ends
    far.close()
    with (
        FileBody(os.open(content, os.O_RDONLY), [(0, 300_000)]) as body,
        pytest.raises(BrokenPipeError),
    ):
        body.send(near, 1000)
