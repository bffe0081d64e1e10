"""What was saved is not fetched again, and what was begun goes on: also elsewhere, and later."""

import fcntl
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import server.body
from gui import road, transfer
from gui.client import Client
from gui.errors import Unreachable
from gui.halting import Halting
from gui.listing import Entry
from gui.saving import HERE, Policy, Save
from server.application import Application
from server.folder import SharedFolder
from server.identity import Identity
from server.share import Share
from tests.conftest import tree_of, wait_until
from tests.gui.conftest import file

BIG = os.urandom(3_000_000)
HALF = 1_600_000
WHOLE = Entry("", "holiday", "folder")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(road, "PAUSES", (0.01,))
    monkeypatch.setattr(transfer, "PAUSE", 0.0)


# There already


def test_the_same_save_twice_moves_no_byte_of_a_file(holiday, folder, journal, monkeypatch):
    moved = []

    def counted(true):
        def count(body, *given):
            if body._descriptor >= 0:  # else it is no file: a listing, say
                moved.append(body)
            return true(body, *given)

        return count

    for name in ("read", "send"):
        true = getattr(server.body.FileBody, name)
        monkeypatch.setattr(server.body.FileBody, name, counted(true))
    (holiday / "big.bin").write_bytes(BIG)
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        client = Client(share.address)
        first = Save(client, [WHOLE], folder, journal=journal).run()
        assert (first.saved, first.skipped, first.unverified) == (5, 0, 0)
        assert moved
        moved.clear()
        again = Save(client, [WHOLE], folder, journal=journal).run()
        client.close()
    assert (again.saved, again.skipped, again.failed) == (0, 5, 0)
    assert moved == []
    assert tree_of(folder / "holiday") == tree_of(holiday)
    assert [path.name for path in folder.iterdir()] == ["holiday"]


def test_a_file_that_changed_in_the_share_comes_under_another_name(
    scripted, honest, folder, journal
):
    share = honest({"img.png": b"hello", "same.png": b"same!"})
    client = Client(scripted(share).address)
    wanted = [file("img.png"), file("same.png")]
    Save(client, wanted, folder, journal=journal).run()
    share.files["img.png"] = b"HELLO"
    for _ in range(2):
        Save(client, wanted, folder, journal=journal).run()
    client.close()
    assert tree_of(folder) == {"img.png": b"hello", "same.png": b"same!", "img (2).png": b"HELLO"}
    assert share.sent == 15


@pytest.mark.parametrize(
    ("policy", "expected", "counts"),
    [
        (Policy.KEEP_BOTH, {"img.png": b"mine!", "img (2).png": b"hello"}, (1, 0)),
        (Policy.SKIP, {"img.png": b"mine!"}, (0, 1)),
        (Policy.REPLACE, {"img.png": b"hello"}, (1, 0)),
    ],
)
def test_a_different_file_of_that_name_is_treated_as_the_user_wants(
    client_of, honest, folder, policy, expected, counts
):
    (folder / "img.png").write_bytes(b"mine!")
    client = client_of(honest({"img.png": b"hello"}))
    summary = Save(client, [file("img.png")], folder, choose=lambda _: policy).run()
    assert tree_of(folder) == expected
    assert (summary.saved, summary.skipped) == counts


def test_what_fails_replaces_nothing(scripted, honest, folder):
    (folder / "img.png").write_bytes(b"mine!")
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = share.send_some(3)
    client = Client(scripted(share).address)
    summary = Save(client, [file("img.png")], folder, choose=lambda _: Policy.REPLACE).run()
    client.close()
    assert summary.failed == 1
    assert tree_of(folder) == {"img.png": b"mine!"}


def test_no_folder_is_replaced_by_a_file_or_followed_as_a_link(client_of, honest, folder, tmp_path):
    (folder / "img.png").mkdir()
    (folder / "link.png").symlink_to(tmp_path / "elsewhere")
    client = client_of(honest({"img.png": b"hello", "link.png": b"hello"}))
    wanted = [file("img.png"), file("link.png")]
    Save(client, wanted, folder, choose=lambda _: Policy.REPLACE).run()
    assert (folder / "img.png").is_dir()
    assert (folder / "link.png").is_symlink()
    assert (folder / "img (2).png").read_bytes() == b"hello"
    assert (folder / "link (2).png").read_bytes() == b"hello"
    assert not (tmp_path / "elsewhere").exists()


def test_only_a_folder_that_this_share_has_filled_before_is_filled_again(
    client_of, honest, folder, journal
):
    (folder / "holiday").mkdir()
    client = client_of(honest({"img.png": b"hello", "a/b.png": b"deep!"}))
    for _ in range(2):
        Save(client, [WHOLE], folder, journal=journal).run()
    Save(client, [Entry("a", "a", "folder")], folder, journal=journal).run()
    assert tree_of(folder) == {
        "holiday (2)/img.png": b"hello",
        "holiday (2)/a/b.png": b"deep!",
        "a/b.png": b"deep!",
    }


def test_no_link_is_taken_for_a_folder_that_was_saved_before(holiday, folder, journal, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    with Share(Application(SharedFolder(holiday)), port=0) as share:
        client = Client(share.address)
        Save(client, [WHOLE], folder, journal=journal).run()
        (folder / "holiday").rename(elsewhere)
        (folder / "holiday").symlink_to(elsewhere)
        (elsewhere / "notes.txt").unlink()
        Save(client, [WHOLE], folder, journal=journal).run()
        client.close()
    assert not (elsewhere / "notes.txt").exists()
    assert tree_of(folder / "holiday (2)") == tree_of(holiday)


def test_the_content_of_a_folder_can_go_directly_where_it_is_wanted(
    client_of, honest, folder, journal
):
    (folder / "taken").mkdir()
    share = honest({"img.png": b"hello", "taken/b.png": b"deep!"})
    client = client_of(share)
    for _ in range(2):
        Save(client, [WHOLE], folder, name=HERE, journal=journal).run()
    assert tree_of(folder) == {"img.png": b"hello", "taken (2)/b.png": b"deep!"}
    assert share.sent == 10


def test_a_share_without_digests_is_believed_only_after_its_file_has_come(
    client_of, honest, folder
):
    share = honest({"img.png": b"hello"}, tells_digests=False)
    client = client_of(share)
    first = Save(client, [file("img.png")], folder).run()
    assert (first.saved, first.unverified) == (1, 1)
    again = Save(client, [file("img.png")], folder).run()
    assert (again.saved, again.skipped) == (0, 1)
    assert tree_of(folder) == {"img.png": b"hello"}
    assert share.sent == 10


# Going on


def interrupted(scripted, honest, folder, journal, **how):
    """Leave a part of a big file behind, and give the share and its client."""
    share = honest({"big.bin": BIG}, **how)
    share.tricks["big.bin"] = share.send_some(HALF)
    address = scripted(share).address
    client = Client(address)
    summary = Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    assert summary.failed == 1
    (left,) = folder.iterdir()
    assert (left.name, left.stat().st_size) == ("big.bin.part", HALF)
    share.tricks.clear()
    return share, client


def resume(client, folder, journal):
    summary = Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    client.close()
    assert (summary.saved, summary.unverified, summary.failures) == (1, 0, ())
    assert tree_of(folder) == {"big.bin": BIG}


def test_a_part_is_gone_on_with(scripted, honest, folder, journal):
    share, client = interrupted(scripted, honest, folder, journal)
    before = share.sent
    resume(client, folder, journal)
    assert share.sent - before == len(BIG) - HALF


def test_a_part_of_another_version_starts_over(scripted, honest, folder, journal, monkeypatch):
    share, client = interrupted(scripted, honest, folder, journal)
    new = os.urandom(len(BIG))
    share.files["big.bin"] = new
    Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    client.close()
    assert tree_of(folder) == {"big.bin": new}


def test_a_part_is_not_believed_where_nothing_tells_that_it_is_right(
    scripted, honest, folder, journal
):
    _, client = interrupted(scripted, honest, folder, journal, tells_digests=False)
    (folder / "big.bin.part").write_bytes(bytes(HALF))
    summary = Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    client.close()
    assert (summary.saved, summary.unverified, summary.failures) == (1, 1, ())
    assert tree_of(folder) == {"big.bin": BIG}


LINKS = ["a link", "another file's name"]


@pytest.mark.parametrize("damage", ["other bytes", "too long", "empty", "gone", *LINKS])
def test_whatever_became_of_the_part_the_file_is_right(
    scripted, honest, folder, journal, damage, tmp_path
):
    _, client = interrupted(scripted, honest, folder, journal)
    part = folder / "big.bin.part"
    other = tmp_path / "other"
    other.write_bytes(b"mine" * 1000)
    match damage:
        case "other bytes":
            part.write_bytes(bytes(HALF))
        case "too long":
            part.write_bytes(BIG + b"more")
        case "empty":
            part.write_bytes(b"")
        case "gone":
            part.unlink()
        case "a link":
            part.unlink()
            part.symlink_to(other)
        case "another file's name":
            part.unlink()
            part.hardlink_to(other)
    summary = Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    client.close()
    assert (summary.saved, summary.unverified, summary.failures) == (1, 0, ())
    assert (folder / "big.bin").read_bytes() == BIG
    assert other.read_bytes() == b"mine" * 1000
    assert part.exists() == (damage in LINKS)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other locks.")
def test_a_part_that_another_save_is_at_is_left_to_it(scripted, honest, folder, journal):
    _, client = interrupted(scripted, honest, folder, journal)
    with (folder / "big.bin.part").open("rb") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        summary = Save(client, [file("big.bin", len(BIG))], folder, journal=journal).run()
    client.close()
    assert summary.saved == 1
    assert tree_of(folder) == {"big.bin": BIG, "big.bin.part": BIG[:HALF]}


@pytest.mark.parametrize(
    "answer",
    [
        {"Content_Range": "bytes 0-2999999/3000000"},
        {"Content_Range": f"bytes {HALF}-2999998/3000000"},
        {"Content_Range": f"bytes {HALF}-2999999/3000000", "ETag": '"another"'},
        {},
    ],
)
def test_an_odd_answer_about_a_part_starts_over(scripted, honest, folder, journal, answer):
    share, client = interrupted(scripted, honest, folder, journal)

    def odd(exchange):
        if "range" in exchange.fields:
            fields = {**share.fields("big.bin"), **answer}
            exchange.reply(BIG[HALF:], "206 PARTIAL CONTENT", **fields)
        else:
            share.send(exchange, "big.bin")

    share.tricks["big.bin"] = odd
    resume(client, folder, journal)


def test_a_cancelled_save_leaves_what_can_be_gone_on_with(scripted, honest, folder, journal):
    share = honest({"big.bin": BIG, "small.png": b"hello"})

    def stall(exchange):
        fields = {"Content_Length": str(len(BIG)), **share.fields("big.bin")}
        exchange.reply(BIG[:HALF], **fields)
        exchange.stall()

    share.tricks["big.bin"] = stall
    running_share = scripted(share)
    client = Client(running_share.address, patience=1e6)
    wanted = [file("big.bin", len(BIG)), file("small.png")]
    save = Save(client, wanted, folder, journal=journal)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        running_share.stalled.acquire()
        wait_until(lambda: any(one.done == HALF for one in save.view().active))
        wait_until(lambda: save.view().files_done)
        save.cancel()
        assert running.result(timeout=20).cancelled
    (record,) = journal.records()
    assert (record.state, record.saved, record.source.name) == ("cancelled", 1, "Amber Heron")
    assert (folder / "big.bin.part").stat().st_size == HALF
    share.tricks.clear()
    before = share.sent
    summary = save.again().run()
    client.close()
    assert (summary.saved, summary.skipped) == (1, 1)
    assert tree_of(folder) == {"big.bin": BIG, "small.png": b"hello"}
    assert share.sent - before == len(BIG) - HALF
    assert [record.state for record in journal.records()] == ["done"]


def test_parts_of_what_is_not_wanted_any_more_go(scripted, honest, folder, journal):
    share = honest({"a/big.bin": BIG})
    share.tricks["a/big.bin"] = share.send_some(HALF)
    client = Client(scripted(share).address)
    Save(client, [Entry("a", "a", "folder")], folder, journal=journal).run()
    assert (folder / "a" / "big.bin.part").exists()
    share.files = {"a/x.png": b"hello"}
    Save(client, [Entry("a", "a", "folder")], folder, journal=journal).run()
    client.close()
    assert tree_of(folder) == {"a/x.png": b"hello"}


def test_a_forgotten_save_leaves_no_part(scripted, honest, folder, journal):
    _, client = interrupted(scripted, honest, folder, journal)
    client.close()
    (record,) = journal.records()
    journal.forget(record)
    assert journal.records() == []
    assert list(folder.iterdir()) == []


def test_a_pause_holds_everything_and_loses_nothing(scripted, honest, folder):
    share = honest({"big.bin": BIG})
    first = threading.Event()

    def stall_once(exchange):
        if first.is_set():
            share.send(exchange, "big.bin")
            return
        first.set()
        fields = {"Content_Length": str(len(BIG)), **share.fields("big.bin")}
        exchange.reply(BIG[:HALF], **fields)
        exchange.stall()
        left.set()

    left = threading.Event()
    share.tricks["big.bin"] = stall_once
    running_share = scripted(share)
    client = Client(running_share.address, patience=1e6)
    save = Save(client, [file("big.bin", len(BIG))], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        running_share.stalled.acquire()
        wait_until(lambda: any(one.done == HALF for one in save.view().active))
        save.pause()
        assert save.view().is_paused
        assert left.wait(20)
        save.go_on()
        summary = running.result(timeout=20)
    client.close()
    assert summary.saved == 1
    assert tree_of(folder) == {"big.bin": BIG}
    assert share.sent == len(BIG) - HALF


def test_one_file_can_be_cancelled(scripted, honest, folder):
    share = honest({"good.png": b"hello", "bad.png": b"hello"})
    share.tricks["bad.png"] = lambda exchange: exchange.stall()
    running_share = scripted(share)
    client = Client(running_share.address, patience=1e6)
    save = Save(client, [file("bad.png"), file("good.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        running_share.stalled.acquire()
        save.cancel_file("bad.png")
        summary = running.result(timeout=20)
    client.close()
    assert tree_of(folder) == {"good.png": b"hello"}
    assert [failure.path for failure in summary.failures] == ["bad.png"]
    assert not summary.cancelled


# The share goes away


def running(folder, identity, port=0):
    share = Share(Application(SharedFolder(folder), identity=identity), port=port)
    share.start()
    return share


def test_the_same_share_is_found_at_another_address(holiday, folder):
    for number in range(300):
        (holiday / f"{number}.bin").write_bytes(os.urandom(20_000))
    identity = Identity("a" * 16, "Amber Heron")
    shares = [running(holiday, identity)]
    client = Client(shares[0].address)

    def find(share):
        assert share == identity.id
        if len(shares) == 1:
            shares.append(running(holiday, identity))
        return ["http://127.0.0.1:9", shares[1].address]

    save = Save(client, [WHOLE], folder, find=find)
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(save.run)
        wait_until(lambda: save.view().files_done >= 20)
        shares[0].stop()
        summary = saving.result(timeout=50)
    client.close()
    shares[-1].stop()
    assert (summary.saved, summary.failures, summary.stopped) == (304, (), "")
    assert tree_of(folder / "holiday") == tree_of(holiday)


def test_however_often_the_share_goes_away_the_save_goes_on(scripted, honest, folder):
    share = honest({"img.png": b"hello"})
    lost = iter(range(12))

    def leave(exchange):
        if next(lost, None) is None:
            share.send(exchange, "img.png")
        else:
            share.is_away = iter(range(2))
            exchange.hang_up()

    def tell(exchange):
        if next(share.is_away, None) is None:
            return False
        exchange.hang_up()
        return True

    share.tricks["img.png"] = leave
    share.is_away = iter(())

    def script(exchange):
        if exchange.path != "/api/share" or not tell(exchange):
            share(exchange)

    client = Client(scripted(script).address)
    summary = Save(client, [file("img.png")], folder).run()
    client.close()
    assert (summary.saved, summary.failures, summary.stopped) == (1, (), "")


def test_another_share_at_the_old_address_is_not_taken_for_it(scripted, honest, folder):
    share = honest({"img.png": b"hello"})
    elsewhere = scripted(honest({"img.png": b"right"}))
    there = scripted(share)

    def changes(exchange):
        share.id, share.files = "another", {"img.png": b"wrong"}
        exchange.hang_up()

    share.tricks["img.png"] = changes
    client = Client(there.address)
    find = lambda _: [elsewhere.address]  # noqa: E731
    summary = Save(client, [file("img.png")], folder, find=find).run()
    client.close()
    assert summary.saved == 1
    assert tree_of(folder) == {"img.png": b"right"}


@pytest.mark.parametrize("told", ["another", ""])
def test_only_the_share_that_is_meant_is_taken_from(scripted, honest, folder, told):
    meant = honest({"img.png": b"right"})
    elsewhere = scripted(meant)
    client = Client(scripted(honest({"img.png": b"wrong"}, share_id=told)).address)
    find = lambda share: [elsewhere.address] if share == meant.id else []  # noqa: E731
    save = Save(client, [file("img.png")], folder, find=find, share=meant.id)
    assert (save.run().saved, save.again().run().skipped) == (1, 1)
    client.close()
    assert tree_of(folder) == {"img.png": b"right"}


def test_no_share_in_the_clear_is_asked_for_one_that_is_encrypted(scripted, honest, monkeypatch):
    monkeypatch.setattr(road, "PAUSES", (1e6,))
    bare = scripted(honest({}))
    client = Client("https://127.0.0.1:9", pin="123456", fingerprint="0" * 64)
    away = road.Road(client, lambda _: [bare.address], Halting(), patience=0.0)
    away.share = "0123456789abcdef"
    with pytest.raises(Unreachable):
        away.wait(0, Unreachable("Gone."))
    client.close()
    assert bare.heads == []


def test_a_share_that_is_away_is_looked_for_at_once_if_the_user_wants(
    scripted, honest, folder, monkeypatch
):
    monkeypatch.setattr(road, "PAUSES", (1e6,))
    share = honest({"img.png": b"hello"})
    is_back = threading.Event()
    script = lambda exchange: share(exchange) if is_back.is_set() else exchange.hang_up()  # noqa: E731
    client = Client(scripted(script).address)
    save = Save(client, [file("img.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        wait_until(lambda: save.view().away)
        is_back.set()
        save.look_now()
        assert running.result(timeout=20).saved == 1
    client.close()


def test_what_a_program_leaves_when_it_ends_waits_for_the_next(scripted, honest, folder, journal):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = lambda exchange: exchange.stall()
    there = scripted(share)
    client = Client(there.address, patience=1e6)
    save = Save(client, [file("img.png")], folder, journal=journal)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        there.stalled.acquire()
        save.leave()
        assert running.result(timeout=20).cancelled
    client.close()
    (record,) = journal.records()
    assert (record.state, record.is_unfinished, journal.is_held(record)) == ("waiting", True, False)


def test_a_share_that_is_waited_for_is_told_of_and_can_be_given_up(
    scripted, honest, folder, monkeypatch
):
    monkeypatch.setattr(road, "PAUSES", (1e6,))
    there = scripted(honest({"img.png": b"hello"}))
    client = Client(there.address)
    there.stop()
    save = Save(client, [file("img.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        away = wait_until(lambda: save.view().away)
        save.cancel()
        assert running.result(timeout=20).cancelled
    client.close()
    assert away.reason == f"{there.address} does not answer."
    assert away.next_look > away.since
    assert save.view().away is None
    assert tree_of(folder) == {}


def test_a_share_that_stays_away_too_long_ends_the_save(scripted, honest, folder):
    share = honest({"img.png": b"hello"})
    there = scripted(share)
    client = Client(there.address)
    there.stop()
    summary = Save(client, [file("img.png")], folder, patience=0.05).run()
    client.close()
    assert summary.stopped == f"{there.address} does not answer."
    assert not summary.cancelled


def test_a_folder_that_is_unplugged_and_back_again_is_waited_for(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    times = iter(range(100))

    def unplugged(exchange):
        if next(times) < 3:
            exchange.reply(b"", "503 SERVICE UNAVAILABLE")
        else:
            share.send(exchange, "img.png")

    share.tricks["img.png"] = unplugged
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.failures) == (1, ())
    assert Path(folder / "img.png").read_bytes() == b"hello"
