"""How fast a folder is sent as one zip, beside one plain file of the same size.

    uv run python tests/benchmarks/archive.py [--rounds N] [--files N] [--size MiB]

One server sends in turn the plain file; the zip for the first time, when every file is read for its
CRC-32 before it is sent; and the zip again, when these are remembered. Medians are shown, and their
ratios to the plain file's are what counts. The files stay in memory here: this measures the
server, not a disk.
"""

import argparse
import os
import socket
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from peers import OURS, Running, say

BAR = 0.7
# MB.
MEMORY_BAR = 30
PLAIN, COLD, KNOWN = "one plain file", "zip, first time", "zip, once more"
PATHS = {PLAIN: "/download2/plain.bin", COLD: "/zip/files/", KNOWN: "/zip/files/"}


def main() -> int:
    asked = _arguments()
    say(f"{os.cpu_count()} processors; load {os.getloadavg()[0]:.1f} before")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "share"
        _make(folder, asked.files, asked.size << 20)
        rates, spent = defaultdict(list), defaultdict(list)
        more: dict[str, float] = defaultdict(float)
        with Running(OURS, folder, Path(scratch)) as server:
            for number in range(-1, asked.rounds):
                _change(folder / "files")
                for name, path in PATHS.items():
                    rate, cpu, memory = _received(server, path)
                    if number < 0:
                        # Whatever is prepared once, such as the digest of the plain file.
                        server.settle()
                    else:
                        rates[name].append(rate)
                        spent[name].append(cpu)
                        more[name] = max(more[name], memory)
    for name in PATHS:
        ratio = median(rates[name]) / median(rates[PLAIN])
        figures = f"{median(rates[name]):7.0f} MB/s {median(spent[name]):5.2f} CPU s/GB"
        bar = "" if name == PLAIN else f"  × {ratio:.2f} of it (≥ {BAR}) {_word(ratio >= BAR)}"
        own = f"  memory + {more[name]:4.1f} MB (≤ {MEMORY_BAR}) {_word(more[name] <= MEMORY_BAR)}"
        say(f"{name:16} {figures}{own}{bar}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--size", type=int, default=2000, help="of all files, in MiB")
    return parser.parse_args()


def _make(folder: Path, files: int, size: int) -> None:
    (folder / "files").mkdir(parents=True)
    piece = os.urandom(size // files)
    with (folder / "plain.bin").open("wb") as plain:
        for number in range(files):
            (folder / "files" / f"{number}.jpg").write_bytes(piece)
            plain.write(piece)


def _change(folder: Path) -> None:
    """Give every file another time, so that nothing is known of it."""
    for path in folder.iterdir():
        os.utime(path)
    # So long it could still be changed unseen, and would not be remembered.
    time.sleep(0.1)


def _received(server: Running, path: str) -> tuple[float, float, float]:
    """Give the rate in MB/s, the processor's seconds for a GB, and the memory it took in MB."""
    buffer = memoryview(bytearray(1 << 20))
    before, memory, most, received = server.cpu(), server.memory(), 0.0, 0
    begun = looked = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        host = f"127.0.0.1:{server.port}"
        fields = f"Host: {host}\r\nConnection: close\r\n\r\n"
        client.sendall(f"GET {path} HTTP/1.1\r\n{fields}".encode())
        while count := client.recv_into(buffer):
            received += count
            if time.monotonic() - looked > 0.1:
                looked = time.monotonic()
                most = max(most, server.memory() - memory)
    took = time.monotonic() - begun
    return received / took / 1e6, (server.cpu() - before) / received * 1e9, most


def _word(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
