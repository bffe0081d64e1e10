"""What is being saved, on disk: so that it goes on after a crash, and can be offered again.

Each save has five files in the journal's folder: `<id>.json`, which tells what it is and how it
ended; `<id>.wanted`, with a line for every file and folder that it is to save; `<id>.parts`, with a
line for every unfinished file: where it is, and which version of what; and `<id>.made`, with a line
for every folder that it made directly in the one that it saves into. These two are only added to,
so that a program that is killed leaves them whole but for the last line. They are lost when power
fails, at worst, and then files come from their beginning. `<id>.lock` is empty, and locked by the
program that is at the save or has it in line. PINs and keys are in none of them.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any, Literal, TypeVar

from platformdirs import user_data_path

from gui.listing import Entry
from gui.names import PART

Made = TypeVar("Made")

MOST_RECORDS = 100
"""Saves that are remembered; the oldest that nothing is left of go first."""

MOST_BYTES = 1 << 20
"""After which the file of parts is written anew with those that there still are; no record has
as many."""

MOST_TO_READ = 1 << 28
"""Bytes of a file with lines; a hundred thousand files take a tenth of it."""

MOST_COUNTED = 1 << 63
"""What Qt can write as a number, and nobody has as many bytes."""

LATEST = 1e11
"""Seconds since the epoch; a clock that is wrong is wrong by less."""

State = Literal["waiting", "running", "done", "incomplete", "cancelled"]
"""A save that is "running" in no program was killed; one that is "waiting" in none is one that the
program was ended before or during."""


@dataclass(frozen=True, slots=True)
class Source:
    """A share, and where it was last.

    Attributes:
        id: Empty if it tells none.
        name: For people; anybody's text.
        fingerprint: Of its certificate, if it speaks HTTPS.

    """

    id: str
    name: str
    address: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A save as the journal has it.

    Attributes:
        folder: Where it all goes.
        count: Files and folders of the share that were asked for.
        first: The name of the first of them.
        is_folder: Whether that is a folder.
        name: That of the only file asked for, if a person chose one.
        began: In seconds since the epoch, when it began last.
        reason: Why it is incomplete, as a sentence; else empty.

    """

    id: str
    source: Source
    folder: Path
    count: int
    first: str
    is_folder: bool
    name: str | None = None
    state: State = "running"
    began: float = 0.0
    saved: int = 0
    skipped: int = 0
    failed: int = 0
    bytes: int = 0
    reason: str = ""

    @property
    def is_unfinished(self) -> bool:
        """Whether it ended early, and the user did not want that; else some program may be at it.

        Files that could not be had, while the others could, are no reason to begin again.
        """
        return self.state in ("waiting", "running") or bool(self.reason)


@dataclass(frozen=True, slots=True)
class LeftPart:
    """An unfinished file that was left behind.

    Attributes:
        path: Of the file in the share.
        part: Relative to the save's folder.
        size: Of the whole file.
        etag: What the share called the state of the file that the part is of.

    """

    path: str
    part: str
    size: int
    etag: str | None


class Busy(Exception):
    """Another program is at this save just now; the text is a sentence for people."""


def usual_folder() -> Path:
    """Give the place for the journal in the user's data folder."""
    return user_data_path("lanslide", appauthor=False) / "saves"


class Journal:
    """Remembers saves in a folder. From any thread, and from several programs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> list[Record]:
        """Give what is remembered, the newest first; what cannot be read is left out."""
        found = [_read(path) for path in self._folder.glob("*.json")]
        records = [record for record in found if record is not None]
        return sorted(records, key=lambda record: record.began, reverse=True)

    def wanted(self, record: Record) -> list[Entry]:
        """Give the files and folders that a save is to save; none if they are not known any more.

        They are not part of the record, for there may be a hundred thousand of them.
        """
        found = list(_read_lines(self._folder / f"{record.id}.wanted", Entry))
        return found if len(found) == record.count else []

    def made(self, record: Record) -> dict[str, str]:
        """Give the names of the folders that a save made, by their paths in the share."""
        return _read_made(self._folder / f"{record.id}.made")

    def is_held(self, record: Record) -> bool:
        """Tell whether some program, this one too, is at a save or has it in line."""
        try:
            with _locked(self._folder / f"{record.id}.lock"):
                return False
        except Busy:
            return True
        except OSError:
            return False  # whoever begins it sees that nothing can be kept here

    def begin(
        self,
        source: Source,
        wanted: Sequence[Entry],
        folder: Path,
        name: str | None = None,
        state: State = "running",
    ) -> "Page":
        """Open the page of a save: what it left when it ran before, if it did.

        *folder* is absolute. Raises Busy, and OSError if nothing can be kept there.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        page_id = _id(source, [entry.path for entry in wanted], folder, name)
        made: dict[str, str] = {}
        for known in reversed(self.records()):
            if known.folder == folder and known.source.id == source.id:
                made |= self.made(known)
        record = Record(
            page_id,
            source,
            folder,
            len(wanted),
            wanted[0].name,
            wanted[0].is_folder,
            name,
            state,
            began=time.time(),
        )
        page = Page(self._folder, record, made)
        _write_wanted(self._folder / f"{page_id}.wanted", wanted)
        page.note()
        self._shorten()
        return page

    def forget(self, record: Record) -> None:
        """Remember a save no longer, and remove its unfinished files; raises Busy."""
        with _locked(self._folder / f"{record.id}.lock"):
            for left in _read_parts(self._folder / f"{record.id}.parts").values():
                with suppress(OSError):
                    (record.folder / left.part).unlink()
            for kind in ("json", "wanted", "parts", "made"):
                (self._folder / f"{record.id}.{kind}").unlink(missing_ok=True)
        (self._folder / f"{record.id}.lock").unlink(missing_ok=True)

    def _shorten(self) -> None:
        old = [record for record in self.records()[MOST_RECORDS:] if record.state == "done"]
        for record in old:
            with suppress(Busy, OSError):
                self.forget(record)


class Page:
    """The part of the journal about a save that runs; from any thread.

    What cannot be written is not worth losing a file for: it is not remembered then.
    """

    def __init__(self, folder: Path, record: Record, made: Mapping[str, str]) -> None:
        """*made* are the names of folders that this and other saves made, by their paths."""
        self.record = record
        self._before = str(record.folder / "_")[:-1]
        self._made = dict(made)
        self._made_file = folder / f"{record.id}.made"
        self._file = folder / f"{record.id}.json"
        self._parts = folder / f"{record.id}.parts"
        self._lock = threading.Lock()
        self._holding = _locked(folder / f"{record.id}.lock")
        self._holding.__enter__()
        self._live = _read_parts(self._parts)
        self._left = {left.path: left for left in self._live.values()}
        self._log: int | None = None
        self._written = 0
        self._write_anew()

    def left(self, path: str) -> LeftPart | None:
        """Give what was left of the file *path* of the share; once."""
        with self._lock:
            return self._left.pop(path, None)

    def path_of(self, left: LeftPart) -> str:
        """Give where a part is."""
        return self._before + left.part

    def begin(self, path: str, part: str, size: int, etag: str | None) -> None:
        """Note a part that is about to be made, or about to be filled with another version."""
        relative = self._relative(part)
        left = LeftPart(path, relative, size, etag)
        with self._lock:
            self._live[relative] = left
            line = _line(left).encode("ascii")
            if self._log is not None:
                with suppress(OSError):
                    os.write(self._log, line)
            self._written += len(line)
            if self._written > MOST_BYTES:
                self._write_anew()

    def end(self, part: str) -> None:
        """Note that there is no such part any more."""
        with self._lock:
            self._live.pop(self._relative(part), None)

    def made(self, path: str) -> str | None:
        """Give the name of the folder that was made for the folder *path* of the share."""
        return self._made.get(path)

    def make(self, path: str, name: str) -> None:
        """Note that the folder *name* is about to be made for the folder *path* of the share."""
        self._made[path] = name
        with suppress(OSError), self._made_file.open("a", encoding="ascii") as file:
            file.write(json.dumps([path, name]) + "\n")

    def note(self, **changes: Any) -> None:
        """Change the record."""
        with self._lock:
            self.record = replace(self.record, **changes)
            new = self._file.with_suffix(".new")
            with suppress(OSError):
                new.write_text(_written(self.record), encoding="utf-8")
                new.replace(self._file)

    def sweep(self) -> None:
        """Remove the parts that were left and are of no use any more."""
        with self._lock:
            for left in self._left.values():
                if self._live.pop(left.part, None) is not None:
                    with suppress(OSError):
                        (self.record.folder / left.part).unlink()
            self._left.clear()

    def close(self) -> None:
        """Let another program have it."""
        with self._lock:
            self._write_anew()
            if self._log is not None:
                os.close(self._log)
                self._log = None
            if not self._live:
                with suppress(OSError):
                    self._parts.unlink(missing_ok=True)
        self._holding.__exit__(None, None, None)

    def _relative(self, part: str) -> str:
        return part.removeprefix(self._before)

    def _write_anew(self) -> None:
        """Begin the file of parts anew with those that there are; it is whole at any moment."""
        new = self._parts.with_suffix(".anew")
        if self._log is not None:
            os.close(self._log)
            self._log = None
        with suppress(OSError):
            new.write_text("".join(map(_line, self._live.values())), encoding="ascii")
            new.replace(self._parts)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._log = os.open(self._parts, flags, 0o600)
        self._written = 0


def _id(source: Source, paths: Iterable[str], folder: Path, name: str | None) -> str:
    """Give the same id for the same save, so that it finds what it left."""
    share = source.id or source.address
    told = json.dumps([share, str(folder), name, sorted(paths)])
    return sha256(told.encode()).hexdigest()[:24]


def _line(left: LeftPart) -> str:
    # By hand, as there is one for every file: json.dumps takes five times as long.
    path, part = encode_basestring_ascii(left.path), encode_basestring_ascii(left.part)
    etag = "null" if left.etag is None else encode_basestring_ascii(left.etag)
    return f"[{path}, {part}, {left.size}, {etag}]\n"


def _written(record: Record) -> str:
    return json.dumps({**asdict(record), "folder": str(record.folder)})


def _write_wanted(path: Path, wanted: Iterable[Entry]) -> None:
    """Write line by line, for all in one go would keep the other threads waiting."""
    new = path.with_suffix(".wanted-new")
    with new.open("w", encoding="ascii") as file:
        for entry in wanted:
            line = [entry.path, entry.name, entry.kind, entry.size, entry.modified]
            file.write(json.dumps(line) + "\n")
    new.replace(path)


def _read(path: Path) -> Record | None:
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None  # a pipe is waited for for ever
        told = json.loads(path.read_bytes())
        told["source"] = Source(**told["source"])
        told["folder"] = Path(told["folder"])
        record = Record(**told)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record if record.id == path.stem and _is_sound(record) else None


def _is_sound(record: Record) -> bool:
    """Tell whether what was read can be shown; disks break, and people write into files."""
    source = record.source
    texts = (record.first, record.state, record.reason, source.id, source.name, source.address)
    counts = (record.count, record.saved, record.skipped, record.failed, record.bytes)
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(text, str | None) for text in (record.name, source.fingerprint))
        and all(isinstance(count, int) and 0 <= count < MOST_COUNTED for count in counts)
        and record.folder.is_absolute()
        and "\0" not in str(record.folder)
        and isinstance(record.began, int | float)
        and 0 <= record.began < LATEST
    )


def _read_parts(path: Path) -> dict[str, LeftPart]:
    """Give the parts by where they are; a line that was cut off is none."""
    found: dict[str, LeftPart] = {}
    for left in _read_lines(path, _left_part):
        inside = Path(left.part)
        is_inside = not inside.is_absolute() and ".." not in inside.parts
        if is_inside and left.part.endswith(PART):  # what is of no use is deleted
            found[left.part] = left
    return found


def _left_part(path: str, part: str, size: int, etag: str | None) -> LeftPart:
    """Take a line for what it is; raises ValueError if it is none of ours."""
    texts = (path, part, "" if etag is None else etag)
    if not all(isinstance(text, str) for text in texts) or not isinstance(size, int):
        raise ValueError("This is no part.")
    return LeftPart(path, _file_name(part), size, etag)


def _read_made(path: Path) -> dict[str, str]:
    """Give the names of folders by their paths in the share."""
    return dict(_read_lines(path, _made_folder))


def _made_folder(path: str, name: str) -> tuple[str, str]:
    """Take a line for what it is; raises ValueError if it leads anywhere else."""
    if Path(name).name != name or name in ("", ".."):
        raise ValueError("This is no name.")
    return str(path), _file_name(name)


def _file_name(text: str) -> str:
    """Give what a file can be called; raises ValueError for anything else."""
    if "\0" in text:
        raise ValueError("This is no name.")
    os.fsencode(text)
    return text


def _read_lines(path: Path, make: Callable[..., Made]) -> Iterator[Made]:
    """Give what *make* makes of each line of a file; of one that was cut off, nothing."""
    with suppress(OSError):
        if not path.is_file() or path.stat().st_size > MOST_TO_READ:
            return  # a pipe is waited for for ever
        for line in path.read_bytes().splitlines():
            with suppress(ValueError, TypeError, RecursionError):
                yield make(*json.loads(line))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold what only one program may hold at a time; raises Busy."""
    with path.open("a+b") as file:
        try:
            _take(file.fileno())
        except OSError as error:
            raise Busy("Another Lanslide is saving the same just now.") from error
        yield


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
