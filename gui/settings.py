"""What the window remembers from one start to the next."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gui.known_shares import KnownShares, make_private

TILE_SIDES = (96, 144, 320)  # smallest, first, largest: pixels of the grid's pictures


class Mode(StrEnum):
    """How the files are laid out."""

    GRID = "grid"
    LIST = "list"


class Scheme(StrEnum):
    """Which colours the window has."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Settings:
    """Typed access to a `QSettings`; a value that makes no sense counts as not there.

    Attributes:
        known_shares: what is remembered of the shares of others.

    """

    def __init__(self, store: QSettings) -> None:
        self._store = store
        self.known_shares = KnownShares(store)

    @property
    def geometry(self) -> QByteArray | None:
        """Place and size of the window, as Qt packs them."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def splitter(self) -> QByteArray | None:
        """Where the lines between side bar, files and preview are."""
        return self._bytes("window/splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._store.setValue("window/splitter", value)

    @property
    def mode(self) -> Mode:
        """Grid or list."""
        value = self._store.value("view/mode")
        return Mode(value) if value in list(Mode) else Mode.GRID

    @mode.setter
    def mode(self, value: Mode) -> None:
        self._store.setValue("view/mode", value.value)

    @property
    def tile_side(self) -> int:
        """Size of the grid's pictures, pixels."""
        smallest, first, largest = TILE_SIDES
        value = self._store.value("view/tile_side", first)
        try:
            return min(max(int(str(value)), smallest), largest)
        except ValueError:
            return first

    @tile_side.setter
    def tile_side(self, value: int) -> None:
        self._store.setValue("view/tile_side", value)

    @property
    def order(self) -> tuple[int, bool]:
        """By which column the files are sorted, and whether the other way round."""
        column = self._store.value("view/column", 0)
        descending = str(self._store.value("view/descending")).lower() == "true"
        return (int(str(column)) if str(column) in ("0", "1", "2", "3") else 0), descending

    @order.setter
    def order(self, value: tuple[int, bool]) -> None:
        self._store.setValue("view/column", value[0])
        self._store.setValue("view/descending", value[1])

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or as the system has it."""
        value = self._store.value("view/scheme")
        return Scheme(value) if value in list(Scheme) else Scheme.SYSTEM

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self._store.setValue("view/scheme", value.value)

    @property
    def shared_folder(self) -> Path | None:
        """The folder shared last."""
        return self._path("folders/shared")

    @shared_folder.setter
    def shared_folder(self, value: Path) -> None:
        self._store.setValue("folders/shared", str(value))

    @property
    def save_folder(self) -> Path | None:
        """The folder saved into last."""
        return self._path("folders/saved")

    @save_folder.setter
    def save_folder(self, value: Path) -> None:
        self._store.setValue("folders/saved", str(value))

    @property
    def kept_pin(self) -> tuple[str, str] | None:
        """The PIN that the user keeps, and what the link to it holds."""
        pin, secret = self._store.value("share/pin"), self._store.value("share/secret")
        # Whether they make sense is the business of who takes them.
        return (pin, secret) if isinstance(pin, str) and isinstance(secret, str) else None

    @kept_pin.setter
    def kept_pin(self, value: tuple[str, str] | None) -> None:
        if value is None:
            self._store.remove("share/pin")
            self._store.remove("share/secret")
        elif value != self.kept_pin:
            make_private(self._store)
            self._store.setValue("share/pin", value[0])
            self._store.setValue("share/secret", value[1])

    @property
    def share_name(self) -> str:
        """What this computer's share is called on the network; empty for a drawn name."""
        value = self._store.value("share/name")
        return value if isinstance(value, str) else ""

    @share_name.setter
    def share_name(self, value: str) -> None:
        self._store.setValue("share/name", value)

    @property
    def encrypts(self) -> bool:
        """Whether this computer's share is HTTPS on the network."""
        return str(self._store.value("share/https")).lower() == "true"

    @encrypts.setter
    def encrypts(self, value: bool) -> None:
        self._store.setValue("share/https", value)

    @property
    def left_out(self) -> frozenset[str]:
        """The interfaces of this computer that nobody is let in by."""
        value = self._store.value("share/left_out")
        return frozenset(value.splitlines()) if isinstance(value, str) else frozenset()

    @left_out.setter
    def left_out(self, value: frozenset[str]) -> None:
        # As one text: Qt gives a list of one back as something else.
        self._store.setValue("share/left_out", "\n".join(sorted(value)))

    @property
    def preferred(self) -> str:
        """The interface whose address is told to others first; empty for the best."""
        value = self._store.value("share/preferred")
        return value if isinstance(value, str) else ""

    @preferred.setter
    def preferred(self, value: str) -> None:
        self._store.setValue("share/preferred", value)

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else None

    def _path(self, key: str) -> Path | None:
        value = self._store.value(key)
        return Path(value) if isinstance(value, str) and value else None
