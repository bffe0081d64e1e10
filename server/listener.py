"""Accepts connections, makes room for them, and drops those that are late, gone or stalled."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from server.connection import Connection
from server.crowd import Crowd, device
from server.loop import READABLE, Loop
from server.replies import AtOnce

if TYPE_CHECKING:
    import ssl

# Before the other connections have their turn.
_ACCEPTED_AT_ONCE = 64
# What the system says that has no descriptor, or no memory, for one more connection.
_FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener(TcpWSGIServer):  # type: ignore[misc]  # has no types
    """Accepts connections on a socket that is bound already.

    Args:
        crowd: everyone connected; the listeners on one loop have it together.
        trigger: wakes the loop up; the listeners have it together, too, for a worker may pull it
            for a connection whose listener has been closed meanwhile.
        tls: with the certificate, if it is spoken here.

    """

    channel_class: Callable[..., Connection] = Connection
    trigger: Any
    next_channel_cleanup: float

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        listening: socket.socket,
        loop: Loop,
        settings: Adjustments,
        crowd: Crowd,
        trigger: Any,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.loop, self.crowd = loop, crowd
        if tls is not None:
            # Most shares are plain, and TLS takes a while to load.
            from server.secure_connection import SecureConnection

            self.channel_class = partial(SecureConnection, tls)
        # An application may know how to answer plain requests without WSGI.
        self.at_once: Callable[[dict[str, Any]], AtOnce] | None
        self.at_once = getattr(app, "at_once", None)
        self._is_full = False
        super().__init__(
            app,
            loop.map,
            _sock=listening,
            dispatcher=loop.workers,
            adj=settings,
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            bind_socket=False,
        )
        # waitress has made one for this listener alone.
        self.trigger.close()
        self.trigger = trigger

    def set_reuse_addr(self) -> None:
        """Leave the socket as it is: bound, and exclusively."""

    def pull_trigger(self) -> None:
        """Do nothing: a connection that changes tells the loop what it waits for."""

    def readable(self) -> bool:
        """Look after the connections every second; tell whether the loop waits for new ones.

        waitress looks by a clock that may be set back by hours.
        """
        now = time.monotonic()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
            self._set_full(False)
        return bool(self.accepting) and not self._is_full

    def _set_full(self, is_full: bool) -> None:
        if self.accepting and is_full != self._is_full:
            self._is_full = is_full
            self.loop.wait_for(self._fileno, 0 if is_full else READABLE)

    def handle_accept(self) -> None:
        """Take the clients that wait at the port."""
        for number in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, address = self.socket.accept()
            except OSError as error:
                # Nobody waits any more, or has gone already. Only of the first it is certain that
                # there was somebody, who has to wait: the next turn would end in the same way.
                if not number and error.errno in _FULL:
                    self._set_full(not self.crowd.makes_room())
                return
            if self.crowd.has_room_for(device(address[0])):
                self._take(accepted, address)
            else:
                accepted.close()

    def _take(self, accepted: socket.socket, address: Any) -> None:
        try:
            self.set_socket_options(accepted)
            self.channel_class(self, accepted, address, self.adj, map=self._map)
        except OSError:
            # It has gone already; some systems tell only now.
            accepted.close()

    def maintenance(self, now: float) -> None:
        """Close the connections of clients that are late, gone or stalled.

        waitress only marks them and waits until they take more bytes, which they never do.
        """
        cutoff = now - self.adj.channel_timeout
        for connection in list(self.active_channels.values()):
            if connection.is_sending:
                # It is us who take our time.
                is_stalled = connection.check_client_disconnected()
            else:
                is_stalled = not connection.requests and connection.moved < cutoff
            if is_stalled or connection.is_late(now):
                # Also what the system still holds for a client that does not take it.
                connection.reset()

    def close(self) -> None:
        """Close the port; whoever is connected stays."""
        self.accepting = False
        self.del_channel()
        self.socket.close()

    def reset_all(self) -> None:
        """Cut everyone off who came in here, running transfers included."""
        for connection in list(self.active_channels.values()):
            connection.reset()
