"""Archives over HTTP: a folder, or a selection of files, as one attachment."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from functools import partial
from urllib.parse import parse_qsl, quote, urlencode

from flask import Request, Response
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    UnsupportedMediaType,
)

from server import conditions, environment, members, replies, responses
from server.archive import Archive
from server.body import EndedEarly, ended_early, length_of
from server.checksums import Checksums
from server.conditions import Version
from server.converted_zip import converted_zip
from server.crowd import device
from server.folder import SharedFolder
from server.folder_problem import FolderProblem
from server.pictures.conversion import BadForm, Form, form
from server.pictures.service import Pictures
from server.pieces import Piece, Pieces
from server.places import AllTaken, HasOne, Place, Places
from server.replies import Answer
from server.selections import MOST_PATHS, Selections, selection
from server.way import Way
from server.words import marked

# Archives that are sent at once; the disk has to be read for each.
MOST_AT_ONCE = 2
# Seconds.
ASK_AGAIN_IN = 10
KIND = "application/zip"
_FORM = "application/x-www-form-urlencoded"

_FORGOTTEN = marked("This selection is not known here any more. Select the files again.")
_NOTHING = marked("Nothing is selected that is shared here.")
_BUSY = marked("Others are saving archives at the moment. Try again in a moment.")
_ONE = marked("This device is saving an archive already. Try again when it is through.")


class Zips:
    """Answers requests for archives of what is in *folder*. May be used from several threads."""

    def __init__(self, folder: SharedFolder, pictures: Pictures | None = None) -> None:
        self._folder = folder
        self._conversions = pictures.conversions if pictures is not None else None
        self._checksums = Checksums()
        self._selections = Selections()
        self._places = Places(MOST_AT_ONCE)

    def reply(self, path: str, request: Request) -> Response:
        """Answer with all of a folder, or with what a token in the query says of it.

        Raises `FolderProblem` and `HTTPException`.
        """
        paths, wanted = self._selected(path, request), _form(request.args)
        try:
            place = self._places.take(device(request.environ["REMOTE_ADDR"]))
        except (AllTaken, HasOne) as problem:
            sentence = _BUSY if isinstance(problem, AllTaken) else _ONE
            raise TooManyRequests(sentence, retry_after=ASK_AGAIN_IN) from problem
        try:
            return self._answer(path, paths, wanted, request, place)
        except BaseException:
            place.leave()
            raise

    def select(self, request: Request) -> Response:
        """Remember a selection, and tell the client where its archive is.

        Raises `FolderProblem` if something in it is not shared, and `HTTPException`.
        """
        fields = _fields(request)
        paths = [value for name, value in fields if name == "path"]
        if not 0 < len(paths) <= MOST_PATHS:
            raise BadRequest(f"A selection has at least one path, and {MOST_PATHS:,} at most.")
        wanted_as = [(name, value) for name, value in fields if name in {"as", "max"}]
        _form(dict(wanted_as))
        wanted = selection(paths)
        if wanted is None:
            raise NotFound(_NOTHING)
        for path in wanted.paths:
            self._folder.item(path)
        self._selections.remember(wanted)
        where = quote(os.fsencode(f"/zip/{wanted.base}"))
        query = urlencode([("selection", wanted.token), *wanted_as])
        return Response(status=303, headers={"Location": f"{where}?{query}"})

    def _selected(self, path: str, request: Request) -> Iterable[str] | None:
        token = request.args.get("selection")
        if token is None:
            return None
        wanted = self._selections.get(token)
        if wanted is None or wanted.base != path:
            raise NotFound(_FORGOTTEN)
        return wanted.paths

    def _answer(
        self,
        path: str,
        paths: Iterable[str] | None,
        wanted: Form | None,
        request: Request,
        place: Place,
    ) -> Response:
        has_left = environment.has_left(request.environ)
        waiting = environment.waiting(request.environ)
        try:
            # Most of it is waiting for the disk; other requests need not wait for that, too.
            with waiting():
                found = members.members(
                    self._folder, path, paths, has_left, self._checksums.is_given_up
                )
        except members.TooMuch as problem:
            raise Conflict(str(problem)) from problem
        except EndedEarly as error:
            raise ServiceUnavailable from error
        request.environ[environment.FILES] = sum(not one.is_folder for one in found)
        name = path.rpartition("/")[2] or self._folder.name or "files"
        headers = {
            "Cache-Control": "no-cache",
            "Content-Disposition": replies.disposition(f"{name}.zip", attachment=True),
        }
        if wanted is None or self._conversions is None:
            given = self._as_they_are(Archive(found), headers, request, has_left, place)
            return responses.response(given, request)
        made = converted_zip(
            found, wanted, self._conversions, self._folder.open, has_left, place.device
        )
        # How long it gets is not known, so no part of it can be asked for.
        headers |= {"Accept-Ranges": "none", "Content-Type": KIND}
        if request.method == "HEAD":
            place.leave()
            return Response(iter(()), headers=headers)
        response = Response(_waited_for(made, waiting, place.move), headers=headers)
        response.call_on_close(place.leave)
        return response

    def _as_they_are(
        self,
        archive: Archive,
        headers: dict[str, str],
        request: Request,
        has_left: Callable[[], bool],
        place: Place,
    ) -> Answer:
        """Answer with the files as they are, or with a part of their archive."""
        asked = conditions.asked(request.environ)
        decision = conditions.decided(asked, Version(archive.etag, None, archive.length))
        headers |= {"Accept-Ranges": "bytes", "ETag": archive.etag}
        status = replies.STATUSES[decision.status]
        if decision.status == 304:
            place.leave()
            return Answer(status, headers, None)
        parts, about = replies.parts_to_send(decision, archive.length, KIND)
        headers |= about
        if asked.method == "HEAD":
            place.leave()
            return Answer(status, headers, None)

        def making() -> Generator[Piece | None]:
            with closing(Way()) as way:
                find = partial(self._folder.open, way=way)
                try:
                    yield from archive.pieces(parts, find, self._checksums, has_left)
                except FolderProblem as problem:
                    raise ended_early("A file is not there any more.") from problem

        return Answer(status, headers, Pieces(length_of(parts), making(), place.leave, place.move))


def _waited_for(
    made: Iterator[bytes],
    waiting: Callable[[], AbstractContextManager[None]],
    taken: Callable[[], None],
) -> Iterator[bytes]:
    """Give what is made, and tell each time that it was *taken*.

    Another thread works in place of the one that takes it, however long that waits for its client.
    """
    with waiting():
        for piece in made:
            yield piece
            taken()


def _form(arguments: Mapping[str, str]) -> Form | None:
    """Read what pictures are to be sent as."""
    try:
        return form(arguments)
    except BadForm as error:
        raise BadRequest(str(error)) from error


def _fields(request: Request) -> list[tuple[str, str]]:
    """Read a form; a value that is no text is the bytes it has."""
    if request.mimetype != _FORM:
        raise UnsupportedMediaType(f"A selection is sent as {_FORM}.")
    text = request.get_data().decode("latin-1")
    try:
        fields = parse_qsl(
            text, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_PATHS + 2
        )
    except ValueError:
        raise BadRequest(f"More than {MOST_PATHS:,} paths are too many.") from None
    return [(name, os.fsdecode(value.encode("latin-1"))) for name, value in fields]
