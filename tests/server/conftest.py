"""Fixtures of the server's tests: real clients for a real server."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from server import pin
from server.application import Application
from server.folder import SharedFolder
from server.share import Share

# Only ever waited out when something is broken.
PATIENCE = 20
NOBODY = 65534


class Reply(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


class Browser:
    """A client that keeps its connection, and sends a path exactly as it is given."""

    def __init__(self, share: Share) -> None:
        self._connection = HTTPConnection("127.0.0.1", share.port, timeout=PATIENCE)

    def __call__(self, path: str, method: str = "GET", **fields: str) -> Reply:
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        self._connection.request(method, path, headers=headers)
        answer = self._connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def browser(share: Share) -> Iterator[Browser]:
    """A client of `share`."""
    client = Browser(share)
    yield client
    client.close()


@pytest.fixture
def browse() -> Iterator[Callable[[Share], Browser]]:
    """Give a client of any share; closed at the end."""
    with ExitStack() as clients:

        def new(share: Share) -> Browser:
            client = Browser(share)
            clients.callback(client.close)
            return client

        yield new


@pytest.fixture
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Open a bare connection to a share, with bytes sent already."""
    with ExitStack() as connections:

        def new(share: Share, data: bytes = b"", receive_buffer: int = 0) -> socket.socket:
            client = connections.enter_context(socket.socket())
            client.settimeout(PATIENCE)
            if receive_buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.connect(("127.0.0.1", share.port))
            client.sendall(data)
            return client

        yield new


@pytest.fixture
def send(share: Share, connect: Callable[..., socket.socket]) -> Callable[[bytes], bytes]:
    """Send bytes to `share` and give all that comes back until it ends the connection."""

    def exchange(data: bytes) -> bytes:
        client = connect(share, data.replace(b"{host}", f"127.0.0.1:{share.port}".encode()))
        return b"".join(iter(lambda: client.recv(65536), b""))

    return exchange


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Share]]:
    """Share any folder on a free port."""
    with ExitStack() as shares:
        yield lambda folder: shares.enter_context(Share(Application(SharedFolder(folder)), port=0))


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may reach; pytest's own is only for the one who runs it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody() -> Callable[[], object]:
    """Go on as a user who is bound by permissions, where the tests run as root."""

    @contextmanager
    def bound() -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            if is_root:
                os.seteuid(0)

    return bound


@pytest.fixture
def no_more() -> Iterator[Callable[[int], None]]:
    """Leave this process so many descriptors and no more; what it opened stays open."""
    held: list[int] = []

    def fill(left: int) -> None:
        with suppress(OSError):
            while True:
                held.append(os.dup(0))
        for _ in range(left):
            os.close(held.pop())

    yield fill
    for one in held:
        os.close(one)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection; the first, which is ours, never waits."""
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield near, far


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Everything that is compared with a PIN, and what is right."""
    seen: list[bytes] = []
    compare = pin.compare_digest

    def comparing(one: bytes, other: bytes) -> bool:
        seen.append(one)
        return compare(one, other)

    monkeypatch.setattr(pin, "compare_digest", comparing)
    return seen
