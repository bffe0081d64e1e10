"""A listing as the text that programs are sent, and what they may ask of it."""

import json
import sys
from collections.abc import Mapping
from typing import NamedTuple, get_args

from server.entry import Entry, Listing, Sort
from server.pictures.service import Pictures

KIND = "application/json"
USUAL_ENTRIES = 1_000
MOST_ENTRIES = 10_000
_SORTS: tuple[Sort, ...] = get_args(Sort)


class BadWish(ValueError):
    """No listing can be asked for like that; the message says what can be."""


class Wanted(NamedTuple):
    """The part of a listing that a request asks for, as `SharedFolder.entries` takes it."""

    sort: Sort
    descending: bool
    offset: int
    limit: int
    versioned: bool


def wanted(arguments: Mapping[str, str]) -> Wanted:
    """Read which part of a listing is wanted, in which order; raises `BadWish`."""
    sort, order = arguments.get("sort", "name"), arguments.get("order", "asc")
    if sort not in _SORTS:
        raise BadWish(f"sort is one of {', '.join(_SORTS)}.")
    if order not in {"asc", "desc"}:
        raise BadWish("order is asc or desc.")
    offset = _number(arguments, "offset", 0, 0, sys.maxsize)
    limit = _number(arguments, "limit", USUAL_ENTRIES, 1, MOST_ENTRIES)
    version = arguments.get("version", "always")
    if version not in {"always", "free"}:
        raise BadWish("version is always or free.")
    return Wanted(sort, order == "desc", offset, limit, version == "always")


def _number(arguments: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = arguments.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= number <= most:
        raise BadWish(f"{name} is a whole number from {least} to {most}.")
    return number


def listing_text(listing: Listing, wanted: Wanted, pictures: Pictures | None) -> bytes:
    """Write a listing as JSON."""
    # Names that are no valid text are in it as lone surrogates, which JSON escapes.
    return json.dumps(_content(listing, wanted, pictures)).encode()


def _content(listing: Listing, wanted: Wanted, pictures: Pictures | None) -> dict[str, object]:
    """Give what the JSON of a listing has in it."""
    end = wanted.offset + wanted.limit
    return {
        "path": listing.path,
        "name": listing.name,
        "total": listing.total,
        **({"version": listing.version} if listing.version else {}),
        "next": end if end < listing.total else None,
        "entries": [
            {
                "name": entry.name,
                "kind": entry.kind,
                "size": entry.size,
                "modified": entry.modified,
                "type": entry.media_type,
                "readable": entry.readable,
                "version": entry.version,
                **_measured(entry, pictures),
            }
            for entry in listing.entries
        ],
    }


def _measured(entry: Entry, pictures: Pictures | None) -> dict[str, int]:
    """Give the size of a picture if it is known already; a listing decodes nothing."""
    size = pictures.measures(entry.version) if pictures is not None and entry.version else None
    return {"width": size[0], "height": size[1]} if size is not None else {}
