"""The short road: what is asked for most, answered without all that Flask does around it.

It takes a plain request (`server.request.plain`: a GET or HEAD that came in one piece) of whoever
is let in, for something that is there:

- a file as it is, by `/files/`, `/download/` or `/download2/`, without a query;
- a picture made smaller, by `/thumb/`, with its version as the query or without one;
- a folder's listing, by `/api/folder/`, with any query that a listing has.

Whatever else, an error included, it leaves to Flask's routes, so that only they have to say what is
wrong. What it does answer it answers as they would: `tests/server/test_short_road.py` asks both. It
knows no Flask, which takes as long to load as all else of the server: a window has its first
pictures before that is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

from server import conditions, guard, packing, replies
from server.access import Access
from server.activity import Activity
from server.conditions import ConditionFailed, NoSuchPart
from server.digests import Digests
from server.environment import LATER
from server.folder import SharedFolder
from server.folder_problem import FolderProblem
from server.listing_text import KIND, BadWish, listing_text, wanted
from server.pictures import replies as picture_replies
from server.pictures.service import Pictures
from server.pictures.sizes import NAMES as SIZES
from server.refusal import refusal
from server.replies import Answer, AtOnce
from server.urls import LISTINGS, THUMBNAILS, folder_path, path_of

# The routes of files, and whether they send attachments.
_FILES = {"files": False, "download": True, "download2": True}


class ShortRoad:
    """Answers plain requests for what is in *folder*. May be used from several threads.

    Args:
        access: who may come in; everybody without it.
        host: the name that this computer is announced by; see `refusal.refusal`.
        activity: is told what everybody does who is in.

    """

    def __init__(
        self,
        folder: SharedFolder,
        digests: Digests,
        pictures: Pictures | None,
        access: Access | None,
        host: str,
        activity: Activity | None,
    ) -> None:
        self._folder, self._digests, self._pictures = folder, digests, pictures
        self._access, self._host, self._activity = access, host, activity

    def answer(self, environ: dict[str, Any]) -> AtOnce:
        """Answer a plain request; *environ* has what WSGI tells about it."""
        if refusal(environ, self._host) is not None or (
            self._access is not None and not self._access.lets_in(environ)
        ):
            return None
        path = path_of(environ)
        try:
            answer = self._found(path, environ)
        except (FolderProblem, ConditionFailed, NoSuchPart):
            return None
        if isinstance(answer, Future):
            # Before whoever waits for it is told, who asks for that later.
            answer.add_done_callback(lambda made: self._finish_made(environ, path, made))
        elif answer is not None:
            self._finish(environ, path, answer)
        return answer

    def _found(self, path: str, environ: dict[str, Any]) -> AtOnce:
        if path.startswith(THUMBNAILS):
            return self._picture(path, environ)
        if path.startswith(LISTINGS):
            return self._listing(path, environ)
        return self._file(path, environ)

    def _file(self, path: str, environ: Mapping[str, Any]) -> Answer | None:
        """Answer with a file as it is."""
        found = _file_of(path)
        if found is None or environ.get("QUERY_STRING"):
            return None
        name, attachment = found
        asked = conditions.asked(environ)
        file = self._folder.open(name)
        digest = self._digests.for_reply(name, file, is_wanted=asked.wants_digest)
        return replies.answer(file, asked, attachment=attachment, digest=digest)

    def _picture(self, path: str, environ: Mapping[str, Any]) -> AtOnce:
        """Answer with a picture made smaller."""
        size, _, name = path.removeprefix(THUMBNAILS).partition("/")
        if self._pictures is None or not name or size not in SIZES:
            return None
        again = partial(self._folder.open, name)
        return picture_replies.at_once(again(), again, size, environ, self._pictures)

    def _listing(self, path: str, environ: Mapping[str, Any]) -> AtOnce:
        """Answer with a listing; of a large folder it takes a while, so a worker reads it."""
        later: Callable[[Callable[[], None]], None] | None = environ.get(LATER)
        if later is None:
            return None
        coming: Future[Answer | None] = Future()

        def read() -> None:
            try:
                coming.set_result(self._listed(path, environ))
            except (FolderProblem, BadWish):
                coming.set_result(None)
            except Exception as error:
                # Whatever it is, whoever waits for the answer is to know.
                coming.set_exception(error)

        later(read)
        return coming

    def _listed(self, path: str, environ: Mapping[str, Any]) -> Answer | None:
        fields = [part.partition("=") for part in environ.get("QUERY_STRING", "").split("&")]
        arguments = {name: value for name, _, value in fields}
        if len(arguments) < len(fields):
            return None
        part = wanted(arguments)
        listed = self._folder.entries(folder_path(path.removeprefix(LISTINGS)), *part)
        return packing.answer(listing_text(listed, part, self._pictures), KIND, environ)

    def _finish(self, environ: Mapping[str, Any], path: str, answer: Answer) -> None:
        """Do with an answer what is done with every one before anything of it is sent."""
        answer.headers.update(guard.GUARD)
        if self._activity is not None:
            # How far a listing is on its way is nobody's business: it is no file that is taken.
            body = None if path.startswith(LISTINGS) else answer.body
            self._activity.answered(environ, path, answer.status, answer.headers, body)

    def _finish_made(
        self, environ: Mapping[str, Any], path: str, made: Future[Answer | None]
    ) -> None:
        answer = made.result() if made.exception() is None else None
        if answer is not None:
            self._finish(environ, path, answer)


def _file_of(path: str) -> tuple[str, bool] | None:
    """Tell which file the path of a URL is for, and whether as an attachment."""
    road, _, name = path[1:].partition("/")
    attachment = _FILES.get(road)
    if attachment is None or not name or name.endswith("/") or (road == "download" and "/" in name):
        return None
    return name, attachment
