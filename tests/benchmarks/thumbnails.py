"""How fast thumbnails come, beside `vipsthumbnail` over the same files.

`uv run python tests/benchmarks/thumbnails.py [--files N] [--rounds N]`

The peer is in Debian's package libvips-tools; HEICs are made with heif-enc of libheif-examples and
left out without it. Both sides take turns; each number is the median of the rounds. Ours is the
whole way: the program, started anew with an empty cache, asked over HTTP on 6 connections as a
browser would, its decoder processes started by the first request.
"""

import argparse
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).parents[2] / "images" / "aurora.jpg"
SIZE = 6000, 4000
CONNECTIONS = 6
CACHED = 200
WHAT = {
    "plain": "JPEG without preview",
    "jpeg": "JPEG with preview",
    "heic": "HEIC with preview",
    "both": "both with preview",
}
# The peer uses a preview in a HEIC as well, so that alone has no bar.
BARS = {"plain": "0.9", "jpeg": "10", "heic": "", "both": "10"}


def picture() -> Image.Image:
    """A picture of 24 megapixels, with as much in it as a camera's."""
    with Image.open(SAMPLE) as sample:
        large = np.asarray(sample.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(1).normal(0, 6, (*large.shape[:2], 1))
    return Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8))


def exif_with_preview(preview: bytes) -> bytes:
    """EXIF data with nothing in it but a preview."""
    second = struct.pack("<H", 3) + b"".join(
        (
            struct.pack("<HHIHxx", 0x0103, 3, 1, 6),
            struct.pack("<HHII", 0x0201, 4, 1, 8 + 18 + 42),
            struct.pack("<HHII", 0x0202, 4, 1, len(preview)),
        )
    )
    first = struct.pack("<HHHIHxxI", 1, 0x0112, 3, 1, 1, 8 + 18)
    return b"Exif\0\0II*\0\x08\0\0\0" + first + second + bytes(4) + preview


def make(folder: Path, files: int) -> dict[str, Path]:
    """Write the pictures; one of each kind, and copies of it."""
    image, small = picture(), BytesIO()
    with Image.open(SAMPLE) as sample:
        sample.resize((160, 107)).save(small, "JPEG", quality=80)
    folders = {kind: folder / kind for kind in WHAT}
    for one in folders.values():
        one.mkdir()
    image.save(folders["plain"] / "0.jpg", quality=90)
    exif = exif_with_preview(small.getvalue())
    image.save(folders["jpeg"] / "0.jpg", quality=90, exif=exif)
    shutil.copy(folders["jpeg"] / "0.jpg", folders["both"])
    if (heif := shutil.which("heif-enc")) is not None:
        image.save(folder / "large.png", compress_level=1)
        target = folders["heic"] / "0.heic"
        subprocess.run(
            [heif, "-q", "50", "-t", "320", folder / "large.png", "-o", target], check=True
        )
        shutil.copy(target, folders["both"])
    for one in folders.values():
        firsts = list(one.iterdir())
        for number, first in product(range(1, files // max(len(firsts), 1)), firsts):
            shutil.copy(first, one / f"{number}{first.suffix}")
    return {kind: one for kind, one in folders.items() if any(one.iterdir())}


@contextmanager
def program(folder: Path, cache: Path) -> Iterator[int]:
    """Share a folder with the real program; gives the port."""
    command = [sys.executable, "-m", "server", os.fspath(folder), "--port", "0"]
    environment = {**os.environ, "XDG_CACHE_HOME": os.fspath(cache)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline().rpartition(":")[2])
        finally:
            running.terminate()


def fetch(port: int, names: Sequence[str]) -> float:
    """Ask for all of these on several connections; gives the seconds."""

    def one(part: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for name in names[part::CONNECTIONS]:
            connection.request("GET", f"/thumb/grid/{name}")
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200
            assert reply.headers["X-Lanslide-Picture"] != "none", name
        connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as connections:
        begin = time.perf_counter()
        list(connections.map(one, range(CONNECTIONS)))
        return time.perf_counter() - begin


def ours(folder: Path) -> float:
    """Seconds for a whole folder, with nothing kept from before."""
    names = sorted(path.name for path in folder.iterdir())
    with tempfile.TemporaryDirectory() as cache, program(folder, Path(cache)) as port:
        return fetch(port, names)


def peer(folder: Path) -> float:
    """Seconds that vipsthumbnail takes, in as many processes as there are processors."""
    vips = shutil.which("vipsthumbnail")
    if vips is None:
        raise SystemExit("There is no vipsthumbnail here; Debian has it in libvips-tools.")
    paths, count = sorted(folder.iterdir()), os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as target:
        begin = time.perf_counter()
        running = [
            subprocess.Popen(
                [vips, "--size", "256", "-o", f"{target}/%s.jpg", *paths[part::count]],
                env={**os.environ, "VIPS_CONCURRENCY": "1"},
            )
            for part in range(count)
        ]
        assert not any(one.wait() for one in running)
        return time.perf_counter() - begin


def cached(folder: Path, rounds: int) -> float:
    """Seconds for 200 thumbnails that were all made before."""
    names = [path.name for path in folder.iterdir()]
    wanted = (names * (CACHED // len(names) + 1))[:CACHED]
    with tempfile.TemporaryDirectory() as cache, program(folder, Path(cache)) as port:
        fetch(port, names)
        return statistics.median(fetch(port, wanted) for _ in range(max(rounds, 5)))


def compared(folder: Path, rounds: int) -> tuple[float, float]:
    """Measure both in turns over the same files; the median of each."""
    pairs = [(ours(folder), peer(folder)) for _ in range(rounds)]
    return statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs)


def main() -> None:
    """Measure, and show a line for each kind of file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        folders = make(Path(folder), asked.files)
        say(f"{'':40}{'ours':>9}{'peer':>9}{'ratio':>8}{'bar':>9}\n")
        for kind, path in folders.items():
            mine, theirs = compared(path, asked.rounds)
            label = f"{asked.files} of 24 MP, {WHAT[kind]}"
            say(f"{label:40}{mine:8.2f}s{theirs:8.2f}s{theirs / mine:8.2f}{BARS[kind]:>9}\n")
        took = cached(folders["plain"], asked.rounds) * 1000
        say(f"{f'{CACHED} kept, {CONNECTIONS} connections':40}{took:7.0f}ms{'':17}{'150 ms':>9}\n")


if __name__ == "__main__":
    main()
