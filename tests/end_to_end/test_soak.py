"""Many clients at once, of all sorts, for a while: nothing grows, and nothing is answered wrong.

A few seconds of it are tried here. For the long form, whose figures count:

    LANSLIDE_SOAK=1200 uv run pytest -s -o faulthandler_timeout=0 tests/end_to_end/test_soak.py

is 50 clients for that many seconds, and writes down now and then what the program takes.
"""

import json
import os
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("LANSLIDE_SOAK", "6"))
IS_LONG = SECONDS > 60
CLIENTS = 50 if IS_LONG else 16
PATIENCE = 60
PICTURES = 60
BIG = 24_000_000
# After this part of the time everything has been loaded and every cache is warm.
WARM = 0.25
# Of what the program takes when it is warm; the rest is noise.
MOST_GROWTH = 1.15
LOOKS = 240
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Counts by /proc.")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the program takes at one moment; memory in bytes, its decoders' too."""

    memory: int
    threads: int
    descriptors: int
    latency: float


class Clients:
    """Threads that each do one thing after another, whichever comes, until they are told to end."""

    def __init__(self, port, expected):
        self.port, self.expected = port, expected
        self.done, self.wrong = Counter(), []
        self._is_over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self):
        self._is_over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)

    def _run(self, number):
        draw = random.Random(number)  # noqa: S311 - nothing is to be kept secret here
        visits = (browse, look, take, resume, pack, leave, listen, disturb)
        while not self._is_over.is_set():
            visit = draw.choice(visits)
            try:
                visit(self, draw)
            except Exception as error:
                self.wrong.append(f"{visit.__name__}: {error!r}")
                return
            self.done[visit.__name__] += 1

    def asked(self, target, fields=(), allowed=(200,)):
        """Give the body of a reply, all of it."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", target, headers=dict(fields))
            reply = connection.getresponse()
            body = reply.read()
            assert reply.status in allowed, f"{target}: {reply.status}"
            return reply, body

    def raw(self, request):
        """Give a socket on which *request* was sent."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        made.sendall(request)
        return made


def browse(clients, _):
    for path in ("", "day/"):
        _, page = clients.asked(f"/files/{path}")
        assert b"</html>" in page
        _, told = clients.asked(f"/api/folder/{path}")
        names = {entry["name"] for entry in json.loads(told)["entries"]}
        there = {name.removeprefix(path) for name in clients.expected if name.startswith(path)}
        assert names == {name.partition("/")[0] for name in there}


def look(clients, draw):
    for _ in range(10):
        name = draw.choice([name for name in clients.expected if name.endswith("jpg")])
        # So many ask that some are sent away.
        _, picture = clients.asked(f"/thumb/grid/{quote(name)}", allowed=(200, 503))
        assert picture.startswith((b"\xff\xd8", b"{", b"<"))


def take(clients, draw):
    name = draw.choice(list(clients.expected))
    _, body = clients.asked(f"/download2/{quote(name)}")
    assert sha256(body).digest() == clients.expected[name]


def resume(clients, draw):
    start = draw.randrange(BIG)
    reply, body = clients.asked(
        "/download2/film.mp4", {"Range": f"bytes={start}-{start + 99_999}"}, (206,)
    )
    end = min(start + 100_000, BIG)
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/{BIG}"
    assert len(body) == end - start


def pack(clients, _):
    reply, body = clients.asked("/zip/day", allowed=(200, 429))
    if reply.status == 200:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            assert archive.testzip() is None


def leave(clients, draw):
    """Go away in the middle of something large."""
    target = draw.choice(["/download2/film.mp4", "/zip/", "/zip/day", "/thumb/screen/day/0.jpg"])
    request = f"GET {target} HTTP/1.1\r\nHost: localhost:{clients.port}\r\n\r\n"
    with clients.raw(request.encode()) as one:
        one.recv(draw.randrange(1, 100_000))
        if draw.random() < 0.5:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def listen(clients, _):
    request = f"GET /api/events/day HTTP/1.1\r\nHost: localhost:{clients.port}\r\n\r\n"
    with clients.raw(request.encode()) as one:
        assert b"200" in one.recv(1000)


def disturb(clients, draw):
    """Ask for what nobody gets, or nothing that makes sense."""
    request = draw.choice(
        [
            b"\0\0\0\0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET /files/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
            b"GET /thumb/grid/nothing HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
            b"POST /zip HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 999999999\r\n\r\n",
            b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
        ]
    )
    with clients.raw(request.replace(b"%d", b"%d" % clients.port)) as one:
        one.shutdown(socket.SHUT_WR)
        # Cut off in the middle of what it says is an answer, too.
        with suppress(ConnectionError):
            answer = one.recv(100)
            assert not answer or re.match(rb"HTTP/1\.[01] 4\d\d", answer), answer


@pytest.fixture
def shared(tmp_path):
    """Photographs, each of its own, and a film."""
    folder = tmp_path / "shared"
    (folder / "day").mkdir(parents=True)
    samples = sorted((ROOT / "images").rglob("*.jpg"))
    for number in range(PICTURES):
        data = samples[number % len(samples)].read_bytes()
        # What stands behind the end of a JPEG is not looked at, but makes another file of it.
        (folder / "day" / f"{number}.jpg").write_bytes(data + number.to_bytes(4))
    (folder / "film.mp4").write_bytes(random.Random(1).randbytes(BIG))  # noqa: S311 - as above
    return folder


@pytest.fixture
def program(shared):
    """`lanslide-serve` with these, and its port."""
    command = [sys.executable, "-m", "server", os.fspath(shared), "--port", "0", "--quiet"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        yield running, int(running.stdout.readline().rpartition(":")[2])
        running.terminate()
        _, told = running.communicate(timeout=PATIENCE)
        assert "Traceback" not in told


def family(pid):
    """Give the numbers of a process and all that come from it."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    found = [int(one) for path in children for one in path.read_text().split()]
    return [pid, *(each for one in found for each in family(one))]


def taken(program):
    """Look what the program takes, and how long it takes to answer something small."""
    process, port = program
    pages = 0
    for pid in family(process.pid):
        with suppress(OSError):  # a decoder that has just ended
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    began = time.monotonic()
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/api/share")
        assert connection.getresponse().read()
    return Taken(
        pages * os.sysconf("SC_PAGESIZE"),
        len(list(Path(f"/proc/{process.pid}/task").iterdir())),
        len(list(Path(f"/proc/{process.pid}/fd").iterdir())),
        time.monotonic() - began,
    )


def connections(port):
    """Count what is connected at our side of *port*, also if the other side has gone."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    here = f":{port:04X}"
    established, close_wait = "01", "08"
    return sum(one[1].endswith(here) and one[3] in (established, close_wait) for one in lines)


def written(when, one, clients):
    said = f"{when:6.0f} s  {one.memory / 1e6:6.0f} MB  {one.threads:3} threads"
    said += f"  {one.descriptors:4} descriptors  {one.latency * 1000:7.1f} ms"
    sys.stdout.write(f"{said}  {clients.done.total():7} visits\n")
    sys.stdout.flush()


def test_many_clients_of_all_sorts_leave_nothing_behind(program, shared):
    expected = {
        path.relative_to(shared).as_posix(): sha256(path.read_bytes()).digest()
        for path in shared.rglob("*")
        if path.is_file()
    }
    clients, seen, tick = Clients(program[1], expected), [], threading.Event()
    began = time.monotonic()
    while (now := time.monotonic() - began) < SECONDS and not clients.wrong:
        seen.append(taken(program))
        if IS_LONG and len(seen) % (LOOKS // 20) == 1:
            written(now, seen[-1], clients)
        tick.wait(SECONDS / LOOKS)
    clients.end()
    assert not clients.wrong
    assert {"browse", "look", "take", "resume", "pack", "leave", "listen", "disturb"} <= {
        *clients.done
    }
    end = time.monotonic() + PATIENCE
    while left := connections(program[1]):
        # Whoever is gone is forgotten, soon.
        assert time.monotonic() < end, f"{left} connections are still there."
    warm = seen[int(len(seen) * WARM) :]
    half = len(warm) // 2
    if IS_LONG:
        for what in ("memory", "threads", "descriptors", "latency"):
            first, last = (
                statistics.median(getattr(one, what) for one in part)
                for part in (warm[:half], warm[half:])
            )
            sys.stdout.write(f"{what}: {first:.6g} in the first half, {last:.6g} in the other\n")
            assert what == "latency" or last < first * MOST_GROWTH
        sys.stdout.write(f"{dict(clients.done)}\n")
