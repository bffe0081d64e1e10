"""Pictures as a JPEG that everybody can open: HEIC, AVIF, TIFF, JPEG XL, camera raw and others.

They are made by decoder processes of their own, so that nobody waits for a thumbnail meanwhile,
and kept apart from the small pictures, which they would push out. A film is no picture here, and
a JPEG stays as it is unless it is to be smaller: made once more it could only lose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path

from server import __version__
from server.folder_problem import NotShared
from server.media_types import media_type
from server.open_file import Held, OpenFile
from server.pictures.cache import Kept
from server.pictures.crew import Asker, Busy, Crew
from server.pictures.formats import Family, decodable
from server.pictures.protocol import Answer, Request
from server.pictures.queue import Job, Queue
from server.pictures.shelf import Shelf, Shelved, Unfinished
from server.pictures.version import version

# Bytes of conversions that are kept; as large files, only for whoever asks again soon.
USUAL_LIMIT = 500_000_000
# Pixels of the longer side that may be asked for.
SIDES = (1024, 2048, 4096)

# Changed whenever the same file would come out as another JPEG.
_SCHEME = 3
_NONE = Answer("none")


class BadForm(ValueError):
    """Nothing is sent in such a form; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a picture is sent as: a JPEG of *side* pixels on the longer side at most.

    With 0 it has all of its pixels. It is never made larger than it is.
    """

    side: int = 0


def form(arguments: Mapping[str, str]) -> Form | None:
    """Read from `as` and `max` of a query what pictures are to be sent as; None for as they are.

    Fewer pixels alone mean a JPEG, for there is no other form. Raises `BadForm`.
    """
    kind, most = arguments.get("as"), arguments.get("max")
    if kind is None and most is None:
        return None
    if kind not in {"jpeg", None}:
        raise BadForm("as is jpeg; there is no other form.")
    if most is not None and most not in map(str, SIDES):
        raise BadForm(f"max is one of {', '.join(map(str, SIDES))}.")
    return Form(int(most or 0))


def jpeg_name(name: str) -> str:
    """Give the name that a JPEG made of the file *name* has."""
    stem, _, _ = name.rpartition(".")
    return f"{stem if media_type(name).startswith('image/') else name}.jpg"


@dataclass(frozen=True, slots=True)
class Converted(Held):
    """A JPEG made of a file: the first *size* bytes of an open file; close it.

    Attributes:
        name: the file's own with another ending.
        tag: a name for exactly these bytes made of this version of the file; hexadecimal.
        digest: their SHA-256.

    """

    name: str
    descriptor: int
    size: int
    tag: str
    digest: bytes


class Conversions:
    """Makes JPEGs of pictures; for any number of threads, until it is closed.

    Args:
        folder: made when there is something to put into it.
        at_once: how many are made at once.
        limit: bytes that may be kept.

    """

    def __init__(self, folder: Path, at_once: int = 1, limit: int = USUAL_LIMIT) -> None:
        self._shelf = Shelf(folder, limit)
        self._queue = Queue(at_once, in_turn=True)
        self._crew = Crew(self._queue, at_once)

    def name(self, file: OpenFile, wanted: Form) -> str | None:
        """Give the name that *file* would have in that form; None if it is sent as it is.

        A look at how the file begins, which takes no time. Whether it can be read as a picture is
        not known before it is converted.
        """
        return None if _family(file, wanted) is None else jpeg_name(file.name)

    def convert(
        self, file: OpenFile, again: Callable[[], OpenFile], wanted: Form, asker: Asker
    ) -> Converted | None:
        """Give *file* as a JPEG; None if it is to be sent as it is. Waits. Raises `Busy`.

        It is sent as it is if it is no picture or cannot be decoded, and if it is a JPEG that is
        not too large. *again* opens the file once more, for as long as it is worked on; *file*
        itself stays open, and may be closed as soon as this returns. An asker that has left is not
        kept waiting.
        """
        kind = _family(file, wanted)
        if kind is None:
            return None
        now = version(file.name, file.status)
        key = _key(f"{now} {wanted.side}")
        # What was just made may be gone already where there is little room.
        for _ in range(2):
            found = self._shelf.open(key)
            if found is None:
                job = self._job(key, Request(kind, wanted.side, is_conversion=True), again, now)
                if self._crew.made(job, asker, may_leave=True).answer.kind == "none":
                    return None
                found = self._shelf.open(key)
            if found is not None:
                return _converted(found, key, file.name)
        raise Busy

    def processes(self) -> list[int]:
        """Give the numbers of the decoder processes."""
        return self._crew.processes()

    def close(self) -> None:
        """End every decoder process at once, and wait until they and their threads are gone."""
        self._crew.close()

    def _job(self, key: str, request: Request, again: Callable[[], OpenFile], now: str) -> Job:
        unfinished = self._shelf.begin(key)
        return Job(
            key,
            request,
            partial(_current, again, now),
            partial(self._look, key),
            partial(self._keep, key, unfinished),
            lambda: unfinished,
        )

    def _look(self, key: str) -> Kept | None:
        """Tell whether somebody has made it meanwhile."""
        found = self._shelf.open(key)
        if found is None:
            return None
        found.close()
        return Kept(Answer("full" if found.size else "none"), "")

    def _keep(self, key: str, unfinished: Unfinished, answer: Answer) -> Kept:
        # From a decoder that a hostile file has taken over there may come anything.
        if answer.kind != "full" or answer.media_type != "image/jpeg":
            self._shelf.put_nothing(key)
            return Kept(_NONE, "")
        unfinished.finish()
        return Kept(answer, "")


def _family(file: OpenFile, wanted: Form) -> Family | None:
    """Tell what decodes a file; None if nothing does, or it need not."""
    kind = decodable(file.name, file.descriptor)
    is_right = kind is Family.VIDEO or (kind is Family.JPEG and not wanted.side)
    return None if is_right else kind


def _converted(found: Shelved, key: str, name: str) -> Converted | None:
    if not found.size:
        found.close()
        return None
    # Also of the version and the form: nobody takes this for the same picture in another one.
    tag = blake2b(key.encode() + found.digest, digest_size=16).hexdigest()
    return Converted(jpeg_name(name), found.descriptor, found.size, tag, found.digest)


def _current(again: Callable[[], OpenFile], now: str) -> OpenFile:
    """Open a file once more, if it still is what it was."""
    file = again()
    if version(file.name, file.status) != now:
        file.close()
        raise NotShared("The file has changed.")
    return file


def _key(name: str) -> str:
    # Another release may be able to read what this one cannot.
    return blake2b(f"{_SCHEME} {__version__} {name}".encode(), digest_size=16).hexdigest()
