"""Converted pictures kept on disk, to be sent from there as any file is.

Apart from the small ones, which they would push out. A file is the picture, and after it what is
known of it with its digest, so that a picture is whole or not there. One without a byte says that
there can be none.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import FileIO
from pathlib import Path
from struct import Struct
from types import TracebackType

from server.pictures.protocol import LONGEST_CONVERSION
from server.pictures.room import Room
from server.reading import read_at

_TAIL = Struct("!4s32s")
_MAGIC = b"LSJ1"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Shelved:
    """A picture on the shelf: the first *size* bytes of an open file, and their SHA-256."""

    descriptor: int
    size: int
    digest: bytes

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)


class Shelf:
    """Keeps converted pictures in a folder; for any number of threads and programs."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._room = Room(folder, limit)

    def open(self, key: str) -> Shelved | None:
        """Give what is kept for *key*, if it is whole; close it."""
        try:
            descriptor, status = self._room.open(key)
        except OSError:
            return None
        found = None
        try:
            found = _read(descriptor, status.st_size - _TAIL.size)
            self._room.use(key, status.st_mtime)
        except OSError:
            pass
        finally:
            if found is None:
                os.close(descriptor)
        return found

    def begin(self, key: str) -> "Unfinished":
        """Give what takes a picture for *key*."""
        return Unfinished(self._room, key)

    def put_nothing(self, key: str) -> None:
        """Keep in mind that there can be no picture for *key*."""
        nothing = self.begin(key)
        with suppress(OSError), nothing:
            nothing.finish()


class Unfinished:
    """A picture on its way to the shelf, for one thread; what is not finished at the end is gone.

    Entering it gives the file to write to. Raises `OSError` wherever the disk does.
    """

    def __init__(self, room: Room, key: str) -> None:
        self._room, self._key = room, key

    def __enter__(self) -> FileIO:
        self._path, self._file = self._room.unfinished(self._key)
        return self._file

    def finish(self) -> None:
        """Put what was written on the shelf."""
        self._file.seek(0)
        digest = file_digest(self._file, "sha256").digest()
        size = self._file.tell()
        self._file.write(_TAIL.pack(_MAGIC, digest))
        self._file.close()
        os.replace(self._path, self._room.path(self._key))  # noqa: PTH105 - plain strings here
        self._room.make(size)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        with suppress(OSError):
            # Unless it has its own name by now.
            os.unlink(self._path)  # noqa: PTH108 - plain strings here


def _read(descriptor: int, size: int) -> Shelved | None:
    """Give the picture in an open file of *size* bytes and a tail, if it is what was written."""
    if not 0 <= size <= LONGEST_CONVERSION:
        return None
    tail = read_at(descriptor, _TAIL.size, size)
    hashing = sha256()
    for start in range(0, size, _PIECE):
        hashing.update(read_at(descriptor, min(_PIECE, size - start), start))
    if tail != _TAIL.pack(_MAGIC, hashing.digest()):
        return None
    return Shelved(descriptor, size, hashing.digest())
