"""The files that a save has in the journal beside its record, with a line for each thing.

Whoever reads them believes nothing unchecked: disks break, people write into files, and what is
read tells which files to delete.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import TypeVar

from gui.listing import Entry
from gui.names import PART

Made = TypeVar("Made")

MOST_TO_READ = 1 << 28
"""Bytes of a file with lines; a hundred thousand files take a tenth of it."""


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


# What a save is to save


def read_wanted(path: Path) -> list[Entry]:
    """Give the files and folders that a save is to save, but for lines that were cut off."""
    return list(_read_lines(path, Entry))


def write_wanted(path: Path, wanted: Iterable[Entry]) -> None:
    """Write line by line, for all in one go would keep the other threads waiting."""
    new = path.with_suffix(".wanted-new")
    with new.open("w", encoding="ascii") as file:
        for entry in wanted:
            line = [entry.path, entry.name, entry.kind, entry.size, entry.modified]
            file.write(json.dumps(line) + "\n")
    new.replace(path)


# Unfinished files


def part_line(left: LeftPart) -> str:
    """Give the line for a part."""
    # By hand, as there is one for every file: json.dumps takes five times as long.
    path, part = encode_basestring_ascii(left.path), encode_basestring_ascii(left.part)
    etag = "null" if left.etag is None else encode_basestring_ascii(left.etag)
    return f"[{path}, {part}, {left.size}, {etag}]\n"


def read_parts(path: Path) -> dict[str, LeftPart]:
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


# Folders that were made


def made_line(path: str, name: str) -> str:
    """Give the line for the folder *name* that was made for the folder *path* of the share."""
    return json.dumps([path, name]) + "\n"


def read_made(path: Path) -> dict[str, str]:
    """Give the names of folders by their paths in the share."""
    return dict(_read_lines(path, _made_folder))


def _made_folder(path: str, name: str) -> tuple[str, str]:
    """Take a line for what it is; raises ValueError if it leads anywhere else."""
    if Path(name).name != name or name in ("", ".."):
        raise ValueError("This is no name.")
    return str(path), _file_name(name)


# Lines


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
