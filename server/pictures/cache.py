"""Small pictures kept on disk, so that none is made twice; also after the program has ended.

A file for each, named by a hash. Every file is whole or not there, checks itself, and may
vanish at any time: two programs can share the folder, and the user can delete it. Nothing here
ever raises because of the disk; a cache that cannot be written is an empty one.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from struct import Struct, error

from server.pictures.protocol import LONGEST_PICTURE, Answer, Kind
from server.pictures.room import Room

# Bytes, the folder's own entries not counted.
USUAL_LIMIT = 1_000_000_000
_MAGIC = b"LSP1"
_HEAD = Struct("!4s8sBB?II")
_MOST = LONGEST_PICTURE + _HEAD.size
_KINDS: tuple[Kind, ...] = ("none", "preview", "full")
_MEDIA_TYPES = ("", "image/jpeg", "image/webp")


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture from the cache, and a name for exactly these bytes."""

    answer: Answer
    tag: str


class Cache:
    """Keeps answers in a folder; for any number of threads and programs."""

    def __init__(self, folder: Path, limit: int = USUAL_LIMIT) -> None:
        self._room = Room(folder, limit)

    def get(self, key: str) -> Kept | None:
        """Give what is kept for *key*, if it is whole."""
        try:
            descriptor, status = self._room.open(key)
            try:
                content = os.read(descriptor, min(status.st_size, _MOST))
            finally:
                os.close(descriptor)
        except OSError:
            return None
        kept = _read(content)
        if kept is not None:
            self._room.use(key, status.st_mtime)
        return kept

    def put(self, key: str, answer: Answer) -> Kept:
        """Keep *answer* for *key*."""
        content = _written(answer)
        with suppress(OSError):
            self._write(key, content)
        self._room.make(len(content))
        return Kept(answer, _tag(content))

    def _write(self, key: str, content: bytes) -> None:
        unfinished, file = self._room.unfinished(key)
        try:
            with file:
                file.write(content)
            os.replace(unfinished, self._room.path(key))  # noqa: PTH105 - plain strings here
        except OSError:
            os.unlink(unfinished)  # noqa: PTH108 - plain strings here


def _written(answer: Answer) -> bytes:
    kind, media_type = _KINDS.index(answer.kind), _MEDIA_TYPES.index(answer.media_type)
    fields = (kind, media_type, answer.opaque, answer.width, answer.height)
    rest = _HEAD.pack(_MAGIC, b"", *fields)[12:] + answer.data
    return _MAGIC + blake2b(rest, digest_size=8).digest() + rest


def _read(content: bytes) -> Kept | None:
    try:
        magic, digest, kind, media_type, opaque, width, height = _HEAD.unpack_from(content)
    except error:
        return None
    if magic != _MAGIC or digest != blake2b(memoryview(content)[12:], digest_size=8).digest():
        return None
    if kind >= len(_KINDS) or media_type >= len(_MEDIA_TYPES):
        # From a later release, which shares the folder with this one.
        return None
    data = content[_HEAD.size :]
    answer = Answer(_KINDS[kind], _MEDIA_TYPES[media_type], width, height, opaque, data)
    return Kept(answer, _tag(content))


def _tag(content: bytes) -> str:
    return content[4:12].hex()
