"""Replies without an end: their connection stays open, and any thread may add a few bytes to it."""

import socket
from contextlib import suppress
from typing import Protocol

# Milliseconds after which a client is gone if it does not even confirm what it was sent.
_GONE_AFTER = 45_000
# Bytes that the system keeps for a client that reads nothing; it takes some more for itself.
_KEPT = 4096


class Push(Protocol):
    """Adds to a reply without an end."""

    def __call__(self, data: bytes, *, keep: bool = True) -> None:
        """Send *data* now if the client has room for it; from any thread, and without waiting.

        If it has not, *data* is kept until it has, instead of what was kept before; unless it is
        not worth to *keep*.
        """


class Feed(Protocol):
    """What adds to a reply without an end."""

    def begin(self, push: Push) -> None:
        """Add to the reply from now on, with *push*."""

    def end(self) -> None:
        """Add no more: the connection has ended, perhaps before anything began; from any thread."""


def attend(connection: socket.socket) -> None:
    """Have the system find out, where it can, when a client that is sent little is gone."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_AFTER)
