"""A picture as a JPEG over HTTP: sent as any file is, under its own name and version."""

import base64
import hashlib
import os
import shutil
import sys
from functools import partial
from urllib.parse import quote

import pytest
from PIL import Image

from server.application import Application
from server.folder import SharedFolder
from server.pictures import decoder, shelf
from server.pictures.conversion import SIDES, Form
from server.pictures.crew import Asker, Busy
from server.pictures.decoder import Decoder
from server.pictures.service import Pictures
from server.share import Share

PATH = "/download2/sub/b.png?as=jpeg"


@pytest.fixture
def gallery(gallery, make):
    (gallery / "sub").mkdir()
    (gallery / "sub" / "b.png").write_bytes(make.saved(make.corners((1500, 1000)), "PNG"))
    (gallery / "notes.txt").write_text("Sun, sea and sand.")
    return gallery


# The reply


def test_it_has_all_that_a_file_has(browser, gallery):
    os.utime(gallery / "sub" / "b.png", (1_000_000_000, 1_000_000_000))
    reply = browser(PATH)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    digest = base64.b64encode(hashlib.sha256(reply.body).digest()).decode()
    assert reply.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert "attachment" in reply.headers["Content-Disposition"]


@pytest.mark.parametrize("query", ["?as=jpeg", "?as=jpeg&max=1024"])
@pytest.mark.parametrize("name", ["sub/b.png", "notes.txt"])
def test_head_is_get_without_the_body(browser, name, query):
    head = browser(f"/download2/{name}{query}", "HEAD")
    get = browser(f"/download2/{name}{query}")
    assert head.body == b""
    for headers in (get.headers, head.headers):
        for field in ("Date", "Digest", "Repr-Digest"):
            # The digest of an original may have become known meanwhile.
            del headers[field]
    assert head.headers.items() == get.headers.items()


def test_parts_are_parts_of_the_same(browser):
    whole = browser(PATH)
    etag, size = whole.headers["ETag"], len(whole.body)
    joined = b""
    for start in range(0, size, 1000):
        fields = {"Range": f"bytes={start}-{start + 999}", "If_Range": etag}
        part = browser(PATH, **fields)
        assert part.status == 206
        end = min(start + 999, size - 1)
        assert part.headers["Content-Range"] == f"bytes {start}-{end}/{size}"
        assert part.headers["ETag"] == etag
        joined += part.body
    assert joined == whole.body
    assert browser(PATH, Range="bytes=-5").body == whole.body[-5:]
    beyond = browser(PATH, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    several = browser(PATH, Range="bytes=0-9,20-29")
    assert several.status == 206
    assert whole.body[:10] in several.body
    assert whole.body[20:30] in several.body
    assert browser(PATH, Range="bytes=0-9", If_Range='"other"').body == whole.body


def test_conditions_are_about_the_jpeg(browser):
    original = browser("/download2/sub/b.png").headers["ETag"]
    etag = browser(PATH).headers["ETag"]
    assert etag != original
    assert browser(PATH, If_None_Match=etag).status == 304
    assert browser(PATH, If_None_Match=original).status == 200
    assert browser(PATH, If_Match=etag).status == 200
    assert browser(PATH, If_Match=original).status == 412


def test_every_form_and_version_has_its_own_tag(browser, gallery, make):
    paths = [PATH, *(f"{PATH}&max={side}" for side in SIDES)]
    tags = [browser(path).headers["ETag"] for path in paths]
    # Two are the same picture, which has less than 2048 pixels.
    assert len(set(tags)) == len(tags)
    (gallery / "sub" / "b.png").write_bytes(make.saved(make.corners((1500, 1000)), "PNG"))
    os.utime(gallery / "sub" / "b.png", (2, 2))
    assert not {browser(path).headers["ETag"] for path in paths} & set(tags)


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("IMG_1.HEIC", "IMG_1.jpg", "IMG_1.jpg"),
        ("日本.heic", "__.jpg", "%E6%97%A5%E6%9C%AC.jpg"),
        ('a"b\n%41.png', "a_b__41.jpg", "a%22b_%2541.jpg"),
        ("\udcff.tif", "_.jpg", "%EF%BF%BD.jpg"),
    ],
)
def test_it_is_called_after_the_file(browser, gallery, samples, name, plain, whole):
    (gallery / name).write_bytes(samples["picture.heic"])
    reply = browser(f"/download/{quote(os.fsencode(name))}?as=jpeg")
    disposition = reply.headers["Content-Disposition"]
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"


@pytest.mark.parametrize(
    "query",
    [
        *("as=", "as", "as=JPEG", "as=jpg", "as=png", "as=jpeg%00", "as=jpeg&max=", "as=jpeg&max"),
        *("as=jpeg&max=0", "as=jpeg&max=-1", "as=jpeg&max=2047", "as=jpeg&max=02048"),
        *("as=jpeg&max=2048px", "as=jpeg&max=%202048", "as=jpeg&max=1e3", "max=2047"),
        "as=jpeg&max=" + "9" * 5000,
        "as=jpeg&max=%EF%BC%92%EF%BC%90%EF%BC%94%EF%BC%98",
    ],
)
@pytest.mark.parametrize("name", ["sub/b.png", "notes.txt"])
def test_another_form_is_refused_in_words(browser, name, query):
    reply = browser(f"/download2/{name}?{query}")
    assert reply.status == 400
    assert (b"max is one of 1024, 2048, 4096." in reply.body) != (b"as is jpeg" in reply.body)


def test_fewer_pixels_alone_mean_a_jpeg(browser):
    reply = browser("/download2/sub/b.png?max=1024")
    assert reply.body == browser(f"{PATH}&max=1024").body


def test_what_else_is_asked_for_is_no_obstacle(browser):
    assert browser(f"{PATH}&v=1&x=y").headers["X-Lanslide-Converted"] == "jpeg"
    assert "X-Lanslide-Converted" not in browser("/download2/sub/b.png?v=1").headers
    # Shown, a file is as it is.
    assert browser("/files/sub/b.png?as=jpeg").headers["Content-Type"] == "image/png"


def test_what_is_not_shared_is_in_no_form(browser, gallery, samples):
    (gallery / ".hidden.png").write_bytes(samples["picture.png"])
    for path in ("nothing.png", ".hidden.png", "sub", "sub/", "../x.png", "sub//b.png"):
        assert browser(f"/download2/{path}?as=jpeg").status == 404
    assert browser("/download/sub/b.png?as=jpeg").status == 404
    assert browser(PATH, Sec_Fetch_Site="cross-site").status == 403


def test_without_decoders_everything_is_sent_as_it_is(browse, gallery):
    with Share(Application(SharedFolder(gallery)), port=0) as share:
        reply = browse(share)(PATH)
        assert reply.headers["X-Lanslide-Converted"] == "none"
        assert reply.body == (gallery / "sub" / "b.png").read_bytes()
        assert reply.headers["ETag"] == browse(share)("/download2/sub/b.png").headers["ETag"]


def test_after_the_end_there_is_nothing_to_wait_for(browse, gallery, own_pictures):
    with Share(Application(SharedFolder(gallery), pictures=own_pictures), port=0) as share:
        own_pictures.close()
        reply = browse(share)(PATH)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


def test_stalled_clients_hold_up_nobody(share, browser, connect, gallery, make):
    """Of a JPEG that is far more than the system keeps of a connection."""
    noise = Image.effect_noise((3000, 2000), 90).convert("RGB")
    (gallery / "noise.png").write_bytes(make.saved(noise, "PNG", compress_level=1))
    whole = browser("/download/noise.png?as=jpeg").body
    assert len(whole) > 3_000_000
    line = f"GET /download/noise.png?as=jpeg HTTP/1.1\r\nHost: localhost:{share.port}\r\n\r\n"
    stalled = [connect(share, line.encode(), receive_buffer=4096) for _ in range(20)]
    for client in stalled:
        assert client.recv(12) == b"HTTP/1.1 200"
    assert browser("/download/noise.png?as=jpeg").body == whole
    assert browser("/files/").status == 200
    data = stalled[7].recv(1 << 16)
    while len(data) < data.find(b"\r\n\r\n") + 4 + len(whole):
        data += stalled[7].recv(1 << 16)
    assert data.endswith(whole)


# A decoder that a hostile file has taken over.
TAKEN_OVER = """
import socket
ours = socket.socket(fileno=0)
ours.sendall(b"\\n")
while socket.recv_fds(ours, 4096, 1)[0]:
    ours.sendall({!r})
"""


@pytest.mark.parametrize(
    "answer",
    [
        b'["full","image/webp",1,1,true,4,{}]\nRIFF',
        b'["preview","image/jpeg",1,1,true,4,{}]\nJPEG',
        b'["full","",1,1,true,4,{}]\ntext',
        b'["full","image/jpeg",1,1,true,0,{}]\n',
        b'["full","image/jpeg",1,1,true,999999999,{}]\n',
    ],
)
def test_nothing_but_a_jpeg_is_sent_as_one(browse, gallery, own_pictures, monkeypatch, answer):
    command = (sys.executable, "-P", "-c", TAKEN_OVER.format(answer))
    monkeypatch.setattr(decoder, "_COMMAND", command)
    with Share(Application(SharedFolder(gallery), pictures=own_pictures), port=0) as share:
        for _ in range(2):
            reply = browse(share)(PATH)
            assert reply.headers["X-Lanslide-Converted"] == "none"
            assert reply.body == (gallery / "sub" / "b.png").read_bytes()


# What is kept


@pytest.fixture
def ask(gallery, own_pictures, monkeypatch):
    """Convert `sub/b.png`; give the bytes, and count how often a decoder was asked."""
    folder, asked = SharedFolder(gallery), []
    ask = Decoder.ask
    monkeypatch.setattr(Decoder, "ask", lambda *args: asked.append(1) or ask(*args))

    def converted(side=0, pictures=own_pictures):
        again = partial(folder.open, "sub/b.png")
        with again() as file:
            found = pictures.conversions.convert(file, again, Form(side), Asker())
        if found is None:
            return None, len(asked)
        with found:
            return os.pread(found.descriptor, found.size, 0), len(asked)

    return converted


def kept(tmp_path):
    return [one for one in (tmp_path / "kept" / "conversions").rglob("*") if one.is_file()]


def test_it_is_made_once_also_for_the_next_program(ask, tmp_path):
    first, count = ask()
    assert count == 1
    assert ask() == (first, 1)
    later = Pictures(tmp_path / "kept", workers=2)
    assert ask(pictures=later) == (first, 1)
    later.close()
    assert ask(1024)[1] == 2
    assert len(kept(tmp_path)) == 2


def test_what_was_lost_is_made_again_the_same(ask, tmp_path):
    first, _ = ask()
    shutil.rmtree(tmp_path / "kept")
    assert ask() == (first, 2)


@pytest.mark.parametrize("place", [0, 1000, -1, -33])
def test_a_wrong_bit_is_noticed(ask, tmp_path, place):
    first, _ = ask()
    (path,) = kept(tmp_path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert ask() == (first, 2)


@pytest.mark.parametrize("length", [0, 10, 36, 1000, -1])
def test_what_is_not_whole_is_not_there(ask, tmp_path, length):
    first, _ = ask()
    (path,) = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    assert ask() == (first, 2)


def test_that_there_can_be_none_is_remembered(ask, gallery, samples, tmp_path):
    (gallery / "sub" / "b.png").write_bytes(samples["picture.png"][:500])
    assert ask() == (None, 1)
    assert ask() == (None, 1)
    later = Pictures(tmp_path / "kept", workers=2)
    assert ask(pictures=later) == (None, 1)
    later.close()


def test_conversions_do_not_push_out_small_pictures(gallery, samples, tmp_path, ask):
    ask()
    assert (tmp_path / "kept" / "conversions").is_dir()
    room = shelf.Shelf(tmp_path / "kept" / "conversions", 100_000)
    for number in range(40):
        making = room.begin(f"{number:032x}")
        with making as file:
            file.write(bytes(10_000))
            making.finish()
    assert sum(one.stat().st_size for one in kept(tmp_path)) <= 100_000


def test_nothing_unfinished_is_left(tmp_path):
    place = shelf.Shelf(tmp_path / "kept" / "conversions", 100_000)
    with place.begin("0" * 32) as file:
        file.write(b"half")
    assert kept(tmp_path) == []
    assert place.open("0" * 32) is None


def test_where_nothing_can_be_kept_it_is_said(gallery, tmp_path, browse):
    (tmp_path / "file").touch()
    pictures = Pictures(tmp_path / "file" / "kept", workers=2)
    with Share(Application(SharedFolder(gallery), pictures=pictures), port=0) as share:
        assert browse(share)(PATH).status == 503
        assert browse(share)("/thumb/grid/sub/b.png").headers["X-Lanslide-Picture"] == "full"
    pictures.close()


def test_a_file_that_changes_meanwhile_is_not_mixed_up(gallery, own_pictures):
    """What is opened to be worked on is another one than what was asked for."""
    folder = SharedFolder(gallery)

    def again():
        (gallery / "sub" / "b.png").write_bytes(b"changed")
        return folder.open("sub/b.png")

    with folder.open("sub/b.png") as file, pytest.raises(Busy):
        own_pictures.conversions.convert(file, again, Form(), Asker())
