"""Serves an application on a thread, on ports of its own, and stops at once.

The server is waitress. What is ours: the sockets, bound exclusively and on the calling thread,
so that a taken port is an exception there; the loop, so that `stop` can end it; the workers,
so that they can be waited for.
"""

import errno
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from typing import Self

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from server.connection import Connection
from server.crowd import Crowd
from server.listener import Listener
from server.loop import Loop

BACKLOG = 1024
# Seconds after which a client that takes nothing and asks nothing is dropped.
STALLED_FOR = 120
_LAST_PORT = 65_535
# How many ports `next_free` tries.
_TRIES = 50


# CannotListen
#  ├─ PortTaken      another program has it
#  ├─ PortForbidden  the system keeps it for itself
#  └─ NoSuchAddress  this computer does not have the address
class CannotListen(Exception):
    """No socket can be had there; says why in a sentence."""


class PortTaken(CannotListen):
    """Another program listens on the port."""


class PortForbidden(CannotListen):
    """The system does not give this port to this user."""


class NoSuchAddress(CannotListen):
    """No network interface here has the address."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on *host* and *port* and that no other program can share.

    Port 0 takes any free one. Raises `CannotListen`.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise NoSuchAddress(f"There is no address {host!r}.") from error
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Means no more here than that a port just left can be taken again.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot_listen(host, port, error) from error
    return listening


def _cannot_listen(host: str, port: int, error: OSError) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"Port {port} is taken by another program.")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return PortForbidden(f"This system does not allow port {port} to this user.")
    if error.errno == errno.EADDRNOTAVAIL:
        return NoSuchAddress(f"{host} is not an address of this computer.")
    return CannotListen(f"It is not possible to listen on {host}, port {port}.")


class Share:
    """Serves an application until it is stopped; may be started again, any number of times.

    `start` and `stop` are for one thread, the owner's.

    Args:
        host: the address to listen on, or several.
        port: 0 for any free one.
        next_free: take the next free port if this one is taken.

    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        host: str | Sequence[str] = "127.0.0.1",
        port: int = 5000,
        *,
        next_free: bool = False,
    ) -> None:
        self._app = app
        self._hosts = (host,) if isinstance(host, str) else tuple(host)
        self._asked = port
        self._port = port
        self._next_free = next_free
        self._serving: _Serving | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before `start`, the one that was asked for."""
        return self._port

    @property
    def address(self) -> str:
        """A URL of this share, without a slash at the end; for 0.0.0.0 this computer's own."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._hosts[0], self._hosts[0])  # noqa: S104
        return url(host, self._port)

    @property
    def is_running(self) -> bool:
        """Whether it is started."""
        return self._serving is not None

    def start(self) -> None:
        """Listen, then serve on a thread of its own. Raises `CannotListen`."""
        if self._serving is None:
            sockets = self._listen()
            self._port = sockets[0].getsockname()[1]
            self._serving = _Serving(self._app, sockets)

    def stop(self) -> None:
        """Close the port and every connection, running transfers included, and wait for the end."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.stop()

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

    def _listen(self) -> list[socket.socket]:
        last = min(self._asked + _TRIES, _LAST_PORT) if self._next_free else self._asked
        for port in range(self._asked, last):
            try:
                return _listen_everywhere(self._hosts, port)
            except PortTaken:
                continue
        return _listen_everywhere(self._hosts, last)


def url(host: str, port: int) -> str:
    """Give the URL of an address, without a slash at the end."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen_everywhere(hosts: Sequence[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            sockets.append(listen(host, port))
            port = sockets[0].getsockname()[1]
    except CannotListen:
        for listening in sockets:
            listening.close()
        raise
    return sockets


class _Serving:
    """One run of a share, from `start` to `stop`."""

    def __init__(self, app: Callable[..., Iterable[bytes]], sockets: list[socket.socket]) -> None:
        self._loop = Loop(self._look_around, self._close)
        # The loop may see the stop and end before it is woken up, and waking it then would write
        # to whatever has the closed trigger's number by now.
        self._waking = threading.Lock()
        self._closed = False
        # Connections are the loop's; it does this before its next turn.
        self._to_cut_off: SimpleQueue[Callable[[Connection], bool]] = SimpleQueue()
        crowd, settings = Crowd(_room_for_connections()), _settings(sockets)
        # For each path that takes a body by POST, its most bytes; an application may say so.
        settings.bodies = getattr(app, "bodies", {})
        self._listeners = [
            Listener(app, listening, self._loop, settings, crowd) for listening in sockets
        ]
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop(self._wake)

    def cut_off(self, whom: Callable[[str], bool]) -> None:
        # Who connects from now on is another matter.
        now = time.monotonic()
        self._to_cut_off.put(lambda one: one.began <= now and whom(one.addr[0]))
        self._wake()

    def _wake(self) -> None:
        with self._waking:
            if not self._closed:
                self._listeners[0].trigger.pull_trigger()

    def _look_around(self) -> None:
        for listener in self._listeners:
            # waitress does it here, now and then.
            listener.readable()
        while not self._to_cut_off.empty():
            is_meant = self._to_cut_off.get()
            for one in list(self._loop.map.values()):
                if isinstance(one, Connection) and is_meant(one):
                    one.reset()

    def _close(self) -> None:
        """Close everything: first the sockets, so that workers waiting on one go on and end."""
        for listener in self._listeners:
            listener.close_socket()
        for one in list(self._loop.map.values()):
            if isinstance(one, Connection):
                one.reset()
        self._loop.workers.finish()
        # Those that a worker was sending to, or that a feed is just adding to.
        for one in list(self._loop.map.values()):
            if isinstance(one, Connection):
                # Not for long: a disk may hang.
                is_free = one.outbuf_lock.acquire(timeout=0.2)
                one.handle_close()
                if is_free:
                    one.outbuf_lock.release()
        # Workers wake the loop through these up to their last breath.
        with self._waking:
            self._closed = True
            for listener in self._listeners:
                listener.close()
        self._loop.close()


def _settings(sockets: list[socket.socket]) -> Adjustments:
    settings = Adjustments(
        sockets=sockets,
        ident=None,
        # The crowd looks after that.
        connection_limit=sys.maxsize,
        backlog=BACKLOG,
        cleanup_interval=1,
        channel_timeout=STALLED_FOR,
        log_socket_errors=False,
        clear_untrusted_proxy_headers=False,
        max_request_header_size=32_768,
        # Which route takes how much of a body is looked at while it is read; that stays in memory.
        max_request_body_size=sys.maxsize,
        inbuf_overflow=2 << 20,
        # What an application makes faster than a client takes it waits in memory, not on disk;
        # it makes no more than half of that.
        outbuf_overflow=32 << 20,
    )
    # As an argument it is said to be deprecated. It joins a short reply into one packet.
    settings.send_bytes = 1 << 20
    return settings


def _room_for_connections() -> int:
    """Make room for many connections, each with a file, and tell for how many."""
    if sys.platform == "win32":
        # All that select() can take there.
        return 500
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(hard, 16_384)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return 8000 if soft == resource.RLIM_INFINITY else max(50, min(8000, (soft - 100) // 2))
