"""The routes of folders for programs: a listing as JSON, and the events of a folder."""

import sys
from collections.abc import Mapping
from typing import NamedTuple, get_args

from flask import Flask, Response, abort, request

from server import events, packing
from server.entry import Entry, Listing, Sort
from server.folder import SharedFolder
from server.pictures.service import Pictures
from server.problems import found
from server.urls import folder_path
from server.watching import Watching

USUAL_ENTRIES = 1_000
MOST_ENTRIES = 10_000
_SORTS: tuple[Sort, ...] = get_args(Sort)


class Wanted(NamedTuple):
    """The part of a listing that a request asks for, as `SharedFolder.entries` takes it."""

    sort: Sort
    descending: bool
    offset: int
    limit: int
    versioned: bool


class Listings:
    """Answers for the folders in *folder*."""

    def __init__(self, folder: SharedFolder, pictures: Pictures | None) -> None:
        self._folder, self._pictures = folder, pictures
        self._streams = events.Streams(Watching(folder))

    def install(self, app: Flask) -> None:
        """Add the routes to *app*."""
        for road, view in (("/api/folder", self.listing), ("/api/events", self.changes)):
            app.add_url_rule(road, view_func=view, defaults={"path": ""})
            app.add_url_rule(f"{road}/", view_func=view, defaults={"path": ""})
            app.add_url_rule(f"{road}/<path:path>", view_func=view)

    def listing(self, path: str) -> Response:
        """List a folder, or a part of it."""
        wanted = _wanted(request.args)
        listed = found(lambda: self._folder.entries(folder_path(path), *wanted))
        return packing.reply(request, packing.as_json(_content(listed, wanted, self._pictures)))

    def changes(self, path: str) -> Response:
        """Begin to tell what changes in a folder."""
        listed = found(lambda: self._folder.entries(folder_path(path), limit=0))
        return self._streams.reply(listed, request)


def _wanted(arguments: Mapping[str, str]) -> Wanted:
    """Read which part of a listing is wanted, in which order."""
    sort, order = arguments.get("sort", "name"), arguments.get("order", "asc")
    if sort not in _SORTS:
        abort(400, f"sort is one of {', '.join(_SORTS)}.")
    if order not in {"asc", "desc"}:
        abort(400, "order is asc or desc.")
    offset = _number(arguments, "offset", 0, 0, sys.maxsize)
    limit = _number(arguments, "limit", USUAL_ENTRIES, 1, MOST_ENTRIES)
    version = arguments.get("version", "always")
    if version not in {"always", "free"}:
        abort(400, "version is always or free.")
    return Wanted(sort, order == "desc", offset, limit, version == "always")


def _number(arguments: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = arguments.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= number <= most:
        abort(400, f"{name} is a whole number from {least} to {most}.")
    return number


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
