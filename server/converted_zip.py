"""A zip whose pictures are converted on the way; how long it gets is known only at the end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import chain

from deflate import crc32

from server import zip_format
from server.archive import Member, check, opened
from server.body import ended_early
from server.checksums import crc32_of
from server.digests import Identity
from server.folder_problem import FolderProblem
from server.members import text_file
from server.names import shown
from server.open_file import OpenFile
from server.pictures.conversion import Conversions, Converted, Form, jpeg_name
from server.pictures.crew import Asker, Busy
from server.reading import read_at

# Files that are converted, or looked at, at once; how many decoders work is not decided here.
AHEAD = 4
# How often a picture is asked for while there is too much else to do, and seconds in between.
_TRIES = 10
_PAUSE = 0.5
_CHUNK = 1 << 18
UNCONVERTED = "not-converted.txt"
_HEADLINE = "These are in the archive as they are, for they could not be converted at the time:"


def converted_zip(
    members: Sequence[Member],
    form: Form,
    conversions: Conversions,
    find: Callable[[str], OpenFile],
    has_left: Callable[[], bool],
    device: str | None = None,
) -> Iterator[bytes]:
    """Make the bytes of a zip of *members*, with their pictures in that *form*. Waits for them.

    What is no picture, or cannot be read as one, is in it as it is; so is what cannot be converted
    at the moment, and that is named in a text file at the end. *find* opens a file of the
    shared folder, and *device* is where it goes to. Raises `EndedEarly` if a file is not any more
    what it was, and soon after *has_left* tells that nobody wants the rest.
    """
    taken = Counter(member.name.decode().casefold() for member in members)
    lines: list[bytes] = []
    offset = 0
    ahead = _Ahead(form, conversions, find, has_left, device)
    try:
        for number, member in enumerate(chain(members, _told(ahead.given_up, members))):
            ahead.begin(members[number : number + AHEAD])
            name, size, modified, content = member
            with ExitStack() as files:
                if isinstance(content, bytes):
                    crc, data = crc32(content), iter([content])
                elif (made := ahead.take(content)) is not None:
                    files.enter_context(made)
                    taken[name.decode().casefold()] -= 1
                    name, size = _free(jpeg_name(name.decode()), taken).encode(), made.size
                    crc = crc32_of(made.descriptor, size, has_left)
                    data = _read(made.descriptor, size)
                else:
                    file = files.enter_context(opened(find, content))
                    crc = crc32_of(file.descriptor, size, has_left)
                    data = _unchanged(file.descriptor, content)
                yield zip_format.local_header(name, size, modified, crc)
                yield from data
            lines.append(zip_format.central_header(name, size, modified, crc, offset))
            offset += zip_format.local_size(name, size, modified) + size
        directory = b"".join(lines)
        yield directory + zip_format.end(len(lines), len(directory), offset)
    except FolderProblem as problem:
        raise ended_early("A file is not there any more.") from problem
    finally:
        ahead.end()


def _told(given_up: Set[Identity], members: Sequence[Member]) -> Iterator[Member]:
    """Give the text that names those of *members* that were given up, if any was by then."""
    names = [shown(member.name.decode()) for member in members if member.content in given_up]
    if names:
        yield text_file(UNCONVERTED, _HEADLINE, names, members)


class _Ahead:
    """Has the next few files converted meanwhile, on threads of its own.

    Attributes:
        given_up: those that nothing is known of, for there was too much else to do, or no room.

    """

    def __init__(
        self,
        form: Form,
        conversions: Conversions,
        find: Callable[[str], OpenFile],
        has_left: Callable[[], bool],
        device: str | None,
    ) -> None:
        self.given_up: set[Identity] = set()
        self._form, self._conversions = form, conversions
        self._find, self._is_left = find, has_left
        self._asker = Asker(self._has_left, device=device)
        self._threads = ThreadPoolExecutor(AHEAD, "archive")
        self._begun: dict[Identity, Future[Converted | None]] = {}
        self._ended = threading.Event()

    def begin(self, members: Sequence[Member]) -> None:
        """Begin with those of *members* that are not begun yet."""
        for member in members:
            content = member.content
            if not isinstance(content, bytes) and content not in self._begun:
                self._begun[content] = self._threads.submit(self._convert, content)

    def take(self, content: Identity) -> Converted | None:
        """Wait for a file that was begun; None if it is sent as it is."""
        return self._begun.pop(content).result()

    def end(self) -> None:
        """Begin nothing more, and let go of what nobody takes."""
        self._ended.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for future in self._begun.values():
            future.add_done_callback(_let_go)

    def _has_left(self) -> bool:
        return self._ended.is_set() or self._is_left()

    def _convert(self, content: Identity) -> Converted | None:
        again = partial(self._find, content.path)
        for _ in range(_TRIES):
            if self._has_left():
                raise ended_early("Nobody wants it any more.")
            try:
                with opened(self._find, content) as file:
                    return self._conversions.convert(file, again, self._form, self._asker)
            except Busy as problem:
                if isinstance(problem.__cause__, OSError):
                    # A disk that fails is not asked ten times.
                    break
                self._ended.wait(_PAUSE)
        self.given_up.add(content)
        return None


def _let_go(future: Future[Converted | None]) -> None:
    if not future.cancelled() and future.exception() is None:
        made = future.result()
        if made is not None:
            made.close()


def _free(name: str, taken: Counter[str]) -> str:
    """Give *name*, or one like it, that no other file has in any spelling; it is taken then."""
    stem, number, free = name.removesuffix(".jpg"), 1, name
    while taken[free.casefold()] > 0:
        number += 1
        free = f"{stem} ({number}).jpg"
    taken[free.casefold()] += 1
    return free


def _read(descriptor: int, size: int) -> Iterator[bytes]:
    offset = 0
    while offset < size:
        data = read_at(descriptor, min(_CHUNK, size - offset), offset)
        if not data:
            raise ended_early("The file became shorter while it was sent.")
        offset += len(data)
        yield data


def _unchanged(descriptor: int, content: Identity) -> Iterator[bytes]:
    yield from _read(descriptor, content.size)
    check(descriptor, content)
