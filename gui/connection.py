"""Kept-open connections to a share that can be given up at any moment, while a read waits too."""

import errno
import math
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from hashlib import sha256
from hmac import compare_digest
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gui.errors import Cancelled, Interrupted, Unreachable, Untrusted, WrongCertificate

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
        read = super().recv_into
        return _patiently(self.watch, lambda: read(*arguments))


class _SecureSocket(ssl.SSLSocket):
    """A socket as `_Socket`, under TLS."""

    watch: Watch

    def getpeername(self) -> Any:
        """Tell who is at the other end; if nobody is any more, close.

        ssl asks it first of all, and leaves a socket open that has been reset before that.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "gone") from None

    def recv_into(self, *arguments: Any) -> int:
        read = super().recv_into
        return _patiently(self.watch, lambda: read(*arguments))


def _patiently(watch: Watch, read: Callable[[], int]) -> int:
    while True:
        watch.check()
        began = time.monotonic()
        try:
            count = read()
        except TimeoutError:
            watch.received(0, time.monotonic() - began)
        else:
            watch.received(count, time.monotonic() - began)
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


def _secured(plain: _Socket, watch: Watch, fingerprint: str | None) -> _SecureSocket:
    """Encrypt a connection to whoever has the certificate with the *fingerprint*, and nobody else.

    No authority has any say: none of them can know a share on a local network.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _SecureSocket
    try:
        secure = context.wrap_socket(plain, do_handshake_on_connect=False)
    except OSError as error:
        raise Unreachable(f"{watch.address} does not answer.") from error
    assert isinstance(secure, _SecureSocket)  # noqa: S101 - what the context was told
    secure.watch = watch
    try:
        _shake(secure, watch)
        _compare(secure.getpeercert(binary_form=True) or b"", watch.address, fingerprint)
    except OSError as error:
        secure.close()
        raise Unreachable(f"{watch.address} does not speak HTTPS.") from error
    except BaseException:
        secure.close()
        raise
    return secure


def _shake(secure: _SecureSocket, watch: Watch) -> None:
    until = time.monotonic() + CONNECT
    while True:
        watch.check()
        try:
            secure.do_handshake()
        except TimeoutError:
            if time.monotonic() > until:
                raise
        else:
            return


def _compare(certificate: bytes, address: str, fingerprint: str | None) -> None:
    """Raise unless the certificate is the one with the *fingerprint*."""
    found = sha256(certificate).hexdigest()
    if fingerprint is None:
        raise Untrusted(
            f"Nobody vouches for {address}. Compare the fingerprint that it shows there: {found}",
            found,
        )
    if not compare_digest(found, fingerprint):
        raise WrongCertificate(
            f"{address} has another certificate than the share that you know, "
            "so it may be another computer.",
            found,
        )


class _Connection(HTTPConnection):
    def connect(self) -> None:
        self.sock = _connected(self.host, self.port or 80, watching.get())

    def request(self, *arguments: Any, **options: Any) -> None:
        if isinstance(self.sock, _Socket):
            self.sock.watch = watching.get()
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        watch = watching.get()
        plain = _connected(self.host, self.port or 443, watch)
        self.sock = _secured(plain, watch, self.assert_fingerprint)
        self.is_verified = True

    def request(self, *arguments: Any, **options: Any) -> None:
        if isinstance(self.sock, _SecureSocket):
            self.sock.watch = watching.get()
        super().request(*arguments, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def __init__(self, fingerprint: str | None) -> None:
        self._fingerprint = fingerprint
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, assert_fingerprint=self._fingerprint, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Session(requests.Session):
    """A kept-open connection, for one thread at a time; under TLS see `gui.client.Client`."""

    def __init__(self, fingerprint: str | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(fingerprint))
        self.headers.clear()
        self.headers.update(
            {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Lanslide"}
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Say that there is none: requests reads all of a redirect even if it is not to follow."""
        return None
