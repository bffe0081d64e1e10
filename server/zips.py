"""Archives over HTTP: a folder, or a selection of files, as one attachment."""

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import parse_qsl, quote

from flask import Request, Response
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    NotFound,
    TooManyRequests,
    UnsupportedMediaType,
)

from server import members, replies
from server.archive import Archive
from server.body import length_of
from server.checksums import Checksums
from server.folder import SharedFolder
from server.made_ahead import MadeAhead
from server.replies import Answer, Version
from server.selections import MOST_PATHS, Selections, selection

# Archives that are sent at once; the disk has to be read for each.
MOST_AT_ONCE = 2
# Bytes of a selection.
MOST_SELECTED = 1 << 20
# Seconds.
ASK_AGAIN_IN = 10
KIND = "application/zip"
_FORM = "application/x-www-form-urlencoded"

_FORGOTTEN = "This selection is not known here any more. Select the files again."
_NOTHING = "Nothing is selected that is shared here."
_BUSY = "Others are saving archives at the moment. Try again in a moment."


class Zips:
    """Answers requests for archives of what is in *folder*. May be used from several threads."""

    def __init__(self, folder: SharedFolder) -> None:
        self._folder = folder
        self._checksums = Checksums()
        self._selections = Selections()
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)

    def reply(self, path: str, request: Request) -> Response:
        """Answer with all of a folder, or with what a token in the query says of it.

        Raises `FolderProblem` and `HTTPException`.
        """
        paths = self._selected(path, request)
        if not self._places.acquire(blocking=False):
            raise TooManyRequests(_BUSY, retry_after=ASK_AGAIN_IN)
        place = _Place(self._places.release)
        try:
            return self._answer(path, paths, request, place)
        except BaseException:
            place.leave()
            raise

    def select(self, request: Request) -> Response:
        """Remember a selection, and tell the client where its archive is.

        Raises `FolderProblem` if something in it is not shared, and `HTTPException`.
        """
        wanted = selection(_paths(request))
        if wanted is None:
            raise NotFound(_NOTHING)
        for path in wanted.paths:
            self._folder.item(path)
        self._selections.remember(wanted)
        where = quote(os.fsencode(f"/zip/{wanted.base}"))
        return Response(status=303, headers={"Location": f"{where}?selection={wanted.token}"})

    def _selected(self, path: str, request: Request) -> Iterable[str] | None:
        token = request.args.get("selection")
        if token is None:
            return None
        wanted = self._selections.get(token)
        if wanted is None or wanted.base != path:
            raise NotFound(_FORGOTTEN)
        return wanted.paths

    def _answer(
        self, path: str, paths: Iterable[str] | None, request: Request, place: "_Place"
    ) -> Response:
        has_left = request.environ.get("waitress.client_disconnected", lambda: False)
        waiting: Callable[[], AbstractContextManager[None]]
        waiting = request.environ.get("lanslide.waiting", nullcontext)
        try:
            # Most of it is waiting for the disk; other requests need not wait for that, too.
            with waiting():
                archive = Archive(members.members(self._folder, path, paths, has_left))
        except members.TooMuch as problem:
            raise Conflict(str(problem)) from problem
        asked = replies.asked(request.environ)
        there = Version(archive.etag, None, archive.length)
        decision = replies.decided(asked, there)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-cache", "ETag": there.etag}
        status = replies.STATUSES[decision.status]
        if decision.status == 304:
            place.leave()
            return replies.response(Answer(status, headers, None), request)
        name = path.rpartition("/")[2] or self._folder.name or "files"
        headers["Content-Disposition"] = replies.disposition(f"{name}.zip", attachment=True)
        parts, about = replies.parts_to_send(decision, archive.length, KIND)
        headers |= about
        body = MadeAhead(
            length_of(parts),
            lambda is_closed: archive.pieces(
                parts, self._folder.open, self._checksums, lambda: is_closed() or has_left()
            ),
            place.leave,
        )
        if asked.method == "HEAD":
            body.close()
        answer = Answer(status, headers, None if body.closed else body)
        return replies.response(answer, request)


class _Place:
    """One of the few places for archives; left once, however often."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave: list[Callable[[], None]] = [leave]

    def leave(self) -> None:
        """Make room for the next one."""
        if self._leave:
            self._leave.pop()()


def _paths(request: Request) -> list[str]:
    """Read which paths a form selects; a name that is no text is the bytes it has."""
    if request.mimetype != _FORM:
        raise UnsupportedMediaType(f"A selection is sent as {_FORM}.")
    text = request.get_data().decode("latin-1")
    try:
        fields = parse_qsl(
            text, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_PATHS
        )
    except ValueError:
        raise BadRequest(f"More than {MOST_PATHS:,} paths are too many.") from None
    paths = [os.fsdecode(value.encode("latin-1")) for name, value in fields if name == "path"]
    if not paths:
        raise BadRequest("A selection has at least one path.")
    return paths
