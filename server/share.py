"""Serves an application on a thread, on ports of its own, and stops at once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from server.serving import Serving
from server.sockets import (
    CannotListen,
    NoSuchAddress,
    PortTaken,
    close_all,
    duplicates,
    listen_everywhere,
    no_room,
)

if TYPE_CHECKING:
    import ssl

# Seconds for which bytes count as moving; longer than from one look for them to the next.
MOVING_FOR = 5
_LAST_PORT = 65_535
# How many ports `next_free` tries.
_TRIES = 50


class Share:
    """Serves an application until it is stopped; may be started again, any number of times.

    May be used from any thread but those that serve it.

    Args:
        host: the address to listen on, or several; all have the same port. With none it can be
            started once `listen_on` has given it one.
        port: 0 for any free one.
        next_free: take the next port that is free at every address if this one is not.
        tls: to speak HTTPS, with a certificate; see `server.certificate`.

    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        host: str | Sequence[str] = "127.0.0.1",
        port: int = 5000,
        *,
        next_free: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._app = app
        self._tls = tls
        self._wanted = (host,) if isinstance(host, str) else tuple(host)
        self._asked = port
        self._port = port
        self._next_free = next_free
        # Held while it starts, stops, or changes its addresses.
        self._changing = threading.Lock()
        self._sockets: dict[str, socket.socket] = {}
        self._problems: dict[str, CannotListen] = {}
        self._serving: Serving | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before `start`, the one that was asked for."""
        return self._port

    @property
    def address(self) -> str:
        """A URL of this share, without a slash at the end; for 0.0.0.0 this computer's own."""
        first = (self.hosts or self._wanted)[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(first, first)  # noqa: S104 - told apart
        return self.url(host)

    def url(self, host: str) -> str:
        """Give the URL of this share at *host*, an address or a name of this computer's."""
        return url(host, self._port, is_secure=self._tls is not None)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses that are listened on, in the order in which they were asked for."""
        sockets = self._sockets
        return tuple(host for host in self._wanted if host in sockets)

    @property
    def problems(self) -> Mapping[str, CannotListen]:
        """What is in the way of the other addresses that were asked for."""
        return self._problems

    @property
    def is_running(self) -> bool:
        """Whether it is started."""
        return self._serving is not None

    def start(self) -> None:
        """Listen, then serve on a thread of its own.

        Raises `CannotListen` if there is no address to listen on; what is in the way of one is in
        nobody else's. `hosts` has those that can be used.
        """
        with self._changing:
            if self._serving is None:
                sockets, self._problems = self._listen()
                if not sockets:
                    nowhere = NoSuchAddress("There is no address to listen on.")
                    raise next(iter(self._problems.values()), nowhere)
                self._port = next(iter(sockets.values())).getsockname()[1]
                self._serve(sockets, self._tls)

    def stop(self) -> None:
        """Close the port and every connection, running transfers included, and wait for the end."""
        with self._changing:
            serving, self._serving, self._sockets = self._serving, None, {}
            if serving is not None:
                serving.stop()

    def listen_on(self, hosts: Iterable[str]) -> Mapping[str, CannotListen]:
        """Listen on these addresses from now on, and on no others, at the same port.

        Who is connected by an address that is not among them is cut off; nobody else notices.
        Those already listened on are left as they are. Before `start`, it only counts for that.

        Returns `problems`; what is in the way of an address is tried again when it is asked for
        again.
        """
        wanted = tuple(dict.fromkeys(hosts))
        with self._changing:
            self._wanted = wanted
            if self._serving is None:
                return {}
            kept = {host: one for host, one in self._sockets.items() if host in wanted}
            new = [host for host in wanted if host not in kept]
            taken_up, self._problems = listen_everywhere(new, self._port)
            let_go = [one for host, one in self._sockets.items() if host not in kept]
            self._serving.change(list(taken_up.values()), let_go)
            self._sockets = kept | taken_up
            return self._problems

    def speak(self, tls: ssl.SSLContext | None) -> None:
        """Speak HTTPS from now on, with the certificate of *tls*, or HTTP with None.

        Addresses and port stay. Everybody is cut off, running transfers included: in what they
        speak they would not be understood any more. Before `start`, it only counts for that.

        Raises `CannotListen` if the system has no room for that. Then it speaks as before, unless
        it has been stopped.
        """
        with self._changing:
            before = self._serving
            if before is None:
                self._tls = tls
                return
            # Listened on without a pause, so that no other program can have the port.
            kept = duplicates(self._sockets)
            self._serving, self._sockets = None, {}
            before.stop()
            self._serve(kept, tls)

    def moving(self) -> int:
        """Count the connections of other devices on which bytes have moved in the last seconds.

        A client that stalls is none of them, nor is one that only waits for what changes.
        """
        serving = self._serving
        return serving.moving(time.monotonic() - MOVING_FOR) if serving is not None else 0

    def cut_off(self, whom: Callable[[str], bool]) -> None:
        """Cut off the clients at the addresses that *whom* names, running transfers included.

        From any thread; it is done at once, but not waited for. They may connect again, and are
        not cut off for that.
        """
        serving = self._serving
        if serving is not None:
            serving.cut_off(whom)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self, sockets: dict[str, socket.socket], tls: ssl.SSLContext | None) -> None:
        """Serve on *sockets*, or close them and raise `CannotListen`."""
        try:
            self._serving = Serving(self._app, list(sockets.values()), tls)
        except (OSError, RuntimeError) as error:
            close_all(sockets)
            raise no_room() from error
        self._sockets, self._tls = sockets, tls

    def _listen(self) -> tuple[dict[str, socket.socket], dict[str, CannotListen]]:
        for port in self._ports():
            sockets, problems = listen_everywhere(self._wanted, port)
            if not any(isinstance(problem, PortTaken) for problem in problems.values()):
                break
            close_all(sockets)
        else:
            # Nowhere is it free at every address.
            sockets, problems = listen_everywhere(self._wanted, self._asked)
        return sockets, problems

    def _ports(self) -> Iterable[int]:
        """Give the ports to try; 0 means another one each time."""
        if self._asked == 0:
            return [0] * _TRIES
        last = min(self._asked + _TRIES, _LAST_PORT) if self._next_free else self._asked
        return range(self._asked, last + 1)


def url(host: str, port: int, *, is_secure: bool = False) -> str:
    """Give the URL of an address, without a slash at the end."""
    scheme = "https" if is_secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
