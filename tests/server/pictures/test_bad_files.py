"""Files that are broken, or made to hurt, are shown as a neutral picture; nothing else suffers."""

import io
import os
import signal
import struct
import subprocess
import sys
import tracemalloc
import urllib.request
import zlib
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from server.pictures import drawing, formats, heif_parts
from server.pictures.decoder import TIME_LIMIT
from server.pictures.neutral import NEUTRAL
from server.pictures.opened import NoPicture


def is_neutral(shown):
    return shown.kind == "none" and shown.reply.body == NEUTRAL


NAMES = [
    *("picture.jpg", "progressive.jpg", "picture.png", "picture.gif", "picture.webp"),
    *("lossless.webp", "picture.avif", "picture.bmp", "picture.tif", "packed.tif"),
    *("picture.heic", "preview.heic", "picture.jxl", "drawing.svg", "drawing.svgz"),
    *("picture.dng", "video.mp4", "video.mov", "video.webm", "video.avi"),
]
# What is there of these at their end is not needed for their first picture.
SHOWN_ALL_THE_SAME = {"video.webm", "video.avi", "picture.dng", "preview.heic"}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_cut_off_is_neutral_or_what_could_be_read(thumb, samples, name):
    for part in (10, 50, 90):
        content = samples[name][: len(samples[name]) * part // 100]
        shown = thumb(f"{part}-{name}", content)
        assert is_neutral(shown) or name in SHOWN_ALL_THE_SAME
    assert thumb(name, samples[name]).is_right()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_full_of_errors_hurts_nobody(thumb, samples, name):
    content = bytearray(samples[name])
    for place in range(40, len(content), max(1, len(content) // 50)):
        content[place] ^= 0x55
    thumb(name, bytes(content))
    assert thumb("good.jpg", samples["picture.jpg"]).is_right()


NO_PICTURES = [
    b"",
    b"\0",
    b"<html><script>alert(1)</script>",
    b"just text",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"RIFF\xff\xff\xff\xffWEBP",
    b"\0\0\0\x18ftypheic",
    b"\0\0\0\x18ftypavif",
    b"\0\0\0\x18ftypisom",
    b"II*\0\x08\0\0\0",
    b"II*\0\xff\xff\xff\xff",
    b"BM" + b"\xff" * 60,
    b"\xff\x0a",
    b"<svg",
    b"<svg>",
    b"\x1a\x45\xdf\xa3",
    b"\x1f\x8b",
]


@pytest.mark.parametrize("name", [*NAMES, "noname", "notes.txt", "archive.zip"])
def test_what_is_no_picture_is_neutral(thumb, name):
    for content in NO_PICTURES:
        assert is_neutral(thumb(name, content)), content


def tiff(entries, following=0):
    """Write a TIFF whose directories are as given."""
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    return (
        data
        + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        + struct.pack("<I", following)
    )


SIZE = [(0x100, 4, 1, 50), (0x101, 4, 1, 50), (0x102, 3, 1, 8)]
GREY = [(0x103, 3, 1, 1), (0x106, 3, 1, 1), (0x111, 4, 1, 8), (0x117, 4, 1, 2500)]
USE = "".join(
    f'<g id="g{n}"><use href="#g{n - 1}"/><use href="#g{n - 1}"/></g>' for n in range(1, 60)
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99">'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
PATTERN = '<pattern id="p" width="1" height="1"><path d="M0 0h9v9" fill="url(#p)"/></pattern>'
BLUR = '<filter id="f" x="-9e9" width="9e19" height="9e19"><feGaussianBlur stdDeviation="9e9"/>'
BLURRED = "<g filter='url(#f)'>" * 400 + '<path d="M0 0h9v9"/>' + "</g>" * 400


def bmp(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + head + bytes(1000)


def jpeg_of(width, height, make):
    """Write a small JPEG that says it is a large one."""
    content = bytearray(make.saved(make.corners(), "JPEG"))
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def gif(width, height, frames=1):
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    head = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + head + frame * frames + b";"


BOMBS = {
    "huge.bmp": lambda make: bmp(20_000, 20_000),
    "upside-down.bmp": lambda make: bmp(20_000, -20_000),
    "huge.gif": lambda make: gif(65_535, 65_535),
    "huge.jpg": lambda make: jpeg_of(65_000, 65_000, make),
    "large.jpg": lambda make: jpeg_of(20_000, 20_000, make),
    "9400.png": lambda make: make.png(9400, 9400, 8, 2),
    "20000.png": lambda make: make.png(20_000, 20_000, 1, 0),
    "loop.tif": lambda make: tiff(SIZE, 8),
    "own-exif.tif": lambda make: tiff([*SIZE, *GREY[:2], (0x8769, 4, 1, 8)], 8),
    "own-sub.tif": lambda make: tiff([*SIZE, (0x14A, 4, 1, 8)], 8),
    "own-sub.dng": lambda make: tiff([*SIZE, (0x14A, 4, 1, 8), (0xC612, 1, 4, 0x0401)], 8),
    "many.tif": lambda make: tiff([(0x111, 4, 0xFFFFFFF, 8), *SIZE], 8),
    "huge.tif": lambda make: tiff([(0x100, 4, 1, 20_000), (0x101, 4, 1, 20_000), *GREY]),
    "use.svg": lambda make: f'{SVG}<g id="g0"><rect width="9" height="9"/></g>{USE}</svg>'.encode(),
    "laughs.svg": lambda make: (
        f'<!DOCTYPE svg [<!ENTITY l0 "ha">{LAUGHS}]>{SVG}<text>&l11;</text></svg>'.encode()
    ),
    "pattern.svg": lambda make: f'{SVG}{PATTERN}<rect width="9" fill="url(#p)"/></svg>'.encode(),
    "deep.svg": lambda make: (SVG + "<g>" * 200_000).encode(),
    "blur.svg": lambda make: f"{SVG}{BLUR}</filter>{BLURRED}</svg>".encode(),
    "packed.svgz": lambda make: zlib.compress(SVG.encode() + bytes(200_000_000), 9, wbits=31),
    "thin.svg": lambda make: SVG.replace("99 99", "1 99999999").encode() + b"</svg>",
    "page.jpg": lambda make: b"\xff\xd8\xff<!doctype html><script>alert(1)</script>",
    "playlist.mp4": lambda make: b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n/etc/passwd\n",
}


@pytest.fixture(scope="module")
def bomb(make):
    """Give the content of a bomb; some take long to make."""
    return cache(lambda name: BOMBS[name](make))


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_neutral_and_others_keep_coming(thumb, bomb, samples, name):
    shown = thumb(name, bomb(name))
    # Some drawings are less of a bomb than they look.
    assert is_neutral(shown) or name.endswith(".svg"), shown
    assert thumb("good.jpg", samples["picture.jpg"]).is_right()


def test_a_packed_drawing_is_unpacked_no_further_than_one_may_be_long():
    packed = zlib.compress(SVG.encode() + bytes(50_000_000), 9, wbits=31)
    tracemalloc.start()
    try:
        with pytest.raises(NoPicture):
            drawing.opened(io.BytesIO(packed))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 3 * drawing.MOST_TEXT


def test_ten_thousand_frames_are_one_picture(thumb):
    shown = thumb("long.gif", gif(300, 200, 10_000))
    assert (shown.kind, shown.image.size) == ("full", (256, 171))


def test_a_picture_whose_directories_go_in_a_ring_is_shown(thumb):
    shown = thumb("ring.tif", tiff([*SIZE, *GREY], 8) + bytes(5000))
    assert (shown.kind, shown.image.size) == ("full", (50, 50))


@pytest.mark.parametrize("size", [1 << 44, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_box_that_ends_nowhere_tells_nothing(tmp_path, size):
    wide = struct.pack(">I4sQ", 1, b"free", size)
    (tmp_path / "lost.heic").write_bytes(b"\0\0\0\x08ftyp" + wide + bytes(100))
    with (tmp_path / "lost.heic").open("rb") as file:
        assert heif_parts.profile(file) is None


# What a drawing may not reach


@pytest.fixture
def outside(tmp_path, make):
    (tmp_path / "secret.png").write_bytes(make.saved(make.corners(), "PNG"))
    return tmp_path / "secret.png"


IMAGE = '<image {} width="99" height="99"/>'


@pytest.mark.parametrize(
    "drawing",
    [
        IMAGE.format('href="{path}"'),
        IMAGE.format("href='{path}'"),
        IMAGE.format('href = "{path}"'),
        IMAGE.format('xmlns:x="http://www.w3.org/1999/xlink" x:href="{path}"'),
        IMAGE.format('href="file://{path}"'),
        IMAGE.format('href="&#x2f;{path}"'),
        IMAGE.format('href="../secret.png"'),
        IMAGE.format('href="\n{path}"'),
        IMAGE.format("""href="{folder}/it's/../secret.png\""""),
        '<filter id="f"><feImage href="{path}"/></filter><path filter="url(#f)" d="M0 0h99v99"/>',
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_drawing_shows_nothing_from_outside_its_file(thumb, outside, drawing, coding):
    (outside.parent / "it's").mkdir()
    drawing = drawing.replace("{path}", str(outside)).replace("{folder}", str(outside.parent))
    text = f"{SVG}{drawing}</svg>"
    shown = thumb("nosy.svg", text.encode(coding))
    assert is_neutral(shown) or not shown.is_right()
    if shown.kind == "full":
        assert shown.image.getextrema()[3] == (0, 0)


ENTITIES = [
    "<!ENTITY e \"<image href='{path}' width='99' height='99'/>\">",
    '<!ENTITY e "<image href=&#34;{path}&#34; width=&#34;99&#34; height=&#34;99&#34;/>">',
    "<!ENTITY p \"{path}\"><!ENTITY e \"<image href='&p;' width='99' height='99'/>\">",
    '<!ENTITY % p "x"><!ENTITY e "y">',
    "<!ENTITY l '>ha'><!ENTITY e \">&l;&l;&l;&l;\">",
]


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_entity_hides_no_address(thumb, outside, entity):
    kind = f"<!DOCTYPE svg [{entity.replace('{path}', str(outside))}]>"
    assert is_neutral(thumb("nosy.svg", f"{kind}{SVG}&e;</svg>".encode()))


def test_a_plain_entity_does_no_harm(thumb):
    text = f'<!DOCTYPE svg [<!ENTITY c "#ff0000">]>{SVG}<path d="M0 0h99v99H0z" fill="&c;"/></svg>'
    assert thumb("old.svg", text.encode()).image.convert("RGB").getpixel((9, 9))[0] > 250


def test_a_drawing_may_hold_a_picture(thumb, make):
    from base64 import b64encode

    inside = b64encode(make.saved(make.corners((99, 99)), "PNG")).decode()
    text = SVG + IMAGE.format(f'href="data:image/png;base64,{inside}"') + "</svg>"
    assert thumb("own.svg", text.encode()).is_right()


# Decoders that crash, hang or are killed; everything of it as a program that others watch


@contextmanager
def program(gallery):
    """Share a folder with the real program, and give its address and its number."""
    command = [sys.executable, "-m", "server", str(gallery), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running.stdout.readline().strip(), running
        finally:
            running.kill()


def descendants(number):
    """List the decoders of a program, and the process that they are copies of."""
    found = Path(f"/proc/{number}/task").glob("*/children")
    children = [int(child) for file in found for child in file.read_text().split()]
    return [*children, *(one for child in children for one in descendants(child))]


def ask(address, name):
    with urllib.request.urlopen(f"{address}/thumb/grid/{name}", timeout=30) as reply:  # noqa: S310
        return reply.headers["X-Lanslide-Picture"]


def memory(number, field="VmHWM"):
    text = Path(f"/proc/{number}/status").read_text()
    return int(text.partition(f"{field}:")[2].split()[0]) * 1024


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="No /proc here.")


@needs_proc
def test_bombs_cost_the_program_itself_little_memory(gallery, bomb, make, samples):
    (gallery / "good.jpg").write_bytes(samples["picture.jpg"])
    for name in ("9400.png", "20000.png", "use.svg", "huge.tif", "packed.svgz", "large.jpg"):
        (gallery / name).write_bytes(bomb(name))
    (gallery / "large.png").write_bytes(make.png(6000, 4000, 8, 2))
    with program(gallery) as (address, running):
        assert ask(address, "good.jpg") == "full"
        before = memory(running.pid)
        for path in gallery.iterdir():
            ask(address, path.name)
        assert memory(running.pid) - before < 100 << 20


@needs_proc
def test_the_next_picture_is_made_after_every_decoder_was_killed(gallery, samples):
    for number in range(4):
        (gallery / f"{number}.jpg").write_bytes(samples["picture.jpg"] + bytes(number))
    with program(gallery) as (address, running):
        for number in range(4):
            assert ask(address, f"{number}.jpg") == "full"
            assert descendants(running.pid)
            for one in descendants(running.pid):
                os.kill(one, signal.SIGKILL)


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_decoder_outlives_the_program(gallery, samples, number):
    (gallery / "good.jpg").write_bytes(samples["picture.jpg"])
    with program(gallery) as (address, running):
        assert ask(address, "good.jpg") == "full"
        descriptors = [os.pidfd_open(one) for one in descendants(running.pid)]
        assert descriptors
        running.send_signal(number)
        # Waits as long as the process is there.
        import select

        for descriptor in descriptors:
            assert select.select([descriptor], [], [], 30)[0]
            os.close(descriptor)


def test_the_limit_is_less_than_people_are_made_to_wait():
    assert TIME_LIMIT < 5


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("cut.png", lambda samples: samples["picture.png"][:200], "damaged"),
        ("notes.txt", lambda samples: b"Sun, sea and sand.", "not-supported"),
        ("good.png", lambda samples: samples["picture.png"], None),
    ],
)
def test_why_there_is_no_picture_is_told(thumb, samples, name, content, problem):
    for _ in range(2):
        # Made, then kept.
        shown = thumb(name, content(samples))
        assert shown.reply.headers["X-Lanslide-Problem"] == problem


def test_a_picture_that_is_too_large_is_told_from_a_damaged_one(thumb, make):
    large = make.png(20_000, 20_000, 1, 0)
    assert thumb("large.png", large).reply.headers["X-Lanslide-Problem"] == "too-large"


def test_what_is_not_installed_is_named(thumb, samples, monkeypatch):
    monkeypatch.setattr(formats, "can_decode", lambda kind: kind is not formats.Family.JXL)
    shown = thumb("new.jxl", samples["picture.jxl"])
    assert (shown.kind, shown.reply.headers["X-Lanslide-Problem"]) == ("none", "needs-jxl")
