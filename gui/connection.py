"""The road of requests: kept-open connections as it and urllib3 want them, and their answers.

To import them takes as long as to fetch hundreds of small files, so nothing that is in haste does.
"""

import http.client
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from gui import answer
from gui.errors import ClientError, Interrupted
from gui.secure_socket import SecureSocket, secured
from gui.sockets import Socket, connected
from gui.watch import TICK, Watch, watching

CHUNK = 256 * 1024


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

    def ask(self, url: str, fields: Mapping[str, str], watch: Watch) -> "Reply":
        """Send a request; the reply has to be closed."""
        again = True
        while True:
            watch.check()
            before = watching.set(watch)
            try:
                response = self.get(
                    url, headers=fields, timeout=TICK, stream=True, allow_redirects=False
                )
            except requests.ConnectionError as error:
                # The share may close a kept-open connection in the very moment of its use.
                if watch.heard or not again:
                    raise translated(watch.address, error) from error
                again = False
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise translated(watch.address, error) from error
            else:
                return Reply(watch.address, response)
            finally:
                watching.reset(before)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Say that there is none: requests reads all of a redirect even if it is not to follow."""
        return None


class Reply:
    """An answer on its way: the head is here, and the body comes as it is asked for.

    Attributes:
        status: Its number.
        fields: Of the header; their names in any case.

    """

    def __init__(self, address: str, response: requests.Response) -> None:
        self.status = response.status_code
        self.fields: Mapping[str, str] = response.headers
        self._address, self._response = address, response

    @property
    def cookies(self) -> list[str]:
        """The cookies that the share would have set, each as it stands in its field."""
        found: list[str] = self._response.raw.headers.getlist("Set-Cookie")
        return found

    def endless(self) -> Iterator[bytes]:
        """Give what comes of a body that has no end, as it comes, and raise at its end."""
        while chunk := self._chunk():
            yield chunk
        raise Interrupted(f"{self._address} tells no more.")

    def close(self) -> None:
        """Be done with it; what has not come yet is not wanted."""
        self._response.close()

    def _chunk(self) -> bytes:
        try:
            chunk: bytes = self._response.raw.read1(CHUNK, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise translated(self._address, error) from error
        return chunk


def translated(address: str, error: Exception) -> ClientError:
    """Give what is wrong, in our words, for an exception of requests or urllib3."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and isinstance(
        cause, Exception
    ):
        causes.append(cause)
    if any(isinstance(cause, ConnectionError | http.client.IncompleteRead) for cause in causes):
        return answer.broken_off(address)
    if any(isinstance(cause, http.client.HTTPException) for cause in causes):
        return answer.odd(address, "does not answer as a share does")
    lost = (requests.ConnectionError, requests.Timeout, urllib3.exceptions.ProtocolError)
    if isinstance(error, (*lost, urllib3.exceptions.TimeoutError)):
        return answer.broken_off(address)
    return answer.odd(address, "does not answer as a share does")
