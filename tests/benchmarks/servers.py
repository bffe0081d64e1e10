"""How fast files are served, beside the best servers and the usual ones, all in one run.

    python tests/benchmarks/servers.py [--rounds N] [--seconds S] [--big MiB]

Needs `wrk` and, for the peers, `nginx` and `uv` (which fetches copyparty). The rounds of all
servers alternate, so that whatever else the computer does meets them all; medians are shown, and
their ratios are what counts. Files stay in memory here: this measures servers, not disks.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from peers import (
    COPYPARTY,
    COPYPARTY_2,
    HTTP_SERVER,
    NGINX,
    OURS,
    PEERS,
    SEED,
    Running,
    missing,
    say,
)

FILES = 100
CONNECTIONS = 32
BIG = "big.bin"
# How the two sides share the processors makes a transfer cost one or nearly two times as much,
# whoever serves; so more than one in a round.
BIG_ONES = 3
ROWS = {"10 kB": 10_240, "100 kB": 102_400}
Results = dict[str, dict[str, list[float]]]
"""What was measured, by the name of the row and then of the server."""

_ROTATE = f"""
local count, before = 0, ""
function init(arguments) before = arguments[1] end
function request()
  count = (count + 1) % {FILES}
  return wrk.format("GET", before .. count .. ".bin")
end
"""


def main() -> int:
    asked = _arguments()
    say(missing("nginx", "uv", "wrk"))
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as servers:
        folder = Path(scratch) / "files"
        _make(folder, asked.big << 20)
        running = [
            servers.enter_context(Running(peer, folder, Path(scratch)))
            for peer in PEERS
            if not peer.is_missing
        ]
        results = _measured(running, asked.rounds, asked.seconds, Path(scratch))
    _show(results)
    _judge(results)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of small files in each round")
    parser.add_argument("--big", type=int, default=1024, help="size of the big file in MiB")
    return parser.parse_args()


def _make(folder: Path, big: int) -> None:
    folder.mkdir()
    piece = os.urandom(1 << 20)
    with (folder / BIG).open("wb") as file:
        for _ in range(big >> 20):
            file.write(piece)
    for size in ROWS.values():
        for number in range(FILES):
            (folder / f"{size}-{number}.bin").write_bytes(os.urandom(size))


def _measured(running: Sequence[Running], rounds: int, seconds: int, scratch: Path) -> Results:
    script = scratch / "rotate.lua"
    script.write_text(_ROTATE)
    results: Results = defaultdict(lambda: defaultdict(list))
    for number in range(-1, rounds):
        for server in running:
            # The round before the first warms everything up, and is not counted.
            into: Results = results if number >= 0 else defaultdict(lambda: defaultdict(list))
            for _ in range(BIG_ONES):
                _big(server, into)
            for row, size in ROWS.items():
                _small(server, row, size, seconds if number >= 0 else 1, script, into)
            if number < 0:
                server.settle()
        say(f"round {number + 1} of {rounds}")
    return results


def _big(server: Running, results: Results) -> None:
    buffer = memoryview(bytearray(1 << 20))
    before, begun = server.cpu(), time.monotonic()
    received = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(server.request(BIG, "Connection: close\r\n"))
        while count := client.recv_into(buffer):
            received += count
    took = time.monotonic() - begun
    results["1 file: MB/s"][server.peer.name].append(received / took / 1e6)
    results["1 file: CPU s/GB"][server.peer.name].append((server.cpu() - before) / received * 1e9)


def _small(
    server: Running, row: str, size: int, seconds: int, script: Path, results: Results
) -> None:
    before = server.cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
    base = f"http://127.0.0.1:{server.port}"
    said = subprocess.run(
        [*command, base, "--", f"{server.peer.before}{size}-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    spent = server.cpu() - before
    if "Non-2xx" in said:
        raise RuntimeError(f"{server.peer.name} refused something.\n{said}")
    number = float(re.search(r"(\d+) requests in", said)[1])
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said)
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}[latency[2]]
    of = server.peer.name
    results[f"{row}: req/s"][of].append(float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]))
    results[f"{row}: CPU µs"][of].append(spent / max(number, 1) * 1e6)
    results[f"{row}: p99 ms"][of].append(float(latency[1]) * unit)


def _show(results: Results) -> None:
    names = [peer.name for peer in PEERS if peer.name in next(iter(results.values()))]
    say(" " * 18 + "".join(f"{name:>18}" for name in names))
    for row, by_server in results.items():
        cells = (median(by_server[name]) for name in names)
        say(f"{row:18}" + "".join(f"{cell:18.2f}" for cell in cells))


def _judge(results: Results) -> None:
    """Print the ratios that matter; of each, first what there has to be."""
    python = (COPYPARTY, COPYPARTY_2, HTTP_SERVER, SEED)
    bars = [
        ("1 file: MB/s", NGINX, 0.9, None),
        *[("1 file: MB/s", peer, 1.0, None) for peer in python],
        ("1 file: CPU s/GB", NGINX, None, 1.5),
        ("10 kB: req/s", COPYPARTY_2, 1.0, None),
        ("100 kB: req/s", COPYPARTY_2, 1.0, None),
    ]
    say()
    for row, peer, least, most in bars:
        if not results[row][peer.name]:
            continue
        ratio = median(results[row][OURS.name]) / median(results[row][peer.name])
        is_met = (least is None or ratio >= least) and (most is None or ratio <= most)
        bar = f"≥ {least}" if most is None else f"≤ {most}"
        say(f"{row:18} {OURS.name} / {peer.name:18} {ratio:6.2f}  ({bar}) {_word(is_met)}")


def _word(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
