"""What the page of a folder shows: plain values for the template."""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from server.entry import Entry, Listing, Sort
from server.names import shown
from server.words import Words

Kind: TypeAlias = Literal[
    "folder", "picture", "video", "audio", "text", "archive", "document", "file"
]
Order: TypeAlias = Literal["name", "name-down", "newest", "oldest", "largest", "smallest"]

# How many of each sort are laid out in full; more follow as plain links, for which a page of
# many thousands stays light. With the script all of them are laid out as they come into view.
MOST_TILES = 120
MOST_ROWS = 60
MOST_COVERS = 60

_ARCHIVES = frozenset(
    {"application/gzip", "application/zip", "application/zstd", "application/x-7z-compressed"}
    | {"application/x-bzip2", "application/x-tar", "application/x-xz", "application/vnd.rar"}
)
_TEXTS = frozenset(
    {"application/json", "application/toml", "application/yaml", "application/x-sh"}
    | {"application/xml", "application/sql"}
)


class Sorting(NamedTuple):
    """An order as `SharedFolder.entries` takes it."""

    sort: Sort
    descending: bool


SORTINGS: dict[Order, Sorting] = {
    "name": Sorting("name", descending=False),
    "name-down": Sorting("name", descending=True),
    "newest": Sorting("modified", descending=True),
    "oldest": Sorting("modified", descending=False),
    "largest": Sorting("size", descending=True),
    "smallest": Sorting("size", descending=False),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the page. *href* is relative to it, so that any client can follow it."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Item(Link):
    """One entry of the page, laid out in full.

    Attributes:
        thumb: what follows `/thumb/<size>/` in the address of its small picture, or of the
            first picture inside.
        note: what is said below the name.

    """

    kind: Kind
    thumb: str
    note: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of one sort: the first ones, laid out in full, and the rest."""

    first: tuple[Item, ...]
    rest: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Crumb:
    """A folder on the way down to this one."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Page:
    """A folder as a page.

    Attributes:
        path: of the folder, encoded as in a URL, with a slash at the end if it has one.

    """

    title: str
    summary: str
    path: str
    order: Order
    crumbs: tuple[Crumb, ...]
    folders: Part
    pictures: Part
    files: Part
    is_empty: bool


def page(listing: Listing, root: str, order: Order, words: Words) -> Page:
    """Lay out a whole folder of the share called *root*."""
    names = listing.path.split("/") if listing.path else []
    path = "".join(f"{_quoted(name)}/" for name in names)
    folders, pictures, files = _sorted(listing.entries)
    return Page(
        title=shown(listing.name),
        summary=summary(listing.entries, words),
        path=path,
        order=order,
        crumbs=tuple(_crumbs(names, root)),
        folders=_part(folders, MOST_COVERS, path, words),
        pictures=_part(pictures, MOST_TILES, path, words),
        files=_part(files, MOST_ROWS, path, words),
        is_empty=not listing.entries,
    )


def kind(entry: Entry) -> Kind:
    """Tell what an entry is to people."""
    if entry.media_type is None:
        return "folder"
    family = entry.media_type.partition("/")[0]
    if family == "image":
        return "picture"
    if family == "video":
        return "video"
    if family == "audio":
        return "audio"
    if family == "text" or entry.media_type in _TEXTS:
        return "text"
    if entry.media_type in _ARCHIVES:
        return "archive"
    return "document" if entry.media_type != "application/octet-stream" else "file"


def summary(entries: tuple[Entry, ...], words: Words) -> str:
    """Say how much there is."""
    counts = {"picture": 0, "video": 0, "folder": 0, "file": 0}
    for entry in entries:
        found = kind(entry)
        counts[found if found in counts else "file"] += 1
    said = [
        words.counted("%(num)s picture", "%(num)s pictures", counts["picture"]),
        words.counted("%(num)s video", "%(num)s videos", counts["video"]),
        words.counted("%(num)s file", "%(num)s files", counts["file"]),
        words.counted("%(num)s folder", "%(num)s folders", counts["folder"]),
    ]
    order = ("picture", "video", "file", "folder")
    told = [text for text, name in zip(said, order, strict=True) if counts[name]]
    total = sum(entry.size or 0 for entry in entries)
    parts = [*told, words.size(total)] if total else told
    # A line is broken between them.
    return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def _sorted(entries: tuple[Entry, ...]) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Take folders, pictures and films, and all other files apart."""
    folders: list[Entry] = []
    pictures: list[Entry] = []
    files: list[Entry] = []
    places = {"folder": folders, "picture": pictures, "video": pictures}
    for entry in entries:
        places.get(kind(entry), files).append(entry)
    return folders, pictures, files


def _part(entries: list[Entry], most: int, path: str, words: Words) -> Part:
    return Part(
        tuple(_item(entry, path, words) for entry in entries[:most]),
        tuple(Link(shown(entry.name), _href(entry)) for entry in entries[most:]),
    )


def _item(entry: Entry, path: str, words: Words) -> Item:
    href = _href(entry)
    return Item(
        name=shown(entry.name),
        href=href,
        kind=kind(entry),
        thumb=f"{path}{href}?v={entry.version}" if entry.version else f"{path}{href}",
        note=_note(entry, words),
        readable=entry.readable,
    )


def _href(entry: Entry) -> str:
    return f"{_quoted(entry.name)}/" if entry.kind == "folder" else _quoted(entry.name)


def _note(entry: Entry, words: Words) -> str:
    if entry.size is None:
        return ""
    try:
        day = datetime.fromtimestamp(entry.modified).astimezone().date()
    except (ValueError, OverflowError, OSError):  # a time that no calendar knows
        return words.size(entry.size)
    return f"{words.size(entry.size)}, {words.date(day)}"


def _crumbs(names: list[str], root: str) -> list[Crumb]:
    above = [root, *names][:-1] if names else []
    return [Crumb(shown(name), "../" * (len(names) - depth)) for depth, name in enumerate(above)]


def _quoted(name: str) -> str:
    return quote(os.fsencode(name), safe="")
