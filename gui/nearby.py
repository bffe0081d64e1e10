"""The shares that others on the network announce, as the window knows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal


class FoundShare(Protocol):
    """A share that somebody announces; see `server.discovery.announced.FoundShare`. A value."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def urls(self) -> tuple[str, ...]: ...

    @property
    def needs_pin(self) -> bool: ...

    @property
    def tls(self) -> bool: ...

    @property
    def fingerprint(self) -> str | None: ...


class Finder(Protocol):
    """What looks for shares; see `server.discovery.nearby.Nearby`. From any thread."""

    def shares(self) -> Sequence[FoundShare]:
        """Give what is announced now."""

    @property
    def problem(self) -> str:
        """A sentence when none can be found; else empty."""

    def close(self) -> None:
        """Look no more."""


class Nearby(QObject):
    """Tells of the shares nearby in the GUI thread, once it has begun to look for them.

    Signals:
        changed: others are announced now, or it cannot be told any more.
        _heard: the same, from the thread that looks.
    """

    changed = Signal()
    _heard = Signal()

    def __init__(
        self, look: Callable[[Callable[[], None]], Finder], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._heard.connect(self.changed, Qt.ConnectionType.QueuedConnection)
        self._look = look
        self._finder: Finder | None = None
        self._is_ended = False

    def begin(self) -> None:
        """Look for them from now on."""
        if self._finder is None and not self._is_ended:
            self._finder = self._look(self._heard.emit)

    @property
    def shares(self) -> Sequence[FoundShare]:
        """What is announced now, one's own left out; from any thread."""
        finder = self._finder
        return finder.shares() if finder is not None else ()

    def find(self, share: str) -> list[str]:
        """Give the addresses of the share with an id, best first; from any thread."""
        return [url for one in self.shares if one.id == share for url in one.urls]

    @property
    def problem(self) -> str:
        """A sentence when none can be found; else empty."""
        return self._finder.problem if self._finder is not None else ""

    def stop(self) -> None:
        """Look no more."""
        self._is_ended = True
        finder, self._finder = self._finder, None
        if finder is not None:
            finder.close()
