"""Small pictures of files, kept or made: what the rest of the server asks."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from server import __version__
from server.open_file import OpenFile
from server.pictures.cache import USUAL_LIMIT, Cache, Kept
from server.pictures.conversion import Conversions
from server.pictures.crew import Asker, Crew
from server.pictures.formats import Family, decodable, missing
from server.pictures.protocol import NOT_SUPPORTED, Answer, Request
from server.pictures.queue import Job, Queue
from server.pictures.sizes import Size
from server.pictures.version import version

if TYPE_CHECKING:  # the first pictures are made without
    from server.pictures.details import Details

# Changed whenever the same file would come out as another picture.
_SCHEME = 3
# Pictures whose measures are remembered for listings.
_MOST_MEASURES = 200_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Which kinds of picture a client takes."""

    webp: bool = True
    jpeg: bool = True


def usual_cache_folder() -> Path:
    """Give the folder for what can be made again, where this system wants it."""
    return user_cache_path("lanslide", appauthor=False) / "pictures"


class Pictures:
    """Gives pictures of open files; for any number of threads, until it is closed.

    The first picture that has to be made starts a decoder process, and many of them as many as
    there are processors. A minute without work ends them.

    Args:
        cache_folder: made when there is something to put into it.
        workers: how many pictures are made at once.
        limit: bytes that the cache may take.

    Attributes:
        conversions: pictures in another format, to be saved.

    """

    def __init__(
        self, cache_folder: Path, workers: int | None = None, limit: int = USUAL_LIMIT
    ) -> None:
        at_once = workers or os.cpu_count() or 2
        self._cache = Cache(cache_folder, limit)
        self._queue = Queue(at_once)
        self._crew = Crew(self._queue, at_once)
        self.conversions = Conversions(cache_folder / "conversions", max(1, at_once // 2))
        self._measures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def expect(self) -> None:
        """Have a decoder process started now, as pictures will soon be asked for."""
        self._crew.expect()

    def picture(
        self,
        file: OpenFile,
        size: Size,
        taken: Taken,
        asker: Asker,
        *,
        sharp: bool = False,
        again: Callable[[], OpenFile] | None = None,
    ) -> Kept:
        """Give a picture of *file*, or an answer that says why there is none. Raises `Busy`.

        A preview from inside the file that is too small does at first, unless *sharp* says no;
        then *again*, which opens the file once more, lets a sharp one be made later.
        """
        wanted = _Wanted(version(file.name, file.status), size, taken, sharp or size != Size.GRID)
        kept = self._kept(wanted)
        if kept is None:
            kind = decodable(file.name, file.descriptor)
            if kind is None:
                needed = missing(file.name, file.descriptor)
                why = NOT_SUPPORTED if needed is None else f"needs-{needed}".encode()
                return Kept(Answer("none", data=why), "")
            kept = self._crew.made(self._job(wanted, kind, lambda: nullcontext(file)), asker)
            if again is not None:
                self._sharpen(wanted, kind, kept, again)
        self._remember(wanted.version, kept.answer)
        return kept

    def kept(self, file: OpenFile, size: Size, taken: Taken) -> Kept | None:
        """Give what `picture` would give without *sharp*, if that is kept; it makes nothing.

        What is kept of a file that has no picture is an answer that says so.
        """
        wanted = _Wanted(version(file.name, file.status), size, taken, size != Size.GRID)
        kept = self._kept(wanted)
        if kept is not None:
            self._remember(wanted.version, kept.answer)
        return kept

    def ask(
        self,
        file: OpenFile,
        again: Callable[[], OpenFile],
        size: Size,
        taken: Taken,
        asker: Asker,
    ) -> Future[Kept] | None:
        """Have made what `kept` does not give, without waiting; None if there can be none.

        Leave the file open until it is done, on another thread; then the answer may say that there
        is no picture, and what is raised that it is none's fault. Raises `Busy`.
        """
        wanted = _Wanted(version(file.name, file.status), size, taken, size != Size.GRID)
        kind = decodable(file.name, file.descriptor)
        if kind is None:
            return None

        def note(done: Future[Kept]) -> None:
            if done.exception() is None:
                kept = done.result()
                self._sharpen(wanted, kind, kept, again)
                self._remember(wanted.version, kept.answer)

        made = self._crew.ask(self._job(wanted, kind, lambda: nullcontext(file)), asker)
        made.add_done_callback(note)
        return made

    def details(self, file: OpenFile, asker: Asker) -> Details:
        """Give what is known about the picture in *file*. Raises `Busy`."""
        from server.pictures.details import Details, details

        now = version(file.name, file.status)
        kind = decodable(file.name, file.descriptor)
        if kind is None:
            return Details()
        job = Job(
            f"{now} details",
            Request(kind),
            lambda: nullcontext(file),
            lambda: None,
            lambda answer: Kept(answer, ""),
        )
        answer = self._crew.made(job, asker).answer
        self._remember(now, answer)
        return details(answer)

    def measures(self, now: str) -> tuple[int, int] | None:
        """Give width and height of the picture in a file of version *now*, if known already."""
        return self._measures.get(now)

    def processes(self) -> list[int]:
        """Give the numbers of the decoder processes."""
        return self._crew.processes() + self.conversions.processes()

    def close(self) -> None:
        """End every decoder process at once, and wait until they and their threads are gone."""
        self._crew.close()
        self.conversions.close()

    def _sharpen(
        self, wanted: _Wanted, kind: Family, kept: Kept, again: Callable[[], OpenFile]
    ) -> None:
        """Have a sharp picture made when there is time, if *kept* is none yet."""
        if kept.answer.kind == "preview":
            later = _Wanted(wanted.version, wanted.size, wanted.taken, sharp=True)
            self._queue.ask_later(self._job(later, kind, again))
            self._crew.attend()

    def _job(
        self,
        wanted: _Wanted,
        kind: Family,
        opened: Callable[[], AbstractContextManager[OpenFile]],
    ) -> Job:
        taken = wanted.taken
        return Job(
            wanted.key(),
            Request(kind, wanted.size, taken.webp, taken.jpeg, not wanted.sharp),
            opened,
            partial(self._kept, wanted),
            partial(self._keep, wanted),
        )

    def _kept(self, wanted: _Wanted) -> Kept | None:
        """Look for a picture that will do."""
        for name in wanted.names():
            kept = self._cache.get(_key(name))
            if kept is not None and (kept.answer.opaque or wanted.suits_transparent(name)):
                return kept
        return None

    def _keep(self, wanted: _Wanted, answer: Answer) -> Kept:
        return self._cache.put(_key(wanted.name_of(answer)), answer)

    def _remember(self, now: str, answer: Answer) -> None:
        if answer.width:
            self._measures[now] = answer.width, answer.height
            if len(self._measures) > _MOST_MEASURES:
                self._measures.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What of a file is wanted, and under which names that may be kept."""

    version: str
    size: Size
    taken: Taken
    sharp: bool

    def key(self) -> str:
        """Give a name for the work of making exactly this."""
        return f"{self.version} {self.size} {self.taken} {self.sharp}"

    def names(self) -> list[str]:
        """List the names of what will do, the best first."""
        names = [self._name(kind) for kind in ("jpeg", "webp") if getattr(self.taken, kind)]
        if not self.sharp and self.taken.jpeg:
            names.append(self._name("preview"))
        return [*names, self._none]

    def name_of(self, answer: Answer) -> str:
        """Give the name that an answer is kept under."""
        if answer.kind == "none":
            return self._none
        return self._name("preview" if answer.kind == "preview" else answer.media_type[6:])

    def suits_transparent(self, name: str) -> bool:
        """Tell whether a picture of that name is right even if it lost its transparent parts."""
        return not (self.taken.webp and name == self._name("jpeg"))

    def _name(self, kind: str) -> str:
        return f"{self.version} {self.size} {kind}"

    @property
    def _none(self) -> str:
        # Another release may be able to read the file.
        return f"{self.version} none {__version__}"


def _key(name: str) -> str:
    return blake2b(f"{_SCHEME} {name}".encode(), digest_size=16).hexdigest()
