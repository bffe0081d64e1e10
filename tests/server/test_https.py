"""HTTPS is the same share, and whoever does odd things under TLS holds nobody up either."""

import hashlib
import io
import os
import re
import select
import socket
import ssl
import threading
import warnings
import zipfile
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPSConnection

import pytest

from server import connection
from server.access import Access
from server.application import Application
from server.folder import SharedFolder
from server.pictures.service import Pictures
from server.share import Share
from server.sockets import CannotListen
from tests.conftest import wait_until

PATIENCE = 20
# What may be known later than something else.
CHANGING = {"Date", "Repr-Digest", "Digest"}
BIG = 32 << 20


def trusting(**settings):
    """Give what a client needs that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in settings.items():
        setattr(context, name, value)
    return context


@pytest.fixture
def big(holiday):
    path = holiday / "big.bin"
    path.write_bytes(os.urandom(1 << 20) * (BIG >> 20))
    return path


@pytest.fixture
def connect():
    """Open a connection to a share, under TLS if asked for, with bytes sent already."""
    with ExitStack() as opened:

        def new(share, data=b"", receive_buffer=0, context=None):
            client = opened.enter_context(socket.socket())
            client.settimeout(PATIENCE)
            if receive_buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.connect(("127.0.0.1", share.port))
            if context is None:
                client.sendall(data)
                return client
            secure = context.wrap_socket(client, suppress_ragged_eofs=False)
            opened.enter_context(secure)
            secure.sendall(data)
            return secure

        yield new


@pytest.fixture
def browse():
    """Ask a share, whichever way it is spoken to."""
    with ExitStack() as opened:

        def new(share, path, method="GET", **fields):
            if share.address.startswith("https"):
                client = HTTPSConnection(
                    "127.0.0.1", share.port, timeout=PATIENCE, context=trusting()
                )
            else:
                client = HTTPConnection("127.0.0.1", share.port, timeout=PATIENCE)
            opened.callback(client.close)
            client.request(
                method, path, headers={n.replace("_", "-"): v for n, v in fields.items()}
            )
            reply = client.getresponse()
            body = reply.read()
            headers = [field for field in reply.getheaders() if field[0] not in CHANGING]
            return reply.status, headers, body

        yield new


def get(share, path=b"/download/notes.txt", fields=b"Connection: close\r\n"):
    return b"GET %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n" % (path, share.port, fields)


def read_to_the_end(client):
    return b"".join(iter(lambda: client.recv(1 << 18), b""))


def is_cut_off(client):
    """Wait for the end; False if something else comes."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.usefixtures("big")
def test_every_reply_is_the_same_as_over_http(holiday, own_certificate, browse, tmp_path):
    for path in (holiday, *holiday.rglob("*")):
        # So old that its time tells its version.
        os.utime(path, (1_700_000_000, 1_700_000_000))
    pictures = Pictures(tmp_path / "cache")
    app = Application(SharedFolder(holiday), pictures=pictures)
    etag = {"If_Range": '"no"', "Range": "bytes=5-"}
    asked = [
        ("/download/notes.txt", "GET", {}),
        ("/download/notes.txt", "HEAD", {}),
        ("/download/notes.txt", "GET", {"Range": "bytes=3-5"}),
        ("/download/notes.txt", "GET", {"Range": "bytes=99-"}),
        ("/download/notes.txt", "GET", {"If_None_Match": "*"}),
        ("/download/notes.txt", "GET", {"If_Match": '"no"'}),
        ("/download/notes.txt", "GET", etag),
        ("/download/notes.txt", "GET", {"Host": "elsewhere"}),
        ("/download/notes.txt", "POST", {}),
        ("/download/big.bin", "GET", {}),
        ("/download2/big.bin", "GET", {"Range": "bytes=1000000-30000000"}),
        ("/download/nothing", "GET", {}),
        ("/api/folder/", "GET", {}),
        ("/files/", "GET", {}),
        ("/thumb/grid/img2.png", "GET", {}),
        ("/zip/", "GET", {}),
        ("/zip/", "GET", {"Range": "bytes=10000-20000000"}),
    ]
    tls = own_certificate.context()
    with Share(app, port=0) as plain, Share(app, port=0, tls=tls) as secure:
        assert secure.address == f"https://127.0.0.1:{secure.port}"
        for path, method, fields in asked:
            assert browse(secure, path, method, **fields) == browse(plain, path, method, **fields)
        parts = browse(secure, "/download/big.bin", Range="bytes=0-99,30000000-")
        assert parts[0] == 206
        assert len(parts[2]) > BIG - 30_000_000
        archive = zipfile.ZipFile(io.BytesIO(browse(secure, "/zip/")[2]))
        assert archive.testzip() is None
    pictures.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_reader_with_little_room_gets_every_byte_and_a_clean_end(
    version, secure_share, big, connect
):
    context = trusting(minimum_version=version, maximum_version=version)
    client = connect(secure_share, get(secure_share, b"/download/big.bin"), 4096, context)
    stream = client.makefile("rb")
    while stream.readline().strip():
        pass
    found = hashlib.sha256()
    # In odd pieces, so that what there is room for is always another one.
    for size in range(1, 1 << 20, 997):
        data = stream.read(size)
        found.update(data)
    found.update(stream.read())
    assert found.digest() == hashlib.sha256(big.read_bytes()).digest()


@pytest.mark.usefixtures("big")
def test_sixty_readers_that_stall_hold_nobody_up_and_stopping_cuts_them_off(
    secure_share, connect, browse
):
    ask, context = get(secure_share, b"/download/big.bin"), trusting()
    readers = [connect(secure_share, ask, 4096, context) for _ in range(60)]
    assert {reader.recv(1) for reader in readers} == {b"H"}
    assert browse(secure_share, "/download/notes.txt")[2] == b"Sun, sea and sand.\n"
    assert browse(secure_share, "/files/")[0] == 200
    secure_share.stop()
    assert not [one for one in threading.enumerate() if one.name.startswith("share")]
    for reader in readers:
        with pytest.raises(OSError):
            read_to_the_end(reader)


def test_a_transfer_goes_on_however_many_files_are_open(secure_share, big, connect):
    with ExitStack() as opened:
        # More than select() could take.
        for _ in range(1100):
            opened.enter_context(open(os.devnull, "rb"))  # noqa: PTH123 - as plain as can be
        client = connect(secure_share, get(secure_share, b"/download/big.bin"), 4096, trusting())
        assert read_to_the_end(client).endswith(big.read_bytes())


def test_a_file_that_shrinks_ends_the_reply_visibly_short(secure_share, big, connect, browse):
    reader = connect(secure_share, get(secure_share, b"/download/big.bin"), 4096, trusting())
    assert reader.recv(1) == b"H"
    os.truncate(big, 100)
    received = 0
    try:
        while data := reader.recv(1 << 18):
            received += len(data)
    except OSError:
        pass
    assert received < BIG
    assert len(browse(secure_share, "/download/big.bin")[2]) == 100


@pytest.mark.parametrize("begun", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
def test_a_handshake_that_is_not_finished_holds_nothing(
    begun, secure_share, connect, browse, monkeypatch
):
    clients = [connect(secure_share, begun) for _ in range(20)]
    assert browse(secure_share, "/download/notes.txt")[0] == 200
    monkeypatch.setattr(connection, "HEADERS_IN", 0)
    assert all(is_cut_off(client) for client in clients)


def test_who_has_shaken_hands_may_take_time_to_ask(secure_share, connect, monkeypatch):
    late = connect(secure_share)
    client = connect(secure_share, context=trusting())
    # Once this is there, the handshake is seen to be over.
    client.sendall(get(secure_share, fields=b""))
    assert client.recv(1) == b"H"
    monkeypatch.setattr(connection, "HEADERS_IN", 0)
    assert is_cut_off(late)
    client.sendall(get(secure_share))
    assert read_to_the_end(client).endswith(b"Sun, sea and sand.\n")


@pytest.mark.parametrize(
    "garbage", [b"\x16garbage", b"\x16\x03\x01\x00\x05hello", b"\x00\x01\x02", b"\x80\x2e\x01\x00"]
)
def test_what_is_no_handshake_ends_the_connection(garbage, secure_share, connect, browse):
    client = connect(secure_share, garbage)
    try:
        # TLS says what it thinks of it.
        assert client.recv(1 << 16)[:1] in {b"", b"\x15"}
        assert client.recv(1) == b""
    except ConnectionResetError:
        pass
    assert browse(secure_share, "/download/notes.txt")[0] == 200


def test_plain_http_is_led_to_https_and_takes_no_secret_along(secure_share, connect):
    client = connect(secure_share, get(secure_share, b"/files/?key=secret"))
    reply = read_to_the_end(client)
    assert reply.startswith(b"HTTP/1.1 303 See Other\r\n")
    assert b"\r\nLocation: https://127.0.0.1:%d/\r\n" % secure_share.port in reply
    assert b"secret" not in reply


@pytest.mark.usefixtures("big")
def test_a_running_share_speaks_https_and_http_again_on_the_same_port(
    holiday, own_certificate, connect, browse
):
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        plain = share.address
        reading = connect(share, get(share, b"/download/big.bin"), receive_buffer=4096)
        assert reading.recv(1) == b"H"
        share.speak(own_certificate.context())
        with pytest.raises(ConnectionResetError):
            read_to_the_end(reading)
        assert share.address == plain.replace("http:", "https:")
        assert browse(share, "/download/notes.txt")[0] == 200
        assert read_to_the_end(connect(share, get(share))).startswith(b"HTTP/1.1 303 ")
        share.speak(None)
        assert share.address == plain
        assert browse(share, "/download/notes.txt")[0] == 200


def test_a_switch_that_there_is_no_room_for_changes_nothing(
    holiday, own_certificate, browse, no_more
):
    tls = own_certificate.context()
    with Share(Application(SharedFolder(holiday)), ["127.0.0.1", "127.0.0.2"], 0) as share:
        before = share.address
        no_more(1)
        with pytest.raises(CannotListen, match="no room"):
            share.speak(tls)
        assert (share.address, share.is_running) == (before, True)
        no_more(20)
        assert browse(share, "/download/notes.txt")[0] == 200


def test_a_share_that_cannot_be_served_any_more_has_closed_its_port(
    holiday, own_certificate, browse, monkeypatch
):
    def no_thread(self):
        raise RuntimeError("can't start new thread")

    tls = own_certificate.context()
    share = Share(Application(SharedFolder(holiday)), port=0)
    with share, monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        with pytest.raises(CannotListen, match="no room"):
            share.speak(tls)
        assert not share.is_running
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", share.port)).close()
        with pytest.raises(CannotListen, match="no room"):
            share.start()
        patch.undo()
        share.start()
        assert browse(share, "/download/notes.txt")[0] == 200


@pytest.mark.parametrize("started", [1, 4, 5])
def test_nothing_is_left_of_a_share_that_has_not_all_of_its_threads(holiday, monkeypatch, started):
    start, left = threading.Thread.start, list(range(started))

    def some(self):
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        start(self)

    threads = set(threading.enumerate())
    share = Share(Application(SharedFolder(holiday)), port=0)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", some)
        with pytest.raises(CannotListen):
            share.start()
    for thread in set(threading.enumerate()) - threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_is_to_be_spoken_counts_for_the_start(holiday, own_certificate, browse):
    share = Share(Application(SharedFolder(holiday)), port=0)
    share.speak(own_certificate.context())
    with share:
        assert share.address.startswith("https:")
        assert browse(share, "/download/notes.txt")[0] == 200


def test_an_old_version_is_refused(secure_share):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old = trusting(minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", secure_share.port), PATIENCE) as client:
        with pytest.raises(ssl.SSLError) as error:
            old.wrap_socket(client)
        assert error.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


class Client:
    """A client under TLS that decides itself which bytes go together."""

    def __init__(self, share):
        self._plain = socket.create_connection(("127.0.0.1", share.port), PATIENCE)
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trusting().wrap_bio(self._came, self._goes)

    def shake(self):
        """Shake hands, but keep the last word."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                self._came.write(self._plain.recv(1 << 16))
            else:
                return

    def write(self, data):
        self._tls.write(data)

    def flush(self):
        self._plain.sendall(self._goes.read())

    def read(self):
        received = b""
        while True:
            try:
                received += (data := self._tls.read(1 << 16))
                if not data:
                    return received
            except ssl.SSLWantReadError:
                if not (data := self._plain.recv(1 << 16)):
                    return received
                self._came.write(data)
            except ssl.SSLZeroReturnError:
                return received

    def close(self):
        self._plain.close()


@pytest.fixture
def client(secure_share):
    client = Client(secure_share)
    yield client
    client.close()


def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(client, secure_share):
    client.shake()
    client.write(get(secure_share))
    client.flush()
    assert client.read().endswith(b"Sun, sea and sand.\n")


@pytest.mark.parametrize("size", [7, 9000, 16384])
def test_what_comes_at_once_is_answered_however_it_is_packed(size, client, secure_share):
    """Nobody tells the loop of what was decrypted already."""
    filler = b"X-Filler: %s\r\n" % (b"x" * 8000)
    several = get(secure_share, fields=filler) * 2 + get(secure_share)
    client.shake()
    for start in range(0, len(several), size):
        client.write(several[start : start + size])
    client.flush()
    assert client.read().count(b"Sun, sea and sand.\n") == 3


def test_who_waits_and_who_has_left_can_be_told_apart(own_certificate, connect):
    """What queues pictures asks that, before it makes one that nobody waits for."""
    asked, may_go_on, found = threading.Event(), threading.Event(), []

    def app(environ, start_response):
        has_left = environ["waitress.client_disconnected"]
        found.append(has_left())
        asked.set()
        may_go_on.wait(PATIENCE)
        wait_until(has_left)
        found.append(has_left())
        start_response("200 OK", [("Content-Length", "0")])
        return []

    with Share(app, port=0, tls=own_certificate.context()) as share:
        client = connect(share, get(share), context=trusting())
        assert asked.wait(PATIENCE)
        # As browsers leave: with a last word, which nobody reads before the answer.
        client.settimeout(0)
        with pytest.raises(ssl.SSLWantReadError):
            client.unwrap()
        client.close()
        may_go_on.set()
    assert found == [False, True]


def test_a_stream_of_events_tells_of_changes(secure_share, holiday, connect):
    client = connect(secure_share, get(secure_share, b"/api/events/"), context=trusting())
    lines = client.makefile("rb")
    versions = (line for line in lines if line.startswith(b"data:"))
    first = next(versions)
    (holiday / "new.txt").touch()
    assert next(line for line in versions if line != first)
    secure_share.stop()


def test_an_old_system_without_epoll_serves_it_too(
    holiday, big, own_certificate, browse, monkeypatch
):
    monkeypatch.delattr(select, "epoll")
    app = Application(SharedFolder(holiday))
    with Share(app, port=0, tls=own_certificate.context()) as share:
        assert browse(share, "/download/big.bin")[2] == big.read_bytes()
        assert browse(share, "/files/")[0] == 200


@pytest.mark.parametrize("is_secure", [True, False])
def test_what_lets_in_by_https_is_never_sent_by_http(is_secure, holiday, own_certificate, browse):
    access = Access("123456", is_free=lambda _: False)
    app = Application(SharedFolder(holiday), access=access)
    with Share(app, port=0, tls=own_certificate.context() if is_secure else None) as share:
        _, headers, _ = browse(share, f"/files/?key={access.secret}")
        cookies = [text for name, text in headers if name == "Set-Cookie"]
        assert len(cookies) == 2
        assert all(("; Secure" in cookie) == is_secure for cookie in cookies)
        assert "Strict-Transport-Security" not in dict(headers)
        cookie = "; ".join(text.partition(";")[0] for text in cookies)
        assert browse(share, "/download/notes.txt", Cookie=cookie)[0] == 200
        # One of HTTPS cannot be overwritten by HTTP, where another name is needed.
        assert all(("secure" in text.partition("=")[0]) == is_secure for text in cookies)


def test_a_link_has_the_fingerprint_where_no_browser_sends_it():
    link = Access(secret="s" * 22).link("https://10.0.0.1:5000", "ab12")
    assert re.fullmatch(r"https://10\.0\.0\.1:5000/\?key=s{22}#fp=ab12", link)
