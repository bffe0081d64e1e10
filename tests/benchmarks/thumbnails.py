"""How fast thumbnails come, beside `vipsthumbnail` over the same files.

`uv run python tests/benchmarks/thumbnails.py [--files N] [--rounds N]`

The peer is in Debian's package libvips-tools; HEICs are made with heif-enc of libheif-examples and
left out without it. Both sides take turns; each number is the median of the rounds. Ours is the
whole way: the program, started anew with an empty cache, asked over HTTP on 6 connections as a
browser would, its decoder processes started by the first request. Its modules are compiled, as
they are once it is installed, whatever the environment says. Real time depends on what else runs;
the ratio of processor time, of all processes with their ends, does less so. What either side has
written stays until the end: some file systems are slow to write where much was just deleted.
"""

import argparse
import os
import resource
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
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).parents[2] / "images" / "aurora.jpg"
SIZE = 6000, 4000
# The pixels of previews in phones' JPEGs, of older and newer ones; HEICs have 320.
PREVIEWS = {"a": (160, 107), "b": (512, 341)}
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


class Cost(NamedTuple):
    """Seconds that something took: by the clock, and of all processors together."""

    real: float
    processor: float


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


def make(folder: Path) -> None:
    """Write the pictures, each once."""
    image = picture()
    for kind in WHAT:
        (folder / kind).mkdir(parents=True)
    image.save(folder / "plain" / "a.jpg", quality=90)
    for name, size in PREVIEWS.items():
        small, target = BytesIO(), folder / "jpeg" / f"{name}.jpg"
        image.resize(size, reducing_gap=2).save(small, "JPEG", quality=80)
        image.save(target, quality=90, exif=exif_with_preview(small.getvalue()))
        shutil.copy(target, folder / "both")
    if (heif := shutil.which("heif-enc")) is not None:
        large, target = folder / "large.png", folder / "heic" / "a.heic"
        image.save(large, compress_level=1)
        subprocess.run([heif, "-q", "50", "-t", "320", large, "-o", target], check=True)
        for name in PREVIEWS:
            shutil.copy(target, folder / "both" / f"{name}.heic")


def copies(samples: Path, folder: Path, files: int) -> dict[str, Path]:
    """Fill a folder for each kind of picture with so many of them, in turns."""
    found = {}
    for kind in WHAT:
        firsts = sorted((samples / kind).iterdir())
        if firsts:
            found[kind] = folder / kind
            found[kind].mkdir()
        for number, first in zip(range(files), cycle(firsts)):
            os.link(first, found[kind] / f"{number}{first.suffix}")
    return found


@contextmanager
def program(folder: Path, scratch: Path) -> Iterator[int]:
    """Share a folder with the real program, its cache empty; gives the port."""
    command = [sys.executable, "-m", "server", os.fspath(folder), "--port", "0"]
    environment = {name: os.environ[name] for name in os.environ if "BYTECODE" not in name}
    environment |= {
        "XDG_CACHE_HOME": tempfile.mkdtemp(dir=scratch),
        "PYTHONPYCACHEPREFIX": os.fspath(scratch / "compiled"),
    }
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


def processor_time() -> float:
    """Seconds of processor time that processes took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ours(folder: Path, scratch: Path, most: int | None = None) -> Cost:
    """What a whole folder costs, or its first *most* files, with nothing kept from before."""
    names = sorted(path.name for path in folder.iterdir())[:most]
    before = processor_time()
    with program(folder, scratch) as port:
        took = fetch(port, names)
    return Cost(took, processor_time() - before)


def peer(folder: Path, scratch: Path) -> Cost:
    """What vipsthumbnail takes, in as many processes as there are processors."""
    vips = shutil.which("vipsthumbnail")
    if vips is None:
        raise SystemExit("There is no vipsthumbnail here; Debian has it in libvips-tools.")
    paths, count = sorted(folder.iterdir()), os.cpu_count() or 1
    target = tempfile.mkdtemp(dir=scratch)
    begin, before = time.perf_counter(), processor_time()
    running = [
        subprocess.Popen(
            [vips, "--size", "256", "-o", f"{target}/%s.jpg", *paths[part::count]],
            env={**os.environ, "VIPS_CONCURRENCY": "1"},
        )
        for part in range(count)
    ]
    assert not any(one.wait() for one in running)
    return Cost(time.perf_counter() - begin, processor_time() - before)


def cached(folder: Path, rounds: int, scratch: Path) -> float:
    """Seconds for 200 thumbnails that were all made before."""
    names = [path.name for path in folder.iterdir()]
    wanted = (names * (CACHED // len(names) + 1))[:CACHED]
    with program(folder, scratch) as port:
        fetch(port, names)
        return statistics.median(fetch(port, wanted) for _ in range(max(rounds, 5)))


def compared(folder: Path, rounds: int, scratch: Path) -> tuple[Cost, Cost]:
    """Measure both in turns over the same files; the median of each."""
    ours(folder, scratch, 6)
    all_ours, all_theirs = [], []
    for _ in range(rounds):
        # The program itself is there already when somebody opens a folder.
        idle = ours(folder, scratch, 0).processor
        mine = ours(folder, scratch)
        all_ours.append(Cost(mine.real, mine.processor - idle))
        all_theirs.append(peer(folder, scratch))
    return median(all_ours), median(all_theirs)


def median(costs: Sequence[Cost]) -> Cost:
    """Give the median of each."""
    return Cost(
        statistics.median(one.real for one in costs),
        statistics.median(one.processor for one in costs),
    )


def main() -> None:
    """Measure, and show a line for each kind of file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="*", choices=WHAT, default=[*WHAT])
    parser.add_argument("--samples", type=Path, help="where the pictures are, or are to be kept")
    asked = parser.parse_args()
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        samples = asked.samples or Path(folder) / "samples"
        if not samples.exists():
            make(samples)
        folders = copies(samples, Path(folder), asked.files)
        say(f"{'':40}{'ours':>9}{'peer':>9}{'ratio':>8}{'bar':>6}{'processor':>11}\n")
        for kind, path in folders.items():
            if kind not in asked.kinds:
                continue
            mine, theirs = compared(path, asked.rounds, scratch)
            ratio, work = theirs.real / mine.real, theirs.processor / mine.processor
            label = f"{asked.files} of 24 MP, {WHAT[kind]}"
            say(f"{label:40}{mine.real:8.2f}s{theirs.real:8.2f}s{ratio:8.2f}{BARS[kind]:>6}")
            say(f"{work:11.2f}   (load {os.getloadavg()[0]:.1f})\n")
        took = cached(folders["plain"], asked.rounds, scratch) * 1000
        say(f"{f'{CACHED} kept, {CONNECTIONS} connections':40}{took:7.0f}ms{'':17}{'150 ms':>6}\n")


if __name__ == "__main__":
    main()
