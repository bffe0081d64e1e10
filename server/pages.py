"""What the page of a folder shows: plain values for the template."""

import os
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from server.folder import Entry, Listing
from server.names import shown

_PICTURES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"}
)
# Originals are shown small, so only those that a phone loads in a moment.
_SMALL = 400_000


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the page. *href* is relative to the page, so that any client can follow it."""

    name: str
    href: str
    note: str
    is_folder: bool
    is_picture: bool
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Crumb:
    """A folder on the way down to this one."""

    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Page:
    """A folder as a page."""

    title: str
    summary: str
    crumbs: tuple[Crumb, ...]
    lines: tuple[Line, ...]


def page(listing: Listing) -> Page:
    """Lay out a whole folder."""
    names = listing.path.split("/") if listing.path else []
    crumbs = [Crumb(shown(name), "../" * up) for up, name in _above(names)]
    return Page(
        title=shown(listing.name),
        summary=_summary(listing.entries),
        crumbs=tuple(crumbs),
        lines=tuple(_line(entry) for entry in listing.entries),
    )


def size(number: int) -> str:
    """Give a number of bytes as people write it."""
    amount, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.1f} {unit}"


def _above(names: list[str]) -> list[tuple[int, str]]:
    return [
        (len(names) - depth, names[depth - 1] if depth else "Start") for depth in range(len(names))
    ]


def _line(entry: Entry) -> Line:
    quoted = quote(os.fsencode(entry.name), safe="")
    is_folder = entry.kind == "folder"
    date = datetime.fromtimestamp(entry.modified).astimezone().strftime("%Y-%m-%d %H:%M")
    return Line(
        name=shown(entry.name),
        href=f"{quoted}/" if is_folder else quoted,
        note=date if entry.size is None else f"{size(entry.size)}, {date}",
        is_folder=is_folder,
        is_picture=entry.media_type in _PICTURES and entry.readable and (entry.size or 0) <= _SMALL,
        is_readable=entry.readable,
    )


def _summary(entries: tuple[Entry, ...]) -> str:
    folders = sum(entry.kind == "folder" for entry in entries)
    files = len(entries) - folders
    words = [_counted(folders, "folder")] if folders else []
    if files:
        words += [_counted(files, "file"), size(sum(entry.size or 0 for entry in entries))]
    return ", ".join(words) or "Nothing here yet."


def _counted(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number:,} {thing}s"
