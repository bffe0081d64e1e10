"""Archives over HTTP, with real clients that stall, leave, come back and ask for too much."""

import errno
import http.client
import io
import os
import shutil
import socket
import subprocess
import threading
import time
import zipfile
from contextlib import ExitStack
from functools import partial
from urllib.parse import quote, quote_from_bytes

import pytest

import server.archive
import server.checksums
import server.zips
from server.application import Application
from server.folder import SharedFolder
from server.members import MISSING
from server.selections import MOST_PATHS
from server.share import Share
from tests.conftest import wait_until

PATIENCE = 20
FORM = "application/x-www-form-urlencoded"
BIG = 64 << 20


@pytest.fixture
def big(holiday):
    """A file that no socket's buffers can hold, and a few after it."""
    folder = holiday / "big"
    folder.mkdir()
    for name in "abc":
        with (folder / f"{name}.bin").open("wb") as file:
            file.truncate(BIG)
    return folder


def request(share, path, fields=b"", method=b"GET"):
    return b"%s %s HTTP/1.1\r\nHost: localhost:%d\r\n%s\r\n" % (
        *(method, path.encode(), share.port),
        fields,
    )


@pytest.fixture
def stalled(share, connect):
    """Ask for an archive, read a byte, and then nothing more."""

    def new(path="/zip/big/"):
        client = connect(share, request(share, path), receive_buffer=4096)
        assert client.recv(1) == b"H"
        return client

    return new


def head(client):
    """Read the head of a reply, and give its status and what came with it of the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65_536)
        assert more
        data += more
    before, _, after = data.partition(b"\r\n\r\n")
    return int(before.split()[1]), before, after


def rest(client):
    return b"".join(iter(lambda: client.recv(1 << 20), b""))


def names(reply):
    return zipfile.ZipFile(io.BytesIO(reply.body)).namelist()


def post(browser, *paths, **fields):
    """Select *paths* as a browser's form does."""
    body = "&".join(f"path={quote_from_bytes(os.fsencode(path))}" for path in paths)
    connection = browser._connection
    headers = {"Content-Type": FORM, **fields}
    connection.request("POST", "/zip", body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def open_in(folder):
    """Give which files in *folder* this process has open."""
    found = []
    for link in os.listdir("/proc/self/fd"):  # noqa: PTH208 - not Path objects
        try:
            target = os.readlink(f"/proc/self/fd/{link}")  # noqa: PTH115 - nor here
        except OSError:
            continue
        if target.startswith(f"{folder}/"):
            found.append(target)
    return found


def all_closed(folder):
    """Wait until no file in *folder* is open: the loop or a worker closes them a little later."""
    until = time.monotonic() + PATIENCE
    while open_in(folder) and time.monotonic() < until:
        pass
    return not open_in(folder)


# A folder


def test_a_folder_is_an_attachment_of_a_known_length_with_an_etag(browser, holiday):
    reply = browser("/zip/uploads/")
    assert reply.status == 200
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert reply.headers["Content-Type"] == "application/zip"
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="uploads.zip"')
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Cache-Control"] == "no-cache"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert names(reply) == ["img1.png"]


@pytest.mark.parametrize("path", ["/zip/uploads", "/zip/uploads/"])
def test_head_says_what_get_does(path, browser):
    get, said = browser(path), browser(path, "HEAD")
    assert said.status == 200
    assert said.body == b""
    for name in ("Content-Length", "ETag", "Content-Type", "Content-Disposition"):
        assert said.headers[name] == get.headers[name]


def test_all_of_the_share_is_named_after_its_folder(browser):
    assert browser("/zip").headers["Location"] == "/zip/"
    reply = browser("/zip/")
    assert 'filename="holiday.zip"' in reply.headers["Content-Disposition"]
    assert set(names(reply)) == {"img2.png", "img10.png", "notes.txt", "uploads/img1.png"}


@pytest.mark.parametrize(
    "path", ["notes.txt", "nothing", "..", "uploads/..", ".hidden", "%00", "/"]
)
def test_what_is_no_shared_folder_is_not_there(path, browser):
    assert browser(f"/zip/{path}").status == 404


def test_a_file_that_may_not_be_read_is_named_in_the_archive(public, serve, browse, as_nobody):
    (public / "locked.jpg").touch(mode=0)
    (public / "open.jpg").touch()
    with as_nobody():
        reply = browse(serve(public))("/zip/")
    assert names(reply) == ["open.jpg", MISSING]


def test_too_many_files_are_refused_with_a_sentence(browser, monkeypatch):
    monkeypatch.setattr(server.members, "MOST_MEMBERS", 2)
    reply = browser("/zip/")
    assert reply.status == 409
    assert b"There are more than 2 files" in reply.body


# Parts and versions


def test_every_range_is_the_same_part_of_the_whole(browser, big):
    (big / "a.bin").write_bytes(os.urandom(100_000))
    (big / "b.bin").write_bytes(b"")
    (big / "c.bin").write_bytes(os.urandom(10))
    whole = browser("/zip/big")
    size = len(whole.body)
    ranges = ["0-0", "0-", "-1", f"-{size + 5}", "29-31", "40-60", "100000-100100", f"{size - 1}-"]
    for text in ranges:
        reply = browser("/zip/big", Range=f"bytes={text}")
        assert reply.status == 206
        assert reply.headers["ETag"] == whole.headers["ETag"]
        start, end = reply.headers["Content-Range"].split()[1].split("/")[0].split("-")
        assert reply.body == whole.body[int(start) : int(end) + 1]
    assert browser("/zip/big", Range=f"bytes={size}-").status == 416
    several = browser("/zip/big", Range="bytes=0-9,100050-100059")
    assert several.status == 206
    assert several.headers["Content-Type"].startswith("multipart/byteranges")
    assert whole.body[:10] in several.body
    assert whole.body[100_050:100_060] in several.body


def test_a_changed_file_makes_another_version_and_a_resumed_download_starts_over(browser, holiday):
    etag = browser("/zip/").headers["ETag"]
    assert browser("/zip/", If_None_Match=etag).status == 304
    assert browser("/zip/", If_Match='"other"').status == 412
    assert browser("/zip/", Range="bytes=5-9", If_Range=etag).status == 206
    (holiday / "notes.txt").write_text("Rain, and more of it.\n")
    reply = browser("/zip/", Range="bytes=5-9", If_Range=etag)
    assert reply.status == 200
    assert reply.headers["ETag"] != etag
    assert zipfile.ZipFile(io.BytesIO(reply.body)).read("notes.txt").startswith(b"Rain")


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "nonsense"])
def test_no_date_is_a_version_of_an_archive(date, browser):
    assert "Last-Modified" not in browser("/zip/").headers
    assert browser("/zip/", Range="bytes=5-9", If_Range=date).status == 200
    assert browser("/zip/", If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT").status == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed.")
def test_curl_goes_on_with_a_broken_download(share, browser, big, tmp_path):
    (big / "a.bin").write_bytes(os.urandom(3_000_000))
    whole = browser("/zip/big").body
    saved = tmp_path / "big.zip"
    for length in (10, 1_000_000, len(whole) - 3):
        saved.write_bytes(whole[:length])
        command = ["curl", "-sS", "--fail", "-C", "-", "-o", str(saved), f"{share.address}/zip/big"]
        subprocess.run(command, check=True, timeout=60)
        assert saved.read_bytes() == whole


# Selections


def test_a_selection_is_found_where_the_answer_says(browser):
    answer = post(browser, "uploads/img1.png", "notes.txt")
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/zip/?selection=")
    again = post(browser, "notes.txt", "uploads/img1.png", "notes.txt")
    assert again.headers["Location"] == answer.headers["Location"]
    reply = browser(answer.headers["Location"])
    assert 'filename="holiday.zip"' in reply.headers["Content-Disposition"]
    assert names(reply) == ["notes.txt", "uploads/img1.png"]


def test_a_selection_of_odd_names_in_an_odd_folder(browser, holiday):
    folder = os.fsdecode(b"caf\xe9 & ?#")
    (holiday / folder).mkdir()
    (holiday / folder / "日本+%.txt").write_text("x")
    answer = post(browser, f"{folder}/日本+%.txt")
    base = quote(os.fsencode(folder))
    assert answer.headers["Location"].startswith(f"/zip/{base}?selection=")
    assert names(browser(answer.headers["Location"])) == ["日本+%.txt"]


def test_a_selection_that_is_not_known_any_more_is_said_to_be(browser):
    where = post(browser, "uploads/img1.png").headers["Location"]
    token = where.partition("=")[2]
    for path in (f"/zip/?selection={token}", "/zip/uploads?selection=0123", "/zip/?selection="):
        reply = browser(path)
        assert reply.status == 404
        assert b"This selection is not known here any more." in reply.body


@pytest.mark.parametrize("path", ["nothing", "../secret", "", ".hidden", "uploads/nothing"])
def test_a_selection_of_what_is_not_shared_is_refused(path, browser):
    assert post(browser, "notes.txt", path).status == 404


def test_a_selection_needs_a_path_and_the_form_of_one(browser):
    assert post(browser).status == 400
    assert post(browser, "notes.txt", **{"Content-Type": "text/plain"}).status == 415
    assert post(browser, *["notes.txt"] * (MOST_PATHS + 1)).status == 400


@pytest.mark.parametrize(
    "told",
    [
        {"Sec-Fetch-Site": "cross-site"},
        # All that browsers tell over plain HTTP in a network.
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_can_select_nothing(told, browser):
    assert post(browser, "notes.txt", **told).status == 403


def test_our_own_page_says_where_its_form_comes_from(share, browser):
    assert browser("/files/").headers["Referrer-Policy"] == "same-origin"
    origin = f"http://127.0.0.1:{share.port}"
    assert post(browser, "notes.txt", Origin=origin, Host=origin[7:]).status == 303


@pytest.mark.parametrize(("size", "status"), [(1 << 20, b"400"), ((1 << 20) + 1, b"413")])
def test_a_body_has_a_limit(size, status, share, connect):
    fields = f"Content-Type: {FORM}\r\nContent-Length: {size}\r\n".encode()
    client = connect(share, request(share, "/zip", fields, b"POST"))
    # Whoever is refused may be so before all of it is sent.
    threading.Thread(target=send_all, args=(client, b"x" * size), daemon=True).start()
    assert client.recv(12).endswith(status)


def send_all(client, data):
    try:
        client.sendall(data)
    except OSError:
        client.close()


def test_a_chunked_body_has_the_same_limit(share, connect):
    fields = f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n".encode()
    client = connect(share, request(share, "/zip", fields, b"POST"))
    client.sendall(b"e\r\npath=notes.txt\r\n0\r\n\r\n")
    assert b"303" in client.recv(4096).partition(b"\r\n")[0]
    client = connect(share, request(share, "/zip", fields, b"POST"))
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    threading.Thread(target=send_all, args=(client, chunk * 17), daemon=True).start()
    assert client.recv(12).endswith(b"413")


def test_who_asks_first_whether_a_selection_is_taken_is_told_to_go_on(share, connect):
    fields = f"Content-Type: {FORM}\r\nContent-Length: 14\r\nExpect: 100-continue\r\n".encode()
    client = connect(share, request(share, "/zip", fields, b"POST"))
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"path=notes.txt")
    assert head(client)[0] == 303
    fields = fields.replace(b": 14", b": 99999999")
    client = connect(share, request(share, "/zip", fields, b"POST"))
    assert head(client)[0] == 413


def test_no_other_route_takes_a_body(share, connect):
    for path in ("/zip/", "/zip/uploads", "/files/"):
        fields = f"Content-Type: {FORM}\r\nContent-Length: 14\r\n".encode()
        client = connect(share, request(share, path, fields, b"POST"))
        assert head(client)[0] == 413


# Clients that stall and leave


@pytest.mark.usefixtures("big")
def test_two_archives_at_a_time_and_then_room_for_another(browser, stalled):
    one, _ = stalled(), stalled()
    reply = browser("/zip/uploads")
    assert reply.status == 429
    assert int(reply.headers["Retry-After"]) > 0
    one.close()
    while (reply := browser("/zip/uploads")).status == 429:
        pass
    assert names(reply) == ["img1.png"]


@pytest.mark.usefixtures("big")
def test_one_device_leaves_a_place_to_the_others(share, monkeypatch):
    # Each address of this computer stands for another device.
    monkeypatch.setattr(server.zips, "device", str)
    with ExitStack() as clients:

        def ask(path, address):
            client = clients.enter_context(
                socket.create_connection(
                    ("127.0.0.1", share.port), PATIENCE, source_address=(address, 0)
                )
            )
            client.sendall(request(share, path))
            return client, head(client)

        first, (status, *_) = ask("/zip/big", "127.0.0.2")
        assert status == 200
        _, (status, said, _) = ask("/zip/uploads", "127.0.0.2")
        assert status == 429
        assert b"\r\nRetry-After: 10\r\n" in said
        assert ask("/zip/big", "127.0.0.3")[1][0] == 200
        assert ask("/zip/uploads", "127.0.0.4")[1][0] == 429
        first.close()
        while (status := ask("/zip/uploads", "127.0.0.2")[1][0]) == 429:
            pass
        assert status == 200


@pytest.mark.usefixtures("big")
def test_whatever_ends_an_archive_makes_room(browser, holiday, monkeypatch):
    for _ in range(5):
        assert browser("/zip/uploads").status == 200
        assert browser("/zip/uploads", "HEAD").status == 200
        assert browser("/zip/nothing").status == 404
        etag = browser("/zip/uploads").headers["ETag"]
        assert browser("/zip/uploads", If_None_Match=etag).status == 304
        assert browser("/zip/uploads", If_Match='"x"').status == 412
        assert browser("/zip/uploads", Range="bytes=99999-").status == 416
        with monkeypatch.context() as patch:
            patch.setattr(server.members, "MOST_MEMBERS", 0)
            assert browser("/zip/").status == 409


def test_when_a_client_leaves_its_files_are_closed(stalled, big):
    client = stalled()
    # The next file is read while this one waits.
    wait_until(lambda: f"{big}/b.bin" in open_in(big))
    client.close()
    assert all_closed(big)


def test_a_client_that_leaves_before_the_first_byte_stops_the_reading(
    share, connect, big, monkeypatch
):
    begun = threading.Event()
    monkeypatch.setattr("server.checksums.read_into", lambda *_: begun.set() or 1)
    client = connect(share, request(share, "/zip/big"))
    assert begun.wait(PATIENCE)
    client.close()
    assert all_closed(big)


def test_a_disk_that_hangs_holds_no_place_for_a_client_that_left(
    share, connect, browser, big, monkeypatch
):
    begun, goes_on = threading.Semaphore(0), threading.Event()

    def hang(*_):
        begun.release()
        assert goes_on.wait(PATIENCE)
        return 0

    monkeypatch.setattr("server.checksums.read_into", hang)
    clients = [connect(share, request(share, "/zip/big")) for _ in range(2)]
    for _ in clients:
        assert begun.acquire(timeout=PATIENCE)
    assert browser("/zip/uploads").status == 429
    for client in clients:
        client.close()
    while browser("/zip/uploads").status == 429:
        pass
    goes_on.set()
    assert all_closed(big)


def test_what_has_to_be_read_first_is_read_by_a_worker_not_at_the_loop(
    browser, holiday, monkeypatch
):
    (holiday / "known").mkdir()
    for name in "ab":
        (holiday / "known" / name).write_bytes(os.urandom(300_000))
    # As if they had been written long ago: what is found of them is remembered at once.
    monkeypatch.setattr(server.archive, "unsettled_for", lambda *_: 0)
    usual, readers = server.checksums.read_into, set()

    def noted(*asked):
        readers.add(threading.current_thread().name)
        return usual(*asked)

    monkeypatch.setattr("server.checksums.read_into", noted)
    monkeypatch.setattr("server.connection.TURN", 5_000)
    browser("/zip/known")
    readers.clear()
    for name in "cd":
        (holiday / "known" / name).write_bytes(os.urandom(300_000))
    # The loop sends the first two of them, and is there when the third one is to be read.
    assert names(browser("/zip/known")) == [*"abcd"]
    assert readers == {"share-worker"}


def test_who_waits_for_a_slow_disk_is_not_dropped_and_costs_no_turns(
    share, connect, big, monkeypatch
):
    begun, goes_on = threading.Event(), threading.Event()
    usual = server.checksums.read_into

    def slow(*asked):
        begun.set()
        assert goes_on.wait(PATIENCE)
        return usual(*asked)

    monkeypatch.setattr("server.checksums.read_into", slow)
    client = connect(share, request(share, "/zip/big", b"Range: bytes=0-99\r\n"))
    assert begun.wait(PATIENCE)
    serving = share._serving
    (connection,) = (one for one in serving._loop.map.values() if hasattr(one, "is_sending"))
    assert head(client)[0] == 206
    turns = []
    usual_turn = serving._loop._turn
    monkeypatch.setattr(serving._loop, "_turn", lambda mine: turns.append(1) or usual_turn(mine))
    # The head is sent just before.
    wait_until(lambda: connection.is_sending)
    assert not connection.writable()
    # As if it had been so for hours.
    connection.moved = -1e9
    for listener in serving._listeners:
        listener.maintenance(0)
    assert len(turns) < 10
    goes_on.set()
    assert len(client.recv(100)) > 0


@pytest.mark.usefixtures("big")
def test_stopping_ends_an_archive_at_once(holiday, connect):
    share = Share(Application(SharedFolder(holiday)), port=0)
    share.start()
    client = connect(share, request(share, "/zip/big"), receive_buffer=4096)
    assert client.recv(1) == b"H"
    share.stop()
    assert all_closed(holiday)


@pytest.mark.usefixtures("big")
def test_stalled_archives_hold_nobody_up(browser, stalled):
    clients = [stalled() for _ in range(2)]
    for _ in range(20):
        assert browser("/files/").status == 200
        assert browser("/download/notes.txt").status == 200
    assert len(clients) == 2


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_file_that_the_disk_cannot_read_is_named_in_the_next_archive(
    size, browser, holiday, monkeypatch
):
    (holiday / "uploads" / "broken.bin").write_bytes(bytes(size))
    broken = (holiday / "uploads" / "broken.bin").stat().st_ino
    usual_small, usual = server.archive.read_at, server.checksums.read_into

    def failing(descriptor, *asked, read):
        if os.fstat(descriptor).st_ino == broken:
            raise OSError(errno.EIO, "Input/output error")
        return read(descriptor, *asked)

    monkeypatch.setattr(server.archive, "read_at", partial(failing, read=usual_small))
    monkeypatch.setattr(server.checksums, "read_into", partial(failing, read=usual))
    with pytest.raises(http.client.IncompleteRead):
        browser("/zip/uploads")
    browser._connection.close()
    reply = browser("/zip/uploads")
    assert names(reply) == ["img1.png", MISSING]
    said = zipfile.ZipFile(io.BytesIO(reply.body)).read(MISSING)
    assert b"broken.bin could not be read." in said
    # Another version of it, and the same one after a while, is tried again.
    monkeypatch.setattr(server.archive, "read_at", usual_small)
    monkeypatch.setattr(server.checksums, "read_into", usual)
    os.utime(holiday / "uploads" / "broken.bin")
    assert set(names(browser("/zip/uploads"))) == {"broken.bin", "img1.png"}


def test_a_file_that_shrinks_ends_the_archive_visibly_short(stalled, big):
    client = stalled()
    os.truncate(big / "b.bin", 1000)
    assert len(rest(client)) < 2 * BIG


def test_a_connection_goes_on_after_an_archive(browser, big):
    for _ in range(3):
        assert len(browser("/zip/big", Range=f"bytes=0-{BIG + 5000}").body) == BIG + 5001
        assert browser("/download/notes.txt").status == 200


def test_an_old_system_without_sendfile_and_epoll_sends_archives(holiday, browse, monkeypatch):
    monkeypatch.setattr(server.body, "_sendfile", None)
    monkeypatch.delattr("select.epoll")
    (holiday / "film.bin").write_bytes(os.urandom(3_000_000))
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        reply = browse(share)("/zip/")
        read = zipfile.ZipFile(io.BytesIO(reply.body))
        assert read.testzip() is None
        assert read.read("film.bin") == (holiday / "film.bin").read_bytes()


def test_memory_stays_as_it_was_while_much_is_sent(share, connect, big):
    """Counts what Python holds; what the system holds is measured by the benchmark."""
    import tracemalloc

    client = connect(share, request(share, "/zip/big"))
    tracemalloc.start()
    try:
        received = len(head(client)[2])
        buffer = bytearray(1 << 20)
        while received < 3 * BIG:
            count = client.recv_into(buffer)
            assert count
            received += count
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5 << 20
