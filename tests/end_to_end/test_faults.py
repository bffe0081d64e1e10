"""Whatever happens while files are saved: none is wrong, and none is lost.

A few of the random moments are tried here. For the long form, whose figures count:

    LANSLIDE_FAULTS=200 uv run pytest tests/end_to_end/test_faults.py

kills `lanslide-get` that many times, the server a quarter as often, and changes a file in each way
ten times while it is fetched. A part of the figures can be had by `-k`, and another seed by
LANSLIDE_SEED.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from gui import road, transfer
from gui.client import Client
from gui.listing import Entry
from gui.saving import Save
from server.application import Application
from server.folder import SharedFolder
from server.share import Share
from tests.conftest import tree_of

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("LANSLIDE_FAULTS", "8"))
SERVER_KILLS = max(3, KILLS // 4)
CHANGES = max(1, KILLS // 20)
SEED = int(os.environ.get("LANSLIDE_SEED", "7"))
PATIENCE = 100
BIG = 30_000_000
MANY_THREADS = 4
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill in this way.")


def digests_of(folder):
    return {path: sha256(data).digest() for path, data in tree_of(folder).items()}


def drawing():
    """Give what draws the same every time."""
    return random.Random(SEED)  # noqa: S311 - nothing is to be kept secret here


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Program:
    """A program of ours, begun again as often as it is killed."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self._arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ends_within(self, seconds):
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def begins(self):
        """Wait until it has threads that save, so that it is not killed before there is work."""
        status = Path(f"/proc/{self.process.pid}/status")
        while status.exists() and not self.ends_within(0.01):
            with suppress(OSError, IndexError, ValueError):
                if int(status.read_text().partition("Threads:")[2].split()[0]) > MANY_THREADS:
                    return

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self):
        return self.process.communicate(timeout=PATIENCE)


@pytest.fixture
def started():
    """Makes programs that are gone at the end."""
    programs = []

    def make(*arguments):
        programs.append(Program(*arguments))
        programs[-1].start()
        return programs[-1]

    yield make
    for program in programs:
        program.process.kill()
        program.process.communicate()


@pytest.fixture
def shared(tmp_path):
    """A folder with small and large files, in folders."""
    draw = drawing()
    folder = tmp_path / "shared"
    for number in range(120):
        path = folder / f"day {number % 7}" / f"image {number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw.randbytes(draw.choice([0, 1, 5_000, 100_000, 2_000_000])))
    (folder / "film.mp4").write_bytes(draw.randbytes(BIG))
    (folder / "day 1" / "film.mp4").write_bytes(draw.randbytes(BIG // 2))
    return folder


@pytest.fixture
def serving(started, shared):
    """A share of it on a port of its own, and its address."""
    port = free_port()
    server = started("server", str(shared), "--port", str(port), "--no-announce")
    address = server.process.stdout.readline().strip()
    assert address == f"http://127.0.0.1:{port}"
    return server, address


def all_right(saved, expected):
    """Give the digests of what has its name; fail if any of it is wrong."""
    found = {name: one for name, one in digests_of(saved).items() if not name.endswith(".part")}
    wrong = {name for name, one in found.items() if expected.get(name) != one}
    assert not wrong
    return found


def test_killed_at_any_moment_nothing_is_wrong_and_the_next_start_goes_on(
    started, serving, shared, tmp_path
):
    draw, saved = drawing(), tmp_path / "saved"
    expected, kills, rounds = digests_of(shared), 0, 0
    while kills < KILLS:
        rounds += 1
        into = saved / str(rounds)
        while True:
            get = started("gui.get", serving[1], "--into", str(into))
            get.begins()
            if kills < KILLS and not get.ends_within(draw.uniform(0, 0.7)):
                get.kill()
                kills += 1
                if into.exists():
                    all_right(into, expected)
                continue
            _, said = get.end()
            assert get.process.returncode == 0, said
            break
        assert digests_of(into) == expected  # and nothing else, no part either
    sys.stdout.write(f"{kills} kills in {rounds} saves\n")


def test_a_server_that_is_killed_and_comes_back_is_waited_for(started, serving, shared, tmp_path):
    draw, (server, address) = drawing(), serving
    expected, kills, rounds = digests_of(shared), 0, 0
    while kills < SERVER_KILLS:
        rounds += 1
        into = tmp_path / "saved" / str(rounds)
        get = started("gui.get", address, "--into", str(into))
        get.begins()
        while kills < SERVER_KILLS and not get.ends_within(draw.uniform(0, 0.7)):
            server.kill()
            kills += 1
            server.start()
            server.process.stdout.readline()
        _, said = get.end()
        if get.process.returncode == 2:  # it began while there was no server
            assert not into.exists() or not any(into.iterdir()), said
        else:
            assert get.process.returncode == 0, said
            assert digests_of(into) == expected
    sys.stdout.write(f"{kills} kills of the server in {rounds} saves\n")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 20 MB; making it takes a superuser."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "lanslide-test", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("No small disk can be made.")
    yield folder
    unmount = ["umount", str(folder)]
    subprocess.run(unmount, check=True)


def remount(folder, options):
    command = ["mount", "-o", f"remount,{options}", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def test_a_full_disk_loses_nothing_and_with_room_the_save_goes_on(
    started, serving, shared, small_disk
):
    expected = digests_of(shared)
    get = started("gui.get", serving[1], "--into", str(small_disk))
    _, said = get.end()
    assert get.process.returncode == 1
    assert "The disk is full." in said
    assert len(all_right(small_disk, expected)) > 1
    remount(small_disk, "size=500m")
    get.start()
    _, said = get.end()
    assert get.process.returncode == 0, said
    assert digests_of(small_disk) == expected


def test_a_disk_that_can_only_be_read_is_told(started, serving, small_disk):
    remount(small_disk, "ro")
    get = started("gui.get", serving[1], "--into", str(small_disk))
    _, said = get.end()
    assert get.process.returncode == 1
    assert "“disk” can only be read." in said
    assert list(small_disk.iterdir()) == []


# While a file is fetched


def overwrite(path, others):
    with path.open("r+b") as file:
        file.seek(BIG // 2)
        file.write(others[BIG // 2 :])


def overwrite_and_touch_back(path, others):
    before = path.stat()
    overwrite(path, others)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_and_touch_back(path, others):
    before = path.stat()
    new = path.with_name("new")
    new.write_bytes(others)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(path)


def truncate(path, _):
    os.truncate(path, BIG // 3)


def append(path, _):
    with path.open("ab") as file:
        file.write(b"more")


def remove(path, _):
    path.unlink()


@pytest.mark.parametrize("is_known", [False, True], ids=["digest unknown", "digest known"])
@pytest.mark.parametrize(
    "change",
    [overwrite, overwrite_and_touch_back, replace_and_touch_back, truncate, append, remove],
)
def test_a_file_that_changes_meanwhile_is_never_mixed(tmp_path, monkeypatch, change, is_known):
    monkeypatch.setattr(road, "PAUSES", (0.01,))
    draw = drawing()
    first, others = draw.randbytes(BIG), draw.randbytes(BIG)
    for number in range(CHANGES):
        shared, saved = tmp_path / f"shared {number}", tmp_path / f"saved {number}"
        shared.mkdir()
        saved.mkdir()
        path = shared / "film.mp4"
        path.write_bytes(first)
        with monkeypatch.context() as patches:
            moment = draw.uniform(0.02, 0.9) * BIG
            is_changed = change_at(patches, moment, lambda path=path: change(path, others))
            summary = saved_film(path, saved, is_known=is_known)
        assert is_changed
        versions = [first, path.read_bytes()] if path.exists() else [first]
        found = [each.read_bytes() for each in saved.iterdir()]
        assert len(found) == summary.saved
        assert all(each in versions for each in found)
        assert summary.saved == 1 or change is remove
        shutil.rmtree(shared)
        shutil.rmtree(saved)


def change_at(patches, moment, change):
    """Have *change* called once so many bytes have come; gives a list that is empty before."""
    true = transfer.Part.write
    is_changed = []

    def write(part, data):
        true(part, data)
        if not is_changed and part.size > moment:
            is_changed.append(part)
            change()

    patches.setattr(transfer.Part, "write", write)
    return is_changed


def saved_film(path, into, *, is_known):
    with Share(Application(SharedFolder(path.parent)), port=0) as share:
        client = Client(share.address)
        if is_known:
            assert client.digest("film.mp4").digest == sha256(path.read_bytes()).digest()
        wanted = Entry("film.mp4", "film.mp4", "file", BIG, path.stat().st_mtime)
        summary = Save(client, [wanted], into, patience=20).run()
        client.close()
    return summary


def test_a_folder_that_is_removed_meanwhile_is_told(tmp_path, monkeypatch, holiday):
    saved = tmp_path / "saved"
    saved.mkdir()
    true = transfer.Part.write

    def write(part, data):
        true(part, data)
        shutil.rmtree(saved, ignore_errors=True)

    monkeypatch.setattr(transfer.Part, "write", write)
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        client = Client(share.address)
        summary = Save(client, client.entries("").entries, saved, transfers=1).run()
        client.close()
    assert summary.stopped == "“saved” is not there any more."
    assert not saved.exists()


def test_the_clock_may_jump(tmp_path, monkeypatch, shared):
    draw, true = drawing(), time.time
    monkeypatch.setattr(time, "time", lambda: true() + draw.uniform(-1e8, 1e8))
    saved = tmp_path / "saved"
    saved.mkdir()
    with Share(Application(SharedFolder(shared)), port=0) as share:
        client = Client(share.address)
        summary = Save(client, [Entry("", "all", "folder")], saved).run()
        client.close()
    assert (summary.failures, summary.stopped, summary.unverified) == ((), "", 0)
    assert digests_of(saved / "all") == digests_of(shared)
