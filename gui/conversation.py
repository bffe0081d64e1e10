"""Questions to one share and its answers: over which connection, with which PIN, for how long."""

import math
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from gui import answer
from gui.credentials import Credentials
from gui.errors import BadAddress
from gui.file_connection import FileConnection, Head
from gui.listing import plain
from gui.watch import Flag, Watch

if TYPE_CHECKING:
    from gui.connection import Reply, Session


class Conversation:
    """Asks one share; may be used from several threads at once.

    There are two roads: a short one (gui/file_connection.py) for whatever has an end, and that of
    requests (gui/connection.py) for what has none, and for the cookie that a key is exchanged for.

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

    @property
    def called(self) -> str:
        """What people are told that the share is."""
        return self._credentials.called

    def call(self, name: str) -> None:
        """Tell people of the share as *name* from now on when it is about coming in."""
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
    def listen(
        self,
        url: str,
        path: str,
        fields: Mapping[str, str],
        cancel: Flag | None,
        silence: float,
    ) -> Iterator["Reply"]:
        """Send a request and give the answer, which may have no end, if its status is 200.

        The share may be silent for *silence* seconds, however little it then says.
        """
        session = self._borrowed_session()
        try:
            with ExitStack() as ending:
                cancels = self._cancels(cancel)
                watch = Watch(self.address, cancels, patience=silence, enough=1)
                with self._credentials.asking(watch.check):
                    self._exchange(watch)
                    reply = session.ask(url, {**fields, **self._credentials.fields}, watch)
                    ending.callback(reply.close)
                    self._credentials.judge(reply.status, reply.fields.get("Retry-After"))
                answer.check(self.address, path, reply.status, reply.fields)
                yield reply
        finally:
            self._give_session_back(session)

    @contextmanager
    def ask(
        self,
        method: str,
        target: str,
        fields: Mapping[str, str],
        cancel: Flag | None,
        deadline: float = math.inf,
    ) -> Iterator[tuple[FileConnection, Head]]:
        """Send a request by the short road; the connection is given back at the end.

        All of it has to be over at *deadline*, on the monotonic clock.
        """
        connection = self._borrowed_connection()
        try:
            watch = Watch(self.address, self._cancels(cancel), self.patience, deadline)
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
            with closing(session.ask(url, self._credentials.fields, watch)) as reply:
                self._credentials.exchanged(reply.status, reply.cookies)
        finally:
            self._give_session_back(session)

    def _cancels(self, cancel: Flag | None) -> tuple[Flag, ...]:
        return (self._closed, cancel) if cancel else (self._closed,)

    def _borrowed_session(self) -> "Session":
        from gui.connection import Session

        with self._lock:
            return self._sessions.pop() if self._sessions else Session(self.fingerprint)

    def _give_session_back(self, session: "Session") -> None:
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
