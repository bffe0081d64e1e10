"""How fast one big file is served by HTTPS, beside HTTP, and beside nginx, in the same run.

    uv run python tests/benchmarks/https.py [--rounds N] [--big MiB]

Needs `curl` and, for the peer, `nginx`. The rounds of all alternate, so that whatever else the
computer does meets them all. Medians are shown, and the seconds of processor time that the server
and curl took for a gigabyte: where both sides share busy processors, the ratio of these sums is
the ratio of the rates. curl is told to prefer the cipher that browsers do.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from peers import NGINX, NGINX_WITH_TLS, Running, missing, say

from server import certificate
from server.application import Application
from server.folder import SharedFolder
from server.share import Share

BIG = "big.bin"
# HTTPS beside HTTP, at least.
WANTED = 0.5
_CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_CURL = (shutil.which("curl") or "curl", "-sk", "-o", os.devnull, "--tls13-ciphers", _CIPHERS)


@dataclass
class Served:
    """A server, and what was measured of it: MB/s, and seconds of each side for a GB."""

    name: str
    url: str
    cpu: Callable[[], float]
    rates: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def fetch(self, gigabytes: float) -> None:
        before, of_curl = self.cpu(), sum(os.times()[2:4])
        told = subprocess.run(
            [*_CURL, "-w", "%{speed_download}", self.url],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.rates.append(float(told.stdout) / 1e6)
        self.server.append((self.cpu() - before) / gigabytes)
        self.client.append((sum(os.times()[2:4]) - of_curl) / gigabytes)

    @property
    def work(self) -> float:
        return median(map(sum, zip(self.server, self.client, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--big", type=int, default=512, help="size of the big file in MiB")
    asked = parser.parse_args()
    say(missing("nginx"))
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
        served = _served(Path(scratch), asked.big, running)
        for number in range(-1, asked.rounds):
            # Each is the first as often as the last.
            served.reverse()
            for one in served:
                one.fetch((asked.big << 20) / 1e9)
                if number < 0:
                    # That was to warm everything up.
                    one.rates, one.server, one.client = [], [], []
    say(f"load {os.getloadavg()[0]:.1f}")
    for one in sorted(served, key=lambda one: one.name):
        of_each = f"{median(one.server):.2f} + {median(one.client):.2f} of curl's"
        rate = f"{median(one.rates):5.0f} MB/s, at best {max(one.rates):5.0f}"
        say(f"{one.name:15}{rate}; CPU s/GB {of_each}")
    ratios = [_compared(served, *names) for names in (("nginx", "nginx with TLS"), _OURS)]
    return 0 if ratios[-1] >= WANTED else 1


_OURS = ("Lanslide", "Lanslide, HTTPS")


def _served(folder: Path, big: int, running: ExitStack) -> list[Served]:
    """Start everything that is compared."""
    files = folder / "files"
    files.mkdir()
    (files / BIG).write_bytes(os.urandom(1 << 20) * big)
    served = []
    for peer, scheme in ((NGINX, "http"), (NGINX_WITH_TLS, "https")):
        if not peer.is_missing:
            one = running.enter_context(Running(peer, files, folder))
            served.append(Served(peer.name, f"{scheme}://127.0.0.1:{one.port}/{BIG}", one.cpu))
    app, tls = Application(SharedFolder(files)), certificate.drawn().context()
    for name, context in zip(_OURS, (None, tls), strict=True):
        share = running.enter_context(Share(app, port=0, tls=context))
        url = f"{share.address}/download/{BIG}"
        served.append(Served(name, url, lambda: sum(os.times()[:2])))
    return served


def _compared(served: list[Served], plain_name: str, secure_name: str) -> float:
    """Print how the two of one server compare, and give the ratio of their rates."""
    by_name = {one.name: one for one in served}
    if secure_name not in by_name:
        return 0
    plain, secure = by_name[plain_name], by_name[secure_name]
    ratio = median(secure.rates) / median(plain.rates)
    best = max(secure.rates) / max(plain.rates)
    work = plain.work / secure.work
    say(
        f"{plain_name}: HTTPS is {ratio:.2f} × HTTP, at best {best:.2f}, by work {work:.2f}"
        f" (wanted: {WANTED})"
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main())
