"""A picture made smaller or converted, or what is known about one, as Flask's response."""

from collections.abc import Callable
from dataclasses import asdict

from flask import Request, Response
from werkzeug.exceptions import NotFound, ServiceUnavailable

from server.conditions import Version, asked
from server.open_file import OpenFile
from server.pictures.cache import Kept
from server.pictures.conversion import Form
from server.pictures.crew import Busy
from server.pictures.details import Details
from server.pictures.replies import LATER, asker, picture_answer, taken
from server.pictures.service import Pictures
from server.pictures.sizes import NAMES
from server.pictures.version import version
from server.replies import Content, answer_with
from server.responses import response

# Tells whether what was asked for in another form is in it: "jpeg", or "none".
CONVERTED = "X-Lanslide-Converted"


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
    return response(picture_answer(kept, request.environ, is_current=is_current), request)


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
        found = pictures.conversions.convert(file, again, form, asker(request.environ))
    except Busy as error:
        raise ServiceUnavailable(LATER, retry_after=1) from error
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
            found = (
                pictures.details(file, asker(request.environ))
                if pictures is not None
                else Details()
            )
        except Busy as error:
            raise ServiceUnavailable(LATER, retry_after=1) from error
    return asdict(found)


def _picture(
    pictures: Pictures, file: OpenFile, again: Callable[[], OpenFile], size: str, request: Request
) -> Kept | None:
    try:
        return pictures.picture(
            file,
            NAMES[size],
            taken(request.environ.get("HTTP_ACCEPT", "*/*")),
            asker(request.environ),
            sharp="sharp" in request.args,
            again=again,
        )
    except Busy as error:
        raise ServiceUnavailable(LATER, retry_after=1) from error
