"""The real window on the real server; and a share that does what a test tells it to."""

import http.client
import json
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit, urlunsplit

import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QSettings

from gui import main_window
from gui.app import STYLE
from gui.background import Background
from gui.client import Client
from gui.journal import Journal
from gui.listing import Entry
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.nearby import Nearby
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme
from server.access import Access
from server.address import Address
from server.pictures.service import Pictures

OWN, PHONE = "127.0.0.1", "127.0.0.3"
PATIENCE = 20


def file(path: str, size: int = 5) -> Entry:
    """Give a file as a share lists it."""
    return Entry(path, path.rpartition("/")[2], "file", size, 1.7e9)


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, server: "ScriptedShare", connection: socket.socket, head: str) -> None:
        self.head = head
        self.path = unquote_to_bytes(head.split()[1].partition("?")[0]).decode(
            errors="surrogateescape"
        )
        self._server = server
        self._connection = connection

    @property
    def method(self) -> str:
        return self.head.split()[0]

    @property
    def fields(self) -> dict[str, str]:
        lines = [line.partition(":") for line in self.head.split("\r\n")[1:]]
        return {name.lower(): value.strip() for name, _, value in lines}

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reply(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        fields = {"Content_Length": str(len(body)), **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.send("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body)

    def hang_up(self) -> None:
        self._connection.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Send nothing more until the other side has had enough or the test is over."""
        self._server.stalled.release()
        self._connection.recv(1)


class ScriptedShare:
    """Answers each request by calling *script* with it, on a thread for each connection."""

    def __init__(self, script: Callable[[Exchange], None]) -> None:
        self.heads: list[str] = []
        self.connections = 0
        self.stalled = threading.Semaphore(0)
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        if self._listener.fileno() == -1:
            return  # by the test
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._answer, args=[connection])
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as incoming:
            while incoming.peek(1):
                head = b"".join(takewhile(bytes.strip, iter(incoming.readline, b""))).decode()
                self.heads.append(head)
                self._script(Exchange(self, connection, head))


@pytest.fixture
def scripted() -> Iterator[Callable[[Callable[[Exchange], None]], ScriptedShare]]:
    """Starts shares that follow a script."""
    shares: list[ScriptedShare] = []

    def start(script: Callable[[Exchange], None]) -> ScriptedShare:
        shares.append(ScriptedShare(script))
        return shares[-1]

    yield start
    for share in shares:
        share.stop()


@pytest.fixture
def client_of(scripted) -> Iterator[Callable[..., Client]]:
    """Makes clients of scripted shares."""
    clients: list[Client] = []

    def make(script: Callable[[Exchange], None], **options: float) -> Client:
        clients.append(Client(scripted(script).address, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


class HonestShare:
    """The script of a share of *files* with all that a share has, but for some tricks.

    Attributes:
        files: By their paths; tests change them as they please.
        tricks: What a test does instead of answering for a file, by its path.
        sent: Bytes of files that were sent.
        id: What the share tells of itself.

    """

    def __init__(self, files, *, share_id="0123456789abcdef", tells_digests=True, **tricks):
        self.files = dict(files)
        self.tricks = tricks
        self.sent = 0
        self.id = share_id
        self.tells_digests = tells_digests

    def __call__(self, exchange):
        kind, _, path = exchange.path[1:].partition("/")
        if kind == "download2" and exchange.method == "GET" and path in self.tricks:
            self.tricks[path](exchange)
        elif kind == "download2" and path in self.files:
            self.send(exchange, path)
        elif exchange.path == "/api/share" and self.id:
            told = {"id": self.id, "name": "Amber Heron", "needs_pin": False}
            exchange.reply(json.dumps(told).encode())
        elif path.startswith("folder/"):
            exchange.reply(self.listing(path.removeprefix("folder/")))
        elif path.startswith("digest/") and self.tells_digests:
            self.tell_digest(exchange, path.removeprefix("digest/"))
        else:
            exchange.reply(b"", "404 NOT FOUND")

    def etag(self, path):
        return f'"{sha256(self.files[path]).hexdigest()[:20]}"'

    def fields(self, path):
        text = b64encode(sha256(self.files[path]).digest()).decode()
        digest = {"Repr_Digest": f"sha-256=:{text}:"} if self.tells_digests else {}
        return {"ETag": self.etag(path), **digest}

    def send(self, exchange, path):
        data, asked = self.files[path], exchange.fields
        start = 0
        if "range" in asked and asked.get("if-range") == self.etag(path):
            start = int(asked["range"].removeprefix("bytes=").removesuffix("-"))
        if exchange.method == "HEAD":
            exchange.reply(b"", Content_Length=str(len(data)), **self.fields(path))
            return
        self.sent += len(data) - start
        if start:
            part = f"bytes {start}-{len(data) - 1}/{len(data)}"
            status = "206 PARTIAL CONTENT"
            exchange.reply(data[start:], status, Content_Range=part, **self.fields(path))
        else:
            exchange.reply(data, **self.fields(path))

    def send_some(self, count):
        """Give a trick that sends the first bytes of a file and hangs up."""

        def trick(exchange):
            path = exchange.path.removeprefix("/download2/")
            fields = {"Content_Length": str(len(self.files[path])), **self.fields(path)}
            self.sent += count
            exchange.reply(self.files[path][:count], **fields)
            exchange.hang_up()

        return trick

    def tell_digest(self, exchange, path):
        told = {"path": path, "size": len(self.files[path]), "etag": self.etag(path)}
        told["sha-256"] = sha256(self.files[path]).hexdigest()
        exchange.reply(json.dumps(told).encode())

    def listing(self, folder):
        inside = f"{folder}/" if folder else ""
        found = {}
        for path, data in self.files.items():
            if path.startswith(inside):
                name, slash, _ = path.removeprefix(inside).partition("/")
                kind, size = ("folder", None) if slash else ("file", len(data))
                media_type = None if slash else "image/png"
                entry = {"name": name, "kind": kind, "size": size, "type": media_type}
                found[name] = entry | {"modified": 1.7e9, "readable": True}
        return json.dumps({"name": "holiday", "next": None, "entries": [*found.values()]}).encode()


@pytest.fixture
def honest() -> type[HonestShare]:
    """Makes scripts of honest shares."""
    return HonestShare


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of thirty small pictures, each of one colour, beside a text and a broken one."""
    folder = tmp_path / "pictures"
    (folder / "more" / "deep").mkdir(parents=True)
    for number in range(1, 31):
        colour = (number * 8, 255 - number * 8, 100)
        Image.new("RGB", (120, 80), colour).save(folder / f"img{number}.png")
    Image.new("RGB", (60, 90), "teal").save(folder / "more" / "portrait.png")
    (folder / "more" / "deep" / "letter.txt").write_text("Dear all,\nhello.", encoding="utf-8")
    (folder / "notes.txt").write_text("Sun, sea and sand.\n", encoding="utf-8")
    (folder / "broken.png").write_bytes((folder / "img1.png").read_bytes()[:60])
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty one, to save into."""
    made = tmp_path / "saved"
    made.mkdir()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture(scope="session")
def decoders(tmp_path_factory) -> Iterator[Pictures]:
    """The real decoder processes, for all tests: starting them takes longest."""
    made = Pictures(tmp_path_factory.mktemp("cache"))
    yield made
    made.close()


@pytest.fixture
def own_share(decoders) -> Iterator[LocalShare]:
    """The program's own share, whose network is another loopback address.

    Who comes from yet another one is another device.
    """
    access = Access(is_free=lambda address: address == OWN)
    made = LocalShare(0, lambda: [Address("127.0.0.2", "test0")], pictures=decoders, access=access)
    yield made
    made.close()


class Phone:
    """A browser on another device, which keeps its cookies."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.cookie = ""

    def get(self, link: str, **fields: str) -> tuple[int, bytes]:
        """Give status and body of the answer to a request."""
        parts = urlsplit(link)
        client = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=PATIENCE, source_address=(PHONE, 0)
        )
        try:
            asked = {"User-Agent": self.agent, "Cookie": self.cookie, **fields}
            client.request(
                "GET", urlunsplit(("", "", parts.path or "/", parts.query, "")), None, asked
            )
            answer = client.getresponse()
            given = [text.partition(";")[0] for text in answer.msg.get_all("Set-Cookie", [])]
            self.cookie = "; ".join(given) or self.cookie
            return answer.status, answer.read()
        finally:
            client.close()


@pytest.fixture
def phone() -> Phone:
    return Phone(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
    )


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    """Start the application of the tests as the program starts its own."""
    return ["lanslide", *STYLE]


@pytest.fixture
def background(qapp) -> Iterator[Background]:
    made = Background(threads=2)
    yield made
    made.stop()


@pytest.fixture
def nearby() -> Nearby | None:
    """What finds the shares of others: nothing, or each test would hear the others' shares."""
    return None


@pytest.fixture(scope="session")
def theme(qapp) -> Theme:
    """The one that the program has: another one would go on giving the style sheet as well."""
    return Theme(qapp)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """What is remembered of the saves of one test."""
    return Journal(tmp_path / "journal")


@pytest.fixture
def window(
    theme, qtbot, settings, own_share, nearby, tmp_path, journal, monkeypatch
) -> Iterator[MainWindow]:
    """The real window on the real server, as `gui.app.run` puts them together."""
    monkeypatch.setattr(main_window, "TAKES_AFTER_MS", 0)
    background, sharing = Background(), Sharing(own_share)
    copies = tmp_path / "copies"
    made = MainWindow(background, sharing, settings, theme, nearby, copies, lambda: journal)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_at_once()
    sharing.stop()
    own_share.close()
    background.stop()
    # Now, not when an event loop runs again: it would be in the way of the next one's style sheet.
    made.deleteLater()
    QCoreApplication.sendPostedEvents(made, QEvent.Type.DeferredDelete)


@pytest.fixture
def browsing(window, pictures, qtbot) -> MainWindow:
    """The window with `pictures` opened in it."""
    with qtbot.waitSignal(window.navigation.opened):
        window.open_folder(pictures)
    return window
