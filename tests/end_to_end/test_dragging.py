"""Files dragged out of the real window into another program, with a real pointer on a display."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PATIENCE = 60
SCREEN = "1600x900x24"
# Says what is dragged over it, and what it was given: bytes in hexadecimal.
TARGET = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

class Target(QWidget):
    def dragEnterEvent(self, event):
        event.acceptProposedAction()
        print(json.dumps("enter"), flush=True)

    def dropEvent(self, event):
        found = {}
        for url in event.mimeData().urls():
            path = Path(url.toLocalFile())
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    name = file.relative_to(path.parent).as_posix()
                    found[name] = file.read_bytes().hex()
        event.acceptProposedAction()
        action = event.dropAction().name
        picture = event.mimeData().hasImage()
        print(json.dumps({"files": found, "action": action, "picture": picture}), flush=True)

application = QApplication([])
target = Target()
target.setAcceptDrops(True)
target.setWindowTitle("Target")
target.setGeometry(1300, 100, 250, 250)
target.show()
QTimer.singleShot(0, lambda: print(json.dumps("ready"), flush=True))
application.exec()
"""


class Desktop:
    """A display with a pointer, the window on it, and another program's beside it."""

    def __init__(
        self,
        environment: dict[str, str],
        target: subprocess.Popen[str],
        window: subprocess.Popen[str],
    ) -> None:
        self._environment, self._target, self._window = environment, target, window
        assert self.said() == "ready"
        self.xdotool("search", "--sync", "--onlyvisible", "--name", "shared – Lanslide")

    def xdotool(self, *words: str | int) -> str:
        command = [shutil.which("xdotool"), *map(str, words)]
        return subprocess.run(
            command, env=self._environment, check=True, capture_output=True, text=True, timeout=20
        ).stdout.strip()

    def said(self) -> object:
        """Give what the target says next."""
        return json.loads(self._target.stdout.readline())

    def close_window(self) -> None:
        self._window.send_signal(signal.SIGTERM)
        assert self._window.wait(PATIENCE) == 0

    def drag(self, x: int, y: int) -> object:
        """Drag what is at a place of the window to the target; give what that says of it."""
        self.xdotool("mousemove", x, y, "mousedown", 1)
        for step in self._until_entered():
            self.xdotool("mousemove", 1400 + step % 7, 200 + step % 5)
        self.xdotool("mouseup", 1)
        return self.said()

    def _until_entered(self) -> Iterator[int]:
        """Count until the target says that something is over it."""
        os.set_blocking(self._target.stdout.fileno(), False)
        try:
            for step in itertools.count():
                assert step < 500, "Nothing was dragged."
                yield step
                if (line := self._target.stdout.readline()) and json.loads(line) == "enter":
                    return
        finally:
            os.set_blocking(self._target.stdout.fileno(), True)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "shared"
    (made / "walk").mkdir(parents=True)
    (made / "walk" / "deep.txt").write_text("deep", encoding="utf-8")
    (made / "sea.bin").write_bytes(os.urandom(300_000))
    Image.effect_noise((400, 300), 80).save(made / "sun.png")
    return made


@pytest.fixture
def desktop(tmp_path, folder):
    for tool in ("Xvfb", "xdotool"):
        if shutil.which(tool) is None:
            pytest.skip(f"This needs {tool}.")
    with ExitStack() as running:

        def start(*command, **options) -> subprocess.Popen[str]:
            options = {"stdout": subprocess.PIPE, "text": True} | options
            program = running.enter_context(subprocess.Popen(command, **options))
            running.callback(program.wait, PATIENCE)
            running.callback(program.send_signal, signal.SIGTERM)
            return program

        screen = start(shutil.which("Xvfb"), "-displayfd", "1", "-screen", "0", SCREEN, "-noreset")
        environment = {
            **os.environ,
            "DISPLAY": f":{screen.stdout.readline().strip()}",
            "QT_QPA_PLATFORM": "xcb",
            "HOME": str(tmp_path),
        }
        for name in ("CACHE", "CONFIG", "DATA"):
            environment[f"XDG_{name}_HOME"] = str(tmp_path / name.lower())
        target = start(sys.executable, "-c", TARGET, env=environment)
        program = (sys.executable, "-m", "gui", folder, "--port", "0")
        yield Desktop(environment, target, start(*program, env=environment, cwd=ROOT))


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().hex()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_what_is_dropped_elsewhere_is_what_was_shared(desktop, folder, tmp_path):
    files = content(folder)
    folder_tile, picture_tile = (300, 150), (650, 150)
    dropped = desktop.drag(*picture_tile)
    assert dropped == {
        "files": {"sun.png": files["sun.png"]},
        "action": "CopyAction",
        "picture": True,
    }
    desktop.xdotool("mousemove", *folder_tile, "click", 1, "key", "ctrl+a")
    everything = {"files": files, "action": "CopyAction", "picture": False}
    assert desktop.drag(320, 160) == everything
    assert desktop.drag(*folder_tile) == everything  # all is still selected, and here
    desktop.close_window()
    assert not list((tmp_path / "cache" / "lanslide" / "copies").iterdir())
