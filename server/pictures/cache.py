"""Small pictures kept on disk, so that none is made twice; also after the program has ended.

A file for each, named by a hash. Every file is whole or not there, checks itself, and may
vanish at any time: two programs can share the folder, and the user can delete it. Nothing here
ever raises because of the disk; a cache that cannot be written is an empty one.
"""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from struct import Struct, error
from time import time

from server.pictures.protocol import Answer, Kind

# Bytes, the folder's own entries not counted.
USUAL_LIMIT = 1_000_000_000
# What is left of the limit when something had to go.
_KEPT = 0.9
# After this share of the limit was written the folder is looked through again: another program
# may write there too.
_LOOK_EVERY = 1 / 16
# Seconds after which a picture that is looked at again counts as used again.
_USED_AGAIN = 3600
# Seconds after which an unfinished file was left by a program that ended.
_LEFT_OVER = 3600

_MAGIC = b"LSP1"
_HEAD = Struct("!4s8sBB?II")
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
        self._folder = os.fspath(folder)
        self._limit = limit
        self._lock = threading.Lock()
        self._numbers = count()
        # Bytes written since the folder was looked through; the first time at once.
        self._written = limit

    def get(self, key: str) -> Kept | None:
        """Give what is kept for *key*, if it is whole."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - asked for at every request
                content = file.read()
                used = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        kept = _read(content)
        if kept is not None and abs(time() - used) > _USED_AGAIN:
            with suppress(OSError):
                os.utime(path)
        return kept

    def put(self, key: str, answer: Answer) -> Kept:
        """Keep *answer* for *key*."""
        content = _written(answer)
        path = self._path(key)
        unfinished = f"{path}.{os.getpid()}-{next(self._numbers)}"
        try:
            self._write(unfinished, content)
            os.replace(unfinished, path)  # noqa: PTH105 - plain strings here
        except OSError:
            with suppress(OSError):
                os.unlink(unfinished)  # noqa: PTH108
        self._make_room(len(content))
        return Kept(answer, _tag(content))

    def _write(self, path: str, content: bytes) -> None:
        try:
            file = open(path, "xb")  # noqa: PTH123, SIM115
        except FileNotFoundError:
            # For this user only: small pictures show as much as large ones.
            os.makedirs(self._folder, 0o700, exist_ok=True)  # noqa: PTH103
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)  # noqa: PTH103, PTH120
            file = open(path, "xb")  # noqa: PTH123, SIM115
        with file:
            file.write(content)

    def _path(self, key: str) -> str:
        return f"{self._folder}{os.sep}{key[:2]}{os.sep}{key[2:]}"

    def _make_room(self, size: int) -> None:
        """Delete what was used longest ago, once more is kept than may be."""
        with self._lock:
            self._written += size
            if self._written < self._limit * _LOOK_EVERY:
                return
            self._written = 0
            files = sorted(_files(self._folder))
            total = sum(size for _, size, _ in files)
            if total <= self._limit * (1 - _LOOK_EVERY):
                return
            for _, length, path in files:
                with suppress(OSError):
                    os.unlink(path)  # noqa: PTH108
                total -= length
                if total <= self._limit * _KEPT * (1 - _LOOK_EVERY):
                    return


def _files(folder: str) -> list[tuple[float, int, str]]:
    """List when each file was last used, its size and its path."""
    found: list[tuple[float, int, str]] = []
    with suppress(OSError):
        for inner in os.listdir(folder):  # noqa: PTH208
            if len(inner) != 2:
                continue
            with suppress(OSError), os.scandir(os.path.join(folder, inner)) as entries:  # noqa: PTH118
                for entry in entries:
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        found.append((status.st_mtime, status.st_size, entry.path))
    return found


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
    data = content[_HEAD.size :]
    answer = Answer(_KINDS[kind], _MEDIA_TYPES[media_type], width, height, opaque, data)
    return Kept(answer, _tag(content))


def _tag(content: bytes) -> str:
    return content[4:12].hex()
