import errno
import itertools
import json
import os
import subprocess
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from gui import lanes, part, progress, saving, transfer, walk
from gui.client import Client
from gui.errors import Cancelled
from gui.listing import Entry
from gui.names import Taken
from gui.saving import Pace, Save, pace
from tests.conftest import tree_of

MODIFIED = 1700000000.25
LAST_MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT"


def described(name, size):
    kind, media_type = ("folder", None) if size is None else ("file", "image/png")
    found = {"name": name, "kind": kind, "size": size, "type": media_type}
    return found | {"modified": MODIFIED, "readable": True}


def page(*entries):
    return json.dumps({"path": "", "name": "holiday", "next": None, "entries": entries}).encode()


def repr_digest(data):
    return f"sha-256=:{b64encode(sha256(data).digest()).decode()}:"


class Tree:
    """The script of an honest share of *files*, but for what a test does about one of them."""

    def __init__(self, files, **tricks):
        self.files = files
        self.tricks = tricks

    def __call__(self, exchange):
        _, route, path = exchange.path.split("/", 2)
        name = path.rpartition("/")[2]
        if route == "api" and not path.startswith("folder/"):
            exchange.reply(b"", "404 NOT FOUND")
        elif route == "api":
            name = path.partition("/")[2]
            if trick := self.tricks.get(f"list_{name}"):
                trick(exchange)
            exchange.reply(self.listing(name))
        elif trick := self.tricks.get(name.partition(".")[0]):
            trick(exchange)
        elif path in self.files:
            data = self.files[path]
            exchange.reply(data, Last_Modified=LAST_MODIFIED, Repr_Digest=repr_digest(data))
        else:
            exchange.reply(b"", "404 NOT FOUND")

    def listing(self, folder):
        inside = f"{folder}/" if folder else ""
        found = {}
        for path, data in self.files.items():
            if path.startswith(inside):
                name, slash, _ = path.removeprefix(inside).partition("/")
                found[name] = described(name, None if slash else len(data))
        return page(*found.values())


def file(path, size=5):
    return Entry(path, path.rpartition("/")[2], "file", size, MODIFIED)


def job_of(entry):
    return lanes.Job(entry, lanes.Place(Path("x"), Taken()), entry.name, entry.name)


WHOLE = Entry("", "holiday", "folder")


@pytest.fixture
def folder(tmp_path):
    """Where things are saved: with a neighbour that must stay as it is."""
    (tmp_path / "neighbour").write_text("mine")
    made = tmp_path / "pictures"
    made.mkdir()
    yield made
    assert (tmp_path / "neighbour").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} <= {"neighbour", "pictures", "holiday"}


# Saving


def test_two_hundred_files_of_a_real_share_arrive_whole(holiday, share, folder):
    for number in range(200):
        path = holiday / f"day {number % 7}" / f"image {number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(number * 997))
        os.utime(path, (1.6e9 + number, 1.6e9 + number + 0.123456))
    client = Client(share.address)
    save = Save(client, client.entries("").entries, folder)
    summary = save.run()
    client.close()
    assert tree_of(folder) == tree_of(holiday)
    for path in holiday.rglob("*.jpg"):
        copy = folder / path.relative_to(holiday)
        assert copy.stat().st_mtime == pytest.approx(path.stat().st_mtime, abs=1e-5)
    size = sum(map(len, tree_of(holiday).values()))
    assert (summary.saved, summary.bytes, summary.failed, summary.left) == (204, size, 0, 0)
    assert (summary.cancelled, summary.stopped, summary.folder) == (False, "", folder)
    view = save.view()
    assert (view.files_done, view.files_total, view.files_failed) == (204, 204, 0)
    assert (view.bytes_done, view.bytes_total, view.walking) == (size, size, False)
    assert (view.files_unverified, view.active) == (0, ())


def test_names_that_are_no_text_arrive_from_a_real_share(holiday, share, folder):
    (holiday / os.fsdecode(b"\xff.bin")).write_bytes(b"1")
    (holiday / "a\nb?").write_bytes(b"2")
    (holiday / "%41#?;.txt").write_bytes(b"3")
    client = Client(share.address)
    Save(client, client.entries("").entries, folder).run()
    client.close()
    saved = tree_of(folder)
    assert (saved["_.bin"], saved["a_b_"], saved["%41#_;.txt"]) == (b"1", b"2", b"3")


def test_the_shared_folder_itself_can_be_saved(client_of, folder):
    client = client_of(Tree({"img.png": b"hello", "a/b/c.png": b"deep"}))
    summary = Save(client, [WHOLE], folder).run()
    assert tree_of(folder) == {"holiday/img.png": b"hello", "holiday/a/b/c.png": b"deep"}
    assert set(summary.paths) == {folder / "holiday/img.png", folder / "holiday/a/b/c.png"}


def test_one_file_is_saved_under_the_name_that_a_person_chose(client_of, folder):
    client = client_of(Tree({"img.png": b"hello"}))
    summary = Save(client, [file("img.png")], folder, name=".mine").run()
    assert summary.paths == (folder / ".mine",)
    assert tree_of(folder) == {".mine": b"hello"}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a"])
def test_a_chosen_name_is_no_path(client_of, folder, name):
    with pytest.raises(ValueError):
        Save(client_of(Tree({})), [file("img.png")], folder, name=name)


@pytest.mark.parametrize("name", [None, "img.png"])
def test_nothing_is_ever_overwritten(client_of, folder, name):
    (folder / "img.png").write_text("mine")
    (folder / "img (2).png").write_text("mine too")
    client = client_of(Tree({"img.png": b"hello"}))
    Save(client, [file("img.png")], folder, name=name).run()
    assert tree_of(folder) == {
        "img.png": b"mine",
        "img (2).png": b"mine too",
        "img (3).png": b"hello",
    }


def test_a_folder_that_is_there_already_is_left_alone(client_of, folder):
    (folder / "holiday").mkdir()
    Save(client_of(Tree({"img.png": b"hello"})), [WHOLE], folder).run()
    assert tree_of(folder) == {"holiday (2)/img.png": b"hello"}


def test_names_that_differ_only_in_case_stay_apart(client_of, folder):
    files = {"IMG.png": b"1", "img.png": b"2", "A/x": b"3", "a/x": b"4", "sub/img.png": b"5"}
    client = client_of(Tree(files))
    Save(client, [*client.entries("").entries, file("sub/img.png")], folder).run()
    saved = {name.casefold(): data for name, data in tree_of(folder).items()}
    assert saved == {
        "img.png": b"1",
        "img (2).png": b"2",
        "img (3).png": b"5",
        "a/x": b"3",
        "a (2)/x": b"4",
        "sub/img.png": b"5",
    }


def test_what_takes_the_name_while_the_file_comes_keeps_it(client_of, folder):
    def meanwhile(exchange):
        (folder / "img.png").write_text("mine")
        exchange.reply(b"hello")

    client = client_of(Tree({}, img=meanwhile))
    summary = Save(client, [file("img.png")], folder).run()
    assert tree_of(folder) == {"img.png": b"mine", "img (2).png": b"hello"}
    assert summary.paths == (folder / "img (2).png",)


def test_a_folder_that_appears_meanwhile_is_left_alone(client_of, folder):
    def meanwhile(exchange):
        (folder / "holiday" / "sub").mkdir()
        (folder / "holiday" / "sub" / "x").write_text("mine")

    client = client_of(Tree({"sub/img.png": b"hello"}, list_=meanwhile))
    Save(client, [WHOLE], folder).run()
    assert tree_of(folder) == {"holiday/sub/x": b"mine", "holiday/sub (2)/img.png": b"hello"}


def test_the_part_of_another_save_is_left_alone(client_of, folder):
    (folder / "img.png.part").write_text("half")
    Save(client_of(Tree({"img.png": b"hello"})), [file("img.png")], folder).run()
    assert tree_of(folder) == {"img.png": b"hello", "img.png.part": b"half"}


def test_the_time_is_that_of_the_bytes_that_came(client_of, folder):
    def changed(exchange):
        exchange.reply(b"hello", Last_Modified="Fri, 17 Nov 2023 09:46:40 GMT")

    client = client_of(Tree({"same.png": b"hello"}, changed=changed))
    Save(client, [file("same.png"), file("changed.png")], folder).run()
    assert (folder / "same.png").stat().st_mtime == MODIFIED
    assert (folder / "changed.png").stat().st_mtime == 1700214400


def test_a_file_that_grew_since_it_was_listed_is_counted_as_it_is(client_of, folder):
    client = client_of(Tree({"img.png": b"hello"}))
    save = Save(client, [file("img.png", size=1)], folder)
    assert save.run().bytes == save.view().bytes_done == save.view().bytes_total == 5


@pytest.mark.parametrize("without", ["links", "exclusive renames"])
def test_a_disk_without_links_overwrites_nothing_either(client_of, folder, monkeypatch, without):
    def no_links(*_arguments, **_options):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    if without == "exclusive renames":
        monkeypatch.setattr(part, "_exclusive_rename", lambda: None)

    def meanwhile(exchange):
        (folder / "img.png").write_text("mine")
        exchange.reply(b"hello")

    client = client_of(Tree({"other.png": b"other"}, img=meanwhile))
    summary = Save(client, [file("img.png"), file("other.png")], folder).run()
    assert summary.failures == ()
    assert tree_of(folder) == {"img.png": b"mine", "img (2).png": b"hello", "other.png": b"other"}


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_folder_after(
    client_of, folder, monkeypatch
):
    def sync(handle):
        names = sorted(path.name for path in folder.iterdir())
        synced.append((Path(f"/proc/self/fd/{handle}").readlink().name, names))

    synced = []
    monkeypatch.setattr(os, "fsync", sync)
    Save(client_of(Tree({"img.png": b"hello"})), [file("img.png")], folder).run()
    assert synced == [("img.png.part", ["img.png.part"]), ("pictures", ["img.png"])]


def test_a_file_that_is_not_whole_on_the_disk_gets_no_name(client_of, folder, monkeypatch):
    def lose(lost, data):
        lost.size += len(data)

    monkeypatch.setattr(part.Part, "write", lose)
    summary = Save(client_of(Tree({"img.png": b"hello"})), [file("img.png")], folder).run()
    assert summary.failures == (saving.Failure("img.png", "The disk could not write it."),)
    assert tree_of(folder) == {}


# Hostile shares


HOSTILE_NAMES = [
    "..\\..\\evil",
    "\\\\host\\share",
    "C:\\evil",
    "C:evil",
    ".bashrc",
    ".git",
    "con",
    "nul.txt",
    "desktop.ini",
    "a.part",
    "a",
    "trailing. ",
    "a\nb",
    "\udcff",
    chr(0xD800),
    "\u202egpj.exe",
    "x" * 1000,
    "😀" * 250,
    "~",
    "-rf",
    "$HOME",
    "%TEMP%",
]


@pytest.mark.parametrize("kind", ["files", "folders"])
def test_nothing_lands_outside_the_folder_or_under_a_harmful_name(client_of, folder, kind):
    def script(exchange):
        if not exchange.path.startswith("/api/"):
            exchange.reply(b"evil!")
        elif exchange.path != "/api/folder/":
            exchange.reply(page(described("x", 5)))
        else:
            size = 5 if kind == "files" else None
            exchange.reply(page(*(described(name, size) for name in HOSTILE_NAMES)))

    client = client_of(script)
    summary = Save(client, client.entries("").entries, folder).run()
    assert summary.failures == ()
    made = sorted(path.name for path in folder.iterdir())
    assert len(made) == len(HOSTILE_NAMES)
    assert made == sorted(map(saving.safe_name, made))
    expected = {"x": b"evil!"} if kind == "folders" else b"evil!"
    for path in folder.iterdir():
        assert (tree_of(path) if path.is_dir() else path.read_bytes()) == expected


def broken_off(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
    exchange.hang_up()


TRICKS = {
    "broken off": broken_off,
    "too short to have a length": lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\n\r\n"),
    "negative": lambda exchange: exchange.reply(b"hello", Content_Length="-5"),
    "gzip": lambda exchange: exchange.reply(b"hello", Content_Encoding="gzip"),
    "elsewhere": lambda exchange: exchange.reply(b"", "302 FOUND", Location="/download2/good.png"),
    "unasked part": lambda exchange: exchange.reply(
        b"hello", "206 PARTIAL CONTENT", Content_Range="bytes 0-4/5"
    ),
    "gone": lambda exchange: exchange.reply(b"", "404 NOT FOUND"),
    "forbidden": lambda exchange: exchange.reply(b"", "403 FORBIDDEN"),
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_a_file_that_fails_leaves_nothing_and_holds_nothing_up(client_of, folder, trick):
    client = client_of(Tree({"good.png": b"hello", "better.png": b"hi"}, bad=trick), patience=0.2)
    save = Save(client, [file("bad.png", 7), file("good.png"), file("better.png", 2)], folder)
    summary = save.run()
    assert tree_of(folder) == {"good.png": b"hello", "better.png": b"hi"}
    (failure,) = summary.failures
    assert failure.path == "bad.png"
    assert failure.reason.endswith(".")
    assert (summary.saved, summary.failed, summary.left, summary.stopped) == (2, 1, 0, "")
    assert save.view().bytes_done == save.view().bytes_total


def test_a_file_larger_than_the_disk_is_left_out_and_the_others_come(client_of, folder):
    def huge(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % 10**17)
        while True:
            exchange.send(b"x" * 100_000)

    client = client_of(Tree({"good.png": b"hello"}, bad=huge))
    summary = Save(client, [file("bad.png"), file("good.png")], folder).run()
    assert summary.failures == (saving.Failure("bad.png", "It is too large for this disk."),)
    assert tree_of(folder) == {"good.png": b"hello"}


def test_a_folder_that_cannot_be_listed_is_one_failure(client_of, folder):
    def refuse(exchange):
        exchange.reply(b"", "403 FORBIDDEN")
        exchange.hang_up()

    client = client_of(Tree({"a/x": b"1", "b/y": b"2"}, list_a=refuse))
    summary = Save(client, client.entries("").entries, folder).run()
    assert tree_of(folder) == {"b/y": b"2"}
    assert [failure.path for failure in summary.failures] == ["a"]
    assert (summary.failed, summary.left) == (1, 0)


def test_a_share_without_a_bottom_is_left(client_of, folder, monkeypatch):
    monkeypatch.setattr(walk, "DEEPEST", 5)

    def deeper(exchange):
        # It has a bottom after all, where nobody gets who keeps to the limit: hardly anything can
        # remove folders that are a thousand deep.
        is_bottom = exchange.path.count("/a") > 20
        exchange.reply(page() if is_bottom else page(described("a", None)))

    summary = Save(client_of(deeper), [WHOLE], folder).run()
    assert summary.failures == (saving.Failure("a/a/a/a/a", "It is too deep in folders."),)


def test_many_failures_are_counted_and_a_few_are_named(client_of, folder, monkeypatch):
    monkeypatch.setattr(progress, "MOST_LISTED", 3)
    wanted = [file(f"{number}.png") for number in range(20)]
    files = {"10.png": b"", "11.png": b"", "12.png": b"", "13.png": b""}
    summary = Save(client_of(Tree(files)), wanted, folder).run()
    assert (summary.failed, len(summary.failures)) == (16, 3)
    assert (summary.saved, len(summary.paths)) == (4, 3)


# Order


def test_small_files_do_not_wait_for_big_ones(scripted, folder):
    small = {f"{number}.png": b"hello" for number in range(20)}
    served, all_served = set(), threading.Event()

    def big(exchange):
        assert all_served.wait(50)  # no big file goes on before all small ones have come
        exchange.reply(b"x" * 10)

    def script(exchange):
        honest(exchange)
        name = exchange.path.partition("/download2/")[2]
        if name in small:
            served.add(name)
        if served == small.keys():
            all_served.set()

    honest = Tree(small, big1=big, big2=big, big3=big, big4=big, big5=big)
    client = Client(scripted(script).address)
    wanted = [file(f"big{number}", lanes.SMALL + 1) for number in range(1, 6)]
    summary = Save(client, [*wanted, *map(file, small)], folder).run()
    client.close()
    assert (summary.saved, summary.failures) == (25, ())


def test_a_transfer_is_kept_for_small_files_until_no_more_can_come():
    stop = threading.Event()
    waiting = lanes.Lanes(4, stop)
    big = [job_of(file(str(number), lanes.SMALL + 1)) for number in range(4)]
    for job in big:
        waiting.put(job)
    assert [waiting.take() for _ in range(3)] == big[:3]
    stop.set()
    with pytest.raises(Cancelled):
        waiting.take()
    waiting.put(small := job_of(file("small")))
    assert waiting.take() is small
    waiting.complete()
    assert waiting.take() is big[3]
    assert waiting.take() is None


@pytest.mark.parametrize(
    ("answers", "stuck_after", "at_once"),
    [
        ([], 1000, lanes.FEW),
        ([0.0002], 1000, lanes.FEW),
        ([0.005, 0.0002, 0.005], 1000, lanes.FEW),
        ([0.005], 1000, 4),
        ([0.0002, *[0.005] * lanes.LAST], 1000, 4),
        ([0.0002], -1, 4),
    ],
)
def test_small_files_of_a_near_share_come_a_few_at_a_time_beside_a_window(
    monkeypatch, answers, stuck_after, at_once
):
    monkeypatch.setattr(lanes, "TICK", stuck_after)
    stop = threading.Event()
    waiting = lanes.Lanes(4, stop, is_gentle=True)
    for seconds in answers:
        waiting.answered(seconds)
    jobs = [job_of(file(str(number))) for number in range(6)]
    for job in jobs:
        waiting.put(job)
    stop.set()  # so that nobody waits for more
    taken = [waiting.take() for _ in range(at_once)]
    if at_once == lanes.FEW:
        with pytest.raises(Cancelled):
            waiting.take()
    waiting.done(taken[0])
    assert [*taken, waiting.take()] == jobs[: at_once + 1]


def test_files_come_while_folders_are_still_looked_through(client_of, folder):
    def wait(exchange):
        assert begun.wait(timeout=20)

    def first(exchange):
        begun.set()
        exchange.reply(b"hello")

    begun = threading.Event()
    files = {"a/first.png": b"hello", "b/x": b"later"}
    client = client_of(Tree(files, list_b=wait, first=first))
    summary = Save(client, client.entries("").entries, folder).run()
    assert (summary.saved, summary.failures) == (2, ())


def test_the_walk_waits_when_it_is_far_ahead(client_of, folder, monkeypatch):
    monkeypatch.setattr(lanes, "AHEAD", 3)
    files = {f"{number}/{name}.png": b"hello" for number in range(20) for name in "abc"}
    client = client_of(Tree(files))
    Save(client, [WHOLE], folder).run()
    assert tree_of(folder / "holiday") == files


def test_no_more_than_a_few_files_wait_in_the_lanes(monkeypatch):
    monkeypatch.setattr(lanes, "AHEAD", 3)
    stop = threading.Event()
    waiting = lanes.Lanes(4, stop)
    jobs = [job_of(file(str(number))) for number in range(10)]
    put = []

    def walk():
        for job in jobs:
            waiting.put(job)
            put.append(job)

    with ThreadPoolExecutor(1) as pool:
        walking = pool.submit(walk)
        for taken, job in enumerate(jobs):
            assert waiting.take() is job
            assert len(put) <= taken + 1 + 3
            waiting.done(job)
        walking.result()
    waiting.complete()
    assert waiting.take() is None


# Ending early


def stall_in_the_middle(exchange):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
    exchange.stall()


def test_cancel_ends_everything_and_leaves_only_whole_files(scripted, folder):
    files = {"good.png": b"hello"}
    share = scripted(Tree(files, bad1=stall_in_the_middle, bad2=stall_in_the_middle))
    client = Client(share.address, patience=1e6)
    save = Save(client, [file("good.png"), file("bad1.png"), file("bad2.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        share.stalled.acquire()
        share.stalled.acquire()
        save.cancel()
        summary = running.result(timeout=20)
    client.close()
    assert summary.cancelled
    assert (summary.failures, summary.stopped) == ((), "")
    assert summary.saved + summary.left == 3
    assert set(tree_of(folder)) <= {"good.png"}


def test_cancel_ends_a_walk_that_waits_too(scripted, folder):
    share = scripted(lambda exchange: exchange.stall())
    client = Client(share.address, patience=1e6)
    save = Save(client, [WHOLE], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        share.stalled.acquire()
        save.cancel()
        assert running.result(timeout=20).cancelled
    client.close()


def test_cancel_ends_a_walk_in_the_middle_of_a_page(client_of, folder, monkeypatch):
    def name(of):
        named.append(of)
        if len(named) == 3:
            save.cancel()
        return saving.safe_name(of)

    named = []
    monkeypatch.setattr(walk, "safe_name", name)
    files = {f"{number}.png": b"hello" for number in range(100)}
    save = Save(client_of(Tree(files)), [WHOLE], folder)
    assert save.run().cancelled
    assert len(named) == 3


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n"


def pour(exchange, begun, piece):
    exchange.send(ENDLESS)
    for number in itertools.count():
        exchange.send(piece)
        if number == 10:
            begun.set()


def list_nothing(exchange, begun):
    """Give one page after the other, with nothing on it."""
    if "/api/folder/" not in exchange.path:
        exchange.reply(b"", "404 NOT FOUND")
        return
    start = int(exchange.head.partition("offset=")[2].partition("&")[0])
    listed = {"name": "holiday", "next": start + 1, "entries": []}
    exchange.reply(json.dumps(listed).encode())
    if start == 10:
        begun.set()


WITHOUT_END = {
    "a body": lambda begun: Tree({"big.png": b"x"}, big=lambda ex: pour(ex, begun, bytes(1 << 18))),
    "a dripping body": lambda begun: Tree({"big.png": b"x"}, big=lambda ex: pour(ex, begun, b"x")),
    "a listing": lambda begun: lambda ex: list_nothing(ex, begun),
}


@pytest.mark.parametrize("script", WITHOUT_END.values(), ids=WITHOUT_END)
def test_cancel_ends_what_has_no_end(scripted, folder, script):
    begun = threading.Event()
    client = Client(scripted(script(begun)).address, patience=1e6)
    save = Save(client, [WHOLE], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        assert begun.wait(20)
        save.cancel()
        summary = running.result(timeout=20)
    client.close()
    assert (summary.cancelled, summary.failures) == (True, ())
    assert tree_of(folder) == {}


def test_closing_the_client_ends_the_save(scripted, folder):
    share = scripted(Tree({}, bad=stall_in_the_middle))
    client = Client(share.address, patience=1e6)
    save = Save(client, [file("bad.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        share.stalled.acquire()
        client.close()
        assert running.result(timeout=20).cancelled
    assert tree_of(folder) == {}


def test_a_share_that_has_gone_is_said_once(scripted, folder):
    share = scripted(Tree({}))
    client = Client(share.address)
    share.stop()
    summary = Save(
        client, [file(f"{number}.png") for number in range(100)], folder, patience=0
    ).run()
    client.close()
    assert summary.stopped == f"{share.address} does not answer."
    assert (summary.saved, summary.failed, summary.left) == (0, 0, 100)
    assert not summary.cancelled


def test_a_shared_folder_that_has_gone_is_said_once(client_of, folder):
    client = client_of(lambda exchange: exchange.reply(b"", "503 SERVICE UNAVAILABLE"))
    summary = Save(
        client, [file(f"{number}.png") for number in range(100)], folder, patience=0
    ).run()
    assert "not there just now" in summary.stopped
    assert (summary.failed, summary.left) == (0, 100)


@pytest.fixture
def small_disk(folder):
    """A disk of half a megabyte; making it takes a superuser."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "lanslide-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"No small disk can be made: {done.stderr}")
        pytest.skip(f"No small disk can be made: {done.stderr}")
    yield folder
    unmount = ["umount", str(folder)]
    subprocess.run(unmount, check=True)


def test_a_full_disk_is_said_once_and_what_was_saved_stays(client_of, small_disk):
    files = {f"{number:03}.png": bytes([number]) * 50_000 for number in range(100)}
    summary = Save(client_of(Tree(files)), [file(path, 50_000) for path in files], small_disk).run()
    assert summary.stopped == "The disk is full."
    assert (summary.failures, summary.cancelled) == ((), False)
    saved = tree_of(small_disk)
    assert 0 < len(saved) == summary.saved < 100
    assert all(files[name] == data for name, data in saved.items())


def test_a_disk_that_is_full_from_the_start_is_said_too(client_of, folder, monkeypatch):
    class FullPart(part.Part):
        def __init__(self, path, descriptor):
            os.dup2(full, descriptor)
            super().__init__(path, descriptor)

    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(transfer, "Part", FullPart)
    files = {f"{number}.png": b"hello" for number in range(100)}
    summary = Save(client_of(Tree(files)), [file(path) for path in files], folder).run()
    os.close(full)
    assert summary.stopped == "The disk is full."
    assert (summary.saved, summary.failed, summary.left) == (0, 0, 100)
    assert tree_of(folder) == {}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/sys/kernel", "You may not write into “kernel”."),
        ("{folder}/gone", "“gone” is not there any more."),
        ("{folder}/file", "“file” is not there any more."),
    ],
)
def test_a_folder_that_takes_nothing_is_said_once(client_of, folder, place, words):
    (folder / "file").write_text("mine")
    files = {f"{number}.png": b"hello" for number in range(100)}
    into = Path(place.format(folder=folder))
    summary = Save(client_of(Tree(files)), [file(path) for path in files], into).run()
    assert summary.stopped == words
    assert (summary.saved, summary.failures, summary.cancelled) == (0, (), False)
    assert tree_of(folder) == {"file": b"mine"}


def test_a_folder_removed_meanwhile_is_said_once(client_of, folder):
    def remove(exchange):
        folder.rmdir()
        exchange.reply(b"hello")

    wanted = [file("first.png"), *(file(f"{number}.png") for number in range(100))]
    files = {entry.path: b"hello" for entry in wanted[1:]}
    save = Save(client_of(Tree(files, first=remove)), wanted, folder, transfers=1)
    summary = save.run()
    folder.mkdir()
    assert summary.stopped == "“pictures” is not there any more."
    assert (summary.saved, summary.failed, summary.left) == (0, 0, 101)


def test_a_folder_inside_removed_meanwhile_is_a_failure_of_its_files_only(client_of, folder):
    def remove(exchange):
        (folder / "sub").rmdir()
        exchange.reply(b"hello")

    client = client_of(Tree({"sub/bad.png": b"hello", "good.png": b"hello"}, bad=remove))
    summary = Save(client, client.entries("").entries, folder).run()
    assert tree_of(folder) == {"good.png": b"hello"}
    assert summary.failures == (saving.Failure("sub/bad.png", "“sub” is not there any more."),)


def test_a_mistake_of_ours_ends_the_save_and_is_not_hidden(client_of, folder, monkeypatch):
    def mistake(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(transfer, "_modified", mistake)
    files = {f"{number}.png": b"hello" for number in range(20)}
    with pytest.raises(ZeroDivisionError):
        Save(client_of(Tree(files)), [file(path) for path in files], folder).run()
    assert tree_of(folder) == {}


# Pace


@pytest.mark.parametrize(
    ("samples", "total", "expected"),
    [
        ([], 100, Pace(0.0, None)),
        ([(5.0, 10)], 100, Pace(0.0, None)),
        ([(5.0, 10), (5.0, 20)], 100, Pace(0.0, None)),
        ([(5.0, 0), (6.0, 10)], 100, Pace(10.0, 9.0)),
        ([(5.0, 0), (6.0, 100)], 100, Pace(100.0, 0.0)),
        ([(5.0, 0), (6.0, 100)], 50, Pace(100.0, 0.0)),
        ([(5.0, 50), (6.0, 50)], 100, Pace(0.0, None)),
        ([(5.0, 50), (6.0, 40)], 100, Pace(0.0, None)),
        ([(0.0, 0), (90.0, 900), (95.0, 905), (100.0, 910)], 920, Pace(1.0, 10.0)),
        ([(0.0, 0), (100.0, 900)], 1000, Pace(0.0, None)),
    ],
)
def test_the_pace_is_that_of_the_last_seconds(samples, total, expected):
    assert pace(samples, total) == expected
