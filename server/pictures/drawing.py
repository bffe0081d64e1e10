"""SVG, drawn in the size that is wanted; never with anything from outside the file."""

import io
import re
import zlib
from typing import IO

import resvg_py
from PIL import Image

from server.pictures.opened import NoPicture, Opened

# Bytes of text; what is drawn by hand is far below.
MOST_TEXT = 8 << 20

_ROOT = re.compile(r"<(?:\w+:)?svg\b([^>]*)>")
_MEASURE = re.compile(r"""\b(width|height)\s*=\s*["']\s*([\d.]+)\s*(px|pt|pc|mm|cm|in|)\s*["']""")
_VIEW_BOX = re.compile(r"""\bviewBox\s*=\s*["']\s*([-\d.eE+,\s]+)["']""")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
# The library opens whatever file an address names, on the whole computer. What is left of an
# address is only a place in the same file, or a picture that is written out in it. An address ends
# at the quote that it began with, and may well hold the other one.
_ADDRESS = re.compile(
    r"""(href\s*=\s*)(?:(")(?!(?-i:\#|data:))[^"]*"|(')(?!(?-i:\#|data:))[^']*')""", re.IGNORECASE
)
# Entities can hide an address, and grow without end; the plain ones of old programs do neither.
_ENTITY = re.compile(r"""<!ENTITY(?!\s+[\w.:-]+\s+(?:"[^"&%<]*"|'[^'&%<]*')\s*>)""")
# What a drawing without a size is taken to have.
_USUAL = 512.0


def opened(file: IO[bytes]) -> Opened:
    """Look at a drawing."""
    text = _text(file)
    root = _ROOT.search(text)
    if root is None or _ENTITY.search(text):
        raise NoPicture
    width, height = _size(root[1])
    text = _ADDRESS.sub(r"\1\2\3#\2\3", text)
    return Opened(
        max(round(width), 1), max(round(height), 1), lambda side: _drawn(text, width, height, side)
    )


def _text(file: IO[bytes]) -> str:
    data = file.read(MOST_TEXT + 1)
    if data.startswith(b"\x1f\x8b"):
        data = zlib.decompressobj(wbits=31).decompress(data, MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise NoPicture
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def _size(attributes: str) -> tuple[float, float]:
    """Read the size of a drawing in pixels."""
    given = {
        name: float(number) * _PIXELS[unit] for name, number, unit in _MEASURE.findall(attributes)
    }
    width, height = given.get("width"), given.get("height")
    box = _VIEW_BOX.search(attributes)
    wide, high = _USUAL, _USUAL
    if box:
        numbers = [float(number) for number in box[1].replace(",", " ").split()]
        if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0:
            wide, high = numbers[2:]
    if width and height:
        return width, height
    if width:
        return width, width * high / wide
    return (height * wide / high, height) if height else (wide, high)


def _drawn(text: str, width: float, height: float, side: int) -> Image.Image:
    scale = side / max(width, height)
    png = resvg_py.svg_to_bytes(
        svg_string=text,
        width=max(round(width * scale), 1),
        height=max(round(height * scale), 1),
        # Looking through all fonts takes longer than the drawing.
        skip_system_fonts="<text" not in text and ":text" not in text,
    )
    return Image.open(io.BytesIO(png), formats=("PNG",))
