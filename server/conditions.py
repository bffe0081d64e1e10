"""What a request says about the version and the part of a file that it wants, and what follows.

Decided by plain functions over plain values (RFC 9110).
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from server.body import Range

# Clients ask for a handful of ranges; more than this is an attack.
MOST_RANGES = 16


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


# Reading what is asked


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


_WANTED = re.compile(r"(?:^|,)\s*sha-256\s*=\s*(?:[1-9]|10)\s*(?:,|$)")


@lru_cache(maxsize=64)
def wants_sha_256(field: str | None) -> bool:
    """Tell whether a Want-Repr-Digest field (RFC 9530) asks for the SHA-256."""
    return field is not None and _WANTED.search(field) is not None


# Deciding


def decided(asked: Asked, there: Version) -> Decision:
    """Decide; raises `ConditionFailed` for 412 and `NoSuchPart` for 416."""
    decision = decide(asked, there)
    if decision.status == 412:
        raise ConditionFailed
    if decision.status == 416:
        raise NoSuchPart(there.size)
    return decision


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
