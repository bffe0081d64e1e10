"""What a share says it holds: read from JSON, and checked field by field before anyone sees it."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Literal

PAGE = 5000
"""Entries asked for at a time: few requests, and none that can be very long."""

FIRST_PAGES = (100, 400, 1600)
"""Entries asked for at first by whoever begins with the first ones while the others are listed."""

BEGINNING = 1000
"""Entries asked for first: some screens full, and read in no time."""

MOST_BYTES = 16 * 1024 * 1024
MOST_PARTS = PAGE * 300
MOST_ENTRIES = 500_000
MOST_SECONDS = 1e11
LONGEST_NAME = 1024

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")
"""They make one emoji or letter of several, and steer nothing else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder of a share.

    Attributes:
        path: Where it is, with "/" between the names; "" is the shared folder itself.
        name: As the share gives it: to show it use `plain`, to save it `saving.safe_name`.
        size: In bytes; None for a folder.
        modified: In seconds since the epoch.
        media_type: Such as "image/png"; None for a folder.
        readable: Whether the share could give it out when it was listed.
        version: Another one when the content is; "" if the share does not say.

    """

    path: str
    name: str
    kind: Literal["file", "folder"]
    size: int | None = None
    modified: float = 0.0
    media_type: str | None = None
    readable: bool = True
    version: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether there may be entries below it."""
        return self.kind == "folder"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a share and what is in it, in the order of the share.

    Attributes:
        complete: Whether `entries` is all of it, not just the beginning.
        version: Another one when anything in it is; "" if the share does not say.

    """

    path: str
    name: str
    entries: tuple[Entry, ...]
    complete: bool = True
    version: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the listing of a folder, and where the next one begins, if there is one."""

    name: str
    entries: tuple[Entry, ...]
    next: int | None
    version: str = ""


def plain(text: str) -> str:
    """Make *text* from a share fit to be shown: what would steer the display becomes "\ufffd"."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if steers(character) else character for character in text)


def steers(character: str) -> bool:
    """Tell whether a display obeys *character*, or cannot show it, instead of showing it."""
    return unicodedata.category(character) in _STEERING and character not in _JOINERS


def page(body: bytes, path: str, offset: int) -> Page:
    """Read the page of the listing of *path* that begins at *offset*.

    Whatever is not as it must be raises ValueError, or RecursionError if it is too deep.
    """
    if sum(map(body.count, (b"{", b"[", b","))) > MOST_PARTS:  # each may take 100 times its length
        raise ValueError("too many parts")
    answer = json.loads(body.decode())
    found = _field(answer, "entries", list)
    following = _field(answer, "next", int, NoneType)
    end = offset + len(found)
    if len(found) > PAGE or end > MOST_ENTRIES:
        raise ValueError("too many entries")
    # A page may hold fewer than it could: what went while it was made is not in it.
    if following is not None and not max(end, offset + 1) <= following <= offset + PAGE:
        raise ValueError("next")
    name = _name(answer, allowed=("",))  # the root of a disk has no name
    entries = tuple(_entry(path, each) for each in found)
    return Page(name, entries, following, version_of(answer))


def _entry(folder: str, found: object) -> Entry:
    name = _name(found)
    kind = _field(found, "kind", str)
    size = _field(found, "size", int, NoneType)
    modified = _field(found, "modified", int, float)
    media_type = _field(found, "type", str, NoneType)
    readable = _field(found, "readable", bool)
    if kind not in ("file", "folder"):
        raise ValueError("kind")
    if kind == "file" and (size is None or not 0 <= size < 1 << 63):
        raise ValueError("size")
    if not -MOST_SECONDS < modified < MOST_SECONDS:  # which holds for no NaN
        raise ValueError("modified")
    if len(media_type or "") > 255:
        raise ValueError("type")
    path = f"{folder}/{name}" if folder else name
    if kind == "folder":
        return Entry(path, name, kind, None, float(modified), media_type, readable)
    version = version_of(found)
    return Entry(path, name, kind, size, float(modified), media_type, readable, version)


def version_of(found: object) -> str:
    """Read the version of what *found* tells about; "" if there is none."""
    version = found.get("version", "") if isinstance(found, dict) else ""
    if not isinstance(version, str) or not re.fullmatch("[0-9A-Za-z_-]{0,64}", version):
        raise ValueError("version")
    return version


def _name(found: object, allowed: Sequence[str] = ()) -> str:
    """Give the name in *found*, with which a path cannot leave the folder.

    One bad name condemns the whole listing: no honest share can have such a file, and a listing
    without it would hide that something is wrong.
    """
    name: str = _field(found, "name", str)
    if name not in allowed and (
        name in ("", ".", "..") or "/" in name or "\0" in name or len(name) > LONGEST_NAME
    ):
        raise ValueError("name")
    return name


def _field(found: object, name: str, *kinds: type) -> Any:
    if not isinstance(found, dict) or type(found.get(name, ...)) not in kinds:
        raise ValueError(name)
    return found[name]
