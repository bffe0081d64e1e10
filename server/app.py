"""The routes of a share, by Flask: who may ask, and which part answers."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Request, Response, abort, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, MapAdapter

from server import __version__, guard, problems, rendering, responses
from server.access import Access
from server.activity import Activity
from server.body import Body
from server.conditions import ConditionFailed, NoSuchPart
from server.digests import Digests
from server.entrance import SHARE_PATH, Entrance
from server.environment import FILES
from server.files import Files
from server.folder import SharedFolder
from server.identity import Identity
from server.listings import Listings
from server.pictures.service import Pictures
from server.problems import found
from server.refusal import refusal
from server.responses import moved
from server.thumbnails import Thumbnails
from server.urls import folder_path, path_of
from server.zips import Zips

# Werkzeug compiles a route by way of Python's syntax trees, and Python 3.11 fails where two threads
# do that at once.
_compiling = threading.Lock()


class AnyPath(BaseConverter):
    """Any path at all, a name with a line break included; the folder judges it."""

    part_isolating = False
    regex = "(?s:.+)"
    weight = 200


class _App(Flask):
    """Flask, with the path of a URL kept byte for byte: names on disk need not be UTF-8."""

    def add_url_rule(self, *arguments: Any, **named: Any) -> None:
        with _compiling:
            super().add_url_rule(*arguments, **named)

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
    digests: Digests,
    pictures: Pictures | None,
    access: Access | None,
    identity: Callable[[], Identity],
    activity: Activity | None,
) -> Flask:
    """Make the routes of a share; see `server.application.Application`, which they belong to."""
    app = _App("server", static_folder=None)
    app.url_map.converters["path"] = AnyPath
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    rendering.install(app, lambda: identity().name)
    announced = identity().host
    own = SharedFolder(Path(__file__).parent / "static")

    @app.before_request
    def refuse() -> None:
        status = refusal(request.environ, announced)
        if status is not None:
            abort(status)

    if access is not None:
        Entrance(app, access, activity)

    Files(folder, digests, pictures).install(app)
    Thumbnails(folder, own, pictures).install(app)
    Listings(folder, pictures).install(app)
    _add_zips(app, Zips(folder, pictures))
    _add_the_rest(app, own, identity)
    app.register_error_handler(HTTPException, problems.answered)
    for unmet in (ConditionFailed, NoSuchPart):
        app.register_error_handler(unmet, lambda one: problems.answered(responses.unmet(one)))
    app.after_request(_guarded)
    if activity is not None:
        app.after_request(lambda response: _noted(activity, response))
    return app


def _add_zips(app: Flask, zips: Zips) -> None:
    @app.get("/zip")
    def zip_of_all() -> Response:
        return moved("/zip/", request)

    @app.get("/zip/", defaults={"path": ""})
    @app.get("/zip/<path:path>")
    def archive(path: str) -> Response:
        return found(lambda: zips.reply(folder_path(path), request))

    @app.post("/zip")
    def select() -> Response:
        return found(lambda: zips.select(request))


def _add_the_rest(app: Flask, own: SharedFolder, identity: Callable[[], Identity]) -> None:
    """Add the routes of what is about the share, and not of it."""

    @app.get("/")
    def start() -> Response:
        return moved("/files/", request)

    @app.get("/static/<path:path>")
    def static(path: str) -> Response:
        return responses.own_file(request, found(lambda: own.open(path)))

    @app.get(SHARE_PATH)
    def about() -> Response:
        is_in = g.get("is_in", True)
        now = identity()
        told = {"id": now.id, "name": now.name, "needs_pin": not is_in}
        return responses.as_json({**told, "version": __version__} if is_in else told)

    @app.get("/api/openapi.json")
    def openapi() -> Response:
        return responses.as_json(json.loads((Path(__file__).parent / "openapi.json").read_bytes()))


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
