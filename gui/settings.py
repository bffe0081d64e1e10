"""What the window remembers from one start to the next."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

# Of the shares of others, each by a digest of its id: what they are known by, their PINs, and what
# they are called and where they were, for people.
CERTIFICATES, PINS, SHARES = "certificates", "pins", "shares"
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


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of the share of somebody else.

    Attributes:
        key: a digest of its id.
        name: what it was called last; anybody's text. Empty if it is not known.
        address: where it was last; empty if it is not known.
        fingerprint: of its certificate, hexadecimal digits; None if that is not remembered.

    """

    key: str
    name: str
    address: str
    fingerprint: str | None
    has_pin: bool


class Settings:
    """Typed access to a `QSettings`; a value that makes no sense counts as not there.

    PINs that are not to be kept are known until the program ends, and stored nowhere.
    """

    def __init__(self, store: QSettings) -> None:
        self._store = store
        self._pins: dict[str, str] = {}

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
            self._make_private()
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

    def pin_of(self, share: str) -> str | None:
        """Return the PIN that is known of the share with this id, kept or not."""
        value = self._pins.get(_digest(share), self._store.value(_pin_key(share)))
        return value if isinstance(value, str) and value.isascii() and value.isdigit() else None

    def note_pin(self, share: str, pin: str) -> None:
        """Know the PIN of another share until the program ends."""
        self._pins[_digest(share)] = pin

    def keep_pin(self, share: str, pin: str) -> None:
        """Keep the PIN of another share, unencrypted, as everything here."""
        self._make_private()
        self._store.setValue(_pin_key(share), pin)

    def forget_pin(self, share: str) -> None:
        """Know the PIN of this share no longer."""
        self._pins.pop(_digest(share), None)
        self._store.remove(_pin_key(share))
        self._forget_name(_digest(share))

    def fingerprint_of(self, share: str) -> str | None:
        """Return the fingerprint of the certificate that the share with this id is known by."""
        return _fingerprint(self._store.value(_certificate_key(share)))

    def trusts(self, fingerprint: str) -> bool:
        """Return whether any share is known by this; those of one user have the same."""
        keys = self._keys(CERTIFICATES)
        return fingerprint in [
            _fingerprint(self._store.value(f"{CERTIFICATES}/{key}")) for key in keys
        ]

    def keep_fingerprint(self, share: str, fingerprint: str) -> None:
        """Know the share with this id by this certificate from now on, and no other."""
        self._store.setValue(_certificate_key(share), fingerprint)

    def forget_fingerprint(self, share: str) -> None:
        """Know the share with this id by no certificate any more."""
        self._store.remove(_certificate_key(share))
        self._forget_name(_digest(share))

    def name_share(self, share: str, name: str, address: str) -> None:
        """Remember what a share is called and where it is, if anything is remembered of it."""
        key = _digest(share)
        if self._store.contains(_pin_key(share)) or self._store.contains(_certificate_key(share)):
            self._make_private()
            self._store.setValue(f"{SHARES}/{key}/name", name)
            self._store.setValue(f"{SHARES}/{key}/address", address)

    def remembered(self) -> tuple[Remembered, ...]:
        """Tell of which shares of others anything is remembered, by their names."""
        found = [self._remembered(key) for key in {*self._keys(PINS), *self._keys(CERTIFICATES)}]
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.address, one.key)))

    def forget(self, share: Remembered) -> None:
        """Remember nothing of a share any more."""
        self._pins.pop(share.key, None)
        for group in (PINS, CERTIFICATES, SHARES):
            self._store.remove(f"{group}/{share.key}")

    def _remembered(self, key: str) -> Remembered:
        name, address = (self._store.value(f"{SHARES}/{key}/{of}") for of in ("name", "address"))
        return Remembered(
            key,
            name if isinstance(name, str) else "",
            address if isinstance(address, str) else "",
            _fingerprint(self._store.value(f"{CERTIFICATES}/{key}")),
            self._store.contains(f"{PINS}/{key}"),
        )

    def _forget_name(self, key: str) -> None:
        if not any(self._store.contains(f"{group}/{key}") for group in (PINS, CERTIFICATES)):
            self._store.remove(f"{SHARES}/{key}")

    def _keys(self, group: str) -> list[str]:
        self._store.beginGroup(group)
        try:
            return [str(key) for key in self._store.childKeys()]
        finally:
            self._store.endGroup()

    def _make_private(self) -> None:
        """See that nobody else on this computer can read what is kept from now on."""
        self._store.setValue("share/is_private", True)
        self._store.sync()
        if os.name == "posix":
            # Qt leaves that as it is when it writes the file anew. Where there is no file yet, the
            # system keeps settings in a way of its own.
            with suppress(FileNotFoundError):
                Path(self._store.fileName()).chmod(0o600)

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else None

    def _path(self, key: str) -> Path | None:
        value = self._store.value(key)
        return Path(value) if isinstance(value, str) and value else None


def _fingerprint(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else None


def _pin_key(share: str) -> str:
    return f"{PINS}/{_digest(share)}"


def _certificate_key(share: str) -> str:
    return f"{CERTIFICATES}/{_digest(share)}"


def _digest(share: str) -> str:
    # The id is another computer's text, and a key has letters that mean something.
    return sha256(share.encode(errors="surrogatepass")).hexdigest()
