"""Fixtures of the tests of pictures: files of every kind, and a share that makes thumbnails."""

import io
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import quote

import av
import numpy as np
import pylibjxl
import pytest
from PIL import ExifTags, Image

from server.application import Application
from server.folder import SharedFolder
from server.pictures.service import Pictures
from server.share import Share

SAMPLES = Path(__file__).parent / "samples"
SIZE = WIDTH, HEIGHT = 480, 320
# What is to be seen in the four corners of every sample, from left to right, then below.
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = (RED, GREEN, BLUE, WHITE)
# How a picture has to be stored so that it is seen right with each value of EXIF's orientation.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def corners(size: tuple[int, int] = SIZE) -> Image.Image:
    """Draw a picture with a colour in each corner."""
    image = Image.new("RGB", size, WHITE)
    x, y = size[0] // 2, size[1] // 2
    for place, colour in zip(((0, 0), (x, 0), (0, y)), CORNERS, strict=False):
        image.paste(colour, (*place, place[0] + x, place[1] + y))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Write a picture as *kind*."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def notes(turn: int = 1, **more: Any) -> Image.Exif:
    """Give EXIF data that says how to turn the picture."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    for name, value in more.items():
        exif[ExifTags.Base[name]] = value
    return exif


def with_preview(exif: Image.Exif, preview: bytes) -> bytes:
    """Put a small JPEG into EXIF data, as cameras do; the library can only read that."""
    data = exif.tobytes().removeprefix(b"Exif\0\0")
    order = "<" if data[:2] == b"II" else ">"
    start = struct.unpack_from(f"{order}I", data, 4)[0]
    count = struct.unpack_from(f"{order}H", data, start)[0]
    following = start + 2 + 12 * count
    second, head = len(data), 2 + 3 * 12 + 4
    entries = [
        struct.pack(f"{order}HHIHxx", 0x0103, 3, 1, 6),
        struct.pack(f"{order}HHII", 0x0201, 4, 1, second + head),
        struct.pack(f"{order}HHII", 0x0202, 4, 1, len(preview)),
    ]
    link = struct.pack(f"{order}I", second)
    count_of_entries = struct.pack(f"{order}H", len(entries))
    data = data[:following] + link + data[following + 4 :]
    return b"Exif\0\0" + data + count_of_entries + b"".join(entries) + bytes(4) + preview


def png(
    width: int, height: int, bits: int, colour: int, rows: Iterator[bytes] | None = None
) -> bytes:
    """Write a PNG of any kind; of nothing but zeros without *rows*."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    empty = bytes(1 + (width * bits * samples + 7) // 8)
    packer = zlib.compressobj(6 if rows is None else 1)
    packed = b"".join(packer.compress(row) for row in (rows or (empty for _ in range(height))))
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", packed + packer.flush()), (b"IEND", b""))
    )


def video(codec: str, container: str, frames: int = 20) -> bytes:
    """Film the corners."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as film:
        stream = film.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        frame = av.VideoFrame.from_image(corners())
        for number in range(frames):
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return file.getvalue()


def dng(preview: bytes, turn: int = 1) -> bytes:
    """Write a camera's raw picture: a preview, and a grey field as the sensor saw it."""

    def directory(entries: list[tuple[int, str, Any]], place: int, following: bytes) -> bytes:
        """Lay out a directory that begins at *place*; long values come behind it."""
        codes = {"B": (1, "B"), "H": (3, "H"), "I": (4, "I"), "s": (2, "s"), "R": (5, "I")}
        head, tail = b"", b""
        behind = place + 2 + 12 * len(entries) + 4
        for tag, kind, value in entries:
            code, letter = codes[kind]
            if kind == "s":
                packed, count = value + b"\0", len(value) + 1
            else:
                values = value if isinstance(value, tuple) else (value,)
                packed = struct.pack(f"<{len(values)}{letter}", *values)
                count = len(values) // (2 if kind == "R" else 1)
            if len(packed) > 4:
                head += struct.pack("<HHII", tag, code, count, behind + len(tail))
                tail += packed + bytes(len(packed) % 2)
            else:
                head += struct.pack("<HHI", tag, code, count) + packed.ljust(4, b"\0")
        return struct.pack("<H", len(entries)) + head + following + tail

    small = width, height = Image.open(io.BytesIO(preview)).size
    sensor = struct.pack("<H", 2000) * (width * height)
    room = 2048
    places = 8 + room, 8 + room + len(preview) + len(preview) % 2
    raw = [
        *((0x00FE, "I", 0), (0x0100, "I", width), (0x0101, "I", height), (0x0102, "H", 16)),
        *((0x0103, "H", 1), (0x0106, "H", 32803), (0x0111, "I", places[1]), (0x0115, "H", 1)),
        *((0x0116, "I", height), (0x0117, "I", len(sensor)), (0x828D, "H", (2, 2))),
        *((0x828E, "B", (0, 1, 1, 2)), (0xC61A, "H", 0), (0xC61D, "I", 4095)),
    ]
    whole = [
        *((0x00FE, "I", 1), (0x0100, "I", small[0]), (0x0101, "I", small[1])),
        *((0x0102, "H", (8, 8, 8)), (0x0103, "H", 7), (0x0106, "H", 6)),
        *((0x010F, "s", b"Lanslide"), (0x0110, "s", b"Imaginary 35"), (0x0111, "I", places[0])),
        *((0x0112, "H", turn), (0x0115, "H", 3), (0x0116, "I", small[1])),
        *((0x0117, "I", len(preview)), (0x014A, "I", 1024), (0xC612, "B", (1, 4, 0, 0))),
        *((0xC614, "s", b"Imaginary 35"), (0xC65A, "H", 21)),
        (0xC621, "R", (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)),
        (0xC628, "R", (1, 1, 1, 1, 1, 1)),
    ]
    whole.sort()
    data = b"II*\0" + struct.pack("<I", 8) + directory(whole, 8, bytes(4))
    data = data.ljust(1024, b"\0") + directory(raw, 1024, bytes(4))
    data = data.ljust(places[0], b"\0") + preview
    return data.ljust(places[1], b"\0") + sensor


def turned_heic(content: bytes, large: int, small: int, mirror: int | None = None) -> bytes:
    """Have both pictures of the sample turned that many quarters anticlockwise, if any at all.

    After that both are mirrored: 0 has top and bottom change places, and 1 left and right.
    """
    kinds = {kind: content.index(kind) for kind in (b"meta", b"iprp", b"ipco", b"ipma", b"iloc")}

    def size(kind: bytes) -> int:
        return int(struct.unpack_from(">I", content, kinds[kind] - 4)[0])

    end_of_ipco = kinds[b"ipco"] - 4 + size(b"ipco")
    turns = b"".join(b"\0\0\0\x09irot" + bytes([quarters]) for quarters in (large, small))
    turns += b"\0\0\0\x09imir" + bytes([mirror or 0])
    place, count = end_of_ipco, 0
    properties = content[kinds[b"ipco"] + 4 : end_of_ipco]
    while properties:
        properties, count = properties[struct.unpack(">I", properties[:4])[0] :], count + 1
    ipma = content[place : place - 4 + 4 + size(b"ipma")]
    entries, at = b"", 16
    for number, quarters in enumerate((large, small), 1):
        item = ipma[at : at + 3 + ipma[at + 2]]
        at += len(item)
        more = bytes([count + number]) if quarters else b""
        more += b"" if mirror is None else bytes([count + 3])
        entries += item[:2] + bytes([item[2] + len(more)]) + item[3:] + more
    grown = len(turns) + len(entries) - (len(ipma) - 16)
    changed = bytearray(
        content[:place] + turns + ipma[:16] + entries + content[place + len(ipma) :]
    )
    for kind, more in (
        *((b"meta", grown), (b"iprp", grown), (b"ipco", len(turns))),
        (b"ipma", grown - len(turns)),
    ):
        at = changed.index(kind) - 4
        struct.pack_into(">I", changed, at, struct.unpack_from(">I", changed, at)[0] + more)
    at = kinds[b"iloc"] + 12
    for _ in range(2):
        # Number, reference, base, how many pieces, offset, length; the base is the offset here.
        struct.pack_into(
            ">I", changed, at + 4, struct.unpack_from(">I", changed, at + 4)[0] + grown
        )
        at += 18
    return bytes(changed)


DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 320">'
    b'<path fill="#f00" d="M0 0h240v160H0z"/><path fill="#0f0" d="M240 0h240v160H240z"/>'
    b'<path fill="#00f" d="M0 160h240v160H0z"/><path fill="#fff" d="M240 160h240v160H240z"/></svg>'
)


def _samples() -> dict[str, bytes]:
    image = corners()
    jpeg = saved(image, "JPEG", quality=95)
    return {
        "picture.jpg": jpeg,
        "progressive.jpg": saved(image, "JPEG", quality=95, progressive=True),
        "picture.png": saved(image, "PNG"),
        "picture.gif": saved(image, "GIF"),
        "picture.webp": saved(image, "WEBP", quality=95),
        "lossless.webp": saved(image, "WEBP", lossless=True),
        "picture.avif": saved(image, "AVIF", quality=90, speed=10),
        "picture.bmp": saved(image, "BMP"),
        "picture.tif": saved(image, "TIFF"),
        "packed.tif": saved(image, "TIFF", compression="tiff_lzw"),
        "picture.heic": (SAMPLES / "plain.heic").read_bytes(),
        "preview.heic": (SAMPLES / "preview.heic").read_bytes(),
        "picture.jxl": pylibjxl.encode(np.asarray(image), effort=1),
        "drawing.svg": DRAWING,
        "drawing.svgz": zlib.compress(DRAWING, wbits=31),
        "picture.dng": dng(jpeg),
        "video.mp4": video("mpeg4", "mp4"),
        "video.mov": video("mpeg4", "mov"),
        "video.webm": video("vp8", "webm"),
        "video.avi": video("mpeg4", "avi"),
    }


def profile(
    red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float]
) -> bytes:
    """Write a colour profile of these primaries (x, y), under D65 with a gamma of 2.2."""

    def fixed(number: float) -> bytes:
        return struct.pack(">i", round(number * 65536))

    adapted = np.array(
        [[1.0479, 0.0229, -0.0502], [0.0296, 0.9904, -0.0171], [-0.0092, 0.0151, 0.7519]]
    )
    axes = adapted @ linear(red, green, blue)
    blocks = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + fixed(0.9642) + fixed(1) + fixed(0.8249),
        **{
            name: b"XYZ " + bytes(4) + b"".join(map(fixed, axes[:, number]))
            for number, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv" + bytes(4) + b"\0\0\0\1\x02\x33"),
    }
    table, body, place = struct.pack(">I", len(blocks)), b"", 128 + 4 + 12 * len(blocks)
    for name, block in blocks.items():
        table += name + struct.pack(">II", place + len(body), len(block))
        body += block + bytes(-len(block) % 4)
    head = bytes(4) + bytes(4) + b"\x02\x10\0\0" + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + fixed(0.9642) + fixed(1) + fixed(0.8249)
    whole = head.ljust(128, b"\0") + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


def linear(*primaries: tuple[float, float]) -> Any:
    """Give the matrix from light of these primaries, under D65, to XYZ."""
    axes = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    return axes * np.linalg.solve(axes, white)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """What draws and writes test files; see the functions of these names."""
    functions = (corners, saved, notes, with_preview, png, dng, turned_heic, profile, linear)
    named = {one.__name__: one for one in (*functions, is_near)}
    return SimpleNamespace(**named, stored=STORED)


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    """A file of every kind, by name."""
    return _samples()


@pytest.fixture
def file(tmp_path: Path, samples: dict[str, bytes]) -> Iterator[int]:
    """A picture that is open."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(samples["picture.jpg"])
    with path.open("rb") as opened:
        yield opened.fileno()


class Thumb(NamedTuple):
    """A thumbnail as it came: what the service says of it, and what is to be seen."""

    kind: str
    image: Image.Image
    reply: Any

    def corners(self) -> tuple[tuple[int, ...], ...]:
        """Give the colours in the four corners, a little inside."""
        image = self.image.convert("RGB")
        x, y = image.width // 6, image.height // 6
        right, low = image.width - x, image.height - y
        return tuple(
            image.getpixel(place) for place in ((x, y), (right, y), (x, low), (right, low))
        )

    def is_right(self) -> bool:
        """Tell whether it shows the corners, up to what compression does to colours."""
        return all(
            is_near(seen, wanted) for seen, wanted in zip(self.corners(), CORNERS, strict=True)
        )


def is_near(seen: Any, wanted: Any, apart: int = 24) -> bool:
    return all(abs(one - other) <= apart for one, other in zip(seen, wanted, strict=True))


@pytest.fixture(scope="session")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pictures]:
    """Decoder processes for many tests, so that not every one starts its own."""
    pictures = Pictures(tmp_path_factory.mktemp("kept"), workers=2)
    yield pictures
    pictures.close()


@pytest.fixture
def pictures(makers: Pictures) -> Pictures:
    """What makes thumbnails of `share`; a test that kills or counts takes its own."""
    return makers


@pytest.fixture
def own_pictures(tmp_path: Path) -> Iterator[Pictures]:
    """What makes thumbnails for one test alone."""
    pictures = Pictures(tmp_path / "kept", workers=2)
    yield pictures
    pictures.close()


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """An empty folder to share."""
    folder = tmp_path / "gallery"
    folder.mkdir()
    return folder


@pytest.fixture
def share(gallery: Path, pictures: Pictures) -> Iterator[Share]:
    """`gallery`, shared with thumbnails."""
    with Share(Application(SharedFolder(gallery), pictures=pictures), port=0) as running:
        yield running


@pytest.fixture
def thumb(browser: Any, gallery: Path) -> Callable[..., Thumb]:
    """Ask for a thumbnail of a file in `gallery`, after writing it if it is given."""

    def ask(name: str, content: bytes | None = None, size: str = "grid", **fields: str) -> Thumb:
        if content is not None:
            (gallery / name).write_bytes(content)
        query = fields.pop("query", "")
        fields.setdefault("Accept", "image/webp,image/*,*/*;q=0.8")
        reply = browser(f"/thumb/{size}/{quote(name)}{query}", **fields)
        assert reply.status == 200, reply
        image = Image.open(io.BytesIO(reply.body))
        image.load()
        return Thumb(reply.headers["X-Lanslide-Picture"], image, reply)

    return ask


@pytest.fixture
def of_pictures() -> Callable[[], list[threading.Thread]]:
    """List the threads that make pictures."""
    return lambda: [one for one in threading.enumerate() if one.name == "pictures"]
