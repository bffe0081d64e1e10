"""Kept-open connections to a share that can be given up at any moment, while a read waits too."""

import math
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from gui.errors import Cancelled, Interrupted, Unreachable

TICK = 0.1
"""Seconds between two looks at whether a waiting request has been cancelled."""

CONNECT = 5.0
"""Seconds that a share has to take a connection."""

ENOUGH = 16 * 1024
"""Bytes that have to come for a share not to count as stalled."""


class Watch:
    """Ends the waiting of one request, when it is cancelled or when the share stalls.

    What counts is the time spent waiting for the share: a slow disk of ours is not its fault.
    """

    def __init__(
        self,
        address: str,
        cancels: Sequence[threading.Event],
        patience: float,
        deadline: float = math.inf,
        enough: int = ENOUGH,
    ) -> None:
        self.address = address
        self.heard = False
        self._cancels = cancels
        self._patience = patience
        self._deadline = deadline
        self._enough = enough
        self._count = 0
        self._waited = 0.0

    def check(self) -> None:
        """Raise if there is no sense in waiting any longer."""
        if any(cancel.is_set() for cancel in self._cancels):
            raise Cancelled("This was cancelled.")
        if self._waited > self._patience or time.monotonic() > self._deadline:
            raise Interrupted(f"{self.address} has stopped sending.")

    def received(self, count: int, seconds: float) -> None:
        """Be patient again once enough has come: a byte now and then is no progress."""
        self.heard = self.heard or count > 0
        self._count += count
        self._waited += seconds
        if self._count >= self._enough:
            self._count = 0
            self._waited = 0.0


watching: ContextVar[Watch] = ContextVar("watching")
"""The watch over the request that this thread sends: urllib3 offers no way to hand it down."""


class _Socket(socket.socket):
    """A connected socket whose reads wait, tick by tick, for as long as its watch allows.

    All reading of http.client ends in `recv_into`, so headers and bodies, dripping ones too, end
    soon after they are cancelled. (Shutting a socket down under another thread's read wakes that
    thread on some systems only.)
    """

    watch: Watch

    def recv_into(self, *arguments: Any) -> int:
        while True:
            self.watch.check()
            began = time.monotonic()
            try:
                count = super().recv_into(*arguments)
            except TimeoutError:
                self.watch.received(0, time.monotonic() - began)
            else:
                self.watch.received(count, time.monotonic() - began)
                return count


def _connected(host: str, port: int, watch: Watch) -> _Socket:
    """Connect to the first address of *host* that takes the connection."""
    reason: OSError | None = None
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"There is no computer called {host}.") from error
    for family, kind, protocol, _, place in places:
        connection = _Socket(family, kind, protocol)
        try:
            _connect(connection, place, watch)
        except OSError as error:
            connection.close()
            reason = error
        except BaseException:
            connection.close()
            raise
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(TICK)
            connection.watch = watch
            return connection
    raise Unreachable(f"{watch.address} does not answer.") from reason


def _connect(connection: _Socket, place: Any, watch: Watch) -> None:
    connection.setblocking(False)
    until = time.monotonic() + CONNECT
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_WRITE)
        connection.connect_ex(place)
        while not selector.select(TICK):
            watch.check()
            if time.monotonic() > until:
                raise TimeoutError
    if problem := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(problem, "connect")
    connection.getpeername()


class _Connection(HTTPConnection):
    def connect(self) -> None:
        self.sock = _connected(self.host, self.port or 80, watching.get())

    def request(self, *arguments: Any, **options: Any) -> None:
        if isinstance(self.sock, _Socket):
            self.sock.watch = watching.get()
        super().request(*arguments, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool}


class Session(requests.Session):
    """A kept-open connection, for one thread at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("http://", _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))
        self.headers.clear()
        self.headers.update(
            {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Lanslide"}
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Say that there is none: requests reads all of a redirect even if it is not to follow."""
        return None
