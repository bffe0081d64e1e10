"""One run of a share: the loop, the workers, and a listener for each socket.

It is waitress's server, taken apart, for that cannot be ended from outside.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, ClassVar

from waitress import trigger, wasyncore  # type: ignore[import-untyped]
from waitress.adjustments import Adjustments  # type: ignore[import-untyped]

from server.connection import Connection
from server.crowd import Crowd
from server.listener import Listener
from server.loop import READABLE, Loop
from server.sockets import BACKLOG

if TYPE_CHECKING:
    import ssl

# Seconds after which a client that takes nothing and asks nothing is dropped.
STALLED_FOR = 120
# Seconds in which the loop has taken up an address; only ever waited out when something is broken.
_CHANGES_IN = 5
_MOST_CONNECTIONS = 8000
# Files that are open besides a connection and its own: four zips have 16 of a bundle and what they
# read next, and there are decoders, folders that are watched, and the window's own.
_OTHER_FILES = 200


class Serving:
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
        self._crowd, self._settings = Crowd(room_for_connections()), _settings(sockets)
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
        """Close every socket and every connection, and wait for the end."""
        self._loop.stop(self._wake)

    def cut_off(self, whom: Callable[[str], bool]) -> None:
        """Cut off the clients at the addresses that *whom* names; see `Share.cut_off`."""
        # Who connects from now on is another matter.
        now = time.monotonic()
        self._do(lambda: self._cut_off(lambda one: one.began <= now and whom(one.addr[0])))

    def moving(self, since: float) -> int:
        """Count the connections of other devices on which bytes have moved *since*."""
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

    def _connections(self) -> list[Connection]:
        """Give all there are, those whose listener has been closed included."""
        # A copy, for a thread that a disk held up may end a connection meanwhile.
        return [one for one in list(self._loop.map.values()) if isinstance(one, Connection)]

    def _cut_off(self, is_meant: Callable[[Connection], bool]) -> None:
        for one in self._connections():
            if is_meant(one):
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
        for one in self._connections():
            one.reset()
        self._loop.workers.finish()
        # Those that a worker was sending to, or that a feed is just adding to.
        for one in self._connections():
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


class _Settings(Adjustments):  # type: ignore[misc]  # has no types
    """Settings for sockets that listen already.

    An address to listen on would be looked up all the same, for which Python loads the tables of
    all the letters that a name may have.
    """

    listen: ClassVar[list[str]] = []


def _settings(sockets: list[socket.socket]) -> Adjustments:
    settings = _Settings(
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


def room_for_connections() -> int:
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
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(50, min(_MOST_CONNECTIONS, (soft - _OTHER_FILES) // 2))
