"""A small picture as an HTTP reply."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

from server.body import FileBody
from server.conditions import matches
from server.crowd import device
from server.environment import has_left, waiting
from server.open_file import OpenFile
from server.pictures.cache import Kept
from server.pictures.crew import Asker, Busy
from server.pictures.formats import Family
from server.pictures.neutral import NEUTRAL, TAG
from server.pictures.service import Pictures, Taken
from server.pictures.sizes import NAMES
from server.pictures.version import version
from server.replies import STATUSES, Answer, AtOnce, date

# Tells the window what it got: "none" for the neutral picture, "preview" for one from inside the
# file that is smaller than the size, "full" for the real one.
KIND = "X-Lanslide-Picture"
# Says with "none" why, if that is known: "too-large", "damaged", "not-supported", or "needs-" and
# what is not installed here.
PROBLEM = "X-Lanslide-Problem"
_PROBLEMS = {"too-large", "damaged", "not-supported", *(f"needs-{one}" for one in Family)}
# The size of the original, upright.
PIXELS = "X-Lanslide-Pixels"
_FOR_GOOD = "private, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
LATER = "This picture is not ready yet. Ask again in a moment."


def at_once(
    opened: OpenFile,
    again: Callable[[], OpenFile],
    size: str,
    environ: Mapping[str, Any],
    pictures: Pictures,
) -> AtOnce:
    """Give the answer of `responses.thumb`, without waiting, if *environ* says all that is asked.

    If the picture has to be made the answer comes when it is, on another thread. Closes the file;
    *again* opens it once more.
    """
    with ExitStack() as stack:
        file = stack.enter_context(opened)
        query = environ.get("QUERY_STRING", "")
        is_current = query == f"v={version(file.name, file.status)}"
        if query and not is_current:
            return None
        wanted, kinds = NAMES[size], taken(environ.get("HTTP_ACCEPT", "*/*"))
        found = pictures.kept(file, wanted, kinds)
        if found is not None:
            return picture_answer(found, environ, is_current=is_current)
        try:
            made = pictures.ask(file, again, wanted, kinds, asker(environ))
        except Busy:
            # For a page that says so.
            return None
        if made is None:
            return None
        until_made = stack.pop_all()
    coming: Future[Answer | None] = Future()

    def tell(done: "Future[Kept]") -> None:
        until_made.close()
        kept = done.result() if done.exception() is None else None
        answer = _later() if kept is None else picture_answer(kept, environ, is_current=is_current)
        coming.set_result(answer)

    made.add_done_callback(tell)
    return coming


def picture_answer(kept: Kept | None, environ: Mapping[str, Any], *, is_current: bool) -> Answer:
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
    body = LATER.encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Retry-After": "1",
        "Date": date(int(time.time())),
    }
    return Answer("503 SERVICE UNAVAILABLE", headers, FileBody(-1, [body]))


def asker(environ: Mapping[str, Any]) -> Asker:
    """Tell who waits for the answer to a request."""
    return Asker(
        has_left(environ),
        waiting(environ),
        device(environ["REMOTE_ADDR"]),
    )


def taken(accept: str) -> Taken:
    """Read which kinds of picture a client takes; one that names none takes JPEG."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    webp = "image/webp" in kinds
    return Taken(webp, jpeg=not webp or bool(kinds & {"image/jpeg", "image/*", "*/*"}))
