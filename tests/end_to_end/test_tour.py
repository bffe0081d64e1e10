"""The tour: two computers with Lanslide and a phone, as far as the system can pretend.

Everything that people do, one after the other, by mouse and keyboard, and at the end every byte
compared. With LANSLIDE_TOUR=FOLDER it writes pictures of what was seen into that folder, among them
those that the README shows.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Error, sync_playwright

HAND = Path(__file__).parent / "hand.py"
PICTURES = 200
PATIENCE = 60
# Megabits a second of the cable, so that a save takes some seconds.
RATE = 120
SHOWS = os.environ.get("LANSLIDE_TOUR")
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
}


class Window:
    """A Lanslide on one of the computers, and whoever sits there."""

    def __init__(self, computer, home, *arguments):
        self.computer, self.home, self.arguments = computer, home, arguments
        self.start()

    def start(self):
        environment = {
            **os.environ,
            "PYTHONFAULTHANDLER": "1",
            "HOME": os.fspath(self.home),
            "QT_QPA_PLATFORM": f"offscreen:configfile={self.screen()}",
            **{f"XDG_{name}_HOME": os.fspath(self.home / name) for name in NAMES},
            "XDG_RUNTIME_DIR": os.fspath(self.home),
        }
        command = [sys.executable, os.fspath(HAND), *map(os.fspath, self.arguments)]

        def begin():
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
            )

        self.program = self.computer(begin)

    def screen(self):
        """Describe a laptop's screen; without that there is one of 800 by 800 pixels."""
        path = self.home / "screen.json"
        screen = {"name": "laptop", "x": 0, "y": 0, "width": 1366, "height": 900}
        path.write_text(json.dumps({"screens": [screen]}), encoding="utf-8")
        return path

    def asked(self, *deed):
        self.program.stdin.write(f"{json.dumps(deed)}\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def does(self, *deed):
        """Do something as soon as it can be done."""
        until(lambda: self.asked(*deed), lambda: f"{deed} with {self.asked('seen')}")

    def sees(self, text):
        """Wait until something can be read, and give the line that says it."""
        said = text if isinstance(text, re.Pattern) else re.compile(re.escape(text))

        def found():
            seen = self.asked("seen")
            rows = [row for rows in seen["lists"].values() for row in rows]
            lines = [*seen["labels"], *seen["fields"], *seen["buttons"], *rows]
            return next((line for line in lines if said.search(line)), None)

        return until(found, lambda: f"{said} in {self.asked('seen')}")

    def rows(self, name):
        return self.asked("seen")["lists"].get(name, [])

    def shows(self, name):
        """Take a picture once nothing moves any more, or does so all the time."""
        if not SHOWS:
            return
        path, before = Path(SHOWS) / f"tour-{name}.png", b""
        for _ in range(20):
            assert self.asked("grab", os.fspath(path))
            if path.read_bytes() == before:
                return
            before = path.read_bytes()
            signal.sigtimedwait([signal.SIGALRM], 0.5)

    def end(self, how=signal.SIGTERM):
        self.program.send_signal(how)
        self.program.communicate(timeout=PATIENCE)


PIN = re.compile(r"^(\d{3})\s(\d{3})$")
ADDRESS = re.compile(r"http://10\.77\.0\.1:\d+")
CALLED = re.compile("Nearby it is called “(.*)”")
NAMES = ("CONFIG", "CACHE", "DATA", "STATE")


def until(found, what):
    """Ask again and again, and give the first answer that is one."""
    end, pause = time.monotonic() + PATIENCE, signal.SIGALRM
    while not (answer := found()):
        assert time.monotonic() < end, what()
        signal.sigtimedwait([pause], 0.05)
    return answer


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".part")
    }


@pytest.fixture
def wedding(tmp_path):
    """Two hundred photographs, no two of which are the same."""
    folder = tmp_path / "Wedding"
    folder.mkdir()
    samples = sorted((HAND.parents[2] / "images").glob("*.jpg"))
    for number in range(1, PICTURES + 1):
        with Image.open(samples[number % len(samples)]) as sample:
            left, top = number % 50, number // 2
            image = sample.convert("RGB").crop((left, top, left + 900, top + 600))
        image.save(folder / f"IMG_{number:04}.jpg", quality=95)
    return folder


@pytest.fixture
def slow_cable(computers):
    """Two computers with a cable that a save does not go through in a moment."""
    studio, _ = computers
    if shutil.which("tc") is None:
        pytest.skip("This needs tc, of iproute2.")
    shape = ["tc", "qdisc", "add", "dev", "cable", "root", "tbf"]
    limits = ["rate", f"{RATE}mbit", "burst", "256kb", "latency", "50ms"]
    done = studio(lambda: subprocess.run([*shape, *limits], capture_output=True, text=True))
    if done.returncode:
        pytest.skip(f"No cable can be made slow here: {done.stderr.strip()}")
    return computers


@pytest.fixture
def windows(slow_cable, wedding, tmp_path):
    """A Lanslide that has the pictures, and another that wants them."""
    homes = [tmp_path / name for name in ("ann", "bob")]
    for home in homes:
        (home / "Pictures").mkdir(parents=True)
        home.chmod(0o700)
    (homes[1] / "Nothing").mkdir()
    with ExitStack() as running:
        pair = []
        for computer, home, folder in zip(
            slow_cable, homes, (wedding, homes[1] / "Nothing"), strict=True
        ):
            pair.append(Window(computer, home, folder))
            running.callback(lambda one=pair[-1]: one.program.poll() is None and one.end())
        yield pair


class Phone:
    """A phone's browser, driven on the thread of a computer, so that it is in its network."""

    def __init__(self, computer):
        self.computer = computer
        names = ("chromium-headless-shell", "chromium", "google-chrome")
        program = next((found for name in names if (found := shutil.which(name))), None)
        if program is None:
            pytest.skip("There is no Chromium here; Debian has it in the package chromium.")
        computer(self._begin, program)

    def _begin(self, program):
        self._playwright = sync_playwright().start()
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = self._playwright.chromium.launch(executable_path=program, args=arguments)
        self.page = browser.new_context(**PHONE, accept_downloads=True).new_page()
        self.page.set_default_timeout(PATIENCE * 1000)

    def __call__(self, act):
        return self.computer(act, self.page)

    def shows(self, name):
        if SHOWS:
            self(lambda page: page.screenshot(path=Path(SHOWS) / f"tour-{name}.png"))

    def end(self):
        self.computer(self._playwright.stop)


@pytest.fixture
def phone(slow_cable):
    made = Phone(slow_cable[1])
    yield made
    made.end()


def comes_in(page, address, pin):
    page.goto(f"{address}/")
    page.get_by_label("PIN").fill(pin)
    page.get_by_role("button", name="Come in").click()
    page.get_by_role("link", name="IMG_0001.jpg", exact=True).wait_for()
    page.wait_for_load_state("load")


def takes_a_zip(page, target):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download folder").click()
    download.value.save_as(target)


def looks_at_one(page):
    page.get_by_role("link", name="IMG_0002.jpg", exact=True).tap()
    page.get_by_role("dialog").wait_for()
    page.go_back()
    page.get_by_role("dialog").wait_for(state="hidden")


def saved_so_far(folder):
    return sum(1 for path in folder.iterdir() if path.suffix == ".jpg")


def test_the_tour(windows, phone, slow_cable, wedding, tmp_path):
    ann, bob = windows
    studio, _ = slow_cable
    expected = digests(wedding)

    # Ann shares what she sees.
    ann.sees("IMG_0001.jpg")
    ann.shows("folder")
    ann.does("press", "Share")
    ann.does("press", "Keep this PIN and link")
    pin = PIN.fullmatch(ann.sees(PIN)).expand(r"\1\2")
    address = ADDRESS.search(ann.sees(ADDRESS))[0]
    name = CALLED.search(ann.sees(CALLED))[1]
    ann.shows("sharing")

    # Bob finds her, gives the PIN, and looks.
    bob.does("choose", "Nearby", name)
    bob.does("write", "PIN", pin)
    bob.shows("pin")
    bob.does("press", "Remember it on this computer")
    bob.does("press", "Open")
    bob.sees("IMG_0200.jpg")
    bob.does("choose", "Files", "IMG_0003.jpg")
    bob.sees("900 × 600")
    bob.does("key", "Return")
    bob.sees("3 of 200")
    bob.does("key", "Right")
    bob.sees("4 of 200")
    bob.shows("viewer")
    bob.does("key", "Esc")
    bob.sees("Copy link")

    # He saves everything, through a cut of the network and a restart of her computer.
    saved = tmp_path / "bob" / "Pictures"
    bob.does("key", "Ctrl+A")
    bob.does("key", "Ctrl+S")
    bob.does("agree", "Save into")
    until(
        lambda: saved_so_far(saved) > PICTURES // 10,
        lambda: "nothing was saved",
    )
    bob.does("press", "Details")
    bob.sees("Hide details")
    studio.ip("link", "set", "cable", "down")
    before = saved_so_far(saved)
    bob.shows("saving")
    studio.ip("link", "set", "cable", "up")
    until(lambda: saved_so_far(saved) > before + PICTURES // 5, lambda: "it does not go on")
    ann.end()
    assert saved_so_far(saved) < PICTURES
    bob.sees("Looking again in")
    bob.shows("waiting")
    ann.start()
    ann.sees("IMG_0001.jpg")
    ann.does("press", "Share")
    ann.sees(address)
    bob.asked("press", "Look now")  # if it has not looked by itself just then
    bob.sees("Saved")
    bob.shows("saved")
    assert digests(saved) == expected

    # Somebody with a phone types the address.
    phone(lambda page: comes_in(page, address, pin))
    phone.shows("phone")
    phone(looks_at_one)
    archive = tmp_path / "Wedding.zip"
    phone(lambda page: takes_a_zip(page, archive))
    with zipfile.ZipFile(archive) as unpacked:
        unpacked.extractall(tmp_path / "unpacked")
    assert digests(tmp_path / "unpacked") == expected

    # A new picture is there, everywhere, by itself.
    shutil.copy(wedding / "IMG_0001.jpg", wedding / "IMG_0000.jpg")
    bob.sees("IMG_0000.jpg")
    ann.sees("IMG_0000.jpg")
    phone(lambda page: page.get_by_role("link", name="IMG_0000.jpg", exact=True).wait_for())

    # Ann stops, and nobody gets anything any more.
    ann.sees("Stop sharing")
    ann.does("press", "Stop sharing")
    until(lambda: not phone(lambda page: answers(page, address)), lambda: "it still answers")
    until(lambda: name not in bob.rows("Nearby"), lambda: "it is still listed")
    ann.end()
    bob.end()
    assert (ann.program.returncode, bob.program.returncode) == (0, 0)


def answers(page, address):
    try:
        return page.request.get(f"{address}/api/share", timeout=5000)
    except Error:
        return None
