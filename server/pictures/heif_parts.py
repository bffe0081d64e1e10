"""What a HEIF file says about its pictures, read as far as a preview needs it.

The library decodes only the primary picture of a file that is read as a whole. `alone` writes a
small file instead, in which the preview is the primary picture and the large one is left out.

A file is a row of boxes, and most boxes are rows of boxes themselves. Anything that makes no sense
ends in `None` or in an error that is answered with the large picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

# How much is read first; the part that describes the pictures is nearly always within it.
_HEAD = 1 << 16
_MOST = 8 << 20
# More than any phone writes.
_MOST_BOXES = 20_000
_TURNING = frozenset({b"irot", b"imir", b"clap"})


class Box(NamedTuple):
    """What is in a box, without its head."""

    kind: bytes
    start: int
    end: int


class _Place(NamedTuple):
    """Where the data of a picture is, and where that is written down."""

    offset: int
    length: int
    base_at: range
    offset_at: range


@dataclass(frozen=True, slots=True)
class Parts:
    """A picture and its preview, which are turned the same.

    Attributes:
        head: the file up to the end of its description.
        size: width and height of the large picture as it is looked at.
        profile: its colour profile.
        offset, length: where in the file the preview is.
        patches: what to write where in the head, to have the preview be all that there is.

    """

    head: bytes
    size: tuple[int, int]
    profile: bytes | None
    offset: int
    length: int
    patches: tuple[tuple[int, bytes], ...]

    def alone(self, file: IO[bytes]) -> bytes:
        """Give a file with the preview and nothing else."""
        changed = bytearray(self.head)
        for place, data in self.patches:
            changed[place : place + len(data)] = data
        file.seek(self.offset)
        data = file.read(self.length)
        return bytes(changed) + (len(data) + 8).to_bytes(4) + b"mdat" + data


def parts(file: IO[bytes]) -> Parts | None:
    """Find the preview in a file; None if there is none that is sure to fit."""
    head = _head(file)
    if head is None:
        return None
    data, meta = head
    inside = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)}
    if not {b"pitm", b"iinf", b"iloc", b"iref", b"iprp"} <= inside.keys():
        return None
    wide = 4 if data[inside[b"pitm"].start] else 2
    primary_at = inside[b"pitm"].start + 4
    primary = _number(data, primary_at, wide)
    found = _properties(data, inside[b"iprp"])
    entry = _entry(data, inside[b"iinf"], primary)
    for small, reference in _previews_of(primary, data, inside[b"iref"]):
        place = _place(data, inside[b"iloc"], small)
        size = _size(found.get(primary, []))
        if place is None or size is None or entry is None or small >= 1 << 8 * wide:
            continue
        if _turns(found.get(small, [])) != _turns(found.get(primary, [])):
            continue
        patches = (
            (primary_at, small.to_bytes(wide)),
            (reference, b"free"),
            (entry.start + 3, bytes([data[entry.start + 3] | 1])),
            *_moved(place, meta.end + 8),
        )
        profile = _profile(found.get(primary, []))
        return Parts(data[: meta.end], size, profile, place.offset, place.length, patches)
    return None


def _head(file: IO[bytes]) -> tuple[bytes, Box] | None:
    """Read up to the end of the description."""
    data = file.read(_HEAD)
    start = 0
    for _ in range(_MOST_BOXES):
        size, kind = _number(data, start, 4), data[start + 4 : start + 8]
        if size < 8 or kind == b"mdat":
            return None
        if kind == b"meta":
            end = start + size
            if end > len(data):
                data += file.read(min(end, _MOST) - len(data))
            return (data, Box(kind, start + 8, end)) if end <= len(data) else None
        start += size
        if start + 8 > len(data):
            return None
    return None


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


def _previews_of(primary: int, data: bytes, iref: Box) -> Iterator[tuple[int, int]]:
    """Give the numbers of the previews of a picture, and where the word for that stands."""
    wide = 4 if data[iref.start] else 2
    for box in _boxes(data, iref.start + 4, iref.end):
        of = [_number(data, at, wide) for at in range(box.start + wide + 2, box.end, wide)]
        if box.kind == b"thmb" and primary in of:
            yield _number(data, box.start, wide), box.start - 4


def _entry(data: bytes, iinf: Box, number: int) -> Box | None:
    """Find the entry of a picture in the list of all; its flags can hide it."""
    start = iinf.start + (8 if data[iinf.start] else 6)
    for box in _boxes(data, start, iinf.end):
        wide = 4 if data[box.start] > 2 else 2
        if box.kind == b"infe" and _number(data, box.start + 4, wide) == number:
            return box
    return None


def _place(data: bytes, iloc: Box, number: int) -> _Place | None:
    """Find where a picture's data is, if it is in one piece in this file."""
    version, sizes = data[iloc.start], data[iloc.start + 4 : iloc.start + 6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    wide = 4 if version > 1 else 2
    at = iloc.start + 6 + wide
    for _ in range(min(_number(data, at - wide, wide), _MOST_BOXES)):
        item, at = _number(data, at, wide), at + wide
        method = _number(data, at, 2) & 15 if version else 0
        at += 4 if version else 2
        base_at, at = range(at, at + base_size), at + base_size
        count, at = _number(data, at, 2), at + 2
        if item == number:
            offset_at = range(at + index_size, at + index_size + offset_size)
            offset = _number(data, offset_at.start, offset_size)
            base = _number(data, base_at.start, base_size)
            length = _number(data, offset_at.stop, length_size)
            is_one = method == 0 and count == 1 and 0 < length <= _MOST
            return _Place(base + offset, length, base_at, offset_at) if is_one else None
        at += count * (index_size + offset_size + length_size)
    return None


def _moved(place: _Place, offset: int) -> Iterator[tuple[int, bytes]]:
    """Give the patches that say that data is now at *offset*."""
    numbers = (0, offset) if place.offset_at else (offset, 0)
    for at, number in zip((place.base_at, place.offset_at), numbers, strict=True):
        if at:
            yield at.start, number.to_bytes(len(at))


def _properties(data: bytes, iprp: Box) -> dict[int, list[tuple[bytes, bytes]]]:
    """List the properties of each picture, kind and content."""
    boxes = {box.kind: box for box in _boxes(data, iprp.start, iprp.end)}
    ipco, ipma = boxes[b"ipco"], boxes[b"ipma"]
    every = [(box.kind, data[box.start : box.end]) for box in _boxes(data, ipco.start, ipco.end)]
    wide = 4 if data[ipma.start] else 2
    index, mask = (2, 0x7FFF) if data[ipma.start + 3] & 1 else (1, 0x7F)
    at = ipma.start + 8
    found: dict[int, list[tuple[bytes, bytes]]] = {}
    for _ in range(min(_number(data, at - 4, 4), _MOST_BOXES)):
        item, count, at = _number(data, at, wide), data[at + wide], at + wide + 1
        numbers = [_number(data, at + n * index, index) & mask for n in range(count)]
        at += count * index
        found[item] = [every[one - 1] for one in numbers if 0 < one <= len(every)]
    return found


def _turns(properties: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [one for one in properties if one[0] in _TURNING]


def _profile(properties: list[tuple[bytes, bytes]]) -> bytes | None:
    colours = [data for kind, data in properties if kind == b"colr"]
    return next((data[4:] for data in colours if data[:4] in {b"prof", b"rICC"}), None)


def _size(properties: list[tuple[bytes, bytes]]) -> tuple[int, int] | None:
    """Give the size of a picture as it is looked at; None if a part is cut off."""
    told = dict(properties)
    extents = told.get(b"ispe", b"")
    if len(extents) != 12 or b"clap" in told:
        return None
    width, height = _number(extents, 4, 4), _number(extents, 8, 4)
    is_on_its_side = bool(told.get(b"irot", b"\0")[0] & 1)
    return (height, width) if is_on_its_side else (width, height)
