"""Text of our own as a reply: pages, JSON, script and style, packed for clients that take it.

Files of the share never come this way: what is saved must be what was sent.
"""

import gzip
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from server.body import FileBody
from server.conditions import matches
from server.replies import STATUSES, Answer, date

# Packed, less than this is hardly smaller, and fits into one packet anyway.
_SHORT = 1_000
# Packs nearly as small as the usual 9 in half the time; for what is packed at every request.
_LEVEL = 5
# Bytes. A longer text is a listing of many thousands, and there are many such texts.
LONGEST_KEPT = 1 << 20
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def packed(
    text: bytes, environ: Mapping[str, Any], vary: str = ""
) -> tuple[dict[str, str], bytes | None]:
    """Give the fields that tell a text's version and coding, and the text in that coding.

    None instead of the text if the client has it already. The version is made of the text itself,
    and is another one for each coding. *vary* names the request's header fields, with commas, that
    the text depends on.
    """
    packs = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) and len(text) >= _SHORT
    etag = f'"{blake2b(text, digest_size=12).hexdigest()}{"-gzip" if packs else ""}"'
    fields = {"ETag": etag, "Vary": f"Accept-Encoding, {vary}" if vary else "Accept-Encoding"}
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known is not None and matches(known, etag, weak=True):
        return fields, None
    if not packs:
        return fields, text
    fields["Content-Encoding"] = "gzip"
    return fields, _packed(text) if len(text) <= LONGEST_KEPT else _gzip(text)


def answer(text: bytes, kind: str, environ: Mapping[str, Any]) -> Answer:
    """Answer with a text of that media type, which may be another the next time."""
    fields, data = packed(text, environ)
    headers = {"Cache-Control": "no-cache", **fields, "Date": date(int(time.time()))}
    if data is None:
        return Answer(STATUSES[304], headers, None)
    headers |= {"Content-Type": kind, "Content-Length": str(len(data))}
    body = FileBody(-1, [data]) if environ["REQUEST_METHOD"] != "HEAD" else None
    return Answer(STATUSES[200], headers, body)


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
