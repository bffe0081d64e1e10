"""One state of one file of a share, by which what was made of it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from gui.listing import Entry


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one file: another size, time or content is another picture."""

    path: str
    size: int | None
    modified: float
    content: str


def version(entry: Entry) -> Version:
    """Return which state of its file *entry* describes."""
    return Version(entry.path, entry.size, entry.modified, entry.version)
