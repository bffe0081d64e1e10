"""What a HEIF file says about its pictures, read as far as a preview needs it.

The library decodes only the primary picture of a file that is read as a whole. `Preview.alone`
writes a small file instead, in which the preview is all there is.

A file is a row of boxes, and most boxes are rows of boxes themselves. Anything that makes no sense
ends in `None` or in an error that is answered with the large picture.
"""

from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from server.pictures import coded_colours

_MOST = 8 << 20
# Bytes; no system can go farther in a file than its own limit, and most have a lower one.
_FARTHEST = 1 << 40
# More than any phone writes.
_MOST_BOXES = 20_000
_TURNING = frozenset({b"irot", b"imir", b"clap"})
# Before the boxes in one that has a version.
_VERSION = bytes(4)


class Box(NamedTuple):
    """What is in a box, without its head."""

    kind: bytes
    start: int
    end: int


class Property(NamedTuple):
    """Something said about a picture."""

    kind: bytes
    data: bytes


class Preview(NamedTuple):
    """A small picture in the file.

    Attributes:
        size: width and height, turned as the large one.
        codec: how it is compressed, as the file says it.
        properties: what the decoder has to know about it.
        offset, length: where in the file it is.

    """

    size: tuple[int, int]
    codec: bytes
    properties: tuple[Property, ...]
    offset: int
    length: int

    def alone(self, file: IO[bytes]) -> bytes:
        """Give a file with this picture and nothing else."""
        file.seek(self.offset)
        data = file.read(self.length)
        start = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
        numbers = bytes(range(1, len(self.properties) + 1))
        about = (
            _box(b"hdlr", _VERSION, bytes(4), b"pict", bytes(13)),
            _box(b"pitm", _VERSION, b"\0\1"),
            _box(
                *(b"iinf", _VERSION, b"\0\1"),
                _box(b"infe", b"\2\0\0\0", b"\0\1", b"\0\0", self.codec, b"\0"),
            ),
            _box(
                b"iprp",
                _box(b"ipco", *(_box(one.kind, one.data) for one in self.properties)),
                _box(b"ipma", _VERSION, b"\0\0\0\1\0\1", bytes([len(numbers)]), numbers),
            ),
        )
        # Where the data is comes last, and takes as many bytes whatever it says.
        place = len(start) + 12 + sum(map(len, about)) + 30 + 8
        where = (b"\x44\0\0\1\0\1\0\0\0\1", place.to_bytes(4), len(data).to_bytes(4))
        meta = _box(b"meta", _VERSION, *about, _box(b"iloc", _VERSION, *where))
        return start + meta + _box(b"mdat", data)


class Parts(NamedTuple):
    """A picture and its previews.

    Attributes:
        size: width and height of the large picture as it is looked at.
        profile: its colour profile.
        previews: those that are turned as it is, the smallest first.

    """

    size: tuple[int, int]
    profile: bytes | None
    previews: tuple[Preview, ...]

    def preview(self, side: int) -> Preview:
        """Give the smallest preview that has *side* pixels on its longer side, or the largest."""
        enough = (one for one in self.previews if max(one.size) >= side)
        return next(enough, self.previews[-1])


def parts(file: IO[bytes]) -> Parts | None:
    """Find the previews in a file; None if there is none that is sure to fit."""
    data = _description(file)
    inside = _inside(data)
    if not {b"pitm", b"iinf", b"iloc", b"iref", b"iprp"} <= inside.keys():
        return None
    primary, told = _primary(data, inside[b"pitm"]), _properties(data, inside[b"iprp"])
    large = told.get(primary, [])
    size = _size(large)
    if size is None:
        return None
    found: list[Preview] = []
    for small in _previews_of(primary, data, inside[b"iref"]):
        about = told.get(small, [])
        codec, place = _codec(data, inside[b"iinf"], small), _place(data, inside[b"iloc"], small)
        measures = _size(about)
        if codec and place and measures and _turns(about) == _turns(large) and len(about) < 127:
            found.append(Preview(measures, codec, tuple(about), *place))
    if not found:
        return None
    return Parts(size, _profile(large), tuple(sorted(found, key=lambda one: max(one.size))))


def profile(file: IO[bytes]) -> bytes | None:
    """Find the colour profile of the large picture in a file; None if nothing is known of it."""
    try:
        data = _description(file)
        inside = _inside(data)
        told = _properties(data, inside[b"iprp"])
        return _profile(told.get(_primary(data, inside[b"pitm"]), []))
    except (IndexError, KeyError, ValueError, OverflowError):
        return None


def _inside(description: bytes) -> dict[bytes, Box]:
    return {box.kind: box for box in _boxes(description, 4, len(description))}


def _primary(data: bytes, pitm: Box) -> int:
    """Tell the number of the large picture."""
    return _number(data, pitm.start + 4, 4 if data[pitm.start] else 2)


def _description(file: IO[bytes]) -> bytes:
    """Read what describes the pictures, which is before or behind them; nothing if not found."""
    start = 0
    for _ in range(_MOST_BOXES):
        if start > _FARTHEST:
            return b""
        file.seek(start)
        head = file.read(16)
        size, kind, wide = _number(head, 0, 4), head[4:8], 8
        if size == 1:
            size, wide = _number(head, 8, 8), 16
        if kind == b"meta" and wide < size <= _MOST:
            file.seek(start + wide)
            data = file.read(size - wide)
            return data if len(data) == size - wide else b""
        if size < wide or len(head) < 16:
            return b""
        start += size
    return b""


def _box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return (len(inside) + 8).to_bytes(4) + kind + inside


def _number(data: bytes, place: int, length: int) -> int:
    return int.from_bytes(data[place : place + length])


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Go through boxes one after another; the rest is left out once one makes no sense."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, kind, head = _number(data, start, 4), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = _number(data, start + 8, 8), 16
        size = size or end - start
        if size < head or start + size > end:
            return
        yield Box(kind, start + head, start + size)
        start += size


def _previews_of(primary: int, data: bytes, iref: Box) -> Iterator[int]:
    """Give the numbers of the previews of a picture."""
    wide = 4 if data[iref.start] else 2
    for box in _boxes(data, iref.start + 4, iref.end):
        of = [_number(data, at, wide) for at in range(box.start + wide + 2, box.end, wide)]
        if box.kind == b"thmb" and primary in of:
            yield _number(data, box.start, wide)


def _codec(data: bytes, iinf: Box, number: int) -> bytes | None:
    """Tell how a picture is compressed."""
    start = iinf.start + (8 if data[iinf.start] else 6)
    for box in _boxes(data, start, iinf.end):
        wide = 4 if data[box.start] > 2 else 2
        if box.kind == b"infe" and _number(data, box.start + 4, wide) == number:
            at = box.start + 4 + wide + 2
            return data[at : at + 4] if data[box.start] >= 2 else None
    return None


def _place(data: bytes, iloc: Box, number: int) -> tuple[int, int] | None:
    """Tell where a picture's data is, and how long, if it is in one piece in this file."""
    version, sizes = data[iloc.start], data[iloc.start + 4 : iloc.start + 6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    wide = 4 if version > 1 else 2
    at = iloc.start + 6 + wide
    for _ in range(min(_number(data, at - wide, wide), _MOST_BOXES)):
        item, at = _number(data, at, wide), at + wide
        method = _number(data, at, 2) & 15 if version else 0
        at += 4 if version else 2
        base, at = _number(data, at, base_size), at + base_size
        count, at = _number(data, at, 2), at + 2
        if item == number:
            offset = base + _number(data, at + index_size, offset_size)
            length = _number(data, at + index_size + offset_size, length_size)
            is_one = method == 0 and count == 1 and 0 < length <= _MOST
            return (offset, length) if is_one else None
        at += count * (index_size + offset_size + length_size)
    return None


def _properties(data: bytes, iprp: Box) -> dict[int, list[Property]]:
    """List the properties of each picture, kind and content."""
    boxes = {box.kind: box for box in _boxes(data, iprp.start, iprp.end)}
    ipco, ipma = boxes[b"ipco"], boxes[b"ipma"]
    every = [
        Property(box.kind, data[box.start : box.end]) for box in _boxes(data, ipco.start, ipco.end)
    ]
    wide = 4 if data[ipma.start] else 2
    index, mask = (2, 0x7FFF) if data[ipma.start + 3] & 1 else (1, 0x7F)
    at = ipma.start + 8
    found: dict[int, list[Property]] = {}
    for _ in range(min(_number(data, at - 4, 4), _MOST_BOXES)):
        item, count, at = _number(data, at, wide), data[at + wide], at + wide + 1
        numbers = [_number(data, at + n * index, index) & mask for n in range(count)]
        at += count * index
        found[item] = [every[one - 1] for one in numbers if 0 < one <= len(every)]
    return found


def _turns(properties: Iterable[Property]) -> list[Property]:
    return [one for one in properties if one[0] in _TURNING]


def _profile(properties: Iterable[Property]) -> bytes | None:
    """Give a picture's colour profile, also if its colours are only named."""
    colours = {data[:4]: data[4:] for kind, data in properties if kind == b"colr"}
    found = colours.get(b"prof") or colours.get(b"rICC")
    named = colours.get(b"nclx", b"")
    if found or len(named) < 4:
        return found
    return coded_colours.profile(_number(named, 0, 2), _number(named, 2, 2))


def _size(properties: Iterable[Property]) -> tuple[int, int] | None:
    """Give the size of a picture as it is looked at; None if a part is cut off."""
    told = dict(properties)
    extents = told.get(b"ispe", b"")
    if len(extents) != 12 or b"clap" in told:
        return None
    width, height = _number(extents, 4, 4), _number(extents, 8, 4)
    is_on_its_side = bool(told.get(b"irot", b"\0")[0] & 1)
    return (height, width) if is_on_its_side else (width, height)
