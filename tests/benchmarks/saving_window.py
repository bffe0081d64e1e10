"""What the window feels of saving: the gaps of a timer of 5 ms.

    python tests/benchmarks/saving_window.py [--rounds N] [--files N] [--big MB] [--into FOLDER]

The program's window, with its own share, saves many files of 100 kB and then a big one from another
share, which is a process of its own as if it were on another computer; in turns with the same
window idle. By default files go to memory (/dev/shm), as otherwise the disk is measured.

One save of many files has some 300 gaps, of which the 99th percentile would be the third longest.
So each round has several saves, with what begins and ends them, and the gaps of all rounds are
taken together; what each round would have said by itself is told as well.

How long the gaps are depends on what else the computer does, so its load is told with them, and
how much of the time the window's process computes.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from peers import OURS, Running, say
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from gui import app
from gui.background import Background
from gui.client import Client
from gui.journal import Journal
from gui.listing import Entry
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.queued import Order
from gui.saving import Summary
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme

INTERVAL = 5
MOST = 1.5
SMALL_SIZE = 100_000
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
PICTURES = Path(__file__).parents[2] / "images"
IDLE = 4  # seconds
SAVES = {"many": 4, "big": 2}
"""How often each is saved in a round: for some thousand gaps of each in five rounds."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """Of the event loop for some time.

    Attributes:
        gaps: Of the timer, in ms.
        seconds: How long that took.
        computed: Seconds for which this process computed; more than `seconds` on several cores.

    """

    gaps: tuple[float, ...]
    seconds: float
    computed: float

    @property
    def percentile(self) -> float:
        """The gap in ms that one of a hundred is longer than."""
        return quantiles(self.gaps, n=100)[98]


def together(felt: Sequence[Feeling]) -> Feeling:
    """Take the gaps of several times for those of one."""
    return Feeling(
        tuple(gap for one in felt for gap in one.gaps),
        sum(one.seconds for one in felt),
        sum(one.computed for one in felt),
    )


def main() -> int:
    asked = _arguments()
    base = asked.into or (MEMORY if MEMORY.is_dir() else None)
    application = QApplication(["lanslide", *app.STYLE])
    felt: dict[str, list[Feeling]] = {"idle": [], "many": [], "big": []}
    with tempfile.TemporaryDirectory(dir=base) as scratch:
        shared, saved = Path(scratch) / "shared", Path(scratch) / "saved"
        _make(shared, asked.files, asked.big * 1_000_000)
        with (
            Running(OURS, shared, Path(scratch)) as server,
            _window(application, Path(scratch)) as window,
        ):
            for _ in range(asked.rounds):
                felt["idle"].append(_felt(lambda: _pause(IDLE)))
                for part, saves in SAVES.items():
                    felt[part].append(
                        together([_felt_saving(window, server, part, saved) for _ in range(saves)])
                    )
    _tell(felt)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--big", type=int, default=2000, help="size of the big file in MB")
    parser.add_argument("--into", type=Path, help="where the files are shared from and saved to")
    return parser.parse_args()


def _make(folder: Path, files: int, big: int) -> None:
    for part in ("many", "big"):
        (folder / part).mkdir(parents=True)
    for number in range(files):
        (folder / "many" / f"{number:05}.bin").write_bytes(os.urandom(SMALL_SIZE))
    piece = os.urandom(1 << 20)
    with (folder / "big" / "big.bin").open("wb") as file:
        for _ in range(big // len(piece)):
            file.write(piece)


@contextmanager
def _window(application: QApplication, own: Path) -> Iterator[MainWindow]:
    """The program's window with its sample pictures opened, its settings and journal of its own."""
    settings = Settings(QSettings(str(own / "settings.ini"), QSettings.Format.IniFormat))
    app.prepare(application)
    background, share = Background(), LocalShare(0)
    sharing = Sharing(share)
    window = MainWindow(
        background,
        sharing,
        settings,
        Theme(application),
        journal=lambda: Journal(own / "journal"),
    )
    try:
        window.resize(1240, 800)
        window.show()
        window.open_folder(PICTURES)
        _pause(2)
        app.look_for_garbage()
        yield window
    finally:
        window.close()
        sharing.stop()
        share.close()
        background.stop()


def _felt_saving(window: MainWindow, server: Running, part: str, into: Path) -> Feeling:
    """Tell how even the event loop runs from the click to the last word of one save."""
    into.mkdir()
    client = Client(f"http://127.0.0.1:{server.port}")
    order = Order(client, [Entry(part, part, "folder")], into)
    felt = _felt(lambda: _save(window, order))
    shutil.rmtree(into)
    return felt


def _save(window: MainWindow, order: Order) -> None:
    """Have it saved, and the event loop run until it is."""
    loop, ended = QEventLoop(), list[Summary]()

    def end(summary: Summary) -> None:
        ended.append(summary)
        loop.quit()

    window.file_actions.saves.queue.finished.connect(end)
    window.file_actions.saves.queue.put(order)
    loop.exec()
    window.file_actions.saves.queue.finished.disconnect(end)
    (summary,) = ended
    if not summary.saved or summary.failed or summary.unverified or summary.stopped:
        raise RuntimeError(summary)


def _pause(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def _felt(work: Callable[[], object]) -> Feeling:
    """Tell how even the event loop runs in *work*."""
    moments: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: moments.append(time.perf_counter()))
    timer.start(INTERVAL)
    began, computed = time.perf_counter(), time.process_time()
    work()
    seconds = time.perf_counter() - began
    timer.stop()
    computed = time.process_time() - computed
    gaps = tuple((after - before) * 1e3 for before, after in pairwise(moments))
    return Feeling(gaps, seconds, computed)


def _tell(felt: Mapping[str, Sequence[Feeling]]) -> None:
    if hasattr(os, "getloadavg"):
        say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    say(f"a timer of {INTERVAL} ms:   gaps   99 %, ms   longest, ms   seconds   computing")
    whole = {name: together(rounds) for name, rounds in felt.items()}
    for name, one in whole.items():
        figures = f"{one.percentile:10.2f} {max(one.gaps):13.2f} {one.seconds:9.1f}"
        say(f"  {name:14} {len(one.gaps):9} {figures} {one.computed / one.seconds:11.2f}")
    for name in SAVES:
        ratio = whole[name].percentile / whole["idle"].percentile
        rounds = [
            f"{one.percentile / idle.percentile:.2f}"
            for one, idle in zip(felt[name], felt["idle"], strict=True)
        ]
        met = "met" if ratio <= MOST else "MISSED"
        say(f"  {name} / idle (≤ {MOST}): {ratio:.2f} {met}; by rounds {', '.join(rounds)}")


if __name__ == "__main__":
    sys.exit(main())
