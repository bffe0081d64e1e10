"""A line below the tool bar: what the user should know, and one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from gui.icon_button import IconButton
from gui.label import label
from gui.theme import styled

INFORMATION_STAYS_MS = 8000


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be done whenever the user likes."""

    sentence: str
    label: str
    action: Callable[[], None]
    decline: str


class MessageBar(QFrame):
    """Shows one message at a time; a problem stays until it is closed, information for a while.

    An offer is there whenever nothing else is, until the user has said yes or no.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        styled(self, "message")
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self._act)
        self._decline = QPushButton()
        self._decline.clicked.connect(self._close)
        self._action: Callable[[], None] | None = None
        self._message = object()
        self._offer: Offer | None = None
        self._is_offering = False
        close = IconButton("close", "Close this message")
        close.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(self._decline)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INFORMATION_STAYS_MS)
        self._timer.timeout.connect(self.clear)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown, or the last one."""
        return self._text.text()

    def problem(self, sentence: str) -> None:
        """Show what went wrong, until the user closes it or another message comes."""
        self._show(sentence, problem=True)

    def tell(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> object:
        """Show information; with *action* a button *label* that does it, and then it stays.

        Returns what stands for the message, for `change` and `withdraw`.
        """
        self._show(sentence, problem=False, label=label, action=action)
        if action is None:
            self._timer.start()
        return self._message

    def change(self, message: object, sentence: str) -> None:
        """Say *sentence* in the place of *message*, if that is still shown."""
        if message is self._message and not self.isHidden():
            self._text.setText(sentence)

    def withdraw(self, message: object) -> None:
        """Hide *message*, if it is still shown."""
        if message is self._message:
            self.clear()

    def offer(self, sentence: str, label: str, action: Callable[[], None], decline: str) -> None:
        """Offer something as soon as nothing else is shown; *decline* is what no is called."""
        self._offer = Offer(sentence, label, action, decline)
        if self.isHidden():
            self.clear()

    def take_back_offer(self) -> None:
        """Offer nothing any more."""
        self._offer = None
        if self._is_offering:
            self.clear()

    def clear(self) -> None:
        """Show no message, but what there is to offer."""
        self.hide()
        if self._offer is not None:
            self._show(
                self._offer.sentence,
                problem=False,
                label=self._offer.label,
                action=self._offer.action,
                decline=self._offer.decline,
            )
            self._is_offering = True

    def _show(
        self,
        sentence: str,
        *,
        problem: bool,
        label: str = "",
        action: Callable[[], None] | None = None,
        decline: str = "",
    ) -> None:
        self._timer.stop()
        self._message = object()
        self._is_offering = False
        self._decline.setText(decline)
        self._decline.setVisible(bool(decline))
        self._text.setText(sentence)
        self._button.setText(label)
        self._button.setVisible(action is not None)
        self._action = action
        self.setProperty("problem", problem)
        # A style sheet's [property] selectors are only looked at when the style is set anew.
        for widget in (self, self._text):
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self.show()

    def _close(self) -> None:
        if self._is_offering:
            self._offer = None
        self.clear()

    def _act(self) -> None:
        action = self._action
        self._close()
        if action is not None:
            action()
