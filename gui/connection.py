"""Kept-open connections to a share, as requests and urllib3 want them."""

from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gui.sockets import SecureSocket, Socket, connected, secured
from gui.watch import watching


class _Connection(HTTPConnection):
    def connect(self) -> None:
        self.sock = connected(self.host, self.port or 80, watching.get())

    def request(self, *arguments: Any, **options: Any) -> None:
        if isinstance(self.sock, Socket):
            self.sock.watch = watching.get()
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        watch = watching.get()
        plain = connected(self.host, self.port or 443, watch)
        self.sock = secured(plain, watch, self.assert_fingerprint)
        self.is_verified = True

    def request(self, *arguments: Any, **options: Any) -> None:
        if isinstance(self.sock, SecureSocket):
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
