"""Accepts connections, makes room for them, and drops those that are late, gone or stalled."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from server.connection import Answer, Connection
from server.crowd import Crowd, device
from server.loop import Loop
from server.secure_connection import SecureConnection

# Before the other connections have their turn.
_ACCEPTED_AT_ONCE = 64


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """Accepts connections on a socket that is bound already.

    Args:
        crowd: everyone connected; the listeners on one loop have it together.
        trigger: wakes the loop up; the listeners have it together, too, for a worker may pull it
            for a connection whose listener has been closed meanwhile.
        tls: with the certificate, if it is spoken here.

    """

    channel_class: Callable[..., Connection] = Connection
    trigger: Any

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
            self.channel_class = partial(SecureConnection, tls)
        # An application may know how to answer plain requests without WSGI.
        self.at_once: Callable[[dict[str, Any]], Answer | Future[Answer] | None] | None
        self.at_once = getattr(app, "at_once", None)
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

    def handle_accept(self) -> None:
        """Take the clients that wait at the port."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                accepted, address = self.socket.accept()
            except OSError:
                # Nobody waits any more, or has gone already.
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
        now = time.monotonic()
        cutoff = now - self.adj.channel_timeout
        for connection in list(self.active_channels.values()):
            if connection.is_preparing:
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
