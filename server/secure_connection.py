"""One client's connection under TLS: as any other, once they have shaken hands."""

import socket
import ssl
from typing import Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from server.connection import Connection
from server.tunnel import Tunnel

# What every handshake begins with, and no request of HTTP.
_HANDSHAKE = b"\x16"


class SecureConnection(Connection):
    """A client's connection under TLS; see `Connection`.

    Whoever does not speak TLS is told, in the clear, where to do so. The handshake has to be done
    as soon as headers have to be there, from the moment that the client was taken.
    """

    # The client's own, then the tunnel.
    socket: Any

    def __init__(
        self,
        context: ssl.SSLContext,
        server: Any,
        sock: socket.socket,
        addr: Any,
        adj: Adjustments,
        map: dict[int, Any] | None = None,  # noqa: A002 - waitress's name
    ) -> None:
        self._context = context
        # As soon as the client has said that it wants one.
        self._tunnel: Tunnel | None = None
        # Whether requests are all that is to come, or nothing.
        self._is_open = False
        super().__init__(server, sock, addr, adj, map=map)
        self._since = self.began

    # What the loop waits for. Encryption may have to send before it reads, and the other way.

    def readable(self) -> bool:
        """Tell whether the loop waits for something to come."""
        tunnel = self._tunnel
        if not self._is_open:
            return not self.will_close and (tunnel is None or tunnel.awaits_reading)
        if tunnel is None:
            return bool(super().readable())
        if tunnel.sends_after_reading and super().writable():
            return True
        return bool(super().readable()) and not tunnel.reads_after_sending

    def writable(self) -> bool:
        """Tell whether the loop waits for room to send."""
        tunnel = self._tunnel
        if self.will_close:
            return super().writable()
        if not self._is_open:
            return tunnel is not None and not tunnel.awaits_reading
        if tunnel is None:
            return super().writable()
        if tunnel.reads_after_sending and super().readable():
            return True
        return super().writable() and not tunnel.sends_after_reading

    def handle_read(self) -> None:
        """Take what the client sent."""
        tunnel = self._tunnel
        if not self._is_open:
            self._shake()
        elif tunnel is not None and tunnel.sends_after_reading:
            tunnel.sends_after_reading = False
            super().handle_write()
        else:
            super().handle_read()
            if tunnel is not None and tunnel.reads_after_sending:
                self.watch()

    def handle_write(self) -> None:
        """Send what the client has room for."""
        tunnel = self._tunnel
        if not self._is_open and not self.will_close:
            self._shake()
        elif tunnel is not None and tunnel.reads_after_sending and not self.will_close:
            tunnel.reads_after_sending = False
            super().handle_read()
            self.watch()
        else:
            super().handle_write()

    def check_client_disconnected(self) -> bool:
        """Tell whether nobody will read the answer; from any thread."""
        if self._tunnel is None:
            return super().check_client_disconnected()
        try:
            return self._tunnel.has_ended()
        except (OSError, ValueError):
            return True

    # The handshake

    def _shake(self) -> None:
        try:
            if self._tunnel is None and not self._begun():
                return
            if self._tunnel is not None and self._tunnel.shake():
                self._is_open, self._since = True, None
        except BlockingIOError:
            pass
        except (OSError, ValueError):
            self.handle_close()
            return
        self.watch()

    def _begun(self) -> bool:
        """Begin with whatever the client wants; False if that ends it."""
        first = self.socket.recv(1, socket.MSG_PEEK)
        if first == _HANDSHAKE:
            self._more = 0
            self._tunnel = self.socket = Tunnel(self.socket, self._context)
            return True
        self._is_open = True
        if first.isalpha():
            self._lead_away()
        self.handle_close()
        return False

    def _lead_away(self) -> None:
        """Tell a client that speaks plain HTTP where this is spoken encrypted.

        Not more than that: what it asked for may have held a secret.
        """
        host, port = self.local
        host = f"[{host}]" if ":" in host else host
        lines = (
            "HTTP/1.1 303 See Other",
            f"Location: https://{host}:{port}/",
            "Cache-Control: no-store",
            "Content-Length: 0",
            "Connection: close",
        )
        self.is_refused = True
        self.socket.send("\r\n".join([*lines, "\r\n"]).encode())
