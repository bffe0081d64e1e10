"""Decoding in this process: bounded, and nothing kept."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PySide6.QtCore import QBuffer, QSize
from PySide6.QtGui import QColor, QColorSpace, QImage

from gui import picture, picture_cost

BOX = QSize(320, 320)


def resident() -> int:
    """Give this process's memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def jpeg(size: tuple[int, int]) -> bytes:
    made = io.BytesIO()
    Image.effect_noise(size, 90).save(made, "JPEG", quality=95)
    return made.getvalue()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own figures")
def test_decoding_keeps_nothing_of_the_file(qapp):
    data = jpeg((1500, 1500))
    picture.decode(data, BOX)
    before = resident()
    for _ in range(60):
        picture.decode(data, BOX)
    assert len(data) > 1_000_000
    assert resident() - before < 20 * len(data)


# What plays an animation over and over beside another thread that decodes; in a process of its own,
# for threads that wait for each other for ever cannot be ended.
TWO_THREADS = """
import io, threading
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PySide6.QtCore import QSize
from gui.animation import Film
from gui.picture import decode

frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime")]
gif, png = io.BytesIO(), io.BytesIO()
frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
frames[0].save(png, "PNG")

def play():
    film = Film(gif.getvalue())
    for _ in range(6000):
        film.next(None)

def look():
    for _ in range(3000):
        decode(png.getvalue(), QSize(100, 100))

threads = [threading.Thread(target=work, daemon=True) for work in (play, look)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("both have ended")
"""


def test_threads_that_decode_do_not_wait_for_each_other_for_ever():
    root = Path(picture.__file__).parents[1]
    command = [sys.executable, "-c", TWO_THREADS]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True, timeout=50)
    assert done.stdout == "both have ended\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"GIF89a", "damaged"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be shown here"),
        (b"\0" * 1000, "cannot be shown here"),
    ],
)
def test_what_is_no_picture_says_why(qapp, data, says):
    with pytest.raises(picture.CannotShow, match=says):
        picture.decode(data, BOX)


@pytest.mark.qt_log_ignore("exceeds the current allocation limit")
def test_a_picture_that_would_take_too_much_memory_is_refused(qapp):
    picture.limit_memory()
    made = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(made, "PNG")
    with pytest.raises(picture.CannotShow, match="too large"):
        picture.decode(made.getvalue(), BOX)


def of_many_scans(size: tuple[int, int], count: int, **how: object) -> bytes:
    made = io.BytesIO()
    Image.new("L", size).save(made, "JPEG", **how)
    data = made.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def of_many_texts(count: int) -> bytes:
    made = io.BytesIO()
    texts = PngInfo()
    for _ in range(count):
        texts.add_text("x", "x" * 100, zip=True)
    Image.new("1", (30, 20)).save(made, "PNG", pnginfo=texts)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "is_too_much"),
    [
        (of_many_scans((300, 200), 2000, progressive=True), True),
        (of_many_scans((300, 200), 1, progressive=True), False),
        (of_many_texts(2000), True),
        (of_many_texts(20), False),
    ],
)
def test_a_small_file_that_is_work_for_minutes_is_refused(qapp, data, is_too_much):
    if is_too_much:
        with pytest.raises(picture.CannotShow, match="too much work"):
            picture.decode(data, BOX)
    else:
        assert not picture.decode(data, BOX).image.isNull()


@pytest.mark.parametrize("between", [b"\xff\xfe\0\2", b"\xff\xfe\0\6\xff\xd9\xff\xda", b"\xff\x01"])
def test_nothing_between_them_hides_the_scans_of_a_picture(between):
    data = of_many_scans((300, 200), 2000, progressive=True)
    assert picture_cost.is_too_much("jpeg", data.replace(b"\xff\xda", between + b"\xff\xda"))


def test_the_scans_of_a_film_behind_a_picture_are_not_its_own():
    data = of_many_scans((300, 200), 1, progressive=True)
    assert not picture_cost.is_too_much("jpeg", data + b"\xff\xda" * 2000)


def test_the_colours_are_those_of_srgb(qapp):
    wide = QColorSpace(QColorSpace.NamedColorSpace.DisplayP3)
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 100, 100))
    image.setColorSpace(wide)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    shown = picture.decode(buffer.data().data(), BOX).image
    assert shown.pixelColor(0, 0).red() > 208
