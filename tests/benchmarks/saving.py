"""How fast files are saved, verified included, beside curl, wget and rclone, all from one share.

    python tests/benchmarks/saving.py [--rounds N] [--into FOLDER] [--files N] [--big MB]

The rounds of all programs alternate; medians and their ratios are shown. Every program is started
anew for each round and the time is that of the whole program. What the others leave out is in
ours: each file is compared with the share's SHA-256, and is on the disk before it has its name.
`first` saves before the share has computed any digest, `known` afterwards; `in process` is the
window's way, without the start of a program. By default files go to memory (/dev/shm), as
otherwise the disk is measured; --into takes another place.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from peers import OURS, ROOT, Running, missing, say

sys.path.insert(0, str(ROOT))
from gui.client import Client
from gui.listing import Entry
from gui.saving import Save

SMALL_SIZE = 100_000
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
Way = Callable[[Running, Path], None]


def main() -> int:
    asked = _arguments()
    say(missing("curl", "wget", "rclone"))
    base = asked.into or (MEMORY if MEMORY.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        _compile_once(Path(scratch))
        folder = Path(scratch) / "shared"
        _make(folder, asked.files, asked.big * 1_000_000)
        small = _measured(MANY, folder, Path(scratch), asked.rounds, "small", asked.files)
        _show(f"{asked.files} files of 100 kB", small, ("rclone copy", "wget -r"))
        if asked.big:
            large = _measured(ONE, folder, Path(scratch), asked.rounds, "large", 1)
            _show(f"one file of {asked.big} MB", large, ("curl -o",))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--into", type=Path, help="where the files are shared from and saved to")
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--big", type=int, default=2000, help="size of the big file in MB; 0: none")
    return parser.parse_args()


def _compile_once(scratch: Path) -> None:
    """Have Python keep what it compiles, as where a program is installed."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(scratch / "compiled")
    _run(sys.executable, "-m", "gui.get", "--help")


def _make(folder: Path, files: int, big: int) -> None:
    (folder / "small").mkdir(parents=True)
    (folder / "large").mkdir()
    for number in range(files):
        (folder / "small" / f"{number:05}.bin").write_bytes(os.urandom(SMALL_SIZE))
    piece = os.urandom(1 << 20)
    if big:
        with (folder / "large" / "big.bin").open("wb") as file:
            for _ in range(big // len(piece)):
                file.write(piece)


def _run(*command: object) -> None:
    subprocess.run([*map(str, command)], check=True, capture_output=True, cwd=ROOT)


def _ours(server: Running, folder: str, into: Path) -> None:
    address = f"http://127.0.0.1:{server.port}/files/{folder}/"
    _run(sys.executable, "-m", "gui.get", address, "--into", into)


def _in_process(server: Running, folder: str, into: Path) -> None:
    client = Client(f"http://127.0.0.1:{server.port}")
    summary = Save(client, [Entry(folder, folder, "folder")], into).run()
    client.close()
    if summary.failed or summary.unverified or not summary.saved:
        raise RuntimeError(summary)


def _wget(server: Running, folder: str, into: Path) -> None:
    address = f"http://127.0.0.1:{server.port}/files/{folder}/"
    _run("wget", "-q", "-r", "-np", "-nH", "-A", "*.bin", "-P", into, address)


def _rclone(server: Running, folder: str, into: Path) -> None:
    address = f"http://127.0.0.1:{server.port}/files/{folder}/"
    _run("rclone", "copy", "--http-url", address, ":http:", into)


def _curl(server: Running, _: str, into: Path) -> None:
    _run("curl", "-s", "-o", into / "big.bin", server.url("large/big.bin"))


MANY = {
    "lanslide-get": _ours,
    "in process": _in_process,
    "rclone copy": _rclone,
    "wget -r": _wget,
}
ONE = {"lanslide-get": _ours, "in process": _in_process, "curl -o": _curl}


def _measured(
    ways: dict[str, Callable[[Running, str, Path], None]],
    folder: Path,
    scratch: Path,
    rounds: int,
    part: str,
    files: int,
) -> dict[str, list[float]]:
    """Give the seconds of each round."""
    present = {
        name: way
        for name, way in ways.items()
        if shutil.which(name.split()[0]) or way in (_ours, _in_process)
    }
    results: dict[str, list[float]] = defaultdict(list)
    into = scratch / "saved"
    for number in range(rounds):
        # Each with a server of its own, which knows no digests; then again with one that does.
        for name, way in present.items():
            own = scratch / f"{part}-{number}-{name.split()[0]}"
            own.mkdir()
            with Running(OURS, folder, own) as server:
                for when in ("first", "known"):
                    shutil.rmtree(into, ignore_errors=True)
                    into.mkdir()
                    began = time.monotonic()
                    way(server, part, into)
                    results[f"{name}, {when}"].append(time.monotonic() - began)
                    found = sum(1 for one in into.rglob("*.bin"))
                    if found != files:
                        raise RuntimeError(f"{name} saved {found} of {files} files.")
                    server.settle()
        say(f"{part}: round {number + 1} of {rounds}")
    shutil.rmtree(into, ignore_errors=True)
    return results


def _show(title: str, results: dict[str, list[float]], peers: Sequence[str]) -> None:
    say(f"\n{title}: median seconds, and how many times as fast as")
    best = {
        peer: min(median(results[f"{peer}, {when}"]) for when in ("first", "known"))
        for peer in peers
        if f"{peer}, first" in results
    }
    for name, times in results.items():
        ratios = "  ".join(
            f"{peer}: {fastest / median(times):.2f}" for peer, fastest in best.items()
        )
        say(f"  {name:24} {median(times):6.2f} s   {ratios}")


if __name__ == "__main__":
    sys.exit(main())
