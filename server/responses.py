"""What is answered, as Flask's responses: the application's side of `replies` and `packing`."""

import json
from collections.abc import Mapping

from flask import Request, Response
from werkzeug.exceptions import HTTPException, PreconditionFailed, RequestedRangeNotSatisfiable

from server import conditions, packing, replies
from server.conditions import ConditionFailed, NoSuchPart
from server.media_types import media_type
from server.open_file import OpenFile
from server.reading import read_at
from server.replies import Answer

_TEXTS = frozenset({"application/javascript", "application/manifest+json", "image/svg+xml"})


def response(given: Answer, request: Request) -> Response:
    """Give an answer to *request* as a response.

    Its bytes leave through the server's own `wsgi.file_wrapper`, so that a reader that stalls holds
    no worker.
    """
    if given.body is None:
        return Response(status=given.status, headers=given.headers)
    return Response(
        request.environ["wsgi.file_wrapper"](given.body),
        status=given.status,
        headers=given.headers,
        direct_passthrough=True,
    )


def file(
    opened: OpenFile, request: Request, *, attachment: bool, digest: bytes | None = None
) -> Response:
    """Answer with a file of the share; see `replies.answer`."""
    asked = conditions.asked(request.environ)
    given = replies.answer(opened, asked, attachment=attachment, digest=digest)
    return response(given, request)


def text(request: Request, response: Response, *, vary: str = "") -> Response:
    """Finish a reply whose whole text is in *response*; see `packing.packed`."""
    fields, data = packing.packed(response.get_data(), request.environ, vary)
    response.headers.update(fields)
    response.headers.setdefault("Cache-Control", "no-cache")
    if data is None:
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
    else:
        response.set_data(data)
    return response


def own_file(request: Request, opened: OpenFile) -> Response:
    """Answer with a file of our own, packed if it is text; closes it."""
    kind = media_type(opened.name)
    if not kind.startswith("text/") and kind not in _TEXTS:
        response = file(opened, request, attachment=False)
        del response.headers["Content-Disposition"]
        return response
    with opened:
        data = read_at(opened.descriptor, opened.status.st_size, 0)
    return text(request, Response(data, content_type=f"{kind}; charset=utf-8"))


def as_json(content: Mapping[str, object], status: int = 200) -> Response:
    """Give a reply for programs, in full; `text` finishes one that may be long."""
    # Names that are no valid text are in it as lone surrogates, which JSON escapes.
    return Response(
        json.dumps(content),
        status,
        headers={"Cache-Control": "no-cache"},
        content_type="application/json",
    )


def moved(path: str, request: Request) -> Response:
    """Send the client to another path of this share, whichever address it came by."""
    query = request.environ.get("QUERY_STRING")
    return Response(status=302, headers={"Location": f"{path}?{query}" if query else path})


def unmet(problem: ConditionFailed | NoSuchPart) -> HTTPException:
    """Give the error of Flask's for what a request demands in vain."""
    if isinstance(problem, NoSuchPart):
        return RequestedRangeNotSatisfiable(problem.size)
    return PreconditionFailed("The file is not the version that was asked for.")
