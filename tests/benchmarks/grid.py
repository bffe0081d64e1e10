"""What the window does with many pictures: how soon it shows them, how it feels meanwhile.

    python tests/benchmarks/grid.py [--entries N] [--pictures N] [--rounds N] [--only open|feel]

*open*: a folder of 100,000 pictures is double-clicked; until its first names are painted, and what
memory the window takes more once all are listed and once the user has looked at the middle and the
end. Each round is a process of its own.

*feel*: the gaps of a timer of 5 ms while 2,000 thumbnails are made with nothing kept from before,
the grid being scrolled on whenever all that it shows is there; in turns with the same window idle.

The whole program runs: window, share, decoder processes. On two cores with nothing else to do it
takes some three minutes. How long the gaps are depends on what else the computer does, so its load
is told with them.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from peers import say
from PIL import Image
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import app
from gui.background import Background
from gui.listing import Folder
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme
from server.pictures.service import Pictures

INTERVAL = 5
SAMPLE = Path(__file__).parents[2] / "images" / "aurora.jpg"
SIZE = 4000, 3000
CONTENTS = 8
NAMES_MS, MORE_MB = 500, 150
RATIO, LONGEST_MS = 1.5, 50
PATIENCE = 120  # seconds
LOOK_MS = 20
REST, IDLE = 1, 10  # seconds between rounds, and of an idle one at most


def main() -> int:
    asked = _arguments()
    if asked.opening is not None:
        _open(asked.opening)
        return 0
    _tell_load()
    with tempfile.TemporaryDirectory() as scratch:
        if asked.only in (None, "open"):
            _opened(_folder(Path(scratch) / "small", asked.entries, (240, 160)), asked.rounds)
        if asked.only in (None, "feel"):
            _feel(_folder(Path(scratch) / "large", asked.pictures, SIZE), asked.rounds)
    _tell_load()
    return 0


def _tell_load() -> None:
    """Tell how many processes wanted a core, on average of the last minute."""
    if hasattr(os, "getloadavg"):
        say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("open", "feel"))
    parser.add_argument("--opening", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _folder(above: Path, count: int, size: tuple[int, int]) -> Path:
    """Make a folder with one other in it, and in this so many pictures; each is one to decode.

    They are a few files under many names, which to the program are as many pictures.
    """
    inner = above / "pictures"
    inner.mkdir(parents=True)
    with Image.open(SAMPLE) as sample:
        pixels = np.asarray(sample.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = np.random.default_rng(1)
    for number in range(min(count, CONTENTS)):
        noisy = pixels + grain.normal(0, 4, (*pixels.shape[:2], 1))
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
        image.save(inner / f"holiday {number:06}.jpg", quality=85)
    for number in range(CONTENTS, count):
        os.link(inner / f"holiday {number % CONTENTS:06}.jpg", inner / f"holiday {number:06}.jpg")
    return above


@contextmanager
def _window(application: QApplication, folder: Path) -> Iterator[MainWindow]:
    """The program's window with *folder* opened in it, its cache and settings of its own."""
    with tempfile.TemporaryDirectory() as own:
        store = QSettings(f"{own}/settings.ini", QSettings.Format.IniFormat)
        app.prepare(application)
        background, pictures = Background(), Pictures(Path(own) / "cache")
        share = LocalShare(0, pictures=pictures)
        sharing = Sharing(share)
        window = MainWindow(background, sharing, Settings(store), Theme(application))
        try:
            window.resize(1240, 800)
            window.show()
            window.open_folder(folder)
            _wait(lambda: len(window.files.entries()) > 0)
            app.look_for_garbage()
            yield window
        finally:
            window.close()
            sharing.stop()
            pictures.close()
            share.close()
            background.stop()


def _wait(ready: Callable[[], object]) -> None:
    """Let the event loop run until something is so.

    As the program runs it: QTest's own waiting sleeps in between.
    """
    end, loop, look = time.monotonic() + PATIENCE, QEventLoop(), QTimer()
    look.timeout.connect(lambda: loop.quit() if ready() or time.monotonic() > end else None)
    look.start(LOOK_MS)
    loop.exec()
    if not ready():
        raise TimeoutError


def _pause(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


# Opening


class _Listed:
    """Notes which folder was last listed to its end."""

    def __init__(self, window: MainWindow) -> None:
        self.path: str | None = None
        window.navigation.opened.connect(self._opened)

    def _opened(self, folder: Folder) -> None:
        if folder.complete:
            self.path = folder.path


class _FirstPaint(QObject):
    """Notes when the grid was first painted with something in it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.at: float | None = None
        self._window = window
        window.files.grid.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's)
        if event.type() == QEvent.Type.Paint and self.at is None and self._window.files.entries():
            QTimer.singleShot(0, self._painted)  # after what is painted now
        return False

    def _painted(self) -> None:
        self.at = self.at or time.perf_counter()


def _open(folder: Path) -> None:
    application = QApplication(["lanslide", *app.STYLE])
    with _window(application, folder) as window:
        _settle()
        grid, before = window.files.grid, _memory()
        tile = grid.visualRect(window.files.model.index(0, 0)).center()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=tile)
        _settle()
        listed_all = _Listed(window)
        clicked = time.perf_counter()
        QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=tile)
        _wait(lambda: window.navigation.path != "" and not window.files.entries())
        paint = _FirstPaint(window)
        _wait(lambda: paint.at is not None)
        _wait(lambda: listed_all.path == "pictures")
        _settle()
        listed = _memory() - before
        bar = grid.verticalScrollBar()
        for part in (0.5, 1):
            bar.setValue(int(bar.maximum() * part))
            _settle()
        looked = _memory() - before
        assert paint.at is not None
        names = (paint.at - clicked) * 1e3
        say(json.dumps({"names": names, "listed": listed, "looked": looked}))


def _settle() -> None:
    _pause(1.5)


def _memory() -> float:
    """Megabytes that this process takes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _opened(folder: Path, rounds: int) -> None:
    command = [sys.executable, __file__, "--opening", os.fspath(folder)]
    told = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    count = sum(1 for _ in (folder / "pictures").iterdir())
    say(f"a folder of {count} pictures is opened (median of {rounds}):")
    for name, what, most in (
        ("names", "ms until its first names are painted", NAMES_MS),
        ("listed", "MB more once all are listed", MORE_MB),
        ("looked", "MB more once the user has looked around", MORE_MB),
    ):
        _tell(what, median(one[name] for one in told), most)


# Feeling


@dataclass(frozen=True, slots=True)
class Gaps:
    """Of the timer, in ms."""

    percentile: float
    longest: float


def _feel(folder: Path, rounds: int) -> None:
    application = QApplication(["lanslide", *app.STYLE])
    idle: list[Gaps] = []
    busy: list[Gaps] = []
    with _window(application, folder) as window:
        listed = _Listed(window)
        window.navigation.open("pictures")
        _wait(lambda: listed.path == "pictures")
        pages = _Pages(window)
        part = len(window.files.entries()) // (rounds + 1)
        pages.look(part)  # the decoder processes start, so this is not measured
        made, took = pages.row, 0.0
        say(f"gaps of a timer of {INTERVAL} ms: {'99 %, ms':>25} {'longest, ms':>12}")
        for _ in range(rounds):
            _pause(REST)
            _, gaps = _measured(lambda: _pause(min(pages.seconds, IDLE)))
            idle.append(gaps)
            seconds, gaps = _measured(lambda: pages.look(part))
            busy.append(gaps)
            took += seconds
            for name, gaps in (("idle", idle[-1]), ("making thumbnails", busy[-1])):
                say(f"  {name:38} {gaps.percentile:10.2f} {gaps.longest:12.2f}")
    made = pages.row - made
    say(f"{made} thumbnails of {SIZE[0]} × {SIZE[1]} pixels made, {made / took:.0f} a second")
    ratio = median(one.percentile for one in busy) / median(one.percentile for one in idle)
    _tell("99th percentile, making / idle", ratio, RATIO)
    _tell("the longest while making, ms", max(one.longest for one in busy), LONGEST_MS)


def _measured(work: Callable[[], object]) -> tuple[float, Gaps]:
    """Give the seconds that *work*, which runs the event loop, takes, and how even that ran."""
    moments: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: moments.append(time.perf_counter()))
    timer.start(INTERVAL)
    work()
    timer.stop()
    gaps = [(after - before) * 1e3 for before, after in pairwise(moments)]
    return moments[-1] - moments[0], Gaps(quantiles(gaps, n=100)[98], max(gaps))


class _Pages:
    """Looks at the grid page by page, at each until its pictures have come.

    Attributes:
        row: The first row that was not looked at.
        seconds: That the last look took.

    """

    def __init__(self, window: MainWindow) -> None:
        self.row, self.seconds = 0, 0.0
        self._files = window.files
        self._come: set[str] = set()
        window.thumbnails.ready.connect(self._come.add)

    def look(self, rows: int) -> None:
        """Go on by so many rows at least, if there are so many."""
        begin, entries = time.perf_counter(), self._files.entries()
        last = min(self.row + rows, len(entries))
        while self.row < last:
            grid, model = self._files.grid, self._files.model
            grid.scrollTo(model.index(self.row, 0), grid.ScrollHint.PositionAtTop)
            entries = self._files.entries()
            page = [entries[row] for row in self._shown()]
            paths = {entry.path for entry in page}
            _wait(lambda paths=paths: paths <= self._come)
            self.row += len(page)
        self.seconds = time.perf_counter() - begin

    def _shown(self) -> range:
        """Give the rows that are on screen from the present one on."""
        grid, model, row = self._files.grid, self._files.model, self.row
        inside = grid.viewport().rect()
        while row < len(model.rows()) and inside.contains(
            grid.visualRect(model.index(row, 0)).center()
        ):
            row += 1
        return range(self.row, row)


def _tell(what: str, measured: float, most: float) -> None:
    say(f"  {what:40} {measured:9.2f}  (≤ {most}) {'met' if measured <= most else 'MISSED'}")


if __name__ == "__main__":
    sys.exit(main())
