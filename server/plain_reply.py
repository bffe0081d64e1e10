"""Replies to plain requests, made without WSGI: at the loop, or by who had to make something first.

What is done for other requests by waitress's tasks (`server.task`).
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING

from server.replies import Answer
from server.request import Plain

if TYPE_CHECKING:
    from server.connection import Connection

_log = logging.getLogger(__name__)


def serve(connection: Connection, request: Plain) -> None:
    """Answer what the application can answer at once, and leave it the rest."""
    try:
        answer = connection.server.at_once(request.environ)
    except Exception:
        # The application will fail as well, and say so to the client.
        _log.exception("A plain request failed.")
        answer = None
    if isinstance(answer, Future):
        # No thread waits for it; the one that makes it sends it.
        answer.add_done_callback(lambda made: _send_made(connection, request, made))
    else:
        _send(connection, request, answer)


def _send_made(connection: Connection, request: Plain, made: Future[Answer | None]) -> None:
    """Send an answer that was made meanwhile; from any thread."""
    failure = made.exception()
    if failure is not None:
        _log.error("A plain request failed.", exc_info=failure)
    _send(connection, request, made.result() if failure is None else None)


def _send(connection: Connection, request: Plain, answer: Answer | None) -> None:
    if answer is None:
        connection.pass_on(request)
    else:
        connection.reply(head(answer, keeps=request.keeps), answer.body, keeps=request.keeps)


def head(answer: Answer, *, keeps: bool) -> bytes:
    """Give status line and fields; *keeps* tells whether the connection goes on afterwards."""
    lines = [
        f"HTTP/1.1 {answer.status}",
        *[f"{name}: {text}" for name, text in answer.headers.items()],
    ]
    if not keeps:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")
