"""The PIN or the key that a client gives a share, and what the share says to it."""

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from gui.errors import PinNeeded, TooManyTries, WrongPin
from gui.listing import plain

TICK = 0.1

_NEEDED, _TOO_MANY, _NOT_FOUND = 401, 429, 404
# What a share gives for a key. Other cookies are left alone.
_COOKIE = r"(lanslide-[0-9]{1,5}(?:-secure)?)=([0-9A-Za-z_-]{16,200})(?:;.*)?"


class Credentials:
    """The PIN or the key for one share, if there is one; from any thread.

    A share looks at few wrong PINs only, and a client asks for many things at once. So until the
    share has taken the PIN, one request at a time is sent; and none with a PIN known to be wrong.
    A key, from a link, is exchanged for a cookie first, once.
    """

    def __init__(self, address: str, pin: str | None, key: str | None = None) -> None:
        self._called = address
        self._pin = pin
        self._key = key
        self._cookie = ""
        self._asking = threading.Lock()
        self._is_right = pin is None and key is None
        # Whether the PIN was right once.
        self._was_right = self._is_wrong = False

    @property
    def called(self) -> str:
        """What people are told that the share is."""
        return self._called

    def call(self, name: str) -> None:
        """Tell people of the share as *name* from now on, instead of by its address."""
        if name:
            self._called = f"“{plain(name)}”"

    @property
    def given(self) -> tuple[str | None, str | None]:
        """The PIN and the key, as they were given."""
        return self._pin, self._key

    @property
    def fields(self) -> dict[str, str]:
        """The header fields that belong to every request to this share, and to no other."""
        if self._cookie:
            return {"Cookie": self._cookie}
        if self._pin is None:
            return {}
        pair = b64encode(f"lanslide:{self._pin}".encode(errors="replace")).decode("ascii")
        return {"Authorization": f"Basic {pair}"}

    @property
    def key_to_exchange(self) -> str | None:
        """The key, until it has been exchanged or refused; to be asked inside of `asking`."""
        return self._key if not self._cookie and not self._is_right else None

    def exchanged(self, status: int, cookies: Iterable[str]) -> None:
        """Take what the share gave for the key: *cookies* are fields as it set them.

        A share that lets everybody in gives none; nor does one that does not know the key, and then
        it asks for a PIN.
        """
        found = [match for cookie in cookies if (match := re.fullmatch(_COOKIE, cookie, re.DOTALL))]
        if status < 400 and found:
            self._cookie = f"{found[0][1]}={found[0][2]}"
        self._is_right = self._pin is None

    @contextmanager
    def asking(self, check: Callable[[], None]) -> Iterator[None]:
        """Send a request inside, and `judge` what comes; *check* raises when waiting is to end."""
        if self._is_right:
            yield
            return
        while not self._asking.acquire(timeout=TICK):
            check()
        try:
            if self._is_wrong:
                raise self._wrong()
            yield
        finally:
            self._asking.release()

    def judge(self, status: int, retry_after: str | None) -> None:
        """Raise PinNeeded, WrongPin or TooManyTries if that is what *status* means."""
        if status == _NEEDED and self._pin is None:
            # The session may have ended while the link holds still: the next request tries it.
            self._is_right, self._cookie = self._key is None, ""
            raise PinNeeded(f"{self._called} asks for a PIN.")
        if status == _NEEDED:
            self._is_right, self._is_wrong = False, True
            raise self._wrong()
        if status == _TOO_MANY and self._pin is not None:
            raise self._too_many(retry_after)
        if status < 400 or status == _NOT_FOUND:
            self._is_right = True
            self._was_right = self._pin is not None

    def _wrong(self) -> WrongPin:
        if self._was_right:
            return WrongPin(f"{self._called} has another PIN now.")
        return WrongPin(f"This is not the PIN of {self._called}.")

    def _too_many(self, retry_after: str | None) -> TooManyTries:
        known = re.fullmatch("[0-9]{1,6}", retry_after or "")
        said = f"{self._called} was given too many wrong PINs"
        if not known:
            return TooManyTries(f"{said} and takes none for now.", None)
        minutes = -(-int(known[0]) // 60)
        again = "a minute" if minutes <= 1 else f"{minutes} minutes"
        return TooManyTries(f"{said}. Try again in {again}.", int(known[0]))
