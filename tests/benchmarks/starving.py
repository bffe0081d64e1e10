"""What clients that stall can do to a share: a thousand downloads, a thousand slow headers.

    python tests/benchmarks/starving.py [--clients N] [--only NAME] [--seconds S]

`stalled` and `stop` open downloads and read nothing, `headers` sends a byte a second, and `tool`
runs `slowhttptest` in its four ways, if it is installed. Each prints what was measured beside
what there has to be.
"""

import argparse
import os
import re
import resource
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

from peers import OURS, Running, missing, say

sys.path.insert(0, str(Path(__file__).parents[2]))

from server.application import Application
from server.digests import Digests
from server.folder import SharedFolder
from server.share import Share

BIG = "big.bin"
SMALL = "small.bin"
SLOW = {"-H": "slow headers", "-B": "slow bodies", "-R": "ranges", "-X": "slow reading"}


def main() -> int:
    tests: dict[str, Callable[[Path, argparse.Namespace], None]] = {
        "stalled": _stalled,
        "headers": _headers,
        "stop": _stop,
        "tool": _tool,
    }
    asked = _arguments(tests)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        with (folder / BIG).open("wb") as file:
            file.truncate(1 << 30)
        (folder / SMALL).write_bytes(os.urandom(10_240))
        for name, test in tests.items():
            if asked.only in {None, name}:
                test(folder, asked)
    return 0


def _arguments(tests: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60, help="for each way of slowhttptest")
    parser.add_argument("--only", choices=list(tests))
    return parser.parse_args()


def _stalled(folder: Path, asked: argparse.Namespace) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(Running(OURS, folder, folder.parent))
        _get(server)
        server.settle()
        memory = server.memory()
        for number in range(asked.clients):
            fields = "Range: bytes=1000-\r\n" if number % 2 else ""
            client = stack.enter_context(_client(server.port, receive=4096))
            client.sendall(server.request(BIG, fields))
            client.recv(1)
        server.settle()
        more = server.memory() - memory
        before, begun = server.cpu(), time.monotonic()
        time.sleep(10)
        cpu = (server.cpu() - before) / (time.monotonic() - begun)
        times = [_get(server) for _ in range(100)]
    say(f"{asked.clients} stalled downloads, half of them ranges:")
    _tell("  next small GET, ms", times[0] * 1e3, 50)
    _tell("  slowest of 100, ms", max(times) * 1e3, 50)
    _tell("  more memory, MB", more, 100)
    _tell("  CPU while nothing happens, %", cpu * 100, 1)


def _headers(folder: Path, asked: argparse.Namespace) -> None:
    """Send headers byte by byte for half a minute, and see how others are served meanwhile."""
    with ExitStack() as stack:
        server = stack.enter_context(Running(OURS, folder, folder.parent))
        _get(server)
        base, request = server.sockets(), server.request(SMALL)
        clients = [stack.enter_context(_client(server.port)) for _ in range(asked.clients)]
        times = []
        for second in range(30):
            begun = time.monotonic()
            for client in clients:
                with suppress(OSError):
                    client.send(request[second : second + 1])
            times += [_get(server) for _ in range(10)]
            time.sleep(max(0, begun + 1 - time.monotonic()))
        # Those that were dropped do not come back, nor do they close what is closed.
        begun = time.monotonic()
        while server.sockets() > base and time.monotonic() < begun + 60:
            time.sleep(0.5)
        left, took = server.sockets() - base, 30 + time.monotonic() - begun
    say(f"{asked.clients} clients that send headers, one byte a second:")
    _tell("  slowest normal GET, ms", max(times) * 1e3, 100)
    say(f"  the usual one, ms          {median(times) * 1e3:10.2f}")
    _tell(f"  sockets left after {took:.0f} s", left, 0)


def _stop(folder: Path, asked: argparse.Namespace) -> None:
    shared = SharedFolder(folder)
    digests = Digests(shared)
    share = Share(Application(shared, digests), port=0)
    before = _descriptors()
    share.start()
    with ExitStack() as stack:
        clients = []
        for number in range(asked.clients):
            fields = b"Range: bytes=1000-\r\n" if number % 2 else b""
            client = stack.enter_context(_client(share.port, receive=4096))
            client.sendall(b"GET /download/%s HTTP/1.0\r\n%s\r\n" % (BIG.encode(), fields))
            client.recv(1)
            clients.append(client)
        digests.close()
        begun = time.monotonic()
        share.stop()
        took = time.monotonic() - begun
        left = _descriptors() - before - len(clients)
        ended = select.poll()
        for client in clients:
            ended.register(client, select.POLLHUP)
        hung_up = len(ended.poll(0))
        with suppress(ConnectionRefusedError), _client(share.port):
            left += 1
    say(f"stop with {asked.clients} stalled clients:")
    _tell("  seconds", took, 1)
    _tell("  descriptors and ports left", left, 0)
    _tell("  clients not cut off", len(clients) - hung_up, 0)


def _tool(folder: Path, asked: argparse.Namespace) -> None:
    if sentence := missing("slowhttptest"):
        say(sentence)
        return
    say(f"slowhttptest, 500 connections, {asked.seconds} s:")
    for way, name in SLOW.items():
        with Running(OURS, folder, folder.parent) as server:
            many = ["-c", "500", "-r", "200", "-l", str(asked.seconds), "-i", "5"]
            url = server.url(BIG if way == "-X" else SMALL)
            said = subprocess.run(
                ["slowhttptest", way, *many, "-u", url],  # noqa: S607 - wherever it is
                capture_output=True,
                text=True,
                check=False,
            ).stdout
        plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
        answers = re.findall(r"service available:\s+(YES|NO)", plain)
        is_met = bool(answers) and "NO" not in answers
        say(f"  {way} {name:16} service available: {'YES' if is_met else 'NO'}")


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _client(port: int, receive: int = 0) -> socket.socket:
    client = socket.socket()
    client.settimeout(20)
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.connect(("127.0.0.1", port))
    return client


def _get(server: Running) -> float:
    """Fetch the small file on a new connection; give the seconds it took."""
    begun = time.monotonic()
    with _client(server.port) as client:
        client.sendall(server.request(SMALL, "Connection: close\r\n"))
        received = b"".join(iter(lambda: client.recv(1 << 16), b""))
    if not received.startswith(b"HTTP/1.1 200") or len(received) < 10_240:
        raise RuntimeError(f"A normal client was refused: {received[:100]!r}")
    return time.monotonic() - begun


def _tell(what: str, measured: float, most: float) -> None:
    say(f"{what:28} {measured:10.2f}  (≤ {most}) {'met' if measured <= most else 'MISSED'}")


if __name__ == "__main__":
    sys.exit(main())
