"""What the window feels of the server in its own process: the gaps of a timer of 5 ms.

    python tests/benchmarks/window.py [--rounds N] [--seconds S]

Rounds without and with 32 connections that ask for small files alternate. The plain application
of the same routes, under waitress as it comes, is measured in between. Needs `wrk`.
"""

import argparse
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from flask import Flask, send_from_directory
from peers import missing, say
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from waitress.server import create_server

from server.application import Application
from server.folder import SharedFolder
from server.share import Share

INTERVAL = 5
NAME = "small.bin"
WRK = ("wrk", "-t1", "-c32")


def main() -> int:
    asked = _arguments()
    if sentence := missing("wrk"):
        say(sentence)
        return 1
    application = QApplication([])
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / NAME).write_bytes(os.urandom(10_240))
        naive = _naive(scratch)
        with Share(Application(SharedFolder(Path(scratch))), port=0) as share:
            ours = share.port
            _round(application, ours, 1)
            gaps: dict[str, list[float]] = {"idle": [], "ours": [], "naive": []}
            for _ in range(asked.rounds):
                for name, port in (
                    ("idle", None),
                    ("ours", ours),
                    ("idle", None),
                    ("naive", naive),
                ):
                    gaps[name].append(_round(application, port, asked.seconds))
    usual = {name: median(measured) for name, measured in gaps.items()}
    say("99th percentile of the gaps of a 5 ms timer, ms:")
    for name, gap in usual.items():
        say(f"  {name:8} {gap:8.2f}   {gap / usual['idle']:.2f} × idle")
    met = usual["ours"] <= 2 * usual["idle"]
    say(f"  ours / idle (≤ 2) {'met' if met else 'MISSED'}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    return parser.parse_args()


def _naive(folder: str) -> int:
    """Serve the folder as a tutorial would, in this process too; give the port."""
    # It warns at every request that has to wait.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = Flask("naive")

    @app.get("/download2/<path:name>")
    def download(name: str) -> object:
        return send_from_directory(folder, name, as_attachment=True)

    server = create_server(app, host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    return int(server.effective_port)


def _round(application: QApplication, port: int | None, seconds: int) -> float:
    """Let the event loop run, under load if there is a port; give the 99th percentile in ms."""
    moments: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: moments.append(time.perf_counter()))
    timer.start(INTERVAL)
    url = f"http://127.0.0.1:{port}/download2/{NAME}"
    load = None
    if port is not None:
        load = subprocess.Popen([*WRK, f"-d{seconds}s", url], stdout=subprocess.DEVNULL)
    QTimer.singleShot(seconds * 1000, application.quit)
    application.exec()
    timer.stop()
    if load is not None:
        load.wait(timeout=30)
    return quantiles((b - a for a, b in pairwise(moments)), n=100)[98] * 1e3


if __name__ == "__main__":
    # The naive server's threads do not end by themselves.
    status = main()
    sys.stdout.flush()
    os._exit(status)
