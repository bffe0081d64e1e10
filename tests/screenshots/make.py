"""Makes the README's pictures of the window: on the sample pictures, and with one of them large.

Run it from the project's root: ``uv run python tests/screenshots/make.py``
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from PySide6.QtCore import QEventLoop, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui import picture
from gui.app import STYLE, sample_pictures
from gui.background import Background
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme
from server.pictures.service import Pictures

HERE = Path(__file__).parent


def wait_until(holds: Callable[[], bool]) -> None:
    """Run the event loop until *holds*, ten seconds at most."""
    loop, ticks = QEventLoop(), iter(range(1000))
    timer = QTimer()

    def look() -> None:
        if holds() or next(ticks, None) is None:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(10)
    loop.exec()


def main() -> None:
    """Write ``window-light.png``, ``window-dark.png`` and ``viewer.png``."""
    application = QApplication(["lanslide", *STYLE])
    picture.limit_memory()
    theme = Theme(application)
    background = Background()
    cache = tempfile.TemporaryDirectory()
    pictures = Pictures(Path(cache.name))
    own = LocalShare(0, pictures=pictures)
    sharing = Sharing(own)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
        window = MainWindow(background, sharing, settings, theme)
        opened: list[object] = []
        window.navigation.opened.connect(opened.append)
        window.show()
        window.resize(1240, 800)
        window.open_folder(sample_pictures())
        wait_until(lambda: bool(opened))
        files = [entry for entry in window.files.entries() if not entry.is_folder]
        wait_until(lambda: all(window.thumbnails.get(entry) for entry in files[1:]))
        row = window.files.model.row_of("sea-at-sunset.jpg")
        window.files.view.setCurrentIndex(window.files.model.index(row or 0, 0))
        wait_until(lambda: "Pixels" in window.preview.facts)
        for scheme in (Qt.ColorScheme.Light, Qt.ColorScheme.Dark):
            theme.choose(scheme)
            wait_until(lambda: not window.preview.busy)
            window.grab().save(str(HERE / f"window-{scheme.name.lower()}.png"))
        window.files.activated.emit(window.files.selected()[0])
        QTest.keyClick(window.viewing.viewer, Qt.Key.Key_I)
        wait_until(
            lambda: (
                "Pixels" in window.viewing.viewer.facts
                and not window.viewing.viewer.canvas.is_blurred
            )
        )
        window.grab().save(str(HERE / "viewer.png"))
        window.close()
    sharing.stop()
    own.close()
    pictures.close()
    background.stop()
    cache.cleanup()


if __name__ == "__main__":
    main()
