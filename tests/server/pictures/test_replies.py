"""Thumbnails and details of pictures over HTTP."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import ExifTags, Image

from server.application import Application
from server.folder import SharedFolder
from server.pictures import queue
from server.pictures.neutral import NEUTRAL
from server.share import Share
from server.sockets import listen

FOR_GOOD = "private, max-age=31536000, immutable"


@pytest.fixture
def gallery(gallery, samples):
    (gallery / "sub").mkdir()
    for name in ("a.jpg", "sub/b.jpg"):
        (gallery / name).write_bytes(samples["picture.jpg"])
    (gallery / "notes.txt").write_text("Sun, sea and sand.")
    return gallery


def listed(browser, name, folder=""):
    entries = json.loads(browser(f"/api/folder/{folder}").body)["entries"]
    return next(entry for entry in entries if entry["name"] == name)


def test_a_thumbnail_of_the_listed_version_is_for_good(browser, gallery):
    version = listed(browser, "a.jpg")["version"]
    reply = browser(f"/thumb/grid/a.jpg?v={version}")
    assert reply.headers["Cache-Control"] == FOR_GOOD
    assert reply.headers["X-Lanslide-Picture"] == "full"
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    for query in ("", "?v=", "?v=0", f"?v={version.upper()}x"):
        assert browser(f"/thumb/grid/a.jpg{query}").headers["Cache-Control"] == "no-cache"


def test_another_content_has_another_version(browser, gallery, make):
    version = listed(browser, "a.jpg")["version"]
    tag = browser(f"/thumb/grid/a.jpg?v={version}").headers["ETag"]
    status = (gallery / "a.jpg").stat()
    other = make.saved(Image.new("RGB", (480, 320)), "JPEG").ljust(status.st_size, b"\0")
    (gallery / "a.jpg").write_bytes(other[: status.st_size])
    os.utime(gallery / "a.jpg", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert listed(browser, "a.jpg")["version"] != version
    reply = browser(f"/thumb/grid/a.jpg?v={version}", If_None_Match=tag)
    assert reply.status == 200
    assert reply.headers["ETag"] != tag
    assert reply.headers["Cache-Control"] == "no-cache"


def test_a_folder_has_no_version(browser):
    assert listed(browser, "sub")["version"] is None


@pytest.mark.parametrize("name", ["a.jpg", "notes.txt"])
def test_what_the_client_has_is_not_sent_again(browser, name):
    reply = browser(f"/thumb/grid/{name}")
    assert re.fullmatch(r'"[0-9a-f]{16}"', reply.headers["ETag"])
    again = browser(f"/thumb/grid/{name}", If_None_Match=f'W/"x", {reply.headers["ETag"]}')
    assert (again.status, again.body) == (304, b"")
    for field in ("ETag", "Cache-Control", "Vary", "X-Lanslide-Picture"):
        assert again.headers[field] == reply.headers[field]


def test_a_folder_is_stood_for_by_the_first_picture_that_can_be_shown(browser, gallery, make):
    folder = gallery / "album"
    (folder / "inside").mkdir(parents=True)
    for name in ("a.jpg", "b.png"):
        (folder / name).write_bytes(b"no picture at all")
    nothing = browser("/thumb/large/album/")
    assert nothing.headers["Content-Type"] == "image/png"
    assert "X-Lanslide-Picture" not in nothing.headers
    (folder / "inside" / "c.jpg").write_bytes(make.saved(make.corners(), "JPEG"))
    assert browser("/thumb/large/album/").headers["X-Lanslide-Picture"] == "full"
    for name in ("c.heic", "d.jpg"):
        (folder / name).write_bytes(b"no picture at all")
    # Not without end.
    assert browser("/thumb/large/album/").body == nothing.body
    (folder / "a.jpg").write_bytes(make.saved(make.corners((900, 300)), "JPEG"))
    image = Image.open(io.BytesIO(browser("/thumb/large/album/").body))
    assert image.size == (512, 171)


def test_head_is_get_without_the_body(browser):
    get, head = browser("/thumb/grid/a.jpg"), browser("/thumb/grid/a.jpg", "HEAD")
    assert head.body == b""
    del get.headers["Date"], head.headers["Date"]
    assert head.headers.items() == get.headers.items()


def test_sizes_differ(browser, gallery, make):
    (gallery / "large.jpg").write_bytes(make.saved(make.corners((3000, 2000)), "JPEG"))
    for size, width in (("grid", 256), ("large", 512), ("screen", 2048)):
        image = Image.open(io.BytesIO(browser(f"/thumb/{size}/large.jpg").body))
        assert image.size == (width, round(width * 2 / 3))


@pytest.mark.parametrize(
    "path",
    [
        "/thumb/huge/a.jpg",
        "/thumb/GRID/a.jpg",
        "/thumb/256/a.jpg",
        "/thumb/grid/",
        "/thumb/grid",
        "/thumb/",
        "/thumb/grid/sub",
        "/thumb/grid/a.jpg/",
        "/thumb/grid/nothing.jpg",
        "/thumb/grid/../a.jpg",
        "/thumb/grid//a.jpg",
        "/thumb/grid/.hidden.jpg",
        "/api/info/",
        "/api/info/sub",
        "/api/info/nothing.jpg",
    ],
)
def test_what_is_not_there_is_404(browser, gallery, samples, path):
    (gallery / ".hidden.jpg").write_bytes(samples["picture.jpg"])
    assert browser(path).status == 404


def test_what_may_not_be_read_is_403(browse, public, as_nobody, samples, makers):
    (public / "locked.jpg").write_bytes(samples["picture.jpg"])
    (public / "locked.jpg").chmod(0)
    with Share(Application(SharedFolder(public), pictures=makers), port=0) as share:
        browse(share)("/nothing")  # reads the error's page, which that user may not be able to
        with as_nobody():
            assert browse(share)("/thumb/grid/locked.jpg").status == 403
            assert browse(share)("/api/info/locked.jpg").status == 403


def test_another_site_may_not_ask(browser):
    assert browser("/thumb/grid/a.jpg", Sec_Fetch_Site="cross-site").status == 403


def test_every_thumbnail_is_guarded(browser):
    for name in ("a.jpg", "notes.txt"):
        headers = browser(f"/thumb/grid/{name}").headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]


def test_what_is_no_picture_is_neutral(browser, gallery):
    reply = browser("/thumb/grid/notes.txt")
    assert (reply.status, reply.body) == (200, NEUTRAL)
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["X-Lanslide-Picture"] == "none"
    version = listed(browser, "notes.txt")["version"]
    # Another release may show it.
    assert browser(f"/thumb/grid/notes.txt?v={version}").headers["Cache-Control"] == "no-cache"


def test_without_decoders_everything_is_neutral(browse, gallery):
    with Share(Application(SharedFolder(gallery)), port=0) as share:
        assert browse(share)("/thumb/grid/a.jpg").body == NEUTRAL
        details = json.loads(browse(share)("/api/info/a.jpg").body)
        assert details.pop("path") == "a.jpg"
        assert not any(details.values())


@pytest.mark.parametrize("name", ["\udcff.jpg", "a\nb.jpg", "%41#?;.jpg", "日本語.jpg"])
def test_an_odd_name_is_no_obstacle(browser, gallery, samples, name):
    (gallery / name).write_bytes(samples["picture.jpg"])
    path = quote(os.fsencode(name))
    assert browser(f"/thumb/grid/{path}").headers["X-Lanslide-Picture"] == "full"
    details = json.loads(browser(f"/api/info/{path}").body)
    assert (details["path"], details["width"]) == (name, 480)


def test_a_listing_tells_a_size_once_it_is_known(browser, gallery):
    assert "width" not in listed(browser, "b.jpg", "sub")
    browser("/thumb/grid/sub/b.jpg")
    entry = listed(browser, "b.jpg", "sub")
    assert (entry["width"], entry["height"]) == (480, 320)


def test_a_small_preview_is_replaced_by_a_sharp_picture_before_long(
    browse, gallery, own_pictures, make, monkeypatch
):
    monkeypatch.setattr(queue, "PAUSE", 0)
    exif = make.with_preview(make.notes(), make.saved(make.corners((160, 107)), "JPEG"))
    (gallery / "camera.jpg").write_bytes(make.saved(make.corners((900, 600)), "JPEG", exif=exif))
    with Share(Application(SharedFolder(gallery), pictures=own_pictures), port=0) as share:
        browser = browse(share)
        path = f"/thumb/grid/camera.jpg?v={listed(browser, 'camera.jpg')['version']}"
        first = browser(path)
        assert first.headers["X-Lanslide-Picture"] == "preview"
        assert first.headers["Cache-Control"] == "no-cache"
        entry = listed(browser, "camera.jpg")
        assert (entry["width"], entry["height"]) == (900, 600)
        while (later := browser(path)).headers["X-Lanslide-Picture"] == "preview":
            assert later.headers["ETag"] == first.headers["ETag"]
        assert later.headers["X-Lanslide-Picture"] == "full"
        assert later.headers["Cache-Control"] == FOR_GOOD
        assert later.headers["ETag"] != first.headers["ETag"]


def test_after_the_end_there_is_nothing_to_wait_for(browse, gallery, own_pictures):
    with Share(Application(SharedFolder(gallery), pictures=own_pictures), port=0) as share:
        own_pictures.close()
        reply = browse(share)("/thumb/grid/a.jpg")
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
        assert browse(share)("/api/info/a.jpg").status == 503


# Details


def details(browser, gallery, exif, make):
    (gallery / "noted.jpg").write_bytes(make.saved(make.corners(), "JPEG", exif=exif))
    return json.loads(browser("/api/info/noted.jpg").body)


@pytest.fixture
def noted(make):
    exif, base = make.notes(6, Make="Canon", Model="Canon EOS R5"), ExifTags.Base
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            base.DateTimeOriginal: "2026:07:12 20:41:08",
            base.LensModel: "RF24-105mm F4 L IS USM",
            base.ExposureTime: 0.008,
            base.FNumber: 2.8,
            base.ISOSpeedRatings: 400,
            base.FocalLength: 35.0,
        }
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (47.0, 33.0, 1.5), 3: "E", 4: (7.0, 35.0, 2.5)}
    )
    return exif


def test_what_the_camera_has_noted_is_told(browser, gallery, noted, make):
    assert details(browser, gallery, noted, make) == {
        "path": "noted.jpg",
        "width": 320,
        "height": 480,
        "taken": "2026-07-12T20:41:08",
        "camera": "Canon EOS R5",
        "lens": "RF24-105mm F4 L IS USM",
        "exposure": "1/125 s",
        "aperture": "f/2.8",
        "iso": 400,
        "focal_length": "35 mm",
        "location": True,
    }
    text = browser("/api/info/noted.jpg").body
    assert b"47" not in text
    assert b"33" not in text


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_notes_are_read_in_every_format(browser, gallery, noted, make, kind):
    (gallery / f"noted.{kind}").write_bytes(make.saved(make.corners(), kind, exif=noted))
    told = json.loads(browser(f"/api/info/noted.{kind}").body)
    assert (told["camera"], told["width"], told["height"]) == ("Canon EOS R5", 320, 480)


def test_a_raw_picture_is_told_about(browser, gallery, make):
    content = make.dng(make.saved(make.corners(), "JPEG"), 6)
    (gallery / "raw.dng").write_bytes(content)
    told = json.loads(browser("/api/info/raw.dng").body)
    assert (told["camera"], told["width"], told["height"]) == ("Lanslide Imaginary 35", 320, 480)


def test_notes_are_text_and_short(browser, gallery, make):
    exif = make.notes(Model="evil\x1b[31m \u202egpj\n<b>\x00rest", Make="x" * 5000)
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: "yesterday <script>",
            ExifTags.Base.LensModel: "l" * 5000,
            ExifTags.Base.ISOSpeedRatings: 65535,
            ExifTags.Base.FNumber: -1.0,
        }
    )
    told = details(browser, gallery, exif, make)
    assert told["taken"] is None
    assert told["aperture"] is None
    assert told["iso"] == 65535
    assert len(told["lens"]) == 100
    for text in (told["camera"], told["lens"]):
        assert text.isprintable()


@pytest.mark.parametrize("broken", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x" * 999])
def test_broken_notes_tell_nothing(browser, gallery, make, broken):
    (gallery / "broken.jpg").write_bytes(make.saved(make.corners(), "JPEG", exif=broken))
    told = json.loads(browser("/api/info/broken.jpg").body)
    assert (told["width"], told["height"], told["camera"]) == (480, 320, None)
    assert browser("/thumb/grid/broken.jpg").headers["X-Lanslide-Picture"] == "full"


# The window as a whole


def descendants(number):
    tasks = Path(f"/proc/{number}/task").glob("*/children")
    children = [child for task in tasks for child in task.read_text().split()]
    return [*children, *(one for child in children for one in descendants(child))]


def test_the_windows_decoders_know_nothing_of_it(gallery):
    """Nor do they run its main module again."""
    if not Path("/proc/self/task").exists():
        pytest.skip("No /proc here.")
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/thumb/grid/a.jpg"
    command = [sys.executable, "-m", "gui", os.fspath(gallery), "--port", str(port)]
    with subprocess.Popen(command) as window:
        try:
            while True:
                try:
                    with urllib.request.urlopen(address, timeout=20) as reply:
                        assert reply.headers["X-Lanslide-Picture"] == "full"
                    break
                except urllib.error.URLError:
                    assert window.poll() is None
            decoders = descendants(window.pid)
            assert decoders
            loaded = [Path(f"/proc/{decoder}/maps").read_text() for decoder in decoders]
            assert any("PIL" in files for files in loaded)
            assert not any("PySide6" in files for files in loaded)
            window.send_signal(signal.SIGTERM)
            assert window.wait(20) == 0
            assert not any(Path(f"/proc/{decoder}").exists() for decoder in decoders)
        finally:
            window.kill()


@pytest.mark.parametrize("name", ["a.jpg", "large.jpg", "notes.txt"])
def test_the_fields_of_a_thumbnail_are_as_described(browser, gallery, make, name):
    preview = make.saved(make.corners((160, 107)), "JPEG")
    large = make.saved(
        make.corners((3000, 2000)), "JPEG", exif=make.with_preview(make.notes(), preview)
    )
    (gallery / "large.jpg").write_bytes(large)
    description = json.loads(browser("/api/openapi.json").body)
    known = description["components"]["headers"]
    target = f"/thumb/grid/{name}?v={listed(browser, name)['version']}"
    first = browser(target)
    for reply in (first, browser(target, If_None_Match=first.headers["ETag"])):
        responses = description["paths"]["/thumb/{size}/{path}"]["get"]["responses"]
        described = responses[str(reply.status)]["headers"]
        for field, where in described.items():
            told = known[where["$ref"].rpartition("/")[2]]
            schema, value = told["schema"], reply.headers[field]
            assert value is not None or not told.get("required")
            if value is not None:
                assert value in schema.get("enum", [schema.get("const", value)])
                assert re.search(schema.get("pattern", ""), value)
        own = {field for field in reply.headers if field.startswith("X-Lanslide")}
        assert own <= described.keys()
        assert ("X-Lanslide-Pixels" in own) == (name != "notes.txt")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_whether_a_picture_tells_its_place_is_known_whatever_its_kind(browser, gallery, make, kind):
    here = {1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)}
    for name, place in (("here", here), ("nowhere", {})):
        exif = make.notes(Make="Maker")
        if place:
            exif.get_ifd(ExifTags.IFD.GPSInfo).update(place)
            exif[ExifTags.IFD.GPSInfo] = exif.get_ifd(ExifTags.IFD.GPSInfo)
        (gallery / name).write_bytes(make.saved(make.corners(), kind, exif=exif))
        reply = browser(f"/api/info/{name}")
        assert json.loads(reply.body)["camera"] == "Maker"
        assert json.loads(reply.body)["location"] == bool(place)
        assert b"48" not in reply.body.replace(b'"width": 480', b"")
