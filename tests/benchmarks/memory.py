"""What memory the window takes at rest, it and the processes it has started.

    xvfb-run uv run python tests/benchmarks/memory.py [--program PATH] [--seconds S]

The program shows the sample pictures, nothing kept from before, and is then left alone; it is
looked at after S seconds, and once more when its decoders have ended for want of work. Told are
what is resident (RSS) and what of that is its own, shared pages divided by those who share them
(PSS). A bare window of PySide6 with one label stands beside it. Linux only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from peers import ROOT, say

from server.pictures.crew import IDLE

BARE = """
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel("Lanslide")
label.resize(1240, 800)
label.show()
application.exec()
"""


def main() -> int:
    asked = _arguments()
    ours = [asked.program] if asked.program else [sys.executable, "-m", "gui"]
    say(f"{'MB':30}{'RSS':>8}{'PSS':>8}  processes")
    with _started([sys.executable, "-c", BARE]) as number:
        time.sleep(asked.seconds)
        _tell("a bare window", number)
    with _started([*ours, "--port", "0"]) as number:
        time.sleep(asked.seconds)
        _tell("Lanslide, pictures just made", number)
        time.sleep(IDLE)
        _tell("Lanslide at rest", number)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--program", help="the file that starts it (default: these sources)")
    parser.add_argument("--seconds", type=int, default=15)
    return parser.parse_args()


@contextmanager
def _started(command: Sequence[str]) -> Iterator[int]:
    """A program with folders of its own, while it runs; gives its number."""
    with tempfile.TemporaryDirectory() as scratch:
        places = ("CACHE_HOME", "CONFIG_HOME", "DATA_HOME", "RUNTIME_DIR")
        own = {f"XDG_{place}": f"{scratch}/{place}" for place in places}
        with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}) as process:
            try:
                yield process.pid
            finally:
                process.terminate()


def _tell(what: str, number: int) -> None:
    sizes = [_sizes(one) for one in _family(number)]
    resident, own = (sum(size) for size in zip(*sizes, strict=True))
    each = " + ".join(f"{size:.0f}" for _, size in sizes)
    say(f"{what:30}{resident:8.0f}{own:8.0f}  {len(sizes)} ({each})")


def _family(number: int) -> list[int]:
    """List a process and all that it has started."""
    tasks = Path(f"/proc/{number}/task").iterdir()
    children = [int(one) for task in tasks for one in (task / "children").read_text().split()]
    return [number, *(other for child in children for other in _family(child))]


def _sizes(number: int) -> tuple[float, float]:
    lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines}
    return kilobytes["Rss:"] / 1000, kilobytes["Pss:"] / 1000


if __name__ == "__main__":
    sys.exit(main())
