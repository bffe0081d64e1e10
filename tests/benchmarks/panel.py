"""What the window feels of two hundred devices that it tells of: the gaps of a timer of 5 ms.

    python tests/benchmarks/panel.py [--rounds N] [--seconds S] [--devices N]

Rounds in which nobody does anything, and the window of who is here is closed, alternate with rounds
in which it is open, and every device has a file on its way, whose end comes nearer, and takes small
ones beside it. What the devices do is made up at the place where the server is told of its answers;
from there on, everything is real.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from peers import say
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from gui.app import STYLE, look_for_garbage, prepare
from gui.background import Background
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme
from server.activity import Activity
from server.body import FileBody

INTERVAL = 5
MOST = 1.5
# Milliseconds between two moves of everybody, and of how many one takes a small file meanwhile.
MOVES_EVERY = 50
ONE_OF = 20
SIZE = 1 << 30
STEP = 1 << 18
OK, ATTACHMENT = "200 OK", {"Content-Disposition": "attachment"}


class Crowd:
    """Devices, each with a file on its way."""

    def __init__(self, activity: Activity, count: int) -> None:
        self._activity = activity
        self._asked = [
            {
                "REQUEST_METHOD": "GET",
                "SERVER_PORT": "5000",
                "REMOTE_ADDR": f"10.0.{number >> 8}.{number & 255}",
                "HTTP_USER_AGENT": f"Mozilla/5.0 (Windows NT 10.0) Firefox/{number}.0",
            }
            for number in range(count)
        ]
        self._bodies = [FileBody(-1, [(0, SIZE)]) for _ in self._asked]
        self._turns = itertools.count()
        for number, asked in enumerate(self._asked):
            path = f"/download2/film-{number}.mp4"
            activity.answered(asked, path, OK, ATTACHMENT, self._bodies[number])

    def move(self) -> None:
        """Have every file come nearer, and some small ones taken."""
        turn = next(self._turns)
        for body in self._bodies:
            body.seek((body.tell() + STEP) % SIZE)
        for asked in self._asked[turn % ONE_OF :: ONE_OF]:
            path = f"/download2/picture-{turn}.jpg"
            self._activity.answered(asked, path, OK, ATTACHMENT, None)


def main() -> int:
    asked = _arguments()
    application = QApplication(["lanslide", *STYLE])
    prepare(application)
    own, background = LocalShare(0), Background()
    sharing = Sharing(own)
    with tempfile.TemporaryDirectory() as scratch:
        store = QSettings(f"{scratch}/settings.ini", QSettings.Format.IniFormat)
        window = MainWindow(background, sharing, Settings(store), Theme(application))
        window.show()
        crowd = Crowd(own._activity, asked.devices)
        gaps: dict[str, list[float]] = {"idle": [], "moving": []}
        for number in range(-1, asked.rounds):
            idle = _round(application, None, asked.seconds)
            window.who_is_here.open_window()
            moving = _round(application, crowd, asked.seconds)
            window.who_is_here.hide()
            if number < 0:
                # The round before the first warms everything up, and is not counted.
                look_for_garbage()
            else:
                gaps["idle"].append(idle)
                gaps["moving"].append(moving)
        window.close()
    sharing.stop()
    own.close()
    background.stop()
    usual = {name: median(measured) for name, measured in gaps.items()}
    say(f"99th percentile of the gaps of a 5 ms timer, {asked.devices} devices listed, ms:")
    for name, gap in usual.items():
        say(f"  {name:8} {gap:8.2f}   {gap / usual['idle']:.2f} × idle")
    is_met = usual["moving"] <= MOST * usual["idle"]
    say(f"  moving / idle (≤ {MOST}) {'met' if is_met else 'MISSED'}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--devices", type=int, default=200)
    return parser.parse_args()


def _round(application: QApplication, crowd: Crowd | None, seconds: int) -> float:
    """Let the event loop run, with *crowd* moving if there is one; the 99th percentile in ms."""
    moments: list[float] = []
    timer, moving = QTimer(), QTimer()
    timer.timeout.connect(lambda: moments.append(time.perf_counter()))
    timer.start(INTERVAL)
    if crowd is not None:
        moving.timeout.connect(crowd.move)
        moving.start(MOVES_EVERY)
    QTimer.singleShot(seconds * 1000, application.quit)
    application.exec()
    timer.stop()
    moving.stop()
    return quantiles((b - a for a, b in pairwise(moments)), n=100)[98] * 1e3


if __name__ == "__main__":
    sys.exit(main())
