"""The share as a web application: each route finds something in the folder, then sends it."""

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar, get_args
from urllib.parse import quote

from flask import Flask, Request, Response, abort, g, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.routing import BaseConverter, MapAdapter

from server import __version__, events, guard, packing, pages, rendering, replies
from server.access import Access, refusal
from server.covers import cover
from server.digests import Digests
from server.entrance import LONGEST_FORM, PIN_PATH, SHARE_PATH, Entrance
from server.folder import (
    Entry,
    FolderProblem,
    IsFolder,
    Listing,
    NotReadable,
    NotShared,
    OpenFile,
    SharedFolder,
    Sort,
    Unavailable,
)
from server.identity import Identity
from server.pictures import conversion
from server.pictures import replies as picture_replies
from server.pictures.service import Pictures
from server.pictures.sizes import NAMES as SIZES
from server.watching import Watching
from server.words import marked
from server.zips import MOST_SELECTED, Zips

Found = TypeVar("Found")
AtOnce: TypeAlias = replies.Answer | Future[replies.Answer] | None

USUAL_ENTRIES = 1_000
MOST_ENTRIES = 10_000
_SORTS: tuple[Sort, ...] = get_args(Sort)

_STATUSES: dict[type[FolderProblem], int] = {
    NotShared: 404,
    IsFolder: 404,
    NotReadable: 403,
    Unavailable: 503,
}
_SENTENCES = {
    400: marked("This request cannot be understood."),
    403: marked("This may not be read."),
    404: marked("This is not shared here."),
    405: marked("This cannot be done here."),
    412: marked("The file is not the version that was asked for."),
    416: marked("The file does not have the part that was asked for."),
    421: marked("This share has another address."),
    500: marked("Something went wrong here. The other files are not affected."),
    503: marked("The shared folder is not there at the moment."),
}

_NOT_YET = "The digest of this file is not ready yet. Ask again in a moment."

# The routes of files, and whether they send attachments.
_ROADS = {"files": False, "download": True, "download2": True}


class Wanted(NamedTuple):
    """The part of a listing that a request asks for, as `SharedFolder.entries` takes it."""

    sort: Sort
    descending: bool
    offset: int
    limit: int
    versioned: bool


class _AnyPath(BaseConverter):
    """Any path at all, a name with a line break included; the folder judges it."""

    part_isolating = False
    regex = "(?s:.+)"
    weight = 200


class _App(Flask):
    """Flask, with the path of a URL kept byte for byte: names on disk need not be UTF-8.

    Attributes:
        at_once: answers a request for a file without all that Flask does around it, by the same
            checks; None for everything else, and for all that is not a file sent as it should be.
            What has to be made first is given when it is there, on another thread.
        bodies: for each path that takes a body by POST, its most bytes.

    """

    at_once: Callable[[dict[str, Any]], AtOnce]
    bodies: dict[str, int]

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        return self.url_map.bind(
            server_name="share.invalid",
            path_info=_path(environ),
            default_method=environ["REQUEST_METHOD"],
            query_args=environ.get("QUERY_STRING", ""),
        )


def create_app(
    folder: SharedFolder,
    digests: Digests | None = None,
    pictures: Pictures | None = None,
    access: Access | None = None,
    identity: Identity | None = None,
) -> Flask:
    """Make the application that shares *folder*.

    Whoever gives *digests* closes it, before stopping what serves the application. Without it
    digests are kept in memory only, and their thread ends by itself when it has no work.
    Whoever gives *pictures* closes it, too; without it no file has a thumbnail.
    Without *access* everybody may come in whom the port can be reached by.
    """
    app = _App("server", static_folder=None)
    app.url_map.converters["path"] = _AnyPath
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    rendering.install(app)
    static = SharedFolder(Path(__file__).parent / "static")
    digests = digests or Digests(folder)
    streams = events.Streams(Watching(folder))
    identity = identity or Identity()
    zips = Zips(folder, pictures)
    app.bodies = {"/zip": MOST_SELECTED}

    @app.before_request
    def refuse() -> None:
        status = refusal(request.environ)
        if status is not None:
            abort(status)

    if access is not None:
        Entrance(app, access)
        app.bodies[PIN_PATH] = LONGEST_FORM

    def is_let_in(environ: Mapping[str, Any]) -> bool:
        return refusal(environ) is None and (access is None or access.lets_in(environ))

    def send(path: str, file: OpenFile, *, attachment: bool) -> Response:
        digest = digests.known(path, file.status)
        return replies.reply(file, request, attachment=attachment, digest=digest)

    def save(path: str) -> Response:
        form = _form(request.args)
        again = partial(folder.open, path)
        file = _found(again)
        if form is None:
            return send(path, file, attachment=True)
        try:
            response = picture_replies.converted(file, again, form, request, pictures)
        except BaseException:
            file.close()
            raise
        if response is not None:
            file.close()
            return response
        response = send(path, file, attachment=True)
        response.headers[picture_replies.CONVERTED] = "none"
        return response

    def file_at_once(path: str, environ: dict[str, Any]) -> replies.Answer | None:
        wanted = _file_wanted(path)
        if wanted is None or environ.get("QUERY_STRING"):
            return None
        name, attachment = wanted
        asked = replies.asked(environ)
        file = folder.open(name)
        digest = digests.known(name, file.status)
        return replies.answer(file, asked, attachment=attachment, digest=digest)

    def thumb_at_once(path: str, environ: dict[str, Any]) -> AtOnce:
        size, _, name = path.removeprefix("/thumb/").partition("/")
        if pictures is None or not name or size not in SIZES:
            return None
        again = partial(folder.open, name)
        return picture_replies.at_once(again(), again, size, environ, pictures)

    def at_once(environ: dict[str, Any]) -> AtOnce:
        path = _path(environ)
        find = thumb_at_once if path.startswith("/thumb/") else file_at_once
        try:
            answer = find(path, environ) if is_let_in(environ) else None
        except (FolderProblem, HTTPException):
            return None
        if isinstance(answer, replies.Answer):
            answer.headers.update(guard.GUARD)
        return answer

    @app.get("/")
    def start() -> Response:
        return _moved("/files/")

    @app.get("/download/<string:file_name>")
    def download(file_name: str) -> Response:
        return save(file_name)

    @app.get("/download2/<path:file_name>")
    def download2(file_name: str) -> Response:
        return save(file_name)

    @app.get("/files")
    def files() -> Response:
        return _moved("/files/")

    @app.get("/files/", defaults={"path": ""})
    @app.get("/files/<path:path>")
    def show(path: str) -> Response:
        path = _without_dots(path)
        if not path or path.endswith("/"):
            order = rendering.order()
            found = _found(lambda: folder.entries(_folder_path(path), *pages.SORTINGS[order]))
            return rendering.folder(found, folder.name, order)
        try:
            file = folder.open(path)
        except IsFolder:
            return _moved("/files/" + quote(os.fsencode(path)) + "/")
        except FolderProblem as problem:
            abort(_STATUSES[type(problem)])
        return send(path, file, attachment=False)

    @app.get("/api/folder", defaults={"path": ""})
    @app.get("/api/folder/", defaults={"path": ""})
    @app.get("/api/folder/<path:path>")
    def listing(path: str) -> Response:
        wanted = _wanted(request.args)
        found = _found(lambda: folder.entries(_folder_path(path), *wanted))
        return packing.reply(request, _json(_as_json(found, wanted, pictures)))

    @app.get("/api/events", defaults={"path": ""})
    @app.get("/api/events/", defaults={"path": ""})
    @app.get("/api/events/<path:path>")
    def changes(path: str) -> Response:
        found = _found(lambda: folder.entries(_folder_path(path), limit=0))
        return streams.reply(found, request)

    @app.get("/api/digest/<path:path>")
    def digest(path: str) -> Response:
        with _found(lambda: folder.open(path)) as file:
            status = file.status
        has_left = request.environ.get("waitress.client_disconnected", lambda: False)
        found = digests.wait(path, status, has_left)
        if found is None:
            raise ServiceUnavailable(_NOT_YET, retry_after=1)
        content = {"path": path, "size": status.st_size, "etag": replies.etag(status)}
        return _json({**content, "sha-256": found.hex()})

    @app.get("/api/info/<path:path>")
    def info(path: str) -> Response:
        opened = _found(lambda: folder.open(path))
        return _json({"path": path, **picture_replies.details(opened, request, pictures)})

    @app.get(SHARE_PATH)
    def about() -> Response:
        is_in = g.get("is_in", True)
        told = {"id": identity.id, "name": identity.name, "needs_pin": not is_in}
        return _json({**told, "version": __version__} if is_in else told)

    @app.get("/api/openapi.json")
    def openapi() -> Response:
        return _json(json.loads((Path(__file__).parent / "openapi.json").read_bytes()))

    @app.get("/thumb/<string:size>/<path:path>")
    def thumb(size: str, path: str) -> Response:
        if path.endswith("/"):
            first = _found(lambda: cover(folder, _folder_path(path)))
            if first is None:
                # Seen through: the page's own drawing of a folder is behind it.
                return packing.file(request, _found(lambda: static.open("nothing.png")))
            path = first
        again = partial(folder.open, path)
        return picture_replies.thumb(_found(again), again, size, request, pictures)

    @app.get("/zip")
    def zip_of_all() -> Response:
        return _moved("/zip/")

    @app.get("/zip/", defaults={"path": ""})
    @app.get("/zip/<path:path>")
    def archive(path: str) -> Response:
        return _found(lambda: zips.reply(_folder_path(path), request))

    @app.post("/zip")
    def select() -> Response:
        return _found(lambda: zips.select(request))

    @app.get("/static/<path:path>")
    def own(path: str) -> Response:
        return packing.file(request, _found(lambda: static.open(path)))

    app.register_error_handler(HTTPException, _problem)
    app.after_request(_guarded)
    app.at_once = at_once
    return app


def _path(environ: Mapping[str, Any]) -> str:
    """Give the path of a URL as a name on disk is given; WSGI has it as Latin-1."""
    return os.fsdecode(environ["PATH_INFO"].encode("latin-1"))


def _file_wanted(path: str) -> tuple[str, bool] | None:
    """Tell which file the path of a URL is for, and whether as an attachment."""
    road, _, name = path[1:].partition("/")
    attachment = _ROADS.get(road)
    if attachment is None or not name or name.endswith("/") or (road == "download" and "/" in name):
        return None
    return name, attachment


def _without_dots(path: str) -> str:
    """Leave out components that are one dot, which RFC 3986 has mean nothing.

    Programs that build URLs by its rules, as rclone does, write them before names with a colon.
    """
    return re.sub(r"(?<![^/])(?:\./)+", "", path)


def _found(find: Callable[[], Found]) -> Found:
    """Give what *find* finds, or end the request with the status that says why not."""
    try:
        return find()
    except FolderProblem as problem:
        abort(_STATUSES[type(problem)])


def _folder_path(path: str) -> str:
    """Take the slash off the end of a folder's path; one alone is no name, so it stays."""
    return path.removesuffix("/") or path


def _moved(path: str) -> Response:
    """Send the client to another path of this share, whichever address it came by."""
    query = request.environ.get("QUERY_STRING")
    return Response(status=302, headers={"Location": f"{path}?{query}" if query else path})


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


def _form(arguments: Mapping[str, str]) -> conversion.Form | None:
    """Read what pictures are to be sent as."""
    try:
        return conversion.form(arguments)
    except conversion.BadForm as error:
        abort(400, str(error))


def _number(arguments: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = arguments.get(name)
    if text is None:
        return usual
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    if not least <= number <= most:
        abort(400, f"{name} is a whole number from {least} to {most}.")
    return number


def _as_json(listing: Listing, wanted: Wanted, pictures: Pictures | None) -> dict[str, object]:
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


def _json(content: dict[str, object], status: int = 200) -> Response:
    # Names that are no valid text are in it as lone surrogates, which JSON escapes.
    return Response(
        json.dumps(content),
        status,
        headers={"Cache-Control": "no-cache"},
        content_type="application/json",
    )


def _problem(error: HTTPException) -> Response:
    """Answer any error: a page for people, JSON for programs."""
    status = error.code or 500
    own = error.description if error.description != type(error).description else None
    sentence = own or _SENTENCES.get(status) or f"{error.name}."
    if request.path.startswith("/api/"):
        response = _json({"error": sentence}, status)
    else:
        response = rendering.problem(status, sentence)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response


def _guarded(response: Response) -> Response:
    """Add to every reply what keeps a browser from doing more with it than show it."""
    for name, value in guard.GUARD.items():
        response.headers.setdefault(name, value)
    return response
