"""SHA-256 of shared files: computed in the background, and kept for the next time.

A reply only looks into memory, which takes no time. What is not there is asked for: a thread then
looks into a small file in the user's cache folder, and reads the shared file itself if it has to.
It lets every other thread go first, unless somebody waits for what it does. The thread begins with
the first thing asked for and ends when there was nothing to do for a moment, or with
`Digests.close`.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Reversible
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Self

from platformdirs import user_cache_path

from server.folder import SharedFolder
from server.folder_problem import FolderProblem
from server.kept_digests import KeptDigests
from server.open_file import OpenFile
from server.reading import read_at

# Bytes of which the digest is found in less time than it takes to ask for it once more.
SMALL = 256 * 1024
# How many digests are known at once, and how many files may be waiting for theirs.
MOST_KNOWN = 10_000
MOST_ASKED = 1_000
# How many files may be half read, because others were asked for meanwhile.
MOST_BEGUN = 4
# How many of the share's few workers may wait for a digest, and for how many seconds.
MOST_WAITERS = 2
PATIENCE = 20
# Seconds without work after which the thread ends.
IDLE = 1
_CHUNK = 1 << 20
_NICENESS = 10
_DONE = object()

_log = logging.getLogger(__name__)

# Nanoseconds after which a file that is changed again has another time. Disks that count whole
# seconds may count only every other one.
_TICK = 50_000_000
_COARSE_TICK = 2_500_000_000


class Identity(NamedTuple):
    """Which file, and which version of it; another version differs somewhere."""

    path: str
    device: int
    inode: int
    size: int
    modified: int
    changed: int

    def is_of(self, status: os.stat_result) -> bool:
        """Tell whether *status* is of this very version."""
        return (
            status.st_mtime_ns == self.modified
            and status.st_ctime_ns == self.changed
            and status.st_size == self.size
            and status.st_ino == self.inode
            and status.st_dev == self.device
        )

    def key(self) -> bytes:
        """Give what stands for it on disk; it does not tell the path."""
        return sha256(os.fsencode("\0".join(map(str, self)))).digest()


def identity(path: str, status: os.stat_result) -> Identity:
    """Tell the version of the file *path*, relative to the shared folder, that has *status*."""
    return Identity(
        path,
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def usual_file() -> Path:
    """Give the place for `KeptDigests` in the user's cache folder."""
    return user_cache_path("lanslide", appauthor=False) / "digests.sqlite"


class Digests:
    """The digests of what is in a shared folder. May be used from several threads.

    Args:
        folder: where the files are.
        kept: the file that keeps digests from one time to the next; None for none.

    """

    def __init__(self, folder: SharedFolder, kept: Path | None = None) -> None:
        self._folder = folder
        self._kept = KeptDigests(kept)
        self._known: dict[Identity, bytes] = {}
        # Both in the order of time. What is half read is on top of what it was put off for.
        self._asked: dict[Identity, None] = {}
        self._begun: dict[Identity, Generator[None]] = {}
        # What of these somebody waits for, or is going to.
        self._hurried: set[Identity] = set()
        self._has_news = False
        self._changed = threading.Condition()
        self._waiters = threading.Semaphore(MOST_WAITERS)
        self._thread: threading.Thread | None = None
        self._gives_way = False
        self._closed = False

    def known(self, path: str, status: os.stat_result, *, hurry: bool = False) -> bytes | None:
        """Give the digest of a file if it is known; if not, have it computed. Never waits.

        With *hurry* somebody is going to wait for it.
        """
        wanted = identity(path, status)
        digest = self._known.get(wanted)
        if digest is None:
            self._ask(wanted, hurry=hurry)
        return digest

    def of_small(self, path: str, file: OpenFile, most: int, *, keep: bool = False) -> bytes | None:
        """Give the digest of an open file if it is known, or the file has *most* bytes at most.

        In all other cases it is computed, as by `known` in a hurry. Reads the file, and waits for
        nothing else. With *keep* what was found is known the next time, too.
        """
        wanted = identity(path, file.status)
        digest = self._known.get(wanted)
        if digest is None and wanted.size <= most and not unsettled_for(wanted, time.time_ns()):
            digest = _sha_256(file.descriptor, wanted.size)
            if identity(path, os.fstat(file.descriptor)) != wanted:
                return None
            self._learn(wanted, digest)
            if keep:
                self._ask(wanted)
        return digest if digest is not None else self.known(path, file.status, hurry=True)

    def for_reply(self, path: str, file: OpenFile, *, is_wanted: bool) -> bytes | None:
        """Give the digest of an open file if it is known, or wanted and found in no time.

        Closes the file if it cannot be read.
        """
        try:
            if is_wanted:
                return self.of_small(path, file, SMALL)
            return self.known(path, file.status)
        except BaseException:
            file.close()
            raise

    def wait(
        self, path: str, status: os.stat_result, has_left: Callable[[], bool] = lambda: False
    ) -> bytes | None:
        """Wait for the digest of a file; None if it takes too long, or is not to be had.

        Only a few may wait at once; to the others None is said right away, and what they want is
        computed all the same. *has_left* tells when nobody is interested any more.
        """
        digest = self.known(path, status, hurry=True)
        if digest is not None or not self._waiters.acquire(blocking=False):
            return digest
        try:
            return self._wait(identity(path, status), has_left)
        finally:
            self._waiters.release()

    def close(self) -> None:
        """Compute nothing any more. What is known stays known."""
        with self._changed:
            self._closed = True
            self._asked.clear()
            self._hurried.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            # A disk that does not answer is not waited for.
            thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self, wanted: Identity, has_left: Callable[[], bool]) -> bytes | None:
        ends = time.monotonic() + PATIENCE
        with self._changed:
            while wanted in self._asked or wanted in self._begun:
                if self._closed or has_left() or time.monotonic() > ends:
                    break
                self._changed.wait(0.1)
            return self._known.get(wanted)

    def _ask(self, wanted: Identity, *, hurry: bool = False) -> None:
        with self._changed:
            if self._closed:
                return
            if hurry:
                self._hurried.add(wanted)
            if wanted not in self._begun:
                self._put_first(wanted)
            self._changed.notify_all()
            if self._thread is None or (hurry and self._gives_way):
                self._start()

    def _put_first(self, wanted: Identity) -> None:
        # What was asked for again is as new as if it were new.
        self._asked.pop(wanted, None)
        self._asked[wanted] = None
        self._has_news = True
        if len(self._asked) > MOST_ASKED:
            oldest = next(iter(self._asked))
            del self._asked[oldest]
            self._hurried.discard(oldest)

    def _start(self) -> None:
        """Start a thread, which takes over from the one that there is; holding `_changed`.

        A thread that gives way can neither stop doing so nor start one that does not.
        """
        thread = threading.Thread(
            target=self._work, args=(self._thread,), name="digests", daemon=True
        )
        # Where no thread is to be had, there is one for the next file, or the one after.
        with suppress(RuntimeError):
            thread.start()
            self._thread, self._gives_way = thread, False

    # On the thread

    def _work(self, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        while True:
            while (wanted := self._next()) is not None:
                self._go_on(wanted)
            self._kept.close()
            with self._changed:
                if self._is_replaced():
                    return
                if self._closed or not self._asked:
                    self._thread = None
                    return

    def _is_replaced(self) -> bool:
        return self._thread is not threading.current_thread()

    def _next(self) -> Identity | None:
        """Choose the newest of what was asked for; None if there is nothing, or nothing more.

        It comes before what is half read already: nobody waits for the end of a huge file. And what
        somebody does wait for comes before all else.
        """
        with self._changed:
            if not self._begun:
                self._changed.wait_for(self._has_reason, IDLE)
            if self._closed:
                for reading in self._begun.values():
                    reading.close()
                self._begun.clear()
            if self._closed or self._is_replaced():
                return None
            newest, chosen = self._newest(self._asked), self._newest(self._begun)
            if newest is not None and self._comes_first(newest, chosen):
                self._has_news = False
                del self._asked[newest]
                self._begun[newest] = self._read(newest)
                chosen = newest
            if chosen is not None and chosen not in self._hurried and not self._gives_way:
                self._gives_way = True
                _give_way()
            return chosen

    def _has_reason(self) -> bool:
        return bool(self._asked) or self._closed or self._is_replaced()

    def _newest(self, among: Reversible[Identity]) -> Identity | None:
        """Choose what was asked for last, of what somebody waits for if there is any."""
        if self._hurried:
            for one in reversed(among):
                if one in self._hurried:
                    return one
        return next(iter(reversed(among)), None)

    def _comes_first(self, newest: Identity, at_hand: Identity | None) -> bool:
        """Tell whether what was asked for comes before what is half read, if anything is."""
        if at_hand is None:
            return True
        if (newest in self._hurried) != (at_hand in self._hurried):
            return newest in self._hurried
        return self._has_news and len(self._begun) < MOST_BEGUN

    def _go_on(self, wanted: Identity) -> None:
        """Do the next step for a file; whatever goes wrong, it goes without a digest."""
        try:
            if next(self._begun[wanted], _DONE) is not _DONE:
                return
        except (FolderProblem, OSError):
            pass
        except Exception:
            # Whatever one file runs into, the thread goes on with the others.
            _log.exception("A digest could not be computed.")
        with self._changed:
            del self._begun[wanted]
            self._hurried.discard(wanted)
            self._changed.notify_all()

    def _read(self, wanted: Identity) -> Generator[None]:
        """Find the digest of a file, in steps."""
        digest = self._known.get(wanted)
        if digest is not None:  # found meanwhile, without this thread
            self._kept.add(wanted.key(), digest)
            return
        digest = self._kept.find(wanted.key())
        if digest is not None:
            self._learn(wanted, digest)
            return
        with self._folder.open(wanted.path) as file:
            before = identity(wanted.path, file.status)
            self._pause(unsettled_for(before, time.time_ns()))
            hashing = sha256()
            while chunk := os.read(file.descriptor, _CHUNK):
                hashing.update(chunk)
                yield
            after = identity(wanted.path, os.fstat(file.descriptor))
        if before == after:
            self._learn(before, hashing.digest())
            self._kept.add(before.key(), hashing.digest())

    def _learn(self, found: Identity, digest: bytes) -> None:
        with self._changed:
            self._known[found] = digest
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]

    def _pause(self, seconds: float) -> None:
        if seconds:
            with self._changed:
                self._changed.wait_for(lambda: self._closed, seconds)


def _sha_256(descriptor: int, size: int) -> bytes:
    """Give the SHA-256 of the first *size* bytes of an open file."""
    hashing, at = sha256(), 0
    while at < size and (chunk := read_at(descriptor, min(_CHUNK, size - at), at)):
        hashing.update(chunk)
        at += len(chunk)
    return hashing.digest()


def unsettled_for(file: Identity, now: int) -> float:
    """Tell for how many seconds the file could still be changed without getting another time.

    *now* is in nanoseconds since the epoch.
    """
    newest = max(file.modified, file.changed)
    tick = _TICK if newest % 1_000_000_000 else _COARSE_TICK
    # What comes from the future was not changed just now, by this clock.
    return max(0, newest + tick - now) / 1e9 if newest <= now else 0


def _give_way() -> None:
    """Let every other thread go first, where the system can be told so of one thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        below_normal = -1
        kernel.SetThreadPriority(kernel.GetCurrentThread(), below_normal)
