"""A file as an HTTP reply. Every file leaves through `answer`.

What to answer with is for `server.conditions` to say; the file is touched only at the end.
"""

import os
import re
import time
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import lru_cache
from secrets import token_hex
from typing import TypeAlias
from urllib.parse import quote

from waitress.utilities import build_http_date  # type: ignore[import-untyped]

from server.body import Body, FileBody, Range, length_of
from server.conditions import Asked, Decision, Version, decided
from server.media_types import HEAD, inline_type, media_type
from server.open_file import OpenFile
from server.reading import read_at

STATUSES = {200: "200 OK", 206: "206 PARTIAL CONTENT", 304: "304 NOT MODIFIED"}


# Fields


def etag(status: os.stat_result) -> str:
    """Give a strong ETag. Size and modified time lie; the rest of the identity does not."""
    return f'"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_size:x}-{status.st_ino:x}"'


@lru_cache(maxsize=1024)
def date(seconds: int) -> str:
    """Write seconds since the epoch as HTTP does."""
    written: str = build_http_date(seconds)
    return written


# What RFC 8187 lets stand as it is.
_PLAIN = "!#$&+-.^_`|~"
_NOT_IN_QUOTES = re.compile(r'[^ -~]|[%"\\/]')
_BREAKS = frozenset({"Cc", "Zl", "Zp"})


@lru_cache(maxsize=1024)
def disposition(name: str, *, attachment: bool) -> str:
    """Give a Content-Disposition: a plain name with the right ending, and the real one."""
    if not name.isprintable():
        name = "".join("_" if unicodedata.category(one) in _BREAKS else one for one in name)
    plain = name if name.isascii() else "".join(map(_letter, unicodedata.normalize("NFC", name)))
    plain = _NOT_IN_QUOTES.sub("_", plain)
    whole = quote(os.fsencode(name).decode("utf-8", "replace"), safe=_PLAIN)
    kind = "attachment" if attachment else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{whole}"


def _letter(character: str) -> str:
    """Give the plain letter under an accent, or `_` for what has none."""
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()[:1] or "_"


# Sending


@dataclass(frozen=True, slots=True)
class Content:
    """What can be sent: the first bytes of an open file, as many as its version says.

    Attributes:
        kind: the media type.
        digest: the SHA-256 of all of it, if it is known.

    """

    descriptor: int
    there: Version
    name: str
    kind: str
    is_attachment: bool
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: the status with its words, the header fields, and the body if there is one."""

    status: str
    headers: dict[str, str]
    body: Body | None


AtOnce: TypeAlias = "Answer | Future[Answer | None] | None"
"""What can be said at once to a plain request: the answer; or one that comes on another thread, as
something has to be made or read first; or None, for what Flask's routes are to answer."""


def answer(
    file: OpenFile, asked: Asked, *, attachment: bool, digest: bytes | None = None
) -> Answer:
    """Answer with an open file, or a part of it; whoever sends or closes the body closes it.

    Not as an attachment it is still one if a browser could come to harm by showing it. *digest*
    is the SHA-256 of the whole file, if it is known.
    """
    status = file.status
    try:
        shown = None if attachment else inline_type(file.name, read_at(file.descriptor, HEAD, 0))
    except BaseException:
        file.close()
        raise
    content = Content(
        file.descriptor,
        Version(etag(status), int(status.st_mtime), status.st_size),
        file.name,
        shown or media_type(file.name),
        shown is None,
        digest,
    )
    return answer_with(content, asked)


def answer_with(content: Content, asked: Asked) -> Answer:
    """Answer with *content*, or a part of it; closes its file, or the body does."""
    try:
        given = _answer(content, asked)
    except BaseException:
        os.close(content.descriptor)
        raise
    if given.body is None:
        os.close(content.descriptor)
    return given


def _answer(content: Content, asked: Asked) -> Answer:
    now = int(time.time())
    # Last-Modified is never later than Date.
    modified = min(content.there.modified or 0, now)
    there = replace(content.there, modified=modified)
    decision = decided(asked, there)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "Date": date(now),
        "ETag": there.etag,
        "Last-Modified": date(modified),
    }
    if decision.status == 304:
        # About the file itself only what tells versions apart (RFC 9110, 15.4.5).
        del headers["Last-Modified"]
        return Answer(STATUSES[304], headers, None)
    kind, digest = content.kind, content.digest
    headers["Content-Disposition"] = disposition(content.name, attachment=content.is_attachment)
    if digest is not None:
        # Of the whole file, also where only a part of it is sent (RFC 9530); the old field, for
        # old clients, is about the whole as well (RFC 3230).
        text = b64encode(digest).decode()
        headers |= {"Repr-Digest": f"sha-256=:{text}:", "Digest": f"SHA-256={text}"}
    parts, about = parts_to_send(decision, there.size, kind)
    headers |= about
    is_empty = asked.method == "HEAD" or length_of(parts) == 0
    body = None if is_empty else FileBody(content.descriptor, parts)
    return Answer(STATUSES[decision.status], headers, body)


def parts_to_send(
    decision: Decision, size: int, kind: str
) -> tuple[list[bytes | Range], dict[str, str]]:
    """Give the body for 200 or 206, and the header fields that tell about it.

    *kind* is the media type of the whole, and *size* its length.
    """
    parts: list[bytes | Range] = [(0, size)]
    headers = {}
    if len(decision.ranges) == 1:
        ((start, end),) = decision.ranges
        parts = [(start, end)]
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    elif decision.ranges:
        boundary = token_hex(16)
        parts = multipart(decision.ranges, size, kind, boundary)
        kind = f"multipart/byteranges; boundary={boundary}"
    return parts, {**headers, "Content-Type": kind, "Content-Length": str(length_of(parts))}


def multipart(wanted: Iterable[Range], size: int, kind: str, boundary: str) -> list[bytes | Range]:
    """Put several ranges into one body, each under a header of its own."""
    parts: list[bytes | Range] = []
    for start, end in wanted:
        head = (
            f"\r\n--{boundary}\r\nContent-Type: {kind}\r\n"
            f"Content-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
        )
        parts += [head.encode(), (start, end)]
    return [*parts, f"\r\n--{boundary}--\r\n".encode()]
