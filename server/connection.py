"""One client's connection: waitress's, stricter about requests and harder to hold up."""

import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import BadRequest, Error, build_http_date  # type: ignore[import-untyped]

LONGEST_URL = 8192
# Seconds in which the headers of a request have to arrive, once they have begun.
HEADERS_IN = 10

# Makes close() drop what was not sent yet, and the connection with it.
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_TARGET = re.compile(r"(?:/|https?://|\*$)", re.IGNORECASE)


class Workers(Protocol):
    """Threads that run the application."""

    def add_task(self, task: "Connection") -> None:
        """Have `service` of *task* called by one of them."""


class UrlTooLong(Error):  # type: ignore[misc]
    """The request line is longer than any name in a folder needs."""

    code = 414
    reason = "URI Too Long"


class VersionNotSupported(Error):  # type: ignore[misc]
    """Not HTTP/1.0 or 1.1."""

    code = 505
    reason = "HTTP Version Not Supported"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request, and refuses what could be read in two ways."""

    error: Error | None

    def received(self, data: bytes) -> int:
        """Take the next bytes; give how many belong to this request."""
        consumed: int = super().received(data)
        if not self.completed and len(self.header_plus) > LONGEST_URL:
            # Only the end of an overlong first line is waited for no longer.
            self._refuse_long_url(self.header_plus)
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the whole head of a request."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Bad URI") from error
        self._refuse_long_url(header_plus)
        if self.error is None:
            self.error = self._problem()
        if self.error is not None:
            self.completed = True
        # Whoever announces a body is refused before sending it.
        self.expect_continue = False
        connection = self.headers.get("CONNECTION", "").lower()
        if "," in connection:
            options = {option.strip() for option in connection.split(",")}
            self.headers["CONNECTION"] = next(iter(options & {"close", "keep-alive"}), "")
            if "close" in options:
                self.headers["CONNECTION"] = "close"

    def _problem(self) -> Error | None:
        if self.version not in {"1.0", "1.1"}:
            return VersionNotSupported("") if self.version else BadRequest("")
        if not _TARGET.match(self.request_uri):
            return BadRequest("")
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            return BadRequest("")
        # Left there only by a version that does not know it.
        return BadRequest("") if "TRANSFER_ENCODING" in self.headers else None

    def _refuse_long_url(self, head: bytes) -> None:
        if len(head.partition(b"\r\n")[0]) > LONGEST_URL:
            self.error = UrlTooLong("")
            self.completed = True


class Task(WSGITask):  # type: ignore[misc]
    """Has the application answer one request."""

    def get_environment(self) -> dict[str, Any]:
        """Give what WSGI tells about the request; `SERVER_NAME` is the address it came in on."""
        environ: dict[str, Any] = super().get_environment()
        environ["SERVER_NAME"], environ["SERVER_PORT"] = self.channel.local
        return environ

    def build_response_header(self) -> bytes:
        """Give status line and fields.

        Unlike waitress's own it keeps the connection after a reply without a body.
        """
        return response_head(self)


class Refusal(ErrorTask):  # type: ignore[misc]
    """Answers a request that could not be read, and ends the connection."""

    def execute(self) -> None:
        """Send the status and no more than its name."""
        error = self.request.error
        body = f"{error.reason}.\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.content_length = len(body)
        self.close_on_finish = True
        self.channel.is_refused = True
        self.write(b"" if self.request.__dict__.get("command") == "HEAD" else body)

    def build_response_header(self) -> bytes:
        """Give status line and fields."""
        return response_head(self)


def response_head(task: Task | Refusal) -> bytes:
    """Give status line and fields of a reply, and decide how its body and the connection end."""
    lines = [f"HTTP/{task.version} {task.status}"]
    names = set()
    for name, value in task.response_headers:
        lowered = name.lower()
        if lowered != "content-length" or task.has_body:
            names.add(lowered)
            lines.append(f"{name}: {value}")
    connection = task.request.headers.get("CONNECTION", "").lower()
    keep = connection == "keep-alive" if task.version == "1.0" else connection != "close"
    if task.has_body and "content-length" not in names:
        if task.content_length is not None:
            lines.append(f"Content-Length: {task.content_length}")
        elif task.version == "1.1" and task.request.command != "HEAD":
            task.chunked_response = True
            lines.append("Transfer-Encoding: chunked")
        else:
            keep = False
    if task.close_on_finish or not keep:
        task.close_on_finish = True
        lines.append("Connection: close")
    elif task.version == "1.0":
        lines.append("Connection: keep-alive")
    if "date" not in names:
        lines.append(f"Date: {build_http_date(task.start_time)}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")


class Connection(HTTPChannel):  # type: ignore[misc]
    """A client's connection; lives on the share's thread, its requests on the workers'.

    Attributes:
        local: the address and the port of ours that the client is connected to.
        is_refused: whether the client was told that its request makes no sense.

    """

    task_class = Task
    error_task_class = Refusal
    parser_class = Parser

    def __init__(
        self,
        server: "Listener",
        sock: socket.socket,
        addr: Any,
        adj: Adjustments,
        map: dict[int, Any] | None = None,  # noqa: A002 - waitress's name
    ) -> None:
        host, port = sock.getsockname()[:2]
        self.local = (host, str(port))
        self.is_refused = False
        self._is_draining = False
        self._since: float | None = None
        super().__init__(server, sock, addr, adj, map=map)

    def received(self, data: bytes) -> bool:
        """Take what the client sent."""
        if self._is_draining:
            return False
        taken: bool = super().received(data)
        if self.request is None:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        return taken

    def is_late(self, now: float) -> bool:
        """Tell whether the client takes too long, on the monotonic clock, to say what it wants."""
        return self._since is not None and now - self._since > HEADERS_IN

    def handle_close(self) -> None:
        """End the connection.

        Closed while the client is still sending, it would be reset, and the client would never
        read why it was refused. So then only our side ends, and the rest is read and dropped.
        """
        if self.is_refused and not self._is_draining:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._is_draining, self.will_close = True, False
                self._since = time.monotonic()
                return
        super().handle_close()

    def reset(self) -> None:
        """Cut the client off at once, whatever was still on its way."""
        self.is_refused = False
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # A worker that is sending right now holds the lock that closing waits for.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.handle_close()


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """Accepts connections on a socket that is bound already."""

    channel_class = Connection

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        listening: socket.socket,
        connections: dict[int, Any],
        workers: Workers,
        settings: Adjustments,
    ) -> None:
        super().__init__(
            app,
            connections,
            _sock=listening,
            dispatcher=workers,
            adj=settings,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )

    def set_reuse_addr(self) -> None:
        """Leave the socket as it is: bound, and exclusively."""

    def maintenance(self, now: float) -> None:
        """Close the connections of clients that are late, gone or stalled.

        waitress only marks them and waits until they take more bytes, which they never do.
        """
        cutoff, monotonic = now - self.adj.channel_timeout, time.monotonic()
        for connection in list(self.active_channels.values()):
            is_idle = not connection.requests and connection.last_activity < cutoff
            if is_idle or connection.is_late(monotonic):
                # Also what the system still holds for a client that does not take it.
                connection.reset()

    def close_socket(self) -> None:
        """Close the port; `close` ends the rest."""
        self.accepting = False
        self.del_channel()
        self.socket.close()
