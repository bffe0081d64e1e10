"""Saves files and folders of a share, several at a time.

One thread walks the folders while a few others already fetch what it has found. Each file goes
through gui/part.py, so that nothing incomplete ever has a final name, and no name is taken away
from anyone (gui/names.py).
"""

import errno
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gui.client import Cancelled, Client, ClientError, Entry, Interrupted, Unavailable, Unreachable
from gui.lanes import Job, Lanes
from gui.listing import plain
from gui.names import PART, Taken, numbered, safe_name, targets
from gui.part import Part

__all__ = ["Failure", "Pace", "Save", "Summary", "pace", "safe_name", "targets"]

TRANSFERS = 4
CHUNK = 256 * 1024
DEEPEST = 100
"""Folders in folders: beyond, a share has no end."""

MOST_LISTED = 1000
"""Failures and paths that a summary names; it counts them all."""

WINDOW = 10.0
"""Seconds over which a rate is taken."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file or folder of the share that was not saved, and why, as a sentence."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a save.

    Attributes:
        saved: Files.
        bytes: Of the saved files.
        failed: Files and folders; `failures` has the first `MOST_LISTED` of them.
        left: Files found and not tried, as the save ended early.
        cancelled: By the user.
        stopped: Why going on was pointless, as a sentence; else empty.
        folder: Where everything is.
        paths: Of the first `MOST_LISTED` saved files.

    """

    saved: int
    bytes: int
    failed: int
    left: int
    failures: tuple[Failure, ...]
    cancelled: bool
    stopped: str
    folder: Path
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes, in bytes a second, and the seconds left, if they can be told."""

    rate: float
    left: float | None


def pace(samples: Sequence[tuple[float, int]], total: int) -> Pace:
    """Tell the pace from *samples* of a monotonic clock and the bytes done at that time."""
    if not samples:
        return Pace(0.0, None)
    now, done = samples[-1]
    began, before = next(sample for sample in samples if sample[0] >= now - WINDOW)
    rate = max(0.0, (done - before) / (now - began)) if now > began else 0.0
    return Pace(rate, max(0, total - done) / rate if rate else None)


class Save:
    """Saves *wanted*, files and folders with all that is in them, into *folder*.

    `run` does it all and belongs on a worker thread. Meanwhile any thread may read the counters,
    plain numbers, and call `cancel`.

    Attributes:
        files_total: Found so far; the number is final when `walking` is False.
        files_done: Saved.
        files_failed: Files and folders that could not be saved.
        bytes_total: Of the files found so far; less what failed files still had to bring.
        bytes_done: Come so far; never gets less.
        walking: Whether folders are still being looked through.
        current: The path of the file that was begun last.

    """

    def __init__(
        self,
        client: Client,
        wanted: Sequence[Entry],
        folder: Path,
        *,
        name: str | None = None,
        transfers: int = TRANSFERS,
    ) -> None:
        """With *name*, the only file of *wanted* is saved under that name, which a person chose."""
        if name is not None and (len(wanted) != 1 or not _is_one_name(name)):
            raise ValueError("A name is for one file, and is no path.")
        self.files_total = 0
        self.files_done = 0
        self.files_failed = 0
        self.bytes_total = 0
        self.bytes_done = 0
        self.walking = True
        self.current = ""
        self._client = client
        self._wanted = {entry.path: entry for entry in wanted}
        self._folder = folder
        self._name = name
        self._transfers = transfers
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._stopped = ""
        self._bytes_saved = 0
        self._failed_files = 0
        self._failures: list[Failure] = []
        self._paths: list[Path] = []
        self._lanes = Lanes(transfers, self._stop)

    def cancel(self) -> None:
        """Make `run` end at once; whole files stay, parts go."""
        self._stop.set()

    def run(self) -> Summary:
        """Save everything that can be saved and tell what became of it."""
        with ThreadPoolExecutor(self._transfers, thread_name_prefix="save") as pool:
            workers = [pool.submit(self._work) for _ in range(self._transfers)]
            try:
                self._walk()
            except BaseException:
                self._stop.set()
                raise
        for worker in workers:
            worker.result()
        return Summary(
            saved=self.files_done,
            bytes=self._bytes_saved,
            failed=self.files_failed,
            left=self.files_total - self.files_done - self._failed_files,
            failures=tuple(self._failures),
            cancelled=self._stop.is_set() and not self._stopped,
            stopped=self._stopped,
            folder=self._folder,
            paths=tuple(self._paths),
        )

    def _walk(self) -> None:
        try:
            taken = Taken(path.name for path in self._folder.iterdir())
            if self._name is not None:
                (entry,) = self._wanted.values()
                found = [(entry, self._folder / taken.free(self._name))]
            else:
                found = targets(self._wanted.values(), self._folder, taken)
            folders = self._take_up(found)
            while folders:
                folders += self._look_through(*folders.pop())
        except OSError as error:
            self._give_up(_words(error, self._folder))
        except Cancelled:
            self._stop.set()
        finally:
            self.walking = False
            self._lanes.complete()

    def _take_up(self, found: list[tuple[Entry, Path]]) -> list[tuple[Entry, Path]]:
        """Hand the files over to the transfers and give the folders, the first one last."""
        for entry, target in found:
            if not entry.is_folder:
                with self._lock:
                    self.files_total += 1
                    self.bytes_total += entry.size or 0
                self._lanes.put(Job(entry, target))
        return [(entry, target) for entry, target in reversed(found) if entry.is_folder]

    def _look_through(self, entry: Entry, target: Path) -> list[tuple[Entry, Path]]:
        folders: list[tuple[Entry, Path]] = []
        try:
            if len(target.relative_to(self._folder).parts) > DEEPEST:
                self._fail(entry, "It is too deep in folders.")
                return []
            target = _made(target)
            taken = Taken()
            for page in self._client.pages(entry.path, self._stop):
                folders = self._take_up(targets(page.entries, target, taken)) + folders
        except Cancelled:
            raise
        except ClientError as error:
            self._share_failed(entry, error)
        except OSError as error:
            self._disk_failed(entry, target, error)
        return folders

    def _work(self) -> None:
        try:
            while job := self._lanes.take():
                try:
                    self._save(job)
                finally:
                    self._lanes.done(job)
        except Cancelled:
            self._stop.set()
        except BaseException:
            self._stop.set()
            raise

    def _save(self, job: Job) -> None:
        self.current = job.entry.path
        size, come = job.size, 0
        try:
            with (
                self._client.download(job.entry.path, cancel=self._stop) as download,
                Part(job.target) as part,
            ):
                self._add(total=download.size - size)
                size = download.size
                buffer = memoryview(bytearray(CHUNK))
                while count := download.read_into(buffer):
                    part.write(buffer[:count])
                    come += count
                    self._add(done=count)
                path = part.keep(size, _modified(job.entry, download.modified))
        except Cancelled:
            raise
        except ClientError as error:
            self._add(total=come - size)
            self._share_failed(job.entry, error)
        except OSError as error:
            self._add(total=come - size)
            self._disk_failed(job.entry, job.target, error)
        else:
            self._saved(path, size)

    def _add(self, *, total: int = 0, done: int = 0) -> None:
        with self._lock:
            self.bytes_total += total
            self.bytes_done += done

    def _saved(self, path: Path, size: int) -> None:
        with self._lock:
            self.files_done += 1
            self._bytes_saved += size
            if len(self._paths) < MOST_LISTED:
                self._paths.append(path)

    def _share_failed(self, entry: Entry, error: ClientError) -> None:
        gone = isinstance(error, Unreachable) and not isinstance(error, Interrupted)
        if gone or isinstance(error, Unavailable):
            self._give_up(str(error))
        else:
            self._fail(entry, str(error))

    def _disk_failed(self, entry: Entry, target: Path, error: OSError) -> None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            self._give_up(_words(error, self._folder))
        elif problem := _problem_of(self._folder):
            self._give_up(_words(problem, self._folder))
        else:
            self._fail(entry, _words(error, target.parent))

    def _fail(self, entry: Entry, reason: str) -> None:
        with self._lock:
            self.files_failed += 1
            self._failed_files += not entry.is_folder
            if len(self._failures) < MOST_LISTED:
                self._failures.append(Failure(entry.path, reason))

    def _give_up(self, reason: str) -> None:
        """End everything: one reason is better than the same for each of 10,000 files."""
        with self._lock:
            if not self._stop.is_set():
                self._stopped = reason
                self._stop.set()


def _is_one_name(name: str) -> bool:
    return name not in ("", "..") and Path(name).name == name


def _made(folder: Path) -> Path:
    """Make *folder*, or one with a number if that name is taken after all."""
    made, number = folder, 1
    while True:
        try:
            made.mkdir()
        except FileExistsError:
            number += 1
            made = folder.with_name(numbered(folder.name, number))
        else:
            return made


def _modified(entry: Entry, said: float | None) -> float | None:
    """Choose the time: the listing's is finer, the answer's is that of these very bytes."""
    return entry.modified if said is None or int(entry.modified) == int(said) else said


def _problem_of(folder: Path) -> OSError | None:
    """Tell why no file can be made in *folder*, if that is so."""
    trial = folder / f".{secrets.token_hex(8)}{PART}"
    try:
        trial.open("xb").close()
        trial.unlink()
    except OSError as error:
        return error
    return None


def _words(error: OSError, folder: Path) -> str:
    name = plain(folder.name or str(folder))
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full."
        case errno.EROFS:
            return f"“{name}” can only be read."
        case errno.EACCES | errno.EPERM:
            return f"You may not write into “{name}”."
        case errno.ENOENT | errno.ENOTDIR | errno.ESTALE | errno.ENODEV:
            return f"“{name}” is not there any more."
        case errno.ENAMETOOLONG:
            return "Its name is too long for this disk."
        case errno.EILSEQ | errno.EINVAL:
            return "This disk does not take its name."
        case errno.EFBIG:
            return "It is too large for this disk."
        case errno.EIO:
            return "The disk could not write it."
    return f"It could not be written ({error.strerror or type(error).__name__})."
