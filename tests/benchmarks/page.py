"""How soon the page of a folder of 1,000 pictures is seen in Chromium, and what it weighs.

`uv run python tests/benchmarks/page.py [--rounds N] [--files N]`

Beside it, in turns: the listings of copyparty and of Python's http.server for the same folder. The
thumbnails were made before; the browser comes with an empty cache each time. First paint is the
first text or picture to be seen (FCP), largest the largest one in view (LCP); both count from the
click. Weights are of page, script and style, as sent and as unpacked.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

from peers import COPYPARTY, HTTP_SERVER, OURS, Peer, Running, missing, say
from PIL import Image
from playwright.sync_api import Browser, CDPSession, sync_playwright

SAMPLES = Path(__file__).parents[2] / "images"
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
    "laptop": {"viewport": {"width": 1280, "height": 800}},
}
PEERS = (OURS, COPYPARTY, HTTP_SERVER)
PROGRAMS = ("chromium", "google-chrome", "chromium-headless-shell")
PAGES = {OURS: "/files/", COPYPARTY: "/?grid", HTTP_SERVER: "/"}
WEIGHED = {"Document", "Script", "Stylesheet"}
CONNECTIONS = 6
# Collects from the beginning what is painted and what moves.
OBSERVE = """
window.seen = {first: 0, largest: 0, shift: 0};
new PerformanceObserver(list => {
  for (const entry of list.getEntriesByName('first-contentful-paint')) seen.first = entry.startTime;
}).observe({type: 'paint', buffered: true});
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) seen.largest = entry.startTime;
}).observe({type: 'largest-contentful-paint', buffered: true});
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) seen.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""
# All pictures that are in view are there, and what was there is on the screen.
SHOWN = """() => document.readyState === 'complete' && [...document.images].every(image => {
  const place = image.getBoundingClientRect();
  const inView = place.width && place.bottom > 0 && place.top < innerHeight;
  return !inView || (image.complete && image.naturalWidth);
})"""
# The browser tells of it some time after the frame.
PAINTED = "seen.first && seen.largest"
SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True)
class View:
    """One first view: milliseconds, shift as browsers count it, bytes by sort."""

    first: float
    largest: float
    shift: float
    sent: int
    unpacked: int


def make(folder: Path, files: int) -> None:
    """Write pictures as phones send them on, all of them different files."""
    small = []
    for sample in sorted(SAMPLES.glob("*.jpg")):
        with Image.open(sample) as image:
            path = folder.parent / sample.name
            image.resize((1200, 800)).save(path, quality=85)
            small.append(path)
    for number, sample in zip(range(files), cycle(small), strict=False):
        shutil.copy(sample, folder / f"IMG_{number:04}.jpg")


def make_thumbnails(port: int) -> None:
    """Have all thumbnails made, of both sizes that a page may ask for."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/api/folder/?limit=10000")
    entries = json.loads(connection.getresponse().read())["entries"]
    connection.close()
    wanted = [
        f"/thumb/{size}/{quote(entry['name'])}?v={entry['version']}"
        for size in ("grid", "large")
        for entry in entries
    ]

    def some(part: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for path in wanted[part::CONNECTIONS]:
            connection.request("GET", path, headers={"Accept": "image/webp"})
            connection.getresponse().read()
        connection.close()

    with ThreadPoolExecutor(CONNECTIONS) as connections:
        list(connections.map(some, range(CONNECTIONS)))


class Scales:
    """Counts the bytes of what a page loads."""

    def __init__(self, protocol: CDPSession) -> None:
        self.sent = self.unpacked = 0
        self._sorts: dict[str, str] = {}
        protocol.on("Network.responseReceived", self._received)
        protocol.on("Network.dataReceived", self._data)
        protocol.on("Network.loadingFinished", self._finished)
        protocol.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self._sorts[event["requestId"]] = event["type"]

    def _data(self, event: dict[str, Any]) -> None:
        if self._sorts.get(event["requestId"]) in WEIGHED:
            self.unpacked += event["dataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        if self._sorts.get(event["requestId"]) in WEIGHED:
            self.sent += int(event["encodedDataLength"])


def view(browser: Browser, device: str, address: str) -> View:
    """Open an address for the first time, and wait until all that is in view is there."""
    context = browser.new_context(**DEVICES[device])
    context.add_init_script(OBSERVE)
    page = context.new_page()
    scales = Scales(context.new_cdp_session(page))
    page.goto(address, wait_until="load")
    page.wait_for_function(SHOWN)
    page.evaluate(SETTLED)
    page.wait_for_function(PAINTED)
    told = page.evaluate("seen")
    context.close()
    return View(told["first"], told["largest"], told["shift"], scales.sent, scales.unpacked)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; one that can show a window, if there is one."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("There is no Chromium here; Debian has it in the package chromium.")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        say(f"{Path(found).name} {browser.version}, without a window")
        yield browser
        browser.close()


def measured(folder: Path, rounds: int) -> dict[tuple[str, Peer], list[View]]:
    """Look at every peer's page in turns."""
    views: dict[tuple[str, Peer], list[View]] = defaultdict(list)
    with ExitStack() as running:
        scratch = Path(running.enter_context(tempfile.TemporaryDirectory()))
        browser = running.enter_context(chromium())
        present = [peer for peer in PEERS if not peer.is_missing]
        servers = {peer: running.enter_context(Running(peer, folder, scratch)) for peer in present}
        make_thumbnails(servers[OURS].port)
        for _ in range(rounds + 1):
            for peer, server in servers.items():
                server.settle()
                for device in DEVICES:
                    address = f"http://127.0.0.1:{server.port}{PAGES[peer]}"
                    views[device, peer].append(view(browser, device, address))
    # The first round made what is kept: thumbnails of the peer's, bytecode, files in memory.
    return {key: found[1:] for key, found in views.items()}


def main() -> None:
    """Measure, and show a line for each page on each device."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=1000)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    say(f"Medians of {asked.rounds} first views of {asked.files:,} pictures; load {load:.1f}.")
    if gone := missing("uv"):
        say(gone)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        folder.mkdir()
        make(folder, asked.files)
        views = measured(folder, asked.rounds)
    say(f"{'':24}{'first':>9}{'largest':>9}{'shift':>8}{'sent':>10}{'unpacked':>10}")
    for (device, peer), found in sorted(views.items(), key=lambda item: item[0][0]):
        first, largest = (
            statistics.median(getattr(one, name) for one in found) for name in ("first", "largest")
        )
        last, shift = found[-1], max(one.shift for one in found)
        weights = f"{last.sent / 1000:8.1f}kB{last.unpacked / 1000:8.1f}kB"
        say(f"{f'{device}, {peer.name}':24}{first:7.0f}ms{largest:7.0f}ms{shift:8.4f}{weights}")
    say(f"{'bar':24}{500:7}ms{500:7}ms{0:8}{60:8}kB{60:8}kB")


if __name__ == "__main__":
    sys.exit(main())
