"""What stands in a window of a list as long as there is nothing in it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.label import label


def empty_page(heading: str, more: QWidget) -> QWidget:
    """Return a page that says *heading*, and below it *more*."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(48, 48, 48, 48)
    column.setSpacing(8)
    column.addStretch(1)
    column.addWidget(label(heading, "heading", centred=True))
    column.addWidget(more)
    column.addStretch(2)
    return made
