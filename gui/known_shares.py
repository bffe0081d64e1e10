"""What is remembered of the shares of others: PINs, certificates, and what they are called."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from PySide6.QtCore import QSettings

# Each share by a digest of its id: what it is known by, its PIN, and what it is called and where it
# was, for people.
CERTIFICATES, PINS, SHARES = "certificates", "pins", "shares"


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


class KnownShares:
    """Keeps it in a `QSettings`; a value that makes no sense counts as not there.

    PINs that are not to be kept are known until the program ends, and stored nowhere.
    """

    def __init__(self, store: QSettings) -> None:
        self._store = store
        self._pins: dict[str, str] = {}

    def pin_of(self, share: str) -> str | None:
        """Return the PIN that is known of the share with this id, kept or not."""
        value = self._pins.get(_digest(share), self._store.value(_pin_key(share)))
        return value if isinstance(value, str) and value.isascii() and value.isdigit() else None

    def note_pin(self, share: str, pin: str) -> None:
        """Know the PIN of another share until the program ends."""
        self._pins[_digest(share)] = pin

    def keep_pin(self, share: str, pin: str) -> None:
        """Keep the PIN of another share, unencrypted, as everything here."""
        make_private(self._store)
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
            make_private(self._store)
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


def make_private(store: QSettings) -> None:
    """See that nobody else on this computer can read what is kept from now on."""
    store.setValue("share/is_private", True)
    store.sync()
    if os.name == "posix":
        # Qt leaves that as it is when it writes the file anew. Where there is no file yet, the
        # system keeps settings in a way of its own.
        with suppress(FileNotFoundError):
            Path(store.fileName()).chmod(0o600)


def _fingerprint(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) else None


def _pin_key(share: str) -> str:
    return f"{PINS}/{_digest(share)}"


def _certificate_key(share: str) -> str:
    return f"{CERTIFICATES}/{_digest(share)}"


def _digest(share: str) -> str:
    # The id is another computer's text, and a key has letters that mean something.
    return sha256(share.encode(errors="surrogatepass")).hexdigest()
