"""How fast one big file is served by HTTPS, beside HTTP, in the same run.

    python tests/benchmarks/https.py [--rounds N] [--big MiB]

Needs `curl`. The rounds alternate, so that whatever else the computer does meets both. Medians are
shown, and the seconds of processor time that the share and curl took for a gigabyte: where both
sides share busy processors, the ratio of these sums is the ratio of the rates.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from peers import say

sys.path.insert(0, str(Path(__file__).parents[2]))

from server import certificate
from server.app import create_app
from server.folder import SharedFolder
from server.share import Share

BIG = "big.bin"
# HTTPS beside HTTP, at least.
WANTED = 0.5


@dataclass
class Figures:
    """What was measured of one of the two."""

    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--big", type=int, default=512, help="size of the big file in MiB")
    asked = parser.parse_args()
    http, https = Figures(), Figures()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / BIG).write_bytes(os.urandom(1 << 20) * asked.big)
        app, tls = create_app(SharedFolder(folder)), certificate.drawn().context()
        with Share(app, port=0) as plain, Share(app, port=0, tls=tls) as secure:
            both = [(plain, http), (secure, https)]
            for _ in range(asked.rounds):
                # Each is the first as often as the other.
                both.reverse()
                for share, figures in both:
                    _fetch(share.address, asked.big / 1000, figures)
    say(f"load {os.getloadavg()[0]:.1f}")
    for name, figures in (("HTTP", http), ("HTTPS", https)):
        rate, seconds = median(figures.rates), median(figures.processor)
        say(f"{name:6}{rate:5.0f} MB/s, at best {max(figures.rates):5.0f}; {seconds:.2f} s/GB")
    ratio = median(https.rates) / median(http.rates)
    best = max(https.rates) / max(http.rates)
    work = median(http.processor) / median(https.processor)
    say(f"HTTPS is {ratio:.2f} × HTTP, at best {best:.2f}, by work {work:.2f}; wanted {WANTED}")
    return 0 if ratio >= WANTED else 1


def _fetch(address: str, gigabytes: float, figures: Figures) -> None:
    command = [shutil.which("curl") or "curl", "-sk", "-o", os.devnull, "-w", "%{speed_download}"]
    command.append(f"{address}/download/{BIG}")
    before = os.times()
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    figures.rates.append(float(told.stdout) / 1e6)
    figures.processor.append((sum(os.times()[:4]) - sum(before[:4])) / gigabytes)


if __name__ == "__main__":
    sys.exit(main())
