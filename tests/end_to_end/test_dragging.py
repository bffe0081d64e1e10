"""Files dragged out of the real window into another program, with a real pointer on a display."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import Empty, Queue

import pytest
from PIL import Image

from tests.conftest import tree_of

ROOT = Path(__file__).parents[2]
PATIENCE = 60
SCREEN = "1600x900x24"
OURS = "shared – Lanslide"
# Says what is dragged over it, and what it is given by a drop, or by a paste when a key is pressed:
# bytes in hexadecimal, and the size of a picture.
TARGET = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

def told(mime):
    found = {}
    for url in mime.urls():
        path = Path(url.toLocalFile())
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                name = file.relative_to(path.parent).as_posix()
                found[name] = file.read_bytes().hex()
    picture = QImage(mime.imageData()).size().toTuple() if mime.hasImage() else None
    return {"files": found, "picture": picture}

class Target(QWidget):
    def dragEnterEvent(self, event):
        event.acceptProposedAction()
        print(json.dumps("enter"), flush=True)

    def dropEvent(self, event):
        event.acceptProposedAction()
        action = event.dropAction().name
        print(json.dumps({**told(event.mimeData()), "action": action}), flush=True)

    def keyPressEvent(self, event):
        print(json.dumps(told(application.clipboard().mimeData())), flush=True)

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
        self._says: Queue[object] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()  # ends with the target
        assert self.said() == "ready"
        self.press_key(OURS, "Escape")

    def xdotool(self, *words: str | int) -> None:
        command = [shutil.which("xdotool"), *map(str, words)]
        subprocess.run(
            command, env=self._environment, check=True, capture_output=True, timeout=PATIENCE
        )

    def said(self, patience: float = PATIENCE) -> object:
        """Give what the target says next."""
        return self._says.get(timeout=patience)

    def paste(self) -> object:
        """Have the target paste; give what it says of that."""
        self.press_key("Target", "v")
        return self.said()

    def press_key(self, title: str, key: str) -> None:
        """Press a key in a window, as soon as that is there."""
        found = ("search", "--sync", "--onlyvisible", "--name", title)
        self.xdotool(*found, "windowfocus", "key", key)

    def close_window(self) -> None:
        self._window.send_signal(signal.SIGTERM)
        assert self._window.wait(PATIENCE) == 0

    def drag(self, x: int, y: int) -> object:
        """Drag what is at a place of the window to the target; give what that says of it.

        A window that has just come may not have its files yet; then it is tried again.
        """
        for _ in range(5):
            self.xdotool("mousemove", x, y, "mousedown", 1)
            for step in range(100):
                self.xdotool("mousemove", 1400 + step % 7, 200 + step % 5)
                with suppress(Empty):
                    assert self.said(patience=0.02) == "enter"
                    self.xdotool("mouseup", 1)
                    return self.said()
            self.xdotool("mouseup", 1)
        pytest.fail("Nothing was dragged.")

    def _listen(self) -> None:
        for line in self._target.stdout:
            self._says.put(json.loads(line))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "shared"
    (made / "walk").mkdir(parents=True)
    (made / "walk" / "deep.txt").write_text("deep", encoding="utf-8")
    (made / "sea.bin").write_bytes(os.urandom(300_000))
    left = tmp_path / "cache" / "lanslide" / "copies" / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "old.png").write_text("of a program that was killed", encoding="utf-8")
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
    return {path: data.hex() for path, data in tree_of(folder).items()}


def test_what_is_dropped_or_pasted_elsewhere_is_what_was_shared(desktop, folder, tmp_path):
    files, copies = content(folder), tmp_path / "cache" / "lanslide" / "copies"
    folder_tile, picture_tile = (300, 150), (650, 150)
    one = {"files": {"sun.png": files["sun.png"]}, "picture": [400, 300]}
    everything = {"files": files, "picture": None}
    assert desktop.drag(*picture_tile) == {**one, "action": "CopyAction"}
    desktop.press_key(OURS, "ctrl+c")
    assert any(desktop.paste() == one for _ in range(100))  # as soon as it has come
    desktop.press_key(OURS, "ctrl+a")
    assert desktop.drag(320, 160) == {**everything, "action": "CopyAction"}
    # All is still selected, and here.
    assert desktop.drag(*folder_tile) == {**everything, "action": "CopyAction"}
    desktop.close_window()
    assert list(copies.iterdir()) == []
