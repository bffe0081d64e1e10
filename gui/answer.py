"""What an answer of a share must be like before anything of it is believed.

Header fields come as a mapping in which "content-length" finds the field, however it was written.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from gui.errors import (
    BadAnswer,
    ClientError,
    Interrupted,
    Missing,
    Refused,
    SpeaksHttps,
    Unavailable,
)
from gui.listing import plain

OK, PARTIAL, NO_SUCH_PART = 200, 206, 416
_SEE_OTHER, _FORBIDDEN, _NOT_FOUND, _GONE, _TOO_MANY, _UNAVAILABLE = 303, 403, 404, 410, 429, 503

_LENGTH = re.compile("[0-9]{1,18}")
_RANGE = re.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHA_256 = re.compile(r"(?:^|,)\s*sha-256=:([0-9A-Za-z+/]{43}=):\s*(?:,|$)")


def check(
    address: str, path: str, status: int, fields: Mapping[str, str], also: Collection[int] = ()
) -> None:
    """Raise unless the answer about *path* has the status 200, or one of *also*."""
    if status != OK and status not in also:
        raise _refusal(address, path, status, fields)
    if fields.get("content-encoding", "identity").lower() != "identity":
        raise odd(address, "sent an encoded file though a plain one was asked for")


def _refusal(address: str, path: str, status: int, fields: Mapping[str, str]) -> ClientError:
    shown = f"“{plain(path.rpartition('/')[2])}”" if path else "The shared folder"
    if status in (_NOT_FOUND, _GONE):
        return Missing(f"{shown} is not there any more.")
    if status == _TOO_MANY:
        return Refused(f"{address} does not let you in.")
    if status == _FORBIDDEN:
        return Refused(f"{shown} may not be read.")
    if status == _UNAVAILABLE:
        return Unavailable(f"The folder shared at {address} is not there just now.")
    # Where to is not looked at: it is our own address or nothing.
    leads_to_https = fields.get("location", "").startswith("https://")
    if status == _SEE_OTHER and leads_to_https and address.startswith("http:"):
        return SpeaksHttps(f"{address} speaks HTTPS only.")
    return odd(address, f"answered with status {status}")


def length(address: str, fields: Mapping[str, str]) -> int:
    """Give how many bytes the body has; every answer has to say so."""
    text = fields.get("content-length", "")
    if "transfer-encoding" in fields or not _LENGTH.fullmatch(text):
        raise odd(address, "did not say how long its answer is")
    return int(text)


def size_of_whole(address: str, fields: Mapping[str, str], start: int, count: int) -> int:
    """Check that *count* bytes from *start* on come; give the size of the whole file."""
    match = _RANGE.fullmatch(fields.get("content-range", ""))
    if match:
        first, last, size = map(int, match.groups())
        if first == start <= last == start + count - 1 < size:
            return size
    raise another_part(address)


def another_part(address: str) -> BadAnswer:
    """Give the exception for an answer with a part that nobody asked for."""
    return odd(address, "sent another part of the file than was asked for")


@lru_cache(maxsize=256)
def date(text: str | None) -> float | None:
    """Read a date as HTTP writes it into seconds since the epoch; None if it is none."""
    found = _DATE.fullmatch(text or "")
    if found is None:
        return None
    day, month, *others = found.groups()
    try:
        year, hour, minute, second = map(int, others)
        number = _MONTHS.index(month) + 1
        return datetime(year, number, int(day), hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def sha_256(fields: Mapping[str, str]) -> bytes | None:
    """Give the SHA-256 of the whole file, if the share tells it (RFC 9530)."""
    found = _SHA_256.search(fields.get("repr-digest", ""))
    try:
        return b64decode(found[1], validate=True) if found else None
    except NotBase64:
        return None


def odd(address: str, what: str) -> BadAnswer:
    """Give the exception that says *what* the share did that no share does."""
    return BadAnswer(f"{address} {what}.")


def broken_off(address: str) -> Interrupted:
    """Give the exception for an answer that ended too soon."""
    return Interrupted(f"{address} broke off in the middle.")
