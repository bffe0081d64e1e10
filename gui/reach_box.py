"""Says in words whether other devices can reach this computer, and what may be in the way."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui.copy_button import CopyButton
from gui.label import label
from gui.own_share import NetworkAddress
from gui.reachability import Cause, Firewall, causes, firewall, standing
from gui.theme import styled

SHOW, HIDE = "What may be in the way", "Hide what may be in the way"


class ReachBox(QWidget):
    """Tells what is known; the usual causes are unfolded on request."""

    def __init__(
        self, find_firewall: Callable[[], Firewall] = firewall, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._firewall = find_firewall()
        self._told: tuple[Cause, ...] = ()
        self._standing = label("", "quiet", wrap=True)
        self.fold = styled(QPushButton(SHOW), "flat")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._unfold)
        self._causes = QWidget()
        self._rows = QVBoxLayout(self._causes)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(6)
        self._causes.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label("Can they reach me?", "strong"))
        column.addWidget(self._standing)
        column.addWidget(self.fold, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._causes)

    @property
    def standing(self) -> str:
        """What it says is known."""
        return self._standing.text()

    def show_reach(
        self, addresses: Sequence[NetworkAddress], port: int, *, was_reached: bool
    ) -> None:
        """Tell how things stand with *addresses*, those that cannot be used included."""
        used = [one for one in addresses if one.is_used]
        said = standing([one.host for one in used], port, was_reached=was_reached)
        problems = [f"{one.host}: {one.problem}" for one in addresses if one.problem]
        self._standing.setText("\n".join([said, *problems]))
        found = causes(self._firewall, port, {one.kind for one in used}, sys.executable)
        if found != self._told:
            self._told = found
            self._show(found)
        is_in_doubt = bool(used) and not was_reached
        self.fold.setVisible(is_in_doubt)
        self._causes.setVisible(is_in_doubt and self.fold.isChecked())

    def _show(self, found: Sequence[Cause]) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        before: QWidget = self.fold
        for cause in found:
            row = _cause(cause)
            self._rows.addWidget(row)
            for part in row.findChildren(QWidget):
                if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    # What comes later is otherwise the last in the window that Tab leads to.
                    QWidget.setTabOrder(before, part)
                    before = part

    def _unfold(self, unfolded: bool) -> None:
        self.fold.setText(HIDE if unfolded else SHOW)
        self._causes.setVisible(unfolded)


def _cause(cause: Cause) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 4, 0, 4)
    column.setSpacing(4)
    column.addWidget(label(cause.title, "strong"))
    column.addWidget(label(cause.advice, "quiet", wrap=True))
    if cause.command:
        column.addLayout(_command(cause.command, "Command"))
    if cause.undo:
        column.addWidget(label("To take it back:", "quiet"))
        column.addLayout(_command(cause.undo, "Command that takes it back"))
    return made


def _command(text: str, name: str) -> QHBoxLayout:
    field = styled(QPlainTextEdit(text), "command")
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setAccessibleName(name)
    field.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    lines = 1 + len(text) // 28
    field.setFixedHeight(field.fontMetrics().lineSpacing() * min(lines, 5) + 20)
    button = CopyButton("Copy", text)
    button.setAccessibleName(f"Copy: {text}")
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(field, 1)
    row.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
    return row
