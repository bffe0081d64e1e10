"""Switches the share on and off from wherever that can be done, and shows how it stands."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.folder_view import FolderView
from gui.listing import plain
from gui.menus import Menus
from gui.message_bar import MessageBar
from gui.settings import Settings
from gui.sharing import Sharing
from gui.tool_bar import ToolBar

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from gui.share_panel import SharePanel


class ShareSwitching(QObject):
    """Connects the switch in the tool bar, its entry in the menus and the panel to the share.

    Signals:
        shown: it stands otherwise than before, and what had the focus may be gone.
        who_wanted: the user wants to see what the others do.
    """

    shown = Signal()
    who_wanted = Signal()

    def __init__(
        self,
        sharing: Sharing,
        settings: Settings,
        tool_bar: ToolBar,
        menus: Menus,
        messages: MessageBar,
        files: FolderView,
        window: QWidget,
    ) -> None:
        """While the switch is disabled, *files* have the focus instead of it."""
        super().__init__(window)
        self._sharing = sharing
        self._settings = settings
        self._tool_bar, self._menus = tool_bar, menus
        self._messages = messages
        self._files = files
        self._window = window
        self._had_focus = False
        self._connect()

    @cached_property
    def panel(self) -> SharePanel:
        """How others come in, below the switch; made when it is first opened."""
        from gui.share_panel import SharePanel

        made = SharePanel(self._sharing, self._window)
        made.stop_wanted.connect(lambda: self._sharing.switch(False))
        made.who_wanted.connect(self.who_wanted)
        return made

    @property
    def is_panel_open(self) -> bool:
        """Whether the panel is seen."""
        return "panel" in vars(self) and self.panel.isVisible()

    def _connect(self) -> None:
        sharing = self._sharing
        sharing.switching.connect(lambda: self._enable(on=False))
        sharing.ended.connect(self._offer)
        sharing.problem.connect(self._messages.problem)
        sharing.network_changed.connect(lambda _: self._show())
        sharing.switched_on.connect(self._show_addresses)
        self._tool_bar.addresses_wanted.connect(self._show_addresses)
        self._tool_bar.share.clicked.connect(self._toggle)
        self._menus.share.triggered.connect(self._toggle)
        self._menus.share_name.triggered.connect(self._ask_name)

    def _toggle(self) -> None:
        self._sharing.switch(not self._sharing.is_on)

    def _offer(self) -> None:
        self._messages.tell(
            "Sharing was stopped, as this is another folder.",
            "Share this one",
            lambda: self._sharing.switch(True),
        )

    def _enable(self, *, on: bool) -> None:
        """Let the switch be pressed again only when what it does is done."""
        switch = self._tool_bar.share
        self._menus.share.setEnabled(on)
        # What is disabled loses the focus; it would go to whatever comes next.
        gets_focus = on and self._had_focus and self._files.view.hasFocus()
        self._had_focus = not on and switch.hasFocus()
        if self._had_focus:
            self._files.view.setFocus()
        switch.setEnabled(on)
        if gets_focus:
            switch.setFocus()

    def _show(self) -> None:
        is_on = self._sharing.is_on
        if not is_on and self.is_panel_open:
            self.panel.leave()
        self._enable(on=True)
        self._tool_bar.show_sharing(is_on)
        self._menus.share.setChecked(is_on)
        self.shown.emit()

    def _show_addresses(self) -> None:
        self.panel.open_below(self._tool_bar.share)

    def _ask_name(self) -> None:
        from gui import dialogs

        name = dialogs.ask_share_name(
            self._window, self._settings.share_name, plain(self._sharing.shown_name)
        )
        if name is not None:
            self._settings.share_name = name
            self._sharing.rename(name)
