"""Questions to one share and its answers: over which connection, with which PIN, for how long."""

import math
import re
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlsplit

import requests
import urllib3

from gui import answer
from gui.connection import Session
from gui.credentials import Credentials
from gui.errors import BadAddress
from gui.file_connection import FileConnection, Head
from gui.listing import plain
from gui.watch import TICK, Flag, Watch, watching


class Conversation:
    """Asks one share; may be used from several threads at once.

    There are two roads: that of requests, for everything, and a short one for files and what
    belongs to them.

    Attributes:
        address: Without a slash at its end.
        fingerprint: Of the only certificate that is trusted; None if there is none.

    """

    def __init__(
        self,
        address: str,
        patience: float,
        pin: str | None,
        key: str | None,
        fingerprint: str | None,
    ) -> None:
        """As for `gui.client.Client`; raises BadAddress."""
        self.fingerprint = _digits(fingerprint)
        self.address = _checked(address)
        self.patience = patience
        self._credentials = Credentials(self.address, pin, key)
        self._sessions: list[Session] = []
        self._connections: list[FileConnection] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        """Whether every question raises Cancelled now."""
        return self._closed.is_set()

    @property
    def given(self) -> tuple[str | None, str | None]:
        """The PIN and the key that it was given."""
        return self._credentials.given

    def call(self, name: str) -> None:
        """Tell people of the share as *name* from now on when it is about the PIN."""
        self._credentials.call(name)

    def close(self) -> None:
        """End what is under way and close all connections."""
        self._closed.set()
        with self._lock:
            for session in self._sessions:
                session.close()
            for connection in self._connections:
                connection.close()
            self._sessions.clear()
            self._connections.clear()

    @contextmanager
    def get(
        self,
        url: str,
        path: str,
        headers: dict[str, str],
        cancel: Flag | None,
        deadline: float = math.inf,
        also: Collection[int] = (),
        silence: float | None = None,
    ) -> Iterator[requests.Response]:
        """Send a request and give the answer, if its status is 200 or one of *also*.

        A share may be silent for *silence* seconds, if that is given, however little it then says.
        """
        session = self._borrowed_session()
        try:
            with ExitStack() as ending:
                watch = self._watch(cancel, deadline, silence)
                with self._credentials.asking(watch.check):
                    self._exchange(watch)
                    response = self._send(session, url, headers, watch)
                    ending.enter_context(response)
                    told = response.headers.get("Retry-After")
                    self._credentials.judge(response.status_code, told)
                answer.check(self.address, path, response.status_code, response.headers, also)
                yield response
        finally:
            self._give_session_back(session)

    @contextmanager
    def ask_for_file(
        self, method: str, target: str, fields: Mapping[str, str], cancel: Flag | None
    ) -> Iterator[tuple[FileConnection, Head]]:
        """Send a request by the short road; the connection is given back at the end."""
        connection = self._borrowed_connection()
        try:
            watch = self._watch(cancel, math.inf, None)
            with self._credentials.asking(watch.check):
                self._exchange(watch)
                asked = {**fields, **self._credentials.fields}
                head = connection.ask(method, target, asked, watch)
                self._credentials.judge(head.status, head.fields.get("retry-after"))
            yield connection, head
        except BaseException:
            connection.close()
            raise
        finally:
            self._give_connection_back(connection)

    def _exchange(self, watch: Watch) -> None:
        key = self._credentials.key_to_exchange
        if key is None:
            return
        session = self._borrowed_session()
        try:
            url = f"{self.address}/?key={quote(key, safe='')}"
            with self._send(session, url, {}, watch) as response:
                cookies = response.raw.headers.getlist("Set-Cookie")
                self._credentials.exchanged(response.status_code, cookies)
        finally:
            self._give_session_back(session)

    def _watch(self, cancel: Flag | None, deadline: float, silence: float | None) -> Watch:
        cancels = (self._closed, cancel) if cancel else (self._closed,)
        if silence is not None:
            return Watch(self.address, cancels, silence, deadline, enough=1)
        return Watch(self.address, cancels, self.patience, deadline)

    def _send(
        self,
        session: Session,
        url: str,
        headers: dict[str, str],
        watch: Watch,
    ) -> requests.Response:
        headers = {**headers, **self._credentials.fields}
        again = True
        while True:
            watch.check()
            before = watching.set(watch)
            try:
                return session.get(
                    url, headers=headers, timeout=TICK, stream=True, allow_redirects=False
                )
            except requests.ConnectionError as error:
                # The share may close a kept-open connection in the very moment of its use.
                if watch.heard or not again:
                    raise answer.translated(self.address, error) from error
                again = False
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise answer.translated(self.address, error) from error
            finally:
                watching.reset(before)

    def _borrowed_session(self) -> Session:
        with self._lock:
            return self._sessions.pop() if self._sessions else Session(self.fingerprint)

    def _give_session_back(self, session: Session) -> None:
        with self._lock:
            if self._closed.is_set():
                session.close()
            else:
                self._sessions.append(session)

    def _borrowed_connection(self) -> FileConnection:
        with self._lock:
            if self._connections:
                return self._connections.pop()
        return FileConnection(self.address, self.fingerprint)

    def _give_connection_back(self, connection: FileConnection) -> None:
        if connection.release():
            with self._lock:
                if self._closed.is_set():
                    connection.close()
                else:
                    self._connections.append(connection)


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadAddress(f"“{plain(address)}” is not the address of a share.") from error
    extra = parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or extra or not re.fullmatch(r"[\w.:-]+", host):
        raise BadAddress(f"“{plain(address)}” is not the address of a share.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


def _digits(fingerprint: str | None) -> str | None:
    """Give a fingerprint without the colons and capitals that people write it with."""
    return None if fingerprint is None else re.sub(r"[^0-9a-f]", "", fingerprint.lower())
