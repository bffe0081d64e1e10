"""Digests: computed in the background, told when known, kept on a disk that may fail."""

import json
import os
import select
import sqlite3
import subprocess
import sys
import threading
from base64 import b64encode
from hashlib import sha256
from urllib.request import urlopen

import pytest

import server.digests
from server.application import Application
from server.digests import Digests, identity, unsettled_for, usual_file
from server.folder import SharedFolder
from server.kept_digests import KeptDigests
from server.share import Share
from tests.conftest import wait_until

HUGE = 100 << 30
DIGEST = bytes(range(32))


@pytest.fixture
def digests(holiday):
    with Digests(SharedFolder(holiday)) as made:
        yield made


@pytest.fixture
def huge(holiday):
    """A file that nobody wants to wait for; it takes no room on the disk."""
    path = holiday / "huge.bin"
    with path.open("wb") as file:
        file.truncate(HUGE)
    return path


@pytest.fixture
def own_share(holiday, digests):
    with Share(Application(SharedFolder(holiday), digests), port=0) as running:
        yield running
        digests.close()


@pytest.fixture
def ask(own_share, browse):
    return browse(own_share)


def fields(path):
    text = b64encode(sha256(path.read_bytes()).digest()).decode()
    return [f"sha-256=:{text}:", f"SHA-256={text}"]


def told(reply):
    return [reply.headers["Repr-Digest"], reply.headers["Digest"]]


# Told


def test_a_digest_is_computed_while_the_client_waits(ask, holiday):
    reply = ask("/api/digest/uploads/img1.png")
    content = (holiday / "uploads" / "img1.png").read_bytes()
    assert reply.status == 200
    assert json.loads(reply.body) == {
        "path": "uploads/img1.png",
        "size": len(content),
        "etag": ask("/files/uploads/img1.png").headers["ETag"],
        "sha-256": sha256(content).hexdigest(),
    }


@pytest.mark.parametrize(
    "path", ["nothing", "uploads", "uploads/", ".hidden", "../x", "notes.txt/", "%00"]
)
def test_what_is_no_file_has_no_digest(ask, path):
    assert ask(f"/api/digest/{path}").status == 404


@pytest.mark.parametrize("road", ["/download/", "/download2/", "/files/"])
def test_every_road_tells_a_digest_that_is_known(ask, holiday, road):
    assert told(ask(f"{road}notes.txt")) == [None, None]
    ask("/api/digest/notes.txt")
    expected = fields(holiday / "notes.txt")
    assert told(ask(f"{road}notes.txt")) == expected
    assert told(ask(f"{road}notes.txt", "HEAD")) == expected


@pytest.mark.parametrize("ranges", ["bytes=2-4", "bytes=0-1,-2"])
def test_the_digest_of_a_part_is_that_of_the_whole(ask, holiday, ranges):
    ask("/api/digest/notes.txt")
    reply = ask("/download/notes.txt", Range=ranges)
    assert reply.status == 206
    assert told(reply) == fields(holiday / "notes.txt")


def test_no_other_reply_tells_a_digest(ask):
    ask("/api/digest/notes.txt")
    etag = ask("/download/notes.txt").headers["ETag"]
    for path, wanted in [
        ("/download/notes.txt", {"If-None-Match": etag}),
        ("/download/notes.txt", {"If-Match": '"x"'}),
        ("/download/notes.txt", {"Range": "bytes=900-"}),
        ("/static/style.css", {}),
        ("/files/", {}),
        ("/api/digest/notes.txt", {}),
    ]:
        assert told(ask(path, **wanted)) == [None, None]


def test_what_was_asked_for_has_a_digest_before_long(ask, holiday):
    expected = fields(holiday / "notes.txt")
    wait_until(lambda: told(ask("/download/notes.txt")) == expected)


def test_new_content_has_a_new_digest(ask, holiday):
    ask("/api/digest/notes.txt")
    (holiday / "notes.txt").write_text("Rain.")
    assert told(ask("/download/notes.txt")) == [None, None]
    assert json.loads(ask("/api/digest/notes.txt").body)["sha-256"] == sha256(b"Rain.").hexdigest()


def test_an_empty_file_has_a_digest_too(ask, holiday):
    (holiday / "empty").touch()
    assert json.loads(ask("/api/digest/empty").body)["sha-256"] == sha256().hexdigest()


def test_an_odd_name_is_no_obstacle(ask, holiday):
    (holiday / os.fsdecode(b"\xff\n")).write_bytes(b"odd")
    assert json.loads(ask("/api/digest/%FF%0A").body)["sha-256"] == sha256(b"odd").hexdigest()


def test_a_listing_has_nothing_computed(ask, digests):
    assert ask("/files/").status == 200
    assert ask("/api/folder/").status == 200
    assert digests._thread is None


# Waiting


def test_a_digest_that_takes_long_is_promised_for_later(ask, huge, monkeypatch):
    monkeypatch.setattr(server.digests, "PATIENCE", 0)
    reply = ask("/api/digest/huge.bin")
    assert reply.status == 503
    assert reply.headers["Retry-After"] == "1"
    assert "not ready yet" in json.loads(reply.body)["error"]


def test_who_waits_for_a_huge_file_holds_nobody_up(own_share, ask, huge, connect, digests):
    request = b"GET /api/digest/huge.bin HTTP/1.0\r\n\r\n"
    for _ in range(10):
        connect(own_share, request)
    # All but two are told to come back; only then does everybody wait who may.
    refused = connect(own_share, request)
    assert b" 503 " in refused.makefile("rb").readline()
    assert ask("/download/notes.txt").status == 200
    assert ask("/files/").status == 200


def test_a_huge_file_is_put_off_for_a_small_one(digests, holiday, huge):
    assert digests.known("huge.bin", huge.stat()) is None
    wait_until(lambda: digests._begun)
    small = holiday / "notes.txt"
    assert digests.wait("notes.txt", small.stat()) == sha256(small.read_bytes()).digest()
    assert digests.known("huge.bin", huge.stat()) is None


def test_stopping_waits_for_no_digest(own_share, huge, connect):
    clients = [connect(own_share, b"GET /api/digest/huge.bin HTTP/1.0\r\n\r\n") for _ in range(3)]
    (refused,), _, _ = select.select(clients, [], [], 20)
    assert b" 503 " in refused.recv(100)
    own_share.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("share")]


def test_closing_stops_in_the_middle_of_a_huge_file(holiday, huge):
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, never looked at
    digests = Digests(SharedFolder(holiday))
    waiting = threading.Thread(target=digests.wait, args=("huge.bin", huge.stat()))
    waiting.start()
    wait_until(lambda: digests._begun)
    digests.close()
    waiting.join()
    assert digests._thread is None
    assert len(os.listdir("/dev/fd")) == before  # noqa: PTH208
    assert digests.wait("huge.bin", huge.stat()) is None
    assert digests._thread is None


def test_only_so_much_is_asked_for_at_once_and_the_newest_counts(digests, holiday, monkeypatch):
    monkeypatch.setattr(server.digests, "MOST_ASKED", 3)
    status = (holiday / "notes.txt").stat()
    with digests._changed:  # nothing is begun meanwhile
        for name in ("a", "b", "c", "d", "b"):
            digests.known(name, status)
        assert [wanted.path for wanted in digests._asked] == ["c", "d", "b"]


def test_only_so_many_are_known(digests, holiday, monkeypatch):
    monkeypatch.setattr(server.digests, "MOST_KNOWN", 2)
    for name in ("img2.png", "img10.png", "notes.txt"):
        assert digests.wait(name, (holiday / name).stat())
    digests.close()
    assert digests.known("img2.png", (holiday / "img2.png").stat()) is None
    assert digests.known("notes.txt", (holiday / "notes.txt").stat())


def test_the_thread_ends_without_work_and_begins_again(digests, holiday, monkeypatch):
    monkeypatch.setattr(server.digests, "IDLE", 0)
    for name in ("img2.png", "notes.txt"):
        assert digests.wait(name, (holiday / name).stat())
        if (thread := digests._thread) is not None:
            thread.join(timeout=20)
        assert digests._thread is None


def priority(thread=None):
    number = threading.get_native_id() if thread is None else thread.native_id
    return os.getpriority(os.PRIO_PROCESS, number)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a thread's priority.")
def test_the_thread_lets_all_others_go_first_until_somebody_waits(digests, huge):
    assert digests.known("huge.bin", huge.stat()) is None
    patient = digests._thread
    wait_until(lambda: priority(patient) > priority())  # lower: it is its niceness
    assert digests.known("huge.bin", huge.stat(), hurry=True) is None
    patient.join(timeout=20)
    assert digests._thread is not patient
    assert priority(digests._thread) == priority()


def test_what_somebody_waits_for_comes_before_what_nobody_does(digests, holiday, huge):
    assert digests.known("huge.bin", huge.stat(), hurry=True) is None
    wait_until(lambda: digests._begun)
    small = holiday / "notes.txt"
    assert digests.known("notes.txt", small.stat()) is None
    with digests._changed:
        assert not digests._comes_first(*digests._asked, *digests._begun)
    assert digests.wait("notes.txt", small.stat())


def test_a_system_without_another_thread_has_no_digests_for_now(ask, digests, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        assert ask("/download/notes.txt").status == 200
    assert ask("/api/digest/notes.txt").status == 200


def no_thread(_):
    raise RuntimeError("can't start new thread")


# Only of what stayed the same


@pytest.mark.parametrize("change", [b"Another text, just as", b"", b"x" * 5_000_000])
def test_a_file_that_changes_while_it_is_read_has_no_digest(digests, holiday, change):
    path = holiday / "notes.txt"
    path.write_bytes(b"Sun, sea and much sand")
    wanted = identity("notes.txt", path.stat())
    reading = digests._read(wanted)
    next(reading)
    path.write_bytes(change)
    for _ in reading:
        pass
    digests.close()
    assert digests.known("notes.txt", path.stat()) is None
    assert wanted not in digests._known


def test_what_was_changed_a_moment_ago_is_read_a_moment_later():
    def seconds(nanoseconds, modified=0):
        status = os.stat_result(range(10), {"st_mtime_ns": modified, "st_ctime_ns": 5_000_000_001})
        return unsettled_for(identity("notes.txt", status), nanoseconds)

    assert seconds(5_000_000_001) == 0.05
    assert seconds(5_040_000_001) == 0.01
    assert seconds(5_060_000_001) == 0
    assert seconds(4_000_000_000) == 0
    # This disk counts only whole seconds.
    assert seconds(6_000_000_000, modified=6_000_000_000) == 2.5
    assert seconds(9_000_000_000, modified=6_000_000_000) == 0


def test_a_file_that_could_still_change_unseen_is_not_read_yet(digests, holiday, monkeypatch):
    monkeypatch.setattr(server.digests, "unsettled_for", lambda *_: 3600)
    monkeypatch.setattr(server.digests, "PATIENCE", 0.2)
    assert digests.wait("notes.txt", (holiday / "notes.txt").stat()) is None
    digests.close()
    assert digests._thread is None


def test_a_file_that_has_gone_has_no_digest_and_the_next_one_has(digests, holiday):
    status = (holiday / "img2.png").stat()
    (holiday / "img2.png").unlink()
    assert digests.wait("img2.png", status) is None
    assert digests.wait("notes.txt", (holiday / "notes.txt").stat())


def test_a_surprise_costs_one_digest_and_is_logged(holiday, monkeypatch, caplog):
    folder = SharedFolder(holiday)
    with Digests(folder) as digests:
        with monkeypatch.context() as patch:
            patch.setattr(folder, "open", lambda path: path.surprise)
            assert digests.wait("img2.png", (holiday / "img2.png").stat()) is None
        assert digests.wait("notes.txt", (holiday / "notes.txt").stat())
    assert "A digest could not be computed." in caplog.text


# Kept


def known_after_restart(holiday, kept):
    path = holiday / "notes.txt"
    with Digests(SharedFolder(holiday), kept) as digests:
        return digests.wait("notes.txt", path.stat())


def test_a_kept_digest_is_not_computed_again(holiday, tmp_path):
    file = KeptDigests(tmp_path / "kept" / "digests")
    file.add(identity("notes.txt", (holiday / "notes.txt").stat()).key(), DIGEST)
    file.close()
    assert known_after_restart(holiday, tmp_path / "kept" / "digests") == DIGEST
    (holiday / "notes.txt").touch()
    assert known_after_restart(holiday, tmp_path / "kept" / "digests") not in {DIGEST, None}


def test_a_digest_is_kept_for_the_next_time(holiday, tmp_path):
    digest = known_after_restart(holiday, tmp_path / "digests")
    wanted = identity("notes.txt", (holiday / "notes.txt").stat())
    assert KeptDigests(tmp_path / "digests").find(wanted.key()) == digest
    assert b"notes.txt" not in (tmp_path / "digests").read_bytes()


def test_a_share_keeps_digests_in_the_users_cache(own_cache, holiday):
    assert usual_file().is_relative_to(os.environ["XDG_CACHE_HOME"])
    usual_file().unlink(missing_ok=True)
    program = subprocess.Popen(
        [sys.executable, "-m", "server", holiday, "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    with program:
        port = int(program.stdout.readline().rpartition(":")[2])
        with urlopen(f"http://127.0.0.1:{port}/api/digest/notes.txt", timeout=20) as answer:
            digest = bytes.fromhex(json.load(answer)["sha-256"])
        wanted = identity("notes.txt", (holiday / "notes.txt").stat())
        kept = KeptDigests(usual_file())
        # It is answered first, and kept by the thread behind everything else.
        wait_until(lambda: kept.find(wanted.key()) == digest)
        program.terminate()
    kept.close()


@pytest.fixture
def kept(tmp_path):
    """A file with one digest in it."""
    path = tmp_path / "cache" / "digests"
    file = KeptDigests(path)
    file.add(b"key", DIGEST)
    file.close()
    return path


def find(path):
    file = KeptDigests(path)
    try:
        return file.find(b"key")
    finally:
        file.close()


def test_only_so_many_are_kept_and_the_oldest_go(kept, monkeypatch):
    monkeypatch.setattr(server.kept_digests, "MOST_KEPT", 150)
    file = KeptDigests(kept)
    for number in range(199):
        file.add(b"%d" % number, DIGEST)
    file.close()
    assert find(kept) is None
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT count(*) FROM digests").fetchone() == (150,)
    connection.close()


def test_a_deleted_file_is_begun_anew(kept):
    file = KeptDigests(kept)
    assert file.find(b"key") == DIGEST
    kept.unlink()
    file.close()
    file.add(b"key", DIGEST)
    file.close()
    assert find(kept) == DIGEST


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0", b"\0" * 9000]
)
def test_a_broken_file_is_begun_anew(kept, content):
    kept.write_bytes(content)
    assert find(kept) is None
    file = KeptDigests(kept)
    file.add(b"key", DIGEST)
    file.close()
    assert find(kept) == DIGEST


def test_a_file_broken_inside_is_begun_anew(kept):
    data = kept.read_bytes()
    kept.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    assert find(kept) is None
    file = KeptDigests(kept)
    file.add(b"key", DIGEST)
    file.close()
    assert find(kept) == DIGEST


@pytest.mark.parametrize("digest", ["text" * 8, b"short", 7])
def test_what_is_no_digest_is_not_believed(kept, digest):
    with sqlite3.connect(kept) as connection:
        connection.execute("UPDATE digests SET digest = ?", (digest,))
    connection.close()
    assert find(kept) is None


def spoiled_by_a_table(kept):
    kept.unlink()
    with sqlite3.connect(kept) as connection:
        connection.execute("CREATE TABLE digests (other TEXT)")
    connection.close()


def spoiled_by_a_folder(kept):
    kept.unlink()
    kept.mkdir()


def spoiled_by_a_file_above(kept):
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.touch()


@pytest.mark.parametrize(
    "spoil", [spoiled_by_a_table, spoiled_by_a_folder, spoiled_by_a_file_above]
)
def test_a_place_that_cannot_be_used_costs_nothing_but_time(kept, holiday, spoil):
    spoil(kept)
    content = (holiday / "notes.txt").read_bytes()
    assert known_after_restart(holiday, kept) == sha256(content).digest()


def test_a_place_that_may_not_be_written_costs_nothing_but_time(public, as_nobody):
    (public / "notes.txt").write_text("news")
    with as_nobody():
        digest = known_after_restart(public, public / "closed" / "digests")
    assert digest == sha256(b"news").digest()
    assert not (public / "closed").exists()


def test_a_full_disk_costs_nothing_but_time(kept, monkeypatch):
    class Full(sqlite3.Connection):
        def executemany(self, *_):
            raise sqlite3.OperationalError("database or disk is full")

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Full))
        file = KeptDigests(kept)
        file.add(b"another", DIGEST)
        file.close()
    assert find(kept) == DIGEST


def test_another_program_that_holds_the_file_is_not_waited_for_long(kept, holiday):
    other = sqlite3.connect(kept)
    other.execute("BEGIN EXCLUSIVE")
    content = (holiday / "notes.txt").read_bytes()
    assert known_after_restart(holiday, kept) == sha256(content).digest()
    other.rollback()
    other.close()
    assert find(kept) == DIGEST


def test_two_programs_keep_their_digests_in_one_file(kept):
    files = [KeptDigests(kept) for _ in range(2)]
    for number, file in enumerate(files):
        assert file.find(b"key") == DIGEST
        file.add(b"%d" % number, DIGEST)
    for file in files:
        file.close()
    assert all(KeptDigests(kept).find(b"%d" % number) == DIGEST for number in range(2))


def test_without_a_file_nothing_is_kept():
    file = KeptDigests(None)
    file.add(b"key", DIGEST)
    file.close()
    assert file.find(b"key") is None
