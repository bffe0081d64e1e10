"""One file from the share to this computer: looked for, fetched, compared, handed on.

What is there already is not fetched, what was begun goes on, and what came is what the share says
that the file is, or it is fetched once more.
"""

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from pathlib import Path

from gui import disk_problem
from gui.buffers import memory
from gui.client import Client
from gui.download import Download, Version, is_strong
from gui.errors import (
    BadAnswer,
    Cancelled,
    Damaged,
    Interrupted,
    Missing,
    Unavailable,
    Unreachable,
    Unvouched,
)
from gui.finishing import Complete, Finishing
from gui.halting import Halt, Halting
from gui.journal_page import Page
from gui.keeping import keeping
from gui.lanes import SMALL, Job, Lanes
from gui.listing import Entry, plain
from gui.part import Part
from gui.progress import Active, Progress
from gui.road import Road

TRIES = 3
"""Times that a file may break off with nothing gained, while the share is there."""

LOSSES = 10
"""How often the share itself may go away meanwhile, to count as one of these tries."""

PAUSE = 0.1
"""Seconds before the next of these tries, and more before those after it."""

GAIN = 64 * 1024
"""Bytes that a try has to bring to count as one that brought something."""

WORTH_KEEPING = 1 << 20
"""Bytes from which on an unfinished file is kept to go on with."""

BUFFER = 1 << 20
BUFFERS = 4
"""One is filled, one written, one hashed; the other one makes up for what takes longer at times."""

MOMENT = 0.2
"""Seconds."""

LOOKS_AGAIN = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
"""Seconds between two questions for a digest that is not ready yet."""

DIGEST_WAIT = 120.0
DIGEST_RATE = 5e6
"""How long a file may wait for its digest in all: seconds, and bytes in each further second."""


_GONE_ON_WITH = (Cancelled, Unreachable, Unavailable, Unvouched, OSError)
"""What ends a file early of which a part is worth keeping."""


class Policy(Enum):
    """What to do with a file when another one has its name."""

    KEEP_BOTH = "keep both"
    SKIP = "skip"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Means:
    """What the transfers of a save have in common; for all of their threads.

    Attributes:
        lanes: Where the files come from; told how near the share is.
        choose: Says what to do with files whose name another file has.

    """

    road: Road
    lanes: Lanes
    halting: Halting
    progress: Progress
    finishing: Finishing
    page: Page | None
    choose: Callable[[Path], Policy]


@dataclass(slots=True)
class Fetch:
    """How far a file is.

    Attributes:
        target: The name that it is to have, once that is known.
        twins: Files of the same size and name that may be the same.
        owed: Bytes that are counted as still to come.
        most: Bytes that the part has had at most.
        size, etag, digest, modified: What the share told with what came.
        is_from_disk: Whether the part was left by another run.
        waited: Seconds that the share has taken so far for the digest.

    """

    job: Job
    active: Active
    halt: Halt
    owed: int
    target: str | None = None
    replace: bool = False
    twins: list[str] = field(default_factory=list)
    part: Part | None = None
    size: int = 0
    etag: str | None = None
    digest: bytes | None = None
    modified: float | None = None
    is_from_disk: bool = False
    waited: float = 0.0
    most: int = 0

    @property
    def path(self) -> str:
        """Where the file is in the share."""
        return self.job.entry.path

    def has_gained(self) -> bool:
        """Tell whether a try has led further than those before it."""
        size = self.part.size if self.part is not None else 0
        gained = size - self.most >= GAIN
        self.most = max(self.most, size)
        return gained

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are here."""
        return self.part is not None and self.etag is not None and self.part.size == self.size


class Transfer:
    """Fetches one file after the other, on one thread."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._buffers = [memoryview(memory(BUFFER)) for _ in range(BUFFERS)]
        self._tells_digests = True

    def save(self, job: Job) -> None:
        """Save a file, or find that it is here; raises ClientError and OSError."""
        means, entry = self._means, job.entry
        active = means.progress.begin(entry.path, job.size)
        fetch = Fetch(job, active, means.halting.flag(entry.path), owed=job.size)
        try:
            self._save(fetch)
        except BaseException as error:
            self._let_go(fetch, error)
            raise
        finally:
            means.progress.differs(-fetch.owed)
            means.progress.end(active)

    def _save(self, fetch: Fetch) -> None:
        means = self._means
        tries, is_second = 0.0, False
        while True:
            client, returns = means.road.client, means.road.returns
            try:
                if fetch.target is None and self._is_here(fetch, client):
                    means.progress.skipped()
                    return
                self._fetch(fetch, client)
                means.road.arrived()
                if self._is_right(fetch, client):
                    self._hand_on(fetch)
                    return
                self._start_over(fetch)
                if is_second:
                    shown = plain(fetch.job.entry.name)
                    raise Damaged(f"“{shown}” came damaged, or it changes all the time.")
                is_second = True
            except Cancelled:
                means.halting.check()
                if client.is_closed or means.halting.has_given_up(fetch.path):
                    raise
                means.halting.wait_while_paused()
            except (Unreachable, Unavailable) as error:
                was_away = means.road.wait(returns, error)
                tries = (0 if fetch.has_gained() else tries) + (1 / LOSSES if was_away else 1)
                if tries > TRIES:
                    raise Interrupted(str(error)) from error
                means.halting.wait(fetch.halt.is_set, PAUSE * tries)

    # Here already?

    def _is_here(self, fetch: Fetch, client: Client) -> bool:
        """Tell whether the file is not to be fetched; else choose the name that it is to have."""
        job, name = fetch.job, fetch.job.name
        version: Version | None = None
        while True:
            target = job.place.inside(name)
            try:
                status = os.lstat(target)
            except FileNotFoundError:
                fetch.target = target
                return False
            if stat.S_ISREG(status.st_mode) and status.st_size == job.size:
                fetch.active.stage = "checking"
                version = version or self._version(fetch, client)
                if version.digest is None:
                    fetch.twins.append(target)
                elif _digest_of(target, fetch.halt) == version.digest:
                    return True
            policy = self._means.choose(Path(target))
            if policy is Policy.SKIP:
                return True
            if policy is Policy.REPLACE and stat.S_ISREG(status.st_mode):
                fetch.target, fetch.replace = target, True
                return False
            name = job.place.taken.free(job.base)

    def _version(self, fetch: Fetch, client: Client) -> Version:
        version = client.look(fetch.path, fetch.halt)
        if version.digest is None and (told := self._told(fetch, client, version.size)):
            return told
        return version

    # Fetching

    def _fetch(self, fetch: Fetch, client: Client) -> None:
        if fetch.is_whole:
            return
        fetch.active.stage = "fetching"
        if fetch.part is None:
            self._take_up(fetch)
        part = fetch.part
        start = part.size if part is not None and is_strong(fetch.etag) else 0
        began = time.monotonic()
        try:
            with client.download(fetch.path, start, fetch.etag, fetch.halt) as download:
                self._means.lanes.answered(time.monotonic() - began)
                self._receive(fetch, download)
        except BadAnswer:
            if not start:
                raise
            self._start_over(fetch)  # what is odd about a part may not be about the whole

    def _take_up(self, fetch: Fetch) -> None:
        """Go on with what another run has left, if it has."""
        page = self._means.page
        left = page.left(fetch.path) if page is not None else None
        if page is None or left is None:
            return
        path = page.path_of(left)
        # At least one byte is asked for, so that the share tells whether it still has that.
        most = max(0, left.size - 1) if is_strong(left.etag) else 0
        part = Part.resumed(path, most, lambda: _check(fetch.halt))
        if part is not None and Path(path).parent == fetch.job.place.folder:
            fetch.part, fetch.etag, fetch.size = part, left.etag, left.size
            fetch.is_from_disk = part.size > 0
            return
        if part is not None:
            part.discard()
        page.end(path)

    def _receive(self, fetch: Fetch, download: Download) -> None:
        is_big = download.size - download.start > SMALL
        if is_big:
            disk_problem.check_room(fetch.job.place.folder, download.size - download.start)
        part = self._part_for(fetch, download)
        fetch.size, fetch.etag = download.size, download.etag
        fetch.digest, fetch.modified = download.digest, download.modified
        self._owe(fetch, download.size - download.start)
        fetch.active.size, fetch.active.done = download.size, part.size
        if is_big:
            self._keep_big(fetch, part, download)
        else:
            self._keep(fetch, part, download)

    def _keep(self, fetch: Fetch, part: Part, download: Download) -> None:
        """Write what comes; hashing it takes less than having another thread do so."""
        buffer = self._buffers[0]
        data = download.taken()
        while True:
            part.digest.update(data)
            part.write(data)
            self._count(fetch, len(data))
            count = download.read_into(buffer)
            if not count:
                return
            data = buffer[:count]

    def _keep_big(self, fetch: Fetch, part: Part, download: Download) -> None:
        """Have what comes written and hashed by others, while more comes."""
        with keeping(part, self._buffers) as kept:
            while count := _fill(buffer := kept.room(), download):
                kept.keep(buffer, count)
                self._count(fetch, count)

    def _part_for(self, fetch: Fetch, download: Download) -> Part:
        """Give the part that the download continues, or begin one; noted before it changes."""
        part, target = fetch.part, fetch.target
        if part is not None:
            if download.start == 0:
                self._note(fetch, part.path, download)
                part.restart()
                fetch.is_from_disk = False
            return part
        assert target is not None  # noqa: S101 - `_is_here` has chosen it
        part = fetch.part = Part.begun(target, lambda path: self._note(fetch, path, download))
        return part

    def _note(self, fetch: Fetch, part: str, download: Download) -> None:
        if self._means.page is not None:
            self._means.page.begin(fetch.path, part, download.size, download.etag)

    def _count(self, fetch: Fetch, count: int) -> None:
        fetch.owed -= count
        fetch.active.done += count
        self._means.progress.came(count)

    def _owe(self, fetch: Fetch, count: int) -> None:
        self._means.progress.differs(count - fetch.owed)
        fetch.owed = count

    def _start_over(self, fetch: Fetch) -> None:
        if fetch.part is not None:
            fetch.part.restart()
        fetch.etag, fetch.digest, fetch.is_from_disk = None, None, False

    # Comparing

    def _is_right(self, fetch: Fetch, client: Client) -> bool:
        """Tell whether what came is what the share has, as far as the share tells that."""
        if fetch.part is None or fetch.part.size != fetch.size:
            return False
        if fetch.digest is None and self._tells_digests:
            fetch.active.stage = "checking"
            told = self._told(fetch, client, fetch.size)
            if told is not None and fetch.etag is not None and told.etag != fetch.etag:
                return False  # it has changed meanwhile
            fetch.digest = told.digest if told is not None else None
        if fetch.digest is None:
            return not fetch.is_from_disk  # who knows what became of the disk in between
        return fetch.part.digest.digest() == fetch.digest

    def _told(self, fetch: Fetch, client: Client, size: int) -> Version | None:
        """Ask for the digest until it is there; None if the share tells none."""
        most = DIGEST_WAIT + size / DIGEST_RATE
        pauses = iter(LOOKS_AGAIN)
        while self._tells_digests:
            began = time.monotonic()
            try:
                told = client.digest(fetch.path, fetch.halt)
            except Unavailable:
                if fetch.waited > most:
                    fetch.waited = 0.0  # it may have been away, and come back
                    client.look(fetch.path, fetch.halt)  # raises Unavailable if nothing is there
                    shown = plain(fetch.job.entry.name)
                    raise Unvouched(f"The share did not get “{shown}” checked in time.") from None
                fetch.active.stage = "waiting"
                pause = next(pauses, LOOKS_AGAIN[-1])
                self._means.halting.wait(fetch.halt.is_set, pause)
                _check(fetch.halt)
                fetch.waited += time.monotonic() - began
            except (Missing, BadAnswer):
                client.look(fetch.path, fetch.halt)  # raises Missing if it is the file that went
                self._tells_digests = False
            else:
                fetch.active.stage = "checking"
                return told
        return None

    # At the end

    def _hand_on(self, fetch: Fetch) -> None:
        part, target = fetch.part, fetch.target
        assert part is not None  # noqa: S101 - it is right
        assert target is not None  # noqa: S101 - so it has been chosen
        if fetch.digest is None and any(
            _digest_of(twin, fetch.halt) == part.digest.digest() for twin in fetch.twins
        ):
            self._drop(fetch)
            self._means.progress.skipped()
            return
        fetch.active.stage = "finishing"
        part.finish(_modified(fetch.job.entry, fetch.modified))
        fetch.part = None
        verified = fetch.digest is not None
        self._means.finishing.put(Complete(fetch.job, part, target, fetch.replace, verified))

    def _let_go(self, fetch: Fetch, error: BaseException) -> None:
        """Keep what came if there is somebody to go on with it, else remove it."""
        part = fetch.part
        if part is None:
            return
        is_worth_it = (
            self._means.page is not None
            and isinstance(error, _GONE_ON_WITH)
            and not self._means.halting.has_given_up(fetch.path)
            and part.size >= WORTH_KEEPING
            and is_strong(fetch.etag)
        )
        if is_worth_it:
            part.leave()
        else:
            self._drop(fetch)

    def _drop(self, fetch: Fetch) -> None:
        if fetch.part is not None:
            fetch.part.discard()
            if self._means.page is not None:
                self._means.page.end(fetch.part.path)
            fetch.part = None


def _fill(buffer: memoryview, download: Download) -> int:
    """Fill *buffer* as far as that takes but a moment: each piece costs a change of threads."""
    count, ends = 0, time.monotonic() + MOMENT
    while count < len(buffer) and (more := download.read_into(buffer[count:])):
        count += more
        if time.monotonic() > ends:
            break
    return count


def _check(halt: Halt) -> None:
    if halt.is_set():
        raise Cancelled("This was cancelled.")


def _digest_of(path: str, halt: Halt) -> bytes | None:
    """Give the SHA-256 of a file here; None if it cannot be read."""
    digest = sha256()
    try:
        with Path(path).open("rb", buffering=0) as file:
            while data := file.read(BUFFER):
                _check(halt)
                digest.update(data)
    except OSError:
        return None
    return digest.digest()


def _modified(entry: Entry, said: float | None) -> float | None:
    """Choose the time: the listing's is finer, the answer's is that of these very bytes."""
    return entry.modified if said is None or int(entry.modified) == int(said) else said
