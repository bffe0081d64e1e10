"""A file has its name only if it is what the share says it is."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from gui import transfer
from gui.client import Client
from gui.saving import Failure, Save
from tests.conftest import wait_until
from tests.gui.conftest import file


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def digest_field(data):
    return f"sha-256=:{b64encode(sha256(data).digest()).decode()}:"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(transfer, "LOOKS_AGAIN", (0.0,))


def answering(share, *bodies, **fields):
    """Answer with one body after the other, and with the last one from then on."""
    left = list(bodies)

    def script(exchange):
        body = left.pop(0) if len(left) > 1 else left[0]
        path = exchange.path.removeprefix("/download2/")
        exchange.reply(body, **{**share.fields(path), **fields})

    return script


def test_what_came_damaged_is_fetched_once_more(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hallo", b"hello")
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified) == (1, 0)
    assert contents(folder) == {"img.png": b"hello"}


@pytest.mark.parametrize("by", ["the field", "the route"])
def test_what_comes_damaged_twice_is_told_and_gone(client_of, honest, folder, by):
    share = honest({"img.png": b"hello", "good.png": b"good!"})
    fields = {"Repr_Digest": ""} if by == "the route" else {}
    share.tricks["img.png"] = answering(share, b"hallo", **fields)
    summary = Save(client_of(share), [file("img.png"), file("good.png")], folder).run()
    told = "“img.png” came damaged, or it changes all the time."
    assert summary.failures == (Failure("img.png", told),)
    assert contents(folder) == {"good.png": b"good!"}


def test_the_counters_of_what_came_twice_add_up(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hallo", b"hello")
    save = Save(client_of(share), [file("img.png")], folder)
    save.run()
    assert save.view().bytes_done == save.view().bytes_total == 10


def test_a_digest_that_is_not_told_with_the_file_is_asked_for(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest="")
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified) == (1, 0)


def test_a_digest_that_is_not_ready_is_waited_for(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest="")
    tell, asked = share.tell_digest, []

    def late(exchange, path):
        asked.append(path)
        if len(asked) < 5:
            exchange.reply(b"", "503 SERVICE UNAVAILABLE", Retry_After="1")
        else:
            tell(exchange, path)

    share.tell_digest = late
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified, len(asked)) == (1, 0, 5)


def test_a_digest_that_is_never_ready_is_waited_for_once(
    scripted, honest, folder, journal, monkeypatch
):
    monkeypatch.setattr(transfer, "DIGEST_WAIT", -1.0)
    data = bytes(transfer.WORTH_KEEPING)
    share = honest({"big.bin": data, "good.png": b"hello"})
    share.tricks["big.bin"] = answering(share, data, Repr_Digest="")
    asked = []

    def never(exchange, path):
        asked.append(path)
        exchange.reply(b"", "503 SERVICE UNAVAILABLE")

    share.tell_digest = never
    client = Client(scripted(share).address)
    wanted = [file("big.bin", len(data)), file("good.png")]
    summary = Save(client, wanted, folder, journal=journal).run()
    client.close()
    assert summary.failures == (
        Failure("big.bin", "The share did not get “big.bin” checked in time."),
    )
    assert (summary.stopped, asked) == ("", ["big.bin"])
    assert contents(folder) == {"big.bin.part": data, "good.png": b"hello"}


def test_waiting_for_a_digest_can_be_cancelled(scripted, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest="")
    share.tell_digest = lambda exchange, _: exchange.reply(b"", "503 SERVICE UNAVAILABLE")
    client = Client(scripted(share).address)
    save = Save(client, [file("img.png")], folder)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(save.run)
        wait_until(lambda: any(one.stage == "waiting" for one in save.view().active))
        save.cancel()
        assert running.result(timeout=20).cancelled
    client.close()
    assert contents(folder) == {}


def test_a_file_that_changes_before_its_digest_is_asked_for_comes_once_more(
    client_of, honest, folder
):
    share = honest({"img.png": b"hello"})

    def changes(exchange):
        answering(share, b"hello", Repr_Digest="")(exchange)
        share.files["img.png"] = b"HELLO"
        share.tricks.clear()

    share.tricks["img.png"] = changes
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified) == (1, 0)
    assert contents(folder) == {"img.png": b"HELLO"}


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 10_000,
        b'{"size": 5, "etag": "x", "sha-256": "zz"}',
        b'{"size": "x", "etag": "x", "sha-256": ""}',
    ],
)
def test_a_share_that_tells_no_digest_is_told_apart(client_of, honest, folder, told):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest="")
    share.tell_digest = lambda exchange, _: exchange.reply(told)
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified, summary.failed) == (1, 1, 0)
    assert contents(folder) == {"img.png": b"hello"}


@pytest.mark.parametrize(
    "field",
    [
        digest_field(b"hello").replace("sha-256", "sha-512"),
        "sha-256=::",
        "sha-256=:" + "A" * 10 + ":",
        "sha-256=:" + "=" * 44 + ":",
        "x-" + digest_field(b"other"),
    ],
)
def test_a_digest_field_that_is_none_is_ignored(client_of, honest, folder, field):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest=field)
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.unverified) == (1, 0)


def test_the_digest_of_another_version_does_not_vouch_for_this_one(client_of, honest, folder):
    share = honest({"img.png": b"hello"})
    share.tricks["img.png"] = answering(share, b"hello", Repr_Digest="")

    def another(exchange, path):
        told = {"size": 5, "etag": '"another"', "sha-256": sha256(b"hello").hexdigest()}
        exchange.reply(json.dumps(told).encode())

    share.tell_digest = another
    summary = Save(client_of(share), [file("img.png")], folder).run()
    assert (summary.saved, summary.failed) == (0, 1)
    assert contents(folder) == {}


def test_a_file_is_right_before_it_has_its_name(client_of, honest, folder, monkeypatch):
    named = []
    true = transfer.Part.name

    def name(part, target, **options):
        path = Path(part.path)
        named.append((Path(target).name, path.read_bytes(), path.stat().st_mtime))
        true(part, target, **options)

    monkeypatch.setattr(transfer.Part, "name", name)
    share = honest({"img.png": b"hello", "bad.png": b"hello"})
    share.tricks["bad.png"] = answering(share, b"hallo")
    Save(client_of(share), [file("img.png"), file("bad.png")], folder).run()
    assert named == [("img.png", b"hello", 1.7e9)]
