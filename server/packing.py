"""Text of our own as a reply: pages, JSON, script and style, packed for clients that take it.

Files of the share never come this way: what is saved must be what was sent.
"""

import gzip
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from flask import Request, Response

from server import replies
from server.media_types import media_type
from server.open_file import OpenFile
from server.reading import read_at
from server.replies import matches

# Packed, less than this is hardly smaller, and fits into one packet anyway.
_SHORT = 1_000
# Packs nearly as small as the usual 9 in half the time; for what is packed at every request.
_LEVEL = 5
# Bytes. A longer text is a listing of many thousands, and there are many such texts.
LONGEST_KEPT = 1 << 20
_TEXTS = frozenset({"application/javascript", "application/manifest+json", "image/svg+xml"})
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def reply(request: Request, response: Response, *, vary: str = "") -> Response:
    """Finish a reply whose whole text is in *response*: its ETag, its coding, or a 304.

    The ETag is made of the text itself, and is another one for each coding. *vary* names the
    request's header fields, with commas, that the text depends on.
    """
    text = response.get_data()
    packs = takes_gzip(request.environ.get("HTTP_ACCEPT_ENCODING", "")) and len(text) >= _SHORT
    etag = f'"{blake2b(text, digest_size=12).hexdigest()}{"-gzip" if packs else ""}"'
    response.headers["ETag"] = etag
    response.headers["Vary"] = f"Accept-Encoding, {vary}" if vary else "Accept-Encoding"
    response.headers.setdefault("Cache-Control", "no-cache")
    known = request.environ.get("HTTP_IF_NONE_MATCH")
    if known is not None and matches(known, etag, weak=True):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        return response
    if packs:
        response.headers["Content-Encoding"] = "gzip"
        response.set_data(_packed(text) if len(text) <= LONGEST_KEPT else _gzip(text))
    return response


def file(request: Request, file: OpenFile) -> Response:
    """Answer with a file of our own, packed if it is text; closes it."""
    kind = media_type(file.name)
    if not kind.startswith("text/") and kind not in _TEXTS:
        response = replies.reply(file, request, attachment=False)
        del response.headers["Content-Disposition"]
        return response
    with file:
        text = read_at(file.descriptor, file.status.st_size, 0)
    return reply(request, Response(text, content_type=f"{kind}; charset=utf-8"))


def as_json(content: Mapping[str, object], status: int = 200) -> Response:
    """Give a reply for programs, in full; `reply` finishes one that may be long."""
    # Names that are no valid text are in it as lone surrogates, which JSON escapes.
    return Response(
        json.dumps(content),
        status,
        headers={"Cache-Control": "no-cache"},
        content_type="application/json",
    )


def takes_gzip(accepted: str) -> bool:
    """Read an Accept-Encoding field (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip())
        weights[coding.strip()] = float(weight[1]) if weight else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


# Mostly script, style and the page that is looked at again and again.
@lru_cache(maxsize=32)
def _packed(text: bytes) -> bytes:
    return _gzip(text)


def _gzip(text: bytes) -> bytes:
    # No time in it, so that the same text is always the same bytes.
    return gzip.compress(text, _LEVEL, mtime=0)
