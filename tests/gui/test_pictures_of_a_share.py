"""Small pictures and details, as the client gets them from a real share and a hostile one."""

import io
import json
from pathlib import Path
from threading import Event

import pytest
from PIL import Image

from gui.client import Client
from gui.errors import BadAnswer, Unavailable
from gui.listing import Entry
from gui.picture import CannotShow
from gui.picture_reading import small as made_smaller


@pytest.fixture
def client(own_share, pictures) -> Client:
    made = Client(own_share.open(pictures))
    yield made
    made.close()


def entry(client: Client, name: str) -> Entry:
    return next(one for one in client.entries("").entries if one.name == name)


def test_a_picture_comes_smaller_and_tells_its_own_size(client, pictures: Path):
    Image.new("RGB", (1200, 900), "navy").save(pictures / "large.jpg")
    small = client.small(entry(client, "large.jpg"), "grid", sharp=True)
    assert small.final
    assert (small.width, small.height) == (1200, 900)
    assert len(small.data) < 5000


def test_what_is_no_picture_comes_as_nothing(client):
    assert client.small(entry(client, "broken.png"), "grid").data == b""
    assert client.small(entry(client, "notes.txt"), "grid").data == b""


def test_why_there_is_no_picture_is_said_in_a_sentence(client):
    """The file is a good beginning of a picture, and no more."""
    with pytest.raises(CannotShow, match="damaged, or too much work"):
        made_smaller(client, entry(client, "broken.png"), "grid", Event())


def test_the_details_of_a_picture_are_lines_of_text(client):
    details = client.details("img1.png")
    assert details["width"] == "120"
    assert details["height"] == "80"
    assert all(isinstance(value, str) for value in details.values())


def test_a_picture_comes_as_a_jpeg_of_the_size_asked_for(client, pictures: Path):
    Image.new("RGB", (1400, 700), "navy").save(pictures / "wide.avif", speed=10)
    for longest, wanted in ((None, (1400, 700)), (1024, (1024, 512))):
        with Image.open(io.BytesIO(client.converted("wide.avif", longest))) as made:
            assert (made.format, made.size) == ("JPEG", wanted)
    assert client.converted("notes.txt") == b""


def test_a_jpeg_that_would_fill_the_memory_is_refused(client_of):
    head = b"HTTP/1.1 200 OK\r\nX-Lanslide-Converted: jpeg\r\nContent-Length: 99999999999\r\n\r\n"
    client = client_of(lambda exchange: exchange.send(head))
    with pytest.raises(BadAnswer):
        client.converted("x.heic")


PICTURE = Entry("x.jpg", "x.jpg", "file", 10, 1.0, "image/jpeg")


def test_a_picture_that_would_fill_the_memory_is_refused(client_of):
    client = client_of(
        lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    )
    with pytest.raises(BadAnswer):
        client.small(PICTURE, "grid")


@pytest.mark.parametrize("pixels", ["", "ax1", "99999999999x1", "-1x5", "1x1x1"])
def test_a_size_that_makes_no_sense_counts_as_unknown(client_of, pixels):
    client = client_of(
        lambda exchange: exchange.reply(b"x", X_Lanslide_Picture="full", X_Lanslide_Pixels=pixels)
    )
    small = client.small(PICTURE, "grid")
    assert (small.width, small.height) == (0, 0)


def test_a_share_that_is_too_busy_says_so(client_of):
    client = client_of(lambda exchange: exchange.reply(b"", "503 Service Unavailable"))
    with pytest.raises(Unavailable):
        client.small(PICTURE, "grid")


@pytest.mark.parametrize("body", [b"[]", b"no json", b"\xff", b"[" * 60_000, b'"x"'])
def test_details_that_are_none_are_refused(client_of, body):
    client = client_of(lambda exchange: exchange.reply(body))
    with pytest.raises(BadAnswer):
        client.details("x.jpg")


def test_details_of_any_depth_are_left_out(client_of):
    body = json.dumps({"camera": {"a": 1}, "lens": None, "iso": 100}).encode()
    client = client_of(lambda exchange: exchange.reply(body))
    assert client.details("x.jpg") == {"iso": "100"}
