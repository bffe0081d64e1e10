"""What can go wrong, as replies: a page for people, JSON for programs."""

from collections.abc import Callable
from typing import TypeVar

from flask import Response, abort, request
from werkzeug.exceptions import HTTPException

from server import rendering, responses
from server.folder_problem import FolderProblem, IsFolder, NotReadable, NotShared, Unavailable
from server.words import marked

Found = TypeVar("Found")

STATUSES: dict[type[FolderProblem], int] = {
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


def found(find: Callable[[], Found]) -> Found:
    """Give what *find* finds, or end the request with the status that says why not."""
    try:
        return find()
    except FolderProblem as problem:
        abort(STATUSES[type(problem)])


def answered(error: HTTPException) -> Response:
    """Answer any error."""
    status = error.code or 500
    own = error.description if error.description != type(error).description else None
    sentence = own or _SENTENCES.get(status) or f"{error.name}."
    if request.path.startswith("/api/"):
        response = responses.as_json({"error": sentence}, status)
    else:
        response = rendering.problem(status, sentence)
    for name, value in error.get_headers():
        if name != "Content-Type":
            response.headers[name] = value
    return response
