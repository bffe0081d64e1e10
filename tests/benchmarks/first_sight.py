"""One start, seen from within: `first_sight.py bare` or `first_sight.py lanslide FOLDER`.

Tells on standard output when what was first seen, in seconds of the clock that all processes share
(`time.monotonic`) and of processor time, then ends by itself. `start.py` starts it and tells what
to make of that. Nothing is imported here that the two programs do not import anyway.
"""

import sys
import time

PATIENCE_MS = 20_000


def bare() -> None:
    """The least that a program with a window does: one label."""
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QApplication, QLabel

    class Label(QLabel):
        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's)
            super().paintEvent(event)
            _tell("pictures")
            QTimer.singleShot(0, QApplication.quit)

    application = QApplication(sys.argv[:1])
    label = Label("Lanslide")
    label.resize(1240, 800)
    label.show()
    application.exec()


def lanslide(folder: str) -> None:
    """The whole program, as its command starts it, with somebody who looks at its grid."""
    from gui import __main__, loading

    loading.load_before_qt()
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    from gui import app
    from gui.main_window import MainWindow
    from gui.thumbnails import may_have_thumbnail
    from gui.version import version

    class Seen(QObject):
        """Tells once each: the window, the names, a picture, and all pictures are painted."""

        def __init__(self, window: MainWindow) -> None:
            super().__init__(window)
            self._window = window
            self._told: set[str] = set()
            window.installEventFilter(self)
            window.files.grid.viewport().installEventFilter(self)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's)
            if event.type() == QEvent.Type.Paint:
                seen = ["window"] if watched is self._window else self._in_grid()
                # After what is painted now.
                QTimer.singleShot(0, lambda: self._tell(seen))
            return False

        def _in_grid(self) -> list[str]:
            files, kept = self._window.files, self._window.thumbnails._kept
            grid, space = files.grid, files.grid.viewport().rect()
            shown = [
                files.entries()[row]
                for row in grid.rows_in_sight()
                if space.intersects(grid.visualRect(files.model.index(row, 0)))
            ]
            come = [version(one) in kept for one in shown if may_have_thumbnail(one)]
            are_so = {"names": bool(shown), "picture": any(come), "pictures": come and all(come)}
            return [name for name, is_so in are_so.items() if is_so]

        def _tell(self, seen: list[str]) -> None:
            for name in seen:
                if name not in self._told:
                    self._told.add(name)
                    _tell(name)
            if "pictures" in self._told:
                self._window.close_at_once()

    class Watched(MainWindow):
        def __init__(self, *arguments: object, **more: object) -> None:
            super().__init__(*arguments, **more)
            self.seen = Seen(self)
            QTimer.singleShot(PATIENCE_MS, QApplication.quit)

    app.MainWindow = Watched
    __main__.main([folder] if folder else [])


def _tell(name: str) -> None:
    sys.stdout.write(f"{name} {time.monotonic()} {time.process_time()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        bare()
    else:
        lanslide(sys.argv[2])
