"""Serves an application on a thread, on ports of its own, and stops at once.

The server is waitress. What is ours: the sockets, bound exclusively and on the calling thread,
so that a taken port is an exception there; the loop, so that `stop` can end it; the workers,
so that they can be waited for.

Every address has a socket of its own. One for all of them (0.0.0.0, or :: with both versions of
IP) would follow the network by itself, but could leave no address out, would have the port to
itself and so not beside a share on loopback, and would not tell which connections are those of
an address that is gone. A socket of IPv6 takes no IPv4, so that a client has one address only.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from waitress import trigger, wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from server.connection import Connection
from server.crowd import Crowd
from server.listener import Listener
from server.loop import READABLE, Loop

if TYPE_CHECKING:
    import ssl

BACKLOG = 1024
# Seconds after which a client that takes nothing and asks nothing is dropped.
STALLED_FOR = 120
# Seconds for which bytes count as moving; longer than from one look for them to the next.
MOVING_FOR = 5
_LAST_PORT = 65_535
# How many ports `next_free` tries.
_TRIES = 50
# Seconds in which the loop has taken up an address; only ever waited out when something is broken.
_CHANGES_IN = 5


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
    try:
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
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
    if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return NoSuchAddress(f"{host} is not an address of this computer.")
    return CannotListen(f"It is not possible to listen on {host}, port {port}.")


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
        self._serving: _Serving | None = None

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
            taken_up, self._problems = _listen_everywhere(new, self._port)
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
            kept = _duplicates(self._sockets)
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
            self._serving = _Serving(self._app, list(sockets.values()), tls)
        except (OSError, RuntimeError) as error:
            _close(sockets)
            raise _no_room() from error
        self._sockets, self._tls = sockets, tls

    def _listen(self) -> tuple[dict[str, socket.socket], dict[str, CannotListen]]:
        for port in self._ports():
            sockets, problems = _listen_everywhere(self._wanted, port)
            if not any(isinstance(problem, PortTaken) for problem in problems.values()):
                break
            _close(sockets)
        else:
            # Nowhere is it free at every address.
            sockets, problems = _listen_everywhere(self._wanted, self._asked)
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


def _listen_everywhere(
    hosts: Iterable[str], port: int
) -> tuple[dict[str, socket.socket], dict[str, CannotListen]]:
    """Listen on *port* of each of *hosts* where that is possible, and tell why elsewhere not."""
    sockets: dict[str, socket.socket] = {}
    problems: dict[str, CannotListen] = {}
    for host in hosts:
        try:
            sockets[host] = listen(host, port)
        except CannotListen as problem:
            problems[host] = problem
        else:
            port = sockets[host].getsockname()[1]
    return sockets, problems


def _duplicates(sockets: dict[str, socket.socket]) -> dict[str, socket.socket]:
    made: dict[str, socket.socket] = {}
    try:
        for host, listening in sockets.items():
            made[host] = listening.dup()
    except OSError as error:
        _close(made)
        raise _no_room() from error
    return made


def _close(sockets: dict[str, socket.socket]) -> None:
    for listening in sockets.values():
        listening.close()


def _no_room() -> CannotListen:
    return CannotListen("This computer has no room for a share now: too much else is open.")


class _Serving:
    """One run of a share, from `start` to `stop`."""

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        sockets: list[socket.socket],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._app, self._tls = app, tls
        # The loop may see the stop and end before it is woken up, and waking it then would write
        # to whatever has the closed trigger's number by now.
        self._waking = threading.Lock()
        self._closed = False
        # Listeners and connections are the loop's; it does these before its next turn.
        self._to_do: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._crowd, self._settings = Crowd(_room_for_connections()), _settings(sockets)
        # For each path that takes a body by POST, its most bytes; an application may say so.
        self._settings.bodies = getattr(app, "bodies", {})
        if tls is not None:
            self._settings.url_scheme = "https"
        self._loop = Loop(self._look_around, self._close)
        try:
            self._trigger = trigger.trigger(self._loop.map)
            self._listeners = [self._listener(listening) for listening in sockets]
            self._loop.start()
        except (OSError, RuntimeError):
            # The system has no more descriptors, or threads.
            wasyncore.close_all(self._loop.map, ignore_all=True)
            self._loop.abandon()
            raise

    def stop(self) -> None:
        self._loop.stop(self._wake)

    def cut_off(self, whom: Callable[[str], bool]) -> None:
        # Who connects from now on is another matter.
        now = time.monotonic()
        self._do(lambda: self._cut_off(lambda one: one.began <= now and whom(one.addr[0])))

    def moving(self, since: float) -> int:
        return self._crowd.moving(since)

    def change(self, taken_up: Sequence[socket.socket], let_go: Collection[socket.socket]) -> None:
        """Listen on sockets, and on others no longer, and wait until that is so."""
        if not taken_up and not let_go:
            return
        done = threading.Event()
        self._do(lambda: self._change(taken_up, let_go, done))
        done.wait(_CHANGES_IN)

    def _listener(self, listening: socket.socket) -> Listener:
        return Listener(
            self._app,
            listening,
            self._loop,
            self._settings,
            self._crowd,
            self._trigger,
            self._tls,
        )

    def _do(self, work: Callable[[], None]) -> None:
        self._to_do.put(work)
        self._wake()

    def _wake(self) -> None:
        with self._waking:
            if not self._closed:
                self._trigger.pull_trigger()

    # By the loop's thread

    def _look_around(self) -> None:
        for listener in self._listeners:
            # waitress does it here, now and then.
            listener.readable()
        while not self._to_do.empty():
            self._to_do.get()()

    def _cut_off(self, is_meant: Callable[[Connection], bool]) -> None:
        for one in list(self._loop.map.values()):
            if isinstance(one, Connection) and is_meant(one):
                one.reset()

    def _change(
        self,
        taken_up: Sequence[socket.socket],
        let_go: Collection[socket.socket],
        done: threading.Event,
    ) -> None:
        try:
            for listener in [one for one in self._listeners if one.socket in let_go]:
                listener.close()
                listener.reset_all()
                self._listeners.remove(listener)
            for listening in taken_up:
                self._listeners.append(self._listener(listening))
                self._loop.wait_for(listening.fileno(), READABLE, is_new=True)
        finally:
            done.set()

    def _close(self) -> None:
        """Close everything: first the sockets, so that workers waiting on one go on and end."""
        # Also what was asked for last, so that no socket is left over.
        while not self._to_do.empty():
            self._to_do.get()()
        for listener in self._listeners:
            listener.close()
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
        # Workers wake the loop through this up to their last breath.
        with self._waking:
            self._closed = True
            self._trigger.close()
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
