"""A file as an HTTP reply. Every file leaves through `answer`.

What to answer is decided by plain functions over plain values (RFC 9110); the file is touched
only at the end.
"""

import os
import re
import sys
import time
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any, TypeAlias
from urllib.parse import quote

from waitress.utilities import build_http_date  # type: ignore[import-untyped]

from server.body import Body, FileBody, Range, length_of
from server.media_types import HEAD, inline_type, media_type
from server.open_file import OpenFile
from server.reading import read_at

# Clients ask for a handful of ranges; more than this is an attack.
MOST_RANGES = 16

STATUSES = {200: "200 OK", 206: "206 PARTIAL CONTENT", 304: "304 NOT MODIFIED"}


class ConditionFailed(Exception):
    """There is another version than the one that was asked for (412)."""


class NoSuchPart(Exception):
    """None of the parts that were asked for is in the *size* bytes that there are (416)."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about the version and the part that it wants; header fields as sent."""

    method: str = "GET"
    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None
    if_range: str | None = None
    range: str | None = None
    wants_digest: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a file that there is; *modified* in whole seconds since the epoch, if any."""

    etag: str
    modified: int | None
    size: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The status to answer with, and for 206 the ranges to send."""

    status: int
    ranges: tuple[Range, ...] = ()


# Deciding


def decide(asked: Asked, there: Version) -> Decision:
    """Weigh the preconditions in the order of RFC 9110, then the range."""
    if asked.if_match is not None:
        if not matches(asked.if_match, there.etag, weak=False):
            return Decision(412)
    elif is_newer(there.modified, asked.if_unmodified_since):
        return Decision(412)
    if asked.if_none_match is not None:
        if matches(asked.if_none_match, there.etag, weak=True):
            return Decision(304)
    elif is_newer(there.modified, asked.if_modified_since) is False:
        return Decision(304)
    if asked.range is None or asked.method != "GET" or not is_unchanged(asked.if_range, there):
        return Decision(200)
    return decide_ranges(asked.range, there.size)


def decide_ranges(field: str, size: int) -> Decision:
    """Choose 200, 206 or 416 for a Range field on a file of *size* bytes."""
    wanted = ranges(field, size)
    if wanted is None:
        return Decision(200)
    if not wanted:
        return Decision(416)
    if size == 0 or len(wanted) > MOST_RANGES or sum(end - start for start, end in wanted) > size:
        return Decision(200)
    return Decision(206, merged(wanted))


_RANGES = re.compile(r"bytes[ \t]*=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")


def ranges(field: str, size: int) -> list[Range] | None:
    """Read a Range field into the ranges that the file can satisfy; None if it is to be ignored."""
    unit = _RANGES.fullmatch(field.strip())
    if not unit:
        return None
    wanted: list[Range] = []
    specified = [text for part in unit[1].split(",") if (text := part.strip(" \t"))]
    for text in specified:
        spec = _RANGE.fullmatch(text)
        if not spec or text == "-":
            return None
        first, last = _number(spec[1]), _number(spec[2])
        if first is None:
            if last:
                wanted.append((max(size - last, 0), size))
        elif last is not None and last < first:
            return None
        elif first < size:
            wanted.append((first, size if last is None else min(last + 1, size)))
    return wanted if specified else None


def _number(digits: str) -> int | None:
    # No file is longer than this, and int() refuses thousands of digits.
    return (int(digits) if len(digits) < 19 else sys.maxsize) if digits else None


def merged(wanted: Sequence[Range]) -> tuple[Range, ...]:
    """Join the ranges that overlap; those that do not keep the order they were asked in."""
    joined: list[Range] = []
    for start, end in sorted(wanted):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(wanted) if len(joined) == len(wanted) else tuple(joined)


_ETAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def matches(field: str, etag: str, *, weak: bool) -> bool:
    """Tell whether an If-Match or If-None-Match field names our (strong) ETag."""
    if field.strip() == "*":
        return True
    return any(text == etag and (weak or not is_weak) for is_weak, text in _ETAG.findall(field))


def is_newer(modified: int | None, field: str | None) -> bool | None:
    """Tell whether *modified* is later than the date in *field*; None if there is no date."""
    date = None if field is None else parsed_date(field)
    return None if date is None or modified is None else modified > date


def is_unchanged(if_range: str | None, there: Version) -> bool:
    """Tell whether an If-Range field, if there is one, names exactly the version there is."""
    if if_range is None:
        return True
    if_range = if_range.strip()
    date = parsed_date(if_range)
    return if_range == there.etag or (date is not None and date == there.modified)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATES = (
    r"[a-z]{3}, (?P<day>\d\d) (?P<month>[a-z]{3}) (?P<year>\d{4}) (?P<time>[\d:]{8}) GMT",
    r"[a-z]{6,9}, (?P<day>\d\d)-(?P<month>[a-z]{3})-(?P<year>\d\d) (?P<time>[\d:]{8}) GMT",
    r"[a-z]{3} (?P<month>[a-z]{3}) (?P<day>[ \d]\d) (?P<time>[\d:]{8}) (?P<year>\d{4})",
)


def parsed_date(text: str) -> int | None:
    """Read an HTTP date, in any of its three forms, into seconds; None if it is none."""
    for form in _DATES:
        found = re.fullmatch(form, text.strip(), re.IGNORECASE)
        if found:
            break
    else:
        return None
    try:
        month = _MONTHS.index(found["month"].lower()) + 1
        year, day = int(found["year"]), int(found["day"])
        hour, minute, second = map(int, found["time"].split(":"))
        if len(found["year"]) == 2:
            year += 2000 if year < 70 else 1900
        # A leap second counts as the one before it.
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp())


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


def decided(asked: Asked, there: Version) -> Decision:
    """Decide; raises `ConditionFailed` for 412 and `NoSuchPart` for 416."""
    decision = decide(asked, there)
    if decision.status == 412:
        raise ConditionFailed
    if decision.status == 416:
        raise NoSuchPart(there.size)
    return decision


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


_WANTED = re.compile(r"(?:^|,)\s*sha-256\s*=\s*(?:[1-9]|10)\s*(?:,|$)")


@lru_cache(maxsize=64)
def wants_sha_256(field: str | None) -> bool:
    """Tell whether a Want-Repr-Digest field (RFC 9530) asks for the SHA-256."""
    return field is not None and _WANTED.search(field) is not None


def asked(environ: Mapping[str, Any]) -> Asked:
    """Read from what WSGI tells about a request what is asked of a file."""
    field = environ.get
    return Asked(
        method=environ["REQUEST_METHOD"],
        if_match=field("HTTP_IF_MATCH"),
        if_none_match=field("HTTP_IF_NONE_MATCH"),
        if_modified_since=field("HTTP_IF_MODIFIED_SINCE"),
        if_unmodified_since=field("HTTP_IF_UNMODIFIED_SINCE"),
        if_range=field("HTTP_IF_RANGE"),
        range=field("HTTP_RANGE"),
        wants_digest=wants_sha_256(field("HTTP_WANT_REPR_DIGEST")),
    )
