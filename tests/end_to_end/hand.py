"""Lanslide with a hand at its mouse and keyboard, and an eye on its windows.

`python tests/end_to_end/hand.py [what lanslide takes]` is the real program. Each line of JSON on
its standard input is a deed with its arguments, each line on its standard output what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QLineEdit,
    QMainWindow,
    QWidget,
)

from gui.__main__ import main


class Hand(QObject):
    """Does what a person at this computer would.

    A deed is done after it was answered, for it may open a dialog that does not return.
    """

    _told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._told.connect(self._do, Qt.ConnectionType.QueuedConnection)

    def listen(self) -> None:
        """Take what is said, until nobody says more; on a thread of its own."""
        for line in sys.stdin:
            self._told.emit(line)

    def _do(self, line: str) -> None:
        deed, *arguments = json.loads(line)
        try:
            answer = getattr(self, deed)(*arguments)
        except RuntimeError:
            # What was looked at has been deleted meanwhile; the next look is at what is there then.
            QTimer.singleShot(0, partial(self._do, line))
            return
        except BaseException:
            # Qt would go on, and whoever has said it would wait for ever.
            traceback.print_exc()
            os._exit(1)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()

    # Deeds; they tell whether there is such a thing

    def press(self, says: str) -> bool:
        """Press a button, or tick a box."""
        for button in _shown(QAbstractButton):
            if button.isEnabled() and says in (_text(button), button.accessibleName()):
                return _later(partial(QTest.mouseClick, button, Qt.MouseButton.LeftButton))
        return False

    def choose(self, view: str, row: str) -> bool:
        """Click a row of a list, or a picture."""
        for widget in _shown(QAbstractItemView):
            index = _index(widget, row) if widget.accessibleName() == view else None
            if index is not None:
                widget.scrollTo(index)
                place = widget.visualRect(index).center()
                click = partial(QTest.mouseClick, widget.viewport(), Qt.MouseButton.LeftButton)
                return _later(partial(click, pos=place))
        return False

    def write(self, field: str, text: str) -> bool:
        """Type into a field, in place of what is there."""
        for line in _shown(QLineEdit):
            if field in (line.accessibleName(), line.objectName()) and not line.isReadOnly():
                line.setFocus()
                line.selectAll()
                return _later(partial(QTest.keyClicks, line, text))
        return False

    def key(self, keys: str) -> bool:
        """Press keys, such as "Ctrl+A"."""
        window = _front()
        if window is None or not window.isActiveWindow():
            if window is not None:
                window.activateWindow()  # as a window manager does when a dialog is closed
            return False
        return _later(partial(QTest.keySequence, window.focusWidget() or window, keys))

    def agree(self, title: str) -> bool:
        """Press Enter in a dialog of Qt's own.

        Nothing in it is touched otherwise: what Python has seen of a dialog that C++ has made and
        deletes can take the program down with it.
        """
        window = QGuiApplication.modalWindow()
        if window is None or window.title() != title:
            return False
        return _later(partial(QTest.keyClick, window, Qt.Key.Key_Return))

    def seen(self) -> dict[str, Any]:
        """Tell what there is to read."""
        labels = [label.text() for label in _shown(QLabel) if label.text()]
        fields = [line.text() for line in _shown(QLineEdit)]
        lists = {view.accessibleName(): [*_rows(view)] for view in _shown(QAbstractItemView)}
        buttons = [_text(button) or button.accessibleName() for button in _shown(QAbstractButton)]
        return {"labels": labels, "fields": fields, "buttons": buttons, "lists": lists}

    def grab(self, path: str) -> bool:
        """Take a picture of the window."""
        window = _front()
        return window is not None and window.grab().save(path)


def _front() -> QWidget | None:
    """Give the window that can be used just now."""
    windows = (one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow))
    return QApplication.activeModalWidget() or next(windows, None)


def _shown(kind: type[Any]) -> Iterator[Any]:
    """Give what can be seen of a kind, and be reached: behind a dialog nothing can."""
    modal = QApplication.activeModalWidget()
    for window in [modal] if modal is not None else QApplication.topLevelWidgets():
        for widget in [window, *window.findChildren(QWidget)]:
            if isinstance(widget, kind) and widget.isVisible():
                yield widget


def _text(button: QAbstractButton) -> str:
    return button.text().replace("&", "")


def _rows(view: QAbstractItemView) -> Iterator[str]:
    model, root = view.model(), view.rootIndex()
    for row in range(model.rowCount(root)):
        yield str(model.index(row, 0, root).data())


def _index(view: QAbstractItemView, text: str) -> QModelIndex | None:
    for row, said in enumerate(_rows(view)):
        if said == text:
            return view.model().index(row, 0, view.rootIndex())
    return None


def _later(act: Callable[[], object]) -> bool:
    QTimer.singleShot(0, act)
    return True


if __name__ == "__main__":
    hand = Hand()
    threading.Thread(target=hand.listen, daemon=True).start()
    sys.exit(main())
