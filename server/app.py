"""The share as a web application: who may ask, and which part answers."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeAlias

from flask import Flask, Request, Response, abort, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from server import __version__, guard, packing, problems, rendering, thumbnails
from server.access import Access, refusal
from server.activity import FILES, Activity
from server.body import Body
from server.digests import Digests
from server.entrance import LONGEST_FORM, PIN_PATH, SHARE_PATH, Entrance
from server.files import Files
from server.folder import SharedFolder
from server.folder_problem import FolderProblem
from server.identity import Identity
from server.listings import Listings
from server.pictures.service import Pictures
from server.problems import found
from server.replies import Answer
from server.thumbnails import Thumbnails
from server.urls import AnyPath, folder_path, moved, path_of
from server.zips import MOST_SELECTED, Zips

AtOnce: TypeAlias = Answer | Future[Answer] | None


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
            path_info=path_of(environ),
            default_method=environ["REQUEST_METHOD"],
            query_args=environ.get("QUERY_STRING", ""),
        )


def create_app(
    folder: SharedFolder,
    digests: Digests | None = None,
    pictures: Pictures | None = None,
    access: Access | None = None,
    identity: Identity | Callable[[], Identity] | None = None,
    activity: Activity | None = None,
) -> Flask:
    """Make the application that shares *folder*.

    Whoever gives *digests* closes it, before stopping what serves the application. Without it
    digests are kept in memory only, and their thread ends by itself when it has no work.
    Whoever gives *pictures* closes it, too; without it no file has a thumbnail.
    An *identity* that is asked for each time has the same id each time.
    Without *access* everybody may come in whom the port can be reached by.
    *activity* is told what everybody does who is in.
    """
    app = _App("server", static_folder=None)
    app.url_map.converters["path"] = AnyPath
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.bodies = {"/zip": MOST_SELECTED}
    told = identity or Identity()
    tell: Callable[[], Identity] = told if callable(told) else lambda: told
    rendering.install(app, lambda: tell().name)
    announced = tell().host
    own = SharedFolder(Path(__file__).parent / "static")
    files = Files(folder, digests or Digests(folder), pictures)
    thumbs = Thumbnails(folder, own, pictures)

    # Two roads lead in, and both of them past `refusal` first, then past `access`: the
    # application's, and a short one for what is asked for most.

    @app.before_request
    def refuse() -> None:
        status = refusal(request.environ, announced)
        if status is not None:
            abort(status)

    if access is not None:
        Entrance(app, access, activity)
        app.bodies[PIN_PATH] = LONGEST_FORM

    def at_once(environ: dict[str, Any]) -> AtOnce:
        if refusal(environ, announced) is not None or (
            access is not None and not access.lets_in(environ)
        ):
            return None
        path = path_of(environ)
        find = thumbs.at_once if path.startswith(thumbnails.ROAD) else files.at_once
        try:
            answer = find(path, environ)
        except (FolderProblem, HTTPException):
            return None
        if isinstance(answer, Answer):
            answer.headers.update(guard.GUARD)
        if activity is not None and answer is not None:
            _tell_of(activity, environ, path, answer)
        return answer

    app.at_once = at_once
    files.install(app)
    thumbs.install(app)
    Listings(folder, pictures).install(app)
    _add_zips(app, Zips(folder, pictures))
    _add_the_rest(app, own, tell)
    app.register_error_handler(HTTPException, problems.answered)
    app.after_request(_guarded)
    if activity is not None:
        app.after_request(lambda response: _noted(activity, response))
    return app


def _add_zips(app: Flask, zips: Zips) -> None:
    @app.get("/zip")
    def zip_of_all() -> Response:
        return moved("/zip/")

    @app.get("/zip/", defaults={"path": ""})
    @app.get("/zip/<path:path>")
    def archive(path: str) -> Response:
        return found(lambda: zips.reply(folder_path(path), request))

    @app.post("/zip")
    def select() -> Response:
        return found(lambda: zips.select(request))


def _add_the_rest(app: Flask, own: SharedFolder, tell: Callable[[], Identity]) -> None:
    """Add the routes of what is about the share, and not of it."""

    @app.get("/")
    def start() -> Response:
        return moved("/files/")

    @app.get("/static/<path:path>")
    def static(path: str) -> Response:
        return packing.file(request, found(lambda: own.open(path)))

    @app.get(SHARE_PATH)
    def about() -> Response:
        is_in = g.get("is_in", True)
        identity = tell()
        told = {"id": identity.id, "name": identity.name, "needs_pin": not is_in}
        return packing.as_json({**told, "version": __version__} if is_in else told)

    @app.get("/api/openapi.json")
    def openapi() -> Response:
        return packing.as_json(json.loads((Path(__file__).parent / "openapi.json").read_bytes()))


def _tell_of(
    activity: Activity, environ: dict[str, Any], path: str, answer: Answer | Future[Answer]
) -> None:
    """Tell of an answer on the short road, before anything of it is sent."""
    if isinstance(answer, Answer):
        activity.answered(environ, path, answer.status, answer.headers, answer.body)
    else:
        answer.add_done_callback(lambda made: _tell_of(activity, environ, path, made.result()))


def _noted(activity: Activity, response: Response) -> Response:
    """Tell of an answer on the application's road."""
    environ, path = request.environ, path_of(request.environ)
    if not g.get("is_in", True):
        return response
    made: Any = response.response
    body = getattr(made, "file", None)
    if isinstance(body, Body) or FILES not in environ or response.status_code != 200:
        given = body if isinstance(body, Body) else None
        activity.answered(environ, path, response.status, dict(response.headers), given)
    elif request.method == "GET":
        response.response = activity.made(environ, path, made)
    return response


def _guarded(response: Response) -> Response:
    """Add to every reply what keeps a browser from doing more with it than show it."""
    for name, value in guard.GUARD.items():
        response.headers.setdefault(name, value)
    return response
