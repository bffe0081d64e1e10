"""Text on the window, always taken literally: a file may be called ``<img src=x>``."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gui.theme import styled


def label(text: str = "", look: str = "", *, wrap: bool = False, centred: bool = False) -> QLabel:
    """Return a label that never takes its text for markup; *look* is a name in ``theme.qss``."""
    made = styled(QLabel(text), look)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if centred:
        made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made
