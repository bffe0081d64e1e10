"""A save as it is remembered: what it is to save, from where, and how it ended."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

MOST_BYTES = 1 << 20
"""Of a file with a record; no record has as many."""

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


def written(record: Record) -> str:
    """Write a record as `read` reads it."""
    return json.dumps({**asdict(record), "folder": str(record.folder)})


def read(path: Path) -> Record | None:
    """Read the record in a file named after it; None if it is none, or is damaged."""
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
