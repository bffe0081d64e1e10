"""Requests as they arrive: read by waitress, and what could be read in two ways refused.

Most requests are plain: one GET or HEAD that came in one piece, with the same fields as the
client's last one. These are read by their first line, and the rest is remembered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.utilities import (  # type: ignore[import-untyped]
    BadRequest,
    Error,
    RequestEntityTooLarge,
)

from server.refusal import is_host

LONGEST_URL = 8192

_TARGET = re.compile(
    r"(?:/|https?://)(?:[!-$&->@-~]++|%[0-9a-f]{2})*+(?:\?[!-~]*+)?", re.IGNORECASE
)
# A path from the root, with no second slash that could begin a host's name; and a query, if there
# is one, in which nothing stands for anything else.
_PLAIN = re.compile(
    rb"(GET|HEAD) ((/(?!/)(?:[!\"$&->@-~]++|%[0-9A-Fa-f]{2})*+)(?:\?([0-9A-Za-z=&._-]++))?+)"
    rb" HTTP/1\.1\r\n"
)
_BARE_LF = re.compile(rb"(?<!\r)\n")
_FOLD = re.compile(rb"\r\n[ \t]")
_HIGH = re.compile(rb"[\x80-\xff]")
_LATER_MINOR = re.compile(rb" HTTP/1\.[2-9](?=[ \t]*$)")


class UrlTooLong(Error):  # type: ignore[misc]  # has no types
    """The request line is longer than any name in a folder needs."""

    code = 414
    reason = "URI Too Long"


class VersionNotSupported(Error):  # type: ignore[misc]  # has no types
    """Not HTTP/1.0 or 1.1."""

    code = 505
    reason = "HTTP Version Not Supported"


class Parser(HTTPRequestParser):  # type: ignore[misc]  # has no types
    """Reads a request, and refuses what could be read in two ways.

    Its settings may have `bodies`: for each path that takes a body by POST, its most bytes.
    """

    completed: bool
    expect_continue: bool
    # Of what cannot be read so far there is none, and yet whoever logs it asks for it.
    path: str = ""
    error: Error | None
    _most_body = 0

    def received(self, data: bytes) -> int:
        """Take the next bytes; give how many belong to this request."""
        consumed: int = super().received(data)
        if not self.completed and not self.headers_finished:
            # The end of what is wrong already is not waited for.
            head = self.header_plus
            if len(head) > LONGEST_URL:
                self._refuse_long_url(head)
            if _BARE_LF.search(head, max(0, len(head) - len(data))):
                self.error = self.error or BadRequest("")
                self.completed = True
        if self.body_bytes_received > self._most_body:
            # In pieces, whose sum nobody has announced.
            self.error = RequestEntityTooLarge("")
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the whole head of a request."""
        if _FOLD.search(header_plus):
            raise ParsingError("A field of several lines")
        line, _, fields = header_plus.partition(b"\r\n")
        # curl sends a name as it was typed; and 1.x, whichever, is to be read as 1.1.
        line = _LATER_MINOR.sub(b" HTTP/1.1", _HIGH.sub(_encoded, line))
        try:
            super().parse_header(line + b"\r\n" + fields)
        except ValueError as error:
            raise ParsingError("Bad URI") from error
        self._refuse_long_url(header_plus)
        if self.error is None:
            self.error = self._problem(b"\r\ntransfer-encoding" in header_plus.lower())
        if self.command == "POST":
            self._most_body = getattr(self.adj, "bodies", {}).get(self.path, 0)
        if self.error is None and self.content_length > self._most_body:
            self.error = RequestEntityTooLarge("")
        if self.error is not None:
            self.completed = True
        # Whoever announces a body that is not taken is refused before sending it.
        is_taken = self.error is None and self.content_length > 0
        self.expect_continue = self.expect_continue and is_taken
        connection = self.headers.get("CONNECTION", "").lower()
        if "," in connection:
            options = {option.strip() for option in connection.split(",")}
            self.headers["CONNECTION"] = next(iter(options & {"close", "keep-alive"}), "")
            if "close" in options:
                self.headers["CONNECTION"] = "close"

    def _problem(self, has_coding: bool) -> Error | None:
        if self.version not in {"1.0", "1.1"}:
            return VersionNotSupported("") if self.version else BadRequest("")
        is_about_all = self.request_uri == "*" and self.command == "OPTIONS"
        if is_about_all or not self.path:
            self.path = "/"
        if not is_about_all and not _TARGET.fullmatch(self.request_uri):
            return BadRequest("")
        host = self.headers.get("HOST", "" if self.version == "1.1" else None)
        if host is not None and not is_host(host):
            return BadRequest("")
        # Either says where the body ends; and 1.0, or an empty one, does not know codings.
        is_doubtful = not self.chunked or "CONTENT_LENGTH" in self.headers
        return BadRequest("") if has_coding and is_doubtful else None

    def _refuse_long_url(self, head: bytes) -> None:
        if len(head.partition(b"\r\n")[0]) > LONGEST_URL:
            self.error = UrlTooLong("")
            self.completed = True


def _encoded(byte: re.Match[bytes]) -> bytes:
    return b"%%%02X" % byte[0][0]


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain request.

    Attributes:
        data: all of it, as it came.
        environ: what WSGI would tell about it, as far as it is about the request.
        keeps: whether the connection goes on afterwards.

    """

    data: bytes
    environ: dict[str, Any]
    keeps: bool


def plain(data: bytes, settings: Adjustments) -> Plain | None:
    """Read a request that is all of *data* and plain; None if it is not, or not both."""
    line = _PLAIN.match(data)
    if line is None or not data.endswith(b"\r\n\r\n"):
        return None
    fields = _fields(data[line.end() :], settings)
    if fields is None:
        return None
    method, target, path, query = line.groups(default=b"")
    environ = {
        **fields,
        "REQUEST_METHOD": method.decode(),
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": query.decode(),
        "REQUEST_URI": target.decode(),
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    return Plain(data, environ, fields.get("HTTP_CONNECTION", "").lower() != "close")


@lru_cache(maxsize=256)
def _fields(block: bytes, settings: Adjustments) -> Mapping[str, str] | None:
    """Have the header fields in *block* read; None if there is anything odd about them."""
    request = b"GET / HTTP/1.1\r\n" + block
    parser = Parser(settings)
    taken = parser.received(request)
    if not parser.completed or parser.error or parser.empty or taken != len(request):
        return None
    if not {"CONTENT_LENGTH", "CONTENT_TYPE", "EXPECT", "UPGRADE"}.isdisjoint(parser.headers):
        return None
    return {f"HTTP_{name}": value for name, value in parser.headers.items()}
