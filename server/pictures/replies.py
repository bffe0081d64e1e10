"""A small picture, or what is known about one, as an HTTP reply."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, nullcontext
from dataclasses import asdict
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import NotFound, ServiceUnavailable

from server.body import FileBody
from server.guard import GUARD
from server.open_file import OpenFile
from server.pictures.cache import Kept
from server.pictures.conversion import Form
from server.pictures.crew import Asker, Busy
from server.pictures.details import Details
from server.pictures.formats import Family
from server.pictures.neutral import NEUTRAL, TAG
from server.pictures.service import Pictures, Taken
from server.pictures.sizes import NAMES
from server.pictures.version import version
from server.replies import (
    STATUSES,
    Answer,
    Content,
    Version,
    answer_with,
    asked,
    date,
    matches,
    response,
)

# Tells the window what it got: "none" for the neutral picture, "preview" for one from inside the
# file that is smaller than the size, "full" for the real one.
KIND = "X-Lanslide-Picture"
# Says with "none" why, if that is known: "too-large", "damaged", "not-supported", or "needs-" and
# what is not installed here.
PROBLEM = "X-Lanslide-Problem"
_PROBLEMS = {"too-large", "damaged", "not-supported", *(f"needs-{one}" for one in Family)}
# The size of the original, upright.
PIXELS = "X-Lanslide-Pixels"
# Tells whether what was asked for in another form is in it: "jpeg", or "none".
CONVERTED = "X-Lanslide-Converted"
_FOR_GOOD = "private, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_LATER = "This picture is not ready yet. Ask again in a moment."


def thumb(
    opened: OpenFile,
    again: Callable[[], OpenFile],
    size: str,
    request: Request,
    pictures: Pictures | None,
) -> Response:
    """Answer with a picture in the size of that name, or the neutral one if there is none.

    With the file's version as `v` it may be kept for good. With `sharp` a preview from inside the
    file will not do if it is too small. Closes the file; *again* opens it once more.
    """
    with opened as file:
        if size not in NAMES:
            raise NotFound
        is_current = request.args.get("v") == version(file.name, file.status)
        kept = _picture(pictures, file, again, size, request) if pictures is not None else None
    return response(_answer(kept, request.environ, is_current=is_current), request)


def at_once(
    opened: OpenFile,
    again: Callable[[], OpenFile],
    size: str,
    environ: Mapping[str, Any],
    pictures: Pictures,
) -> "Answer | Future[Answer] | None":
    """Give the answer of `thumb` if all that is asked is in *environ* plainly, without waiting.

    If the picture has to be made the answer comes when it is, on another thread. Closes the file;
    *again* opens it once more.
    """
    with ExitStack() as stack:
        file = stack.enter_context(opened)
        query = environ.get("QUERY_STRING", "")
        is_current = query == f"v={version(file.name, file.status)}"
        if query and not is_current:
            return None
        wanted, taken = NAMES[size], _taken(environ.get("HTTP_ACCEPT", "*/*"))
        found = pictures.kept(file, wanted, taken)
        if found is not None:
            return _answer(found, environ, is_current=is_current)
        try:
            has_left = environ.get("waitress.client_disconnected", bool)
            made = pictures.ask(file, again, wanted, taken, has_left)
        except Busy:
            # For a page that says so.
            return None
        if made is None:
            return None
        until_made = stack.pop_all()
    coming: Future[Answer] = Future()

    def tell(done: "Future[Kept]") -> None:
        until_made.close()
        is_made = done.exception() is None
        answer = _answer(done.result(), environ, is_current=is_current) if is_made else _later()
        answer.headers.update(GUARD)
        coming.set_result(answer)

    made.add_done_callback(tell)
    return coming


def converted(
    file: OpenFile,
    again: Callable[[], OpenFile],
    form: Form,
    request: Request,
    pictures: Pictures | None,
) -> Response | None:
    """Answer with a file in another form; None if it is to be sent as it is.

    Leaves the file open; *again* opens it once more. It is sent as any file is, conditions, ranges
    and stalled clients included.
    """
    if pictures is None:
        return None
    try:
        found = pictures.conversions.convert(file, again, form, _asker(request))
    except Busy as error:
        raise ServiceUnavailable(_LATER, retry_after=1) from error
    if found is None:
        return None
    content = Content(
        found.descriptor,
        Version(f'"{found.tag}"', int(file.status.st_mtime), found.size),
        found.name,
        "image/jpeg",
        is_attachment=True,
        digest=found.digest,
    )
    given = response(answer_with(content, asked(request.environ)), request)
    given.headers[CONVERTED] = "jpeg"
    return given


def details(opened: OpenFile, request: Request, pictures: Pictures | None) -> dict[str, object]:
    """Give what is known about the picture in a file; closes it."""
    with opened as file:
        try:
            found = pictures.details(file, _asker(request)) if pictures is not None else Details()
        except Busy as error:
            raise ServiceUnavailable(_LATER, retry_after=1) from error
    return asdict(found)


def _picture(
    pictures: Pictures, file: OpenFile, again: Callable[[], OpenFile], size: str, request: Request
) -> Kept | None:
    try:
        return pictures.picture(
            file,
            NAMES[size],
            _taken(request.environ.get("HTTP_ACCEPT", "*/*")),
            _asker(request),
            sharp="sharp" in request.args,
            again=again,
        )
    except Busy as error:
        raise ServiceUnavailable(_LATER, retry_after=1) from error


def _answer(kept: Kept | None, environ: Mapping[str, Any], *, is_current: bool) -> Answer:
    """Answer with a picture; with the neutral one if there is none, or it says that there is none.

    *is_current* tells whether the client has named the version that there is.
    """
    made = kept.answer if kept is not None else None
    headers = {"Cache-Control": _ASK_AGAIN, "ETag": f'"{TAG}"', "Vary": "Accept", KIND: "none"}
    data, media_type = NEUTRAL, "image/png"
    if kept is not None and made is not None and made.kind != "none":
        policy = _FOR_GOOD if is_current and made.kind == "full" else _ASK_AGAIN
        headers |= {"Cache-Control": policy, "ETag": f'"{kept.tag}"', KIND: made.kind}
        data, media_type = made.data, made.media_type
        if made.width:
            headers[PIXELS] = f"{made.width}x{made.height}"
    elif made is not None and (why := made.data.decode("ascii", "replace")) in _PROBLEMS:
        headers[PROBLEM] = why
    known = environ.get("HTTP_IF_NONE_MATCH")
    headers["Date"] = date(int(time.time()))
    if known is not None and matches(known, headers["ETag"], weak=True):
        return Answer(STATUSES[304], headers, None)
    headers |= {"Content-Type": media_type, "Content-Length": str(len(data))}
    body = FileBody(-1, [data]) if environ["REQUEST_METHOD"] != "HEAD" else None
    return Answer(STATUSES[200], headers, body)


def _later() -> Answer:
    """Answer that the picture could not be made now, through no fault of its own."""
    body = _LATER.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Retry-After": "1",
        "Date": date(int(time.time())),
    }
    return Answer("503 SERVICE UNAVAILABLE", headers, FileBody(-1, [body]))


def _taken(accept: str) -> Taken:
    """Read which kinds of picture a client takes; one that names none takes JPEG."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    webp = "image/webp" in kinds
    return Taken(webp, jpeg=not webp or bool(kinds & {"image/jpeg", "image/*", "*/*"}))


def _asker(request: Request) -> Asker:
    environ = request.environ
    has_left = environ.get("waitress.client_disconnected", bool)
    return Asker(has_left, environ.get("lanslide.waiting", nullcontext))
