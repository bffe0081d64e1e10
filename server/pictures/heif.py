"""HEIC and HEIF: what phones take pictures in. The small picture inside is told apart here.

The library decodes only what the file calls its primary picture. So a preview is had by calling
the small one that; where it is, and whether it is turned like the large one, is read here.
"""

import io
from collections.abc import Iterator
from typing import IO, NamedTuple

import pi_heif  # type: ignore[import-untyped]
from PIL import Image

from server.pictures.opened import Opened, orientation
from server.pictures.plain import profile

pi_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)

# More than any phone writes into the part that describes the file.
_MOST_BOXES = 20_000


def opened(file: IO[bytes]) -> Opened:
    """Look at a HEIF file; the library turns what it decodes."""
    data = file.read()
    image = _image(data)
    return Opened(
        *image.size,
        lambda _: _alone(image),
        orientation(image),
        profile(image),
        lambda: _preview(data),
        image.getexif,
    )


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("HEIF",))


def _alone(image: Image.Image) -> Image.Image:
    """Give a picture that is not decoded again whenever it is touched, as one of several is."""
    return image.copy() if getattr(image, "is_animated", False) else image


def _preview(data: bytes) -> Image.Image | None:
    described = _described(data)
    if described is None:
        return None
    head = bytearray(data[: described.end])
    length = described.length
    head[described.at : described.at + length] = described.small.to_bytes(length)
    # Nor is it a preview any more, which the library would keep to itself.
    head[described.reference : described.reference + 4] = b"free"
    return _alone(_image(b"".join((head, memoryview(data)[described.end :]))))


class _Described(NamedTuple):
    """How the small picture can be made the primary one.

    Attributes:
        small: its number.
        at: where the number of the primary one is written, in *length* bytes.
        reference: where it says that one is the preview of the other.
        end: where the part that describes the file ends.

    """

    small: int
    at: int
    length: int
    reference: int
    end: int


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def _described(data: bytes) -> _Described | None:
    """Find the small picture of the primary one, if both are turned the same."""
    meta = _first(data, b"meta", 0, len(data))
    if meta is None:
        return None
    inside = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)}
    if not {b"pitm", b"iref", b"iprp"} <= inside.keys():
        return None
    pitm = inside[b"pitm"]
    length = 4 if data[pitm.start] else 2
    primary = int.from_bytes(data[pitm.start + 4 : pitm.start + 4 + length])
    turns = _turns(data, inside[b"iprp"])
    for small, reference in _previews_of(primary, data, inside[b"iref"]):
        if small < 1 << 8 * length and turns.get(small) == turns.get(primary):
            return _Described(small, pitm.start + 4, length, reference, meta.end)
    return None


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    """Go through the boxes one after another; the rest is left out once one makes no sense."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, kind, head = int.from_bytes(data[start : start + 4]), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16]), 16
        size = size or end - start
        if size < head or start + size > end:
            return
        yield _Box(kind, start + head, start + size)
        start += size


def _first(data: bytes, kind: bytes, start: int, end: int) -> _Box | None:
    return next((box for box in _boxes(data, start, end) if box.kind == kind), None)


def _previews_of(primary: int, data: bytes, iref: _Box) -> Iterator[tuple[int, int]]:
    """Give the numbers of the pictures that are there to be shown instead, and where it says so."""
    length = 4 if data[iref.start] else 2
    for box in _boxes(data, iref.start + 4, iref.end):
        numbers = [
            int.from_bytes(data[at : at + length])
            for at in (box.start, *range(box.start + length + 2, box.end, length))
        ]
        if box.kind == b"thmb" and primary in numbers[1:]:
            yield numbers[0], box.start - 4


def _turns(data: bytes, iprp: _Box) -> dict[int, list[bytes]]:
    """List for each picture how it is rotated, mirrored and cropped."""
    ipco = _first(data, b"ipco", iprp.start, iprp.end)
    ipma = _first(data, b"ipma", iprp.start, iprp.end)
    if ipco is None or ipma is None:
        return {}
    properties = [
        data[box.start - 4 : box.end] if box.kind in {b"irot", b"imir", b"clap"} else b""
        for box in _boxes(data, ipco.start, ipco.end)
    ]
    version, wide = data[ipma.start], data[ipma.start + 3] & 1
    length, place = 4 if version else 2, ipma.start + 8
    turns: dict[int, list[bytes]] = {}
    for _ in range(min(int.from_bytes(data[ipma.start + 4 : place]), _MOST_BOXES)):
        number, count = int.from_bytes(data[place : place + length]), data[place + length]
        place += length + 1
        numbers = [
            int.from_bytes(data[at : at + 1 + wide]) & (0x7FFF if wide else 0x7F)
            for at in range(place, place + count * (1 + wide), 1 + wide)
        ]
        place += count * (1 + wide)
        found = [properties[one - 1] for one in numbers if 0 < one <= len(properties)]
        turns[number] = [one for one in found if one]
    return turns
