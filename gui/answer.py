"""What an answer of a share must be like before anything of it is believed.

Header fields come as a mapping in which "content-length" finds the field, however it was written.
"""

import http.client
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

import requests
import urllib3

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

PARTIAL = requests.codes.partial_content
NO_SUCH_PART = requests.codes.requested_range_not_satisfiable

_LENGTH = re.compile("[0-9]{1,18}")
_RANGE = re.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_SHA_256 = re.compile(r"(?:^|,)\s*sha-256=:([0-9A-Za-z+/]{43}=):\s*(?:,|$)")


def check(
    address: str, path: str, status: int, fields: Mapping[str, str], also: Collection[int] = ()
) -> None:
    """Raise unless the answer about *path* has the status 200, or one of *also*."""
    shown = f"“{plain(path.rpartition('/')[2])}”" if path else "The shared folder"
    if status in (requests.codes.not_found, requests.codes.gone):
        raise Missing(f"{shown} is not there any more.")
    if status == requests.codes.too_many_requests:
        raise Refused(f"{address} does not let you in.")
    if status == requests.codes.forbidden:
        raise Refused(f"{shown} may not be read.")
    if status == requests.codes.service_unavailable:
        raise Unavailable(f"The folder shared at {address} is not there just now.")
    # Where to is not looked at: it is our own address or nothing.
    leads_to_https = fields.get("location", "").startswith("https://")
    if status == requests.codes.see_other and leads_to_https and address.startswith("http:"):
        raise SpeaksHttps(f"{address} speaks HTTPS only.")
    if status != requests.codes.ok and status not in also:
        raise odd(address, f"answered with status {status}")
    if fields.get("content-encoding", "identity").lower() != "identity":
        raise odd(address, "sent an encoded file though a plain one was asked for")


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
    """Read a date into seconds since the epoch; None if it is none."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError):
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


def translated(address: str, error: Exception) -> ClientError:
    """Give what is wrong, in our words, for an exception of requests or urllib3."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and isinstance(
        cause, Exception
    ):
        causes.append(cause)
    if any(isinstance(cause, ConnectionError | http.client.IncompleteRead) for cause in causes):
        return broken_off(address)
    if any(isinstance(cause, http.client.HTTPException) for cause in causes):
        return odd(address, "does not answer as a share does")
    lost = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.ProtocolError)
    if isinstance(error, (*lost, urllib3.exceptions.TimeoutError)):
        return broken_off(address)
    return odd(address, "does not answer as a share does")
