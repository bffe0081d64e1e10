"""The PIN that a device types, and how often it may be wrong."""

import math
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from typing import Literal

DIGITS = 6
TRIES = 5
"""Wrong ones a device may give before it has to wait."""

FIRST_WAIT = 300
"""Seconds that it waits then; twice as long every further time."""

MOST_FAILURES = 30
"""Wrong ones of all devices together, after which none is looked at any more."""

# PINs of before that are known for what they are.
_MOST_FORMER = 8
_PIN = re.compile(r"[0-9]{6,12}")


class NotAPin(ValueError):
    """A text that cannot be a PIN; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try.

    Attributes:
        kind: "wait" and "paused" mean that nobody looked whether it was right.
        left: after a wrong one, how many more there may be before the device has to wait.
        wait: in seconds, how long the device has to wait; 0 if it need not, or if no waiting helps.
        is_former: whether it was right before another one was drawn; such a one does not count.

    """

    kind: Literal["right", "wrong", "wait", "paused"]
    left: int = 0
    wait: int = 0
    is_former: bool = False


@dataclass(slots=True)
class _Record:
    """What a device got wrong; *until* on the monotonic clock."""

    tries: int = 0
    rounds: int = 0
    until: float = -math.inf


class Pin:
    """The PIN, and what was tried; for one thread at a time.

    A try is counted before it is looked at, and taken back if it was right. There are never more
    devices to remember than failures. A PIN of before does not count: whoever was in with it asks
    for several things at once, and learns nothing by it.

    Args:
        text: the PIN; a random one if it is not given. Raises `NotAPin`.
        clock: gives seconds, and never goes back.

    """

    def __init__(self, text: str | None = None, clock: Callable[[], float] = time.monotonic):
        self.text = drawn() if text is None else checked(text)
        self._clock = clock
        self._records: dict[str, _Record] = {}
        self._failures = 0
        self._former: deque[str] = deque(maxlen=_MOST_FORMER)

    @property
    def is_paused(self) -> bool:
        """Whether so many were wrong that none is looked at until the user has acted."""
        return self._failures >= MOST_FAILURES

    def standing(self, device: str) -> Outcome | None:
        """Tell why a try of *device* would not be looked at; None if it would be."""
        if self.is_paused:
            return Outcome("paused")
        record = self._records.get(device)
        left = record.until - self._clock() if record else 0
        return Outcome("wait", wait=math.ceil(left)) if left > 0 else None

    def guess(self, device: str, text: str) -> Outcome:
        """Look whether *text* is the PIN, if *device* may still try."""
        standing = self.standing(device)
        if standing is not None:
            return standing
        if text in self._former:
            known = self._records.get(device)
            left = TRIES - (known.tries if known else 0)
            return Outcome("wrong", left=left, is_former=True)
        record = self._records.setdefault(device, _Record())
        record.tries += 1
        self._failures += 1
        if compare_digest(_typed(text), self.text.encode()):
            self._take_back(device, record)
            return Outcome("right")
        if record.tries < TRIES:
            return Outcome("wrong", left=TRIES - record.tries)
        wait = FIRST_WAIT << record.rounds
        record.tries, record.rounds, record.until = 0, record.rounds + 1, self._clock() + wait
        return Outcome("wrong", wait=wait)

    def resume(self) -> None:
        """Forget what was wrong."""
        self._records.clear()
        self._failures = 0

    def renew(self) -> None:
        """Draw another one; what was wrong with the one before is forgotten."""
        self._former.append(self.text)
        while self.text in self._former:
            self.text = drawn()
        self.resume()

    def _take_back(self, device: str, record: _Record) -> None:
        record.tries -= 1
        self._failures -= 1
        if not record.tries and not record.rounds:
            del self._records[device]


def drawn() -> str:
    """Draw a PIN."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def checked(text: str) -> str:
    """Give *text* if it can be a PIN; else raise `NotAPin`."""
    if not _PIN.fullmatch(text):
        raise NotAPin(f"A PIN has {DIGITS} to 12 digits.")
    return text


def _typed(text: str) -> bytes:
    """Give what somebody typed without what people put between digits."""
    return text.translate({ord(letter): None for letter in " -\u00a0"}).encode(errors="replace")
