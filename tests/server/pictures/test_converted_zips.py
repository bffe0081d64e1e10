"""Archives whose pictures are converted on the way."""

import io
import threading
import zipfile

import pytest
from PIL import Image

from server.application import Application
from server.folder import SharedFolder
from server.loop import WORKERS
from server.pictures.service import Pictures
from server.share import Share
from server.zips import MOST_AT_ONCE

PATIENCE = 20


@pytest.fixture
def archive(browser):
    """Ask for an archive; give what is in it."""

    def ask(path="/zip/?as=jpeg"):
        reply = browser(path)
        assert reply.status == 200
        read = zipfile.ZipFile(io.BytesIO(reply.body))
        assert read.testzip() is None
        return {info.filename: read.read(info) for info in read.infolist()}

    return ask


def pixels(data):
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.load()
    return image.size


def test_pictures_are_jpegs_and_the_rest_is_as_it_was(archive, gallery, samples):
    (gallery / "inside" / "empty").mkdir(parents=True)
    (gallery / "notes.txt").write_text("Sun, sea and sand.\n")
    (gallery / "broken.heic").write_bytes(b"no picture at all")
    (gallery / "inside" / "large.bin").write_bytes(b"x" * 700_000)
    for name in ("picture.heic", "picture.jpg", "video.mp4"):
        (gallery / "inside" / name).write_bytes(samples[name])
    found = archive()
    assert pixels(found.pop("inside/picture (2).jpg"))
    same = (
        "notes.txt",
        "broken.heic",
        "inside/large.bin",
        "inside/video.mp4",
        "inside/picture.jpg",
    )
    for name in same:
        assert found.pop(name) == (gallery / name).read_bytes()
    assert found == {"inside/empty/": b""}


def test_no_two_files_of_it_have_the_same_name(archive, gallery, samples):
    for name in ("a.heic", "a.png", "A.JPG"):
        kind = "picture." + name.rpartition(".")[2].lower()
        (gallery / name).write_bytes(samples[kind])
    found = archive()
    assert set(found) == {"A.JPG", "a (2).jpg", "a (3).jpg"}
    assert found["A.JPG"] == samples["picture.jpg"]


def test_what_could_not_be_converted_is_named(gallery, samples, tmp_path, browse):
    (gallery / "inside").mkdir()
    for name in ("inside/picture.heic", "picture.jpg", "not-converted.txt"):
        (gallery / name).write_bytes(samples.get(name.rpartition("/")[2], b"A note."))
    (tmp_path / "file").touch()
    pictures = Pictures(tmp_path / "file" / "kept", workers=2)
    with Share(Application(SharedFolder(gallery), pictures=pictures), port=0) as share:
        reply = browse(share)("/zip/?as=jpeg")
    pictures.close()
    found = zipfile.ZipFile(io.BytesIO(reply.body))
    assert found.read("inside/picture.heic") == samples["picture.heic"]
    *_, said = found.read("not-converted (2).txt").decode().split("\n\n")
    assert said.splitlines() == ["inside/picture.heic"]


def test_pictures_can_be_made_smaller(archive, gallery):
    Image.new("RGB", (3000, 100)).save(gallery / "wide.jpg")
    Image.new("RGB", (100, 3000)).save(gallery / "wide.JPG", "JPEG")
    found = archive("/zip/?as=jpeg&max=1024")
    assert {name: max(pixels(data)) for name, data in found.items()} == {
        "wide.jpg": 1024,
        "wide (2).jpg": 1024,
    }


def test_its_length_is_not_known_and_no_part_of_it_can_be_had(browser, gallery, samples):
    (gallery / "a.heic").write_bytes(samples["picture.heic"])
    for method, fields in (("GET", {"Range": "bytes=0-5"}), ("HEAD", {})):
        reply = browser("/zip/?as=jpeg", method, **fields)
        assert reply.status == 200
        assert reply.headers["Accept-Ranges"] == "none"
        assert "ETag" not in reply.headers
        assert "Content-Length" not in reply.headers
        assert 'filename="gallery.zip"' in reply.headers["Content-Disposition"]


def test_a_form_that_there_is_not_is_refused(browser):
    assert browser("/zip/?as=png").status == 400
    assert browser("/zip/?max=5").status == 400


def select(browser, body):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    browser._connection.request("POST", "/zip", body, headers)
    answer = browser._connection.getresponse()
    answer.read()
    return answer


def test_a_selection_is_converted_too(browser, archive, gallery, samples):
    (gallery / "a.heic").write_bytes(samples["picture.heic"])
    (gallery / "b.txt").write_text("not selected")
    answer = select(browser, "path=a.heic&as=jpeg&max=2048")
    assert answer.status == 303
    assert answer.headers["Location"].endswith("&as=jpeg&max=2048")
    assert set(archive(answer.headers["Location"])) == {"a.jpg"}
    assert select(browser, "path=a.heic&as=png").status == 400


def test_a_file_that_changes_on_the_way_ends_it_visibly_short(share, gallery, connect):
    (gallery / "a.bin").write_bytes(bytes(30_000_000))
    (gallery / "b.bin").write_bytes(b"before")
    request = f"GET /zip/?as=jpeg HTTP/1.1\r\nHost: localhost:{share.port}\r\n\r\n"
    client = connect(share, request.encode(), receive_buffer=4096)
    assert client.recv(1) == b"H"
    (gallery / "b.bin").write_bytes(b"after it")
    data = b"".join(iter(lambda: client.recv(1 << 20), b""))
    assert not data.endswith(b"0\r\n\r\n")


def test_those_that_stall_take_no_worker_from_others(share, browser, gallery, connect):
    (gallery / "a.bin").write_bytes(bytes(30_000_000))
    request = f"GET /zip/?as=jpeg HTTP/1.1\r\nHost: localhost:{share.port}\r\n\r\n"
    clients = [connect(share, request.encode(), receive_buffer=4096) for _ in range(MOST_AT_ONCE)]
    for client in clients:
        assert client.recv(12) == b"HTTP/1.1 200"
    for _ in range(20):
        assert browser("/files/").status == 200
    # One more for each, and never more than these: the usual ones are there for everybody else.
    workers = share._serving._loop.workers
    assert workers._waiting == MOST_AT_ONCE
    assert len(workers._threads) == WORKERS + MOST_AT_ONCE


def test_who_leaves_makes_room_and_ends_the_threads(share, browser, gallery, connect):
    (gallery / "a.bin").write_bytes(bytes(30_000_000))
    (gallery / "small").mkdir()
    request = f"GET /zip/?as=jpeg HTTP/1.1\r\nHost: localhost:{share.port}\r\n\r\n"
    clients = [connect(share, request.encode(), receive_buffer=4096) for _ in range(2)]
    for client in clients:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert browser("/zip/small").status == 429
    assert browser("/files/").status == 200
    for client in clients:
        client.close()
    while browser("/zip/small").status == 429:
        pass
    for thread in threading.enumerate():
        if thread.name.startswith("archive"):
            thread.join(PATIENCE)
            assert not thread.is_alive()
