"""How soon a save ends once it is cancelled, whatever the share does: in 300 ms at most.

    python tests/benchmarks/hostile.py [--rounds N] [--only TRICK]

The shares are those of the tests, which do what a script tells them to. Each save runs for a moment
before it is cancelled; the time is that until all of its threads have ended. Files go to memory
(/dev/shm) where there is such a place, so that no disk is waited for.
"""

import argparse
import itertools
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "gui"))
sys.path.insert(0, str(Path(__file__).parents[2]))

from conftest import Exchange, ScriptedShare
from peers import say

from gui.client import Client
from gui.listing import Entry
from gui.saving import Save

MOST = 0.3
MOMENT = 0.7
DRIP = 0.02
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
LENGTH = 4_000_000_000
"""Bytes of an endless file: fewer than there is room for, or it would not be begun."""

IDENTITY = json.dumps(
    {"id": "0123456789abcdef", "name": "Amber Heron", "needs_pin": False}
).encode()
WHOLE = Entry("", "all", "folder")
Script = Callable[[Exchange], None]


def entry(name: str, size: int | None) -> dict[str, object]:
    kind, media_type = ("folder", None) if size is None else ("file", "image/png")
    found = {"name": name, "kind": kind, "size": size, "type": media_type}
    return {**found, "modified": 1.7e9, "readable": True}


def page(entries: list[dict[str, object]], following: int | None = None) -> bytes:
    return json.dumps({"name": "holiday", "next": following, "entries": entries}).encode()


def serving(file: Script) -> Script:
    """Lists a few files, and answers for them as *file* does."""

    def script(exchange: Exchange) -> None:
        if exchange.path == "/api/share":
            exchange.reply(IDENTITY)
        elif exchange.path.startswith("/api/folder/"):
            exchange.reply(page([entry(f"{number}.png", LENGTH) for number in range(6)]))
        elif exchange.path.startswith("/api/digest/"):
            exchange.reply(b"", "503 SERVICE UNAVAILABLE")
        else:
            file(exchange)

    return script


def listing(folder: Script) -> Script:
    """Answers for folders as *folder* does."""

    def script(exchange: Exchange) -> None:
        if exchange.path == "/api/share":
            exchange.reply(IDENTITY)
        elif exchange.path.startswith("/api/folder/"):
            folder(exchange)
        else:
            exchange.reply(b"hello")

    return script


def drip(exchange: Exchange, start: bytes) -> None:
    exchange.send(start)
    while True:
        exchange.send(b"x")
        time.sleep(DRIP)


def stop_after(exchange: Exchange, start: bytes) -> None:
    exchange.send(start)
    exchange.stall()


def pour(exchange: Exchange) -> None:
    exchange.send(BODY)
    piece = bytes(1 << 20)
    while True:
        exchange.send(piece)


def pages_without_end(exchange: Exchange) -> None:
    start = int(exchange.head.partition("offset=")[2].partition("&")[0])
    exchange.reply(page([entry(f"{start}.png", 5)], start + 1))


def huge_pages(exchange: Exchange) -> None:
    start = int(exchange.head.partition("offset=")[2].partition("&")[0])
    exchange.reply(HUGE.replace(b"@", b"%d" % start).replace(b"null", b"%d" % (start + 5000), 1))


# Made once, so that it is not the share that takes the time.
HUGE = page([entry(f"@ {number}{'ü' * 400}", 5) for number in range(5000)])
HEAD = b"HTTP/1.1 200 OK\r\nX: "
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LENGTH
TRICKS: dict[str, Script] = {
    "says nothing": lambda exchange: exchange.stall(),
    "says nothing about a folder": listing(lambda exchange: exchange.stall()),
    "drips a listing": listing(lambda exchange: drip(exchange, BODY.replace(b"4000", b"4"))),
    "lists pages without end": listing(pages_without_end),
    "lists huge pages": listing(huge_pages),
    "lists folders in folders": listing(lambda exchange: exchange.reply(page([entry("x", None)]))),
    "says nothing about files": serving(lambda exchange: exchange.stall()),
    "stops in the head": serving(lambda exchange: stop_after(exchange, HEAD)),
    "drips a head": serving(lambda exchange: drip(exchange, HEAD)),
    "stops in the body": serving(lambda exchange: stop_after(exchange, BODY)),
    "drips a body": serving(lambda exchange: drip(exchange, BODY)),
    "pours without end": serving(pour),
    "has no digest ready": serving(lambda exchange: exchange.reply(b"hello", ETag='"1"')),
    "is unavailable": lambda exchange: exchange.reply(b"", "503 SERVICE UNAVAILABLE"),
}


def main() -> int:
    asked = _arguments()
    worst: dict[str, float | None] = {}
    base = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        numbers = map(str, itertools.count())
        for _ in range(asked.rounds):
            for name, start in _starts():
                if asked.only in (None, name):
                    into = Path(scratch) / next(numbers)
                    into.mkdir()
                    with start() as client:
                        seconds = _seconds_to_cancel(client, into)
                        worst[name] = max(filter(None, (worst.get(name), seconds)), default=None)
    say("milliseconds from cancel to the end, at worst:")
    for name, seconds in worst.items():
        told = "ended by itself"
        if seconds is not None:
            told = f"{seconds * 1e3:6.0f}   {'met' if seconds <= MOST else 'MISSED'}"
        say(f"  {name:30} {told}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[name for name, _ in _starts()])
    return parser.parse_args()


def _starts() -> Iterator[tuple[str, Callable[[], AbstractContextManager[Client]]]]:
    for name, script in TRICKS.items():
        yield name, lambda script=script: _scripted(script)
    yield "does not shake hands", _silent


@contextmanager
def _scripted(script: Script) -> Iterator[Client]:
    share = ScriptedShare(script)
    client = Client(share.address)
    try:
        yield client
    finally:
        client.close()
        share.stop()


@contextmanager
def _silent() -> Iterator[Client]:
    """A share under TLS that takes a connection, and that is all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"https://127.0.0.1:{listening.getsockname()[1]}"
        client = Client(address, fingerprint="0" * 64)
        try:
            yield client
        finally:
            client.close()


def _seconds_to_cancel(client: Client, into: Path) -> float | None:
    """Cancel a save in the middle and wait for its end; None if it has ended already."""
    save = Save(client, [WHOLE], into)
    running = threading.Thread(target=save.run)
    running.start()
    time.sleep(MOMENT)
    if not running.is_alive():
        return None
    cancelled = time.monotonic()
    save.cancel()
    running.join()
    return time.monotonic() - cancelled


if __name__ == "__main__":
    sys.exit(main())
