"""How soon the window is of use, beside a bare window of PySide6 with one label.

    xvfb-run uv run python tests/benchmarks/start.py [--rounds N] [--photographs N] [--cold]

Measured is from the start of the process until the pictures in sight are painted: of the sample
pictures, and of a folder of 200 photographs; each with thumbnails kept from before and with none
kept. Both programs take turns; the figures are medians. Beside the clock's there is the ratio of
the processor time of the two processes, which depends less on what else runs. With `--cold` the
system forgets what it has read from the disk before each start, which root may tell it on Linux;
that slows down whatever else runs. The modules are compiled, as they are once installed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).parents[2]))

from peers import ROOT, say
from thumbnails import exif_with_preview, picture

PROGRAM = Path(__file__).with_name("first_sight.py")
DROP = Path("/proc/sys/vm/drop_caches")
BAR = 3
CONTENTS = 8
# What the window is of use for by then.
SEEN = ("window", "names", "picture", "pictures")

Sight: TypeAlias = dict[str, tuple[float, float]]
"""When what was seen: seconds since the process was started, and of its processor time."""


@dataclass(frozen=True, slots=True)
class Case:
    """A start of ours.

    Attributes:
        folder: what it shares; empty for the sample pictures.
        is_kept: whether there are thumbnails from before.

    """

    name: str
    folder: str
    is_kept: bool


def main() -> int:
    asked = _arguments()
    if asked.cold and not os.access(DROP, os.W_OK):
        say(f"The cold start is left out: only root may write to {DROP}, on Linux.")
        return 1
    # Decoders may be writing compiled modules for a moment after the program has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        scratch = Path(made)
        photographs = str(_photographs(scratch / "photographs", asked.photographs))
        cases = [
            Case("sample pictures, kept", "", is_kept=True),
            Case("sample pictures, none kept", "", is_kept=False),
            Case(f"{asked.photographs} photographs, kept", photographs, is_kept=True),
            Case(f"{asked.photographs} photographs, none kept", photographs, is_kept=False),
        ]
        _measure(cases, asked.rounds, scratch, is_cold=asked.cold)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--photographs", type=int, default=200)
    parser.add_argument("--cold", action="store_true")
    return parser.parse_args()


def _photographs(folder: Path, count: int) -> Path:
    """Make a folder of photographs with previews as cameras put them in; a few, many times."""
    folder.mkdir()
    image = picture().reduce(2)
    preview = folder / "preview"
    image.resize((160, 107)).save(preview, "JPEG", quality=80)
    exif = exif_with_preview(preview.read_bytes())
    preview.unlink()
    for number in range(count):
        target = folder / f"holiday {number:03}.jpg"
        if number < CONTENTS:
            image.rotate(number).save(target, quality=85, exif=exif)
        else:
            os.link(folder / f"holiday {number % CONTENTS:03}.jpg", target)
    return folder


def _measure(cases: list[Case], rounds: int, scratch: Path, *, is_cold: bool) -> None:
    took: dict[str, list[Sight]] = {case.name: [] for case in cases}
    bares: list[Sight] = []
    for number in range(-1, rounds):
        for case in cases:
            if not case.is_kept:
                shutil.rmtree(scratch / "cache", ignore_errors=True)
            bare = _started(["bare"], scratch, is_cold=is_cold)
            ours = _started(["lanslide", case.folder], scratch, is_cold=is_cold)
            if number >= 0:
                # The round before the first compiles the modules and makes what is kept.
                bares.append(bare)
                took[case.name].append(ours)
    usual = _usual(bares)["pictures"]
    say(f"{'cold' if is_cold else 'warm'}, medians of {rounds}, ms from the start of the process:")
    say(f"  {'':30}" + "".join(f"{name:>10}" for name in SEEN) + "   × bare  × processor time")
    say(f"  {'a bare window':30} {usual[0] * 1e3:39.0f}")
    for case in cases:
        times = _usual(took[case.name])
        figures = "".join(f"{times[name][0] * 1e3:10.0f}" for name in SEEN)
        clock, processor = (
            one / other for one, other in zip(times["pictures"], usual, strict=True)
        )
        verdict = "met" if clock <= BAR else "MISSED"
        say(f"  {case.name:30}{figures} {clock:8.2f}  {processor:8.2f}  {verdict}")


def _usual(sights: list[Sight]) -> Sight:
    return {
        name: (median(one[name][0] for one in sights), median(one[name][1] for one in sights))
        for name in sights[0]
    }


def _started(arguments: list[str], scratch: Path, *, is_cold: bool) -> Sight:
    """Start a program, and give when what was seen."""
    kept = {name: text for name, text in os.environ.items() if "BYTECODE" not in name}
    own = {
        "XDG_CACHE_HOME": scratch / "cache",
        "XDG_CONFIG_HOME": scratch / "config",
        "XDG_DATA_HOME": scratch / "data",
        "XDG_RUNTIME_DIR": scratch / "runtime",
        "PYTHONPYCACHEPREFIX": scratch / "compiled",
        "PYTHONPATH": ROOT,
    }
    (scratch / "runtime").mkdir(mode=0o700, exist_ok=True)
    if is_cold:
        os.sync()
        DROP.write_text("1")
    begun = monotonic()
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments],
        env=kept | {name: str(path) for name, path in own.items()},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: (float(at) - begun, float(processor)) for name, at, processor in lines}


if __name__ == "__main__":
    sys.exit(main())
