"""What is in a folder, as it is listed: one line, and all of them in an order."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from server.directory import Directory
from server.media_types import media_type
from server.pictures.version import version

Sort: TypeAlias = Literal["name", "size", "modified", "type"]
Kind: TypeAlias = Literal["file", "folder"]
Look: TypeAlias = Callable[[str], os.stat_result]
"""Tells the status of what a name in a folder is or leads to; may raise OSError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a listing.

    Attributes:
        size: in bytes; None for a folder.
        modified: in seconds since the epoch.
        media_type: None for a folder.
        readable: whether the system lets this program read it.
        version: changes with the content; None for a folder.

    """

    name: str
    kind: Kind
    size: int | None
    modified: float
    media_type: str | None
    readable: bool
    version: str | None = None


class Item(NamedTuple):
    """What a name in a folder is, or leads to; *readable* as in `Entry`."""

    name: str
    is_folder: bool
    status: os.stat_result
    readable: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of what is in a folder; *total* counts all of it.

    Attributes:
        version: of all of the folder: another one when a name, kind, size, modified time or
            permission in it is another. Of a large folder listed in parts it may be the one of a
            few seconds ago, but never a newer one than *entries*. Empty if it is not known.

    """

    path: str
    name: str
    total: int
    entries: tuple[Entry, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a folder tells.

    Attributes:
        version: see `Listing`.
        identity: which directory it is, by device and inode.
        place: where it is on disk, links followed. For having the system tell of changes there,
            never for reading: something else may be there by then.

    """

    version: str
    identity: tuple[int, int]
    place: Path


def item_of(directory: Directory, found: str, name: str, status: os.stat_result) -> Item:
    """Describe what *name* is, or leads to: what is *found* in a directory."""
    is_folder = stat.S_ISDIR(status.st_mode)
    mode = os.R_OK | os.X_OK if is_folder else os.R_OK
    return Item(name, is_folder, status, directory.is_readable(found, mode))


def ordered(names: tuple[str, ...], sort: Sort, descending: bool, look: Look) -> Sequence[str]:
    """Sort *names*, which come in natural order; that decides between equals."""
    if sort == "name":
        return names[::-1] if descending else names
    key: Callable[[str], int | str] = partial(_value, sort, look)
    if sort == "type":
        key = media_type
    return sorted(names[::-1] if descending else names, key=key, reverse=descending)


def _value(sort: Sort, look: Look, name: str) -> int:
    try:
        status = look(name)
    except OSError:  # gone meanwhile
        return 0
    if sort == "modified":
        return status.st_mtime_ns
    return 0 if stat.S_ISDIR(status.st_mode) else status.st_size


def entry_of(
    directory: Directory,
    name: str,
    is_folder: bool,
    look: Look,
    looked: Mapping[str, os.stat_result | None],
) -> Entry | None:
    """Describe what a name is, looking at it unless it was *looked* at; None if it has gone."""
    try:
        status = looked.get(name) or look(name)
    except OSError:
        return None
    mode = os.R_OK | os.X_OK if is_folder else os.R_OK
    return Entry(
        name=name,
        kind="folder" if is_folder else "file",
        size=None if is_folder else status.st_size,
        modified=status.st_mtime,
        media_type=None if is_folder else media_type(name),
        readable=directory.is_readable(name, mode),
        version=None if is_folder else version(name, status),
    )
