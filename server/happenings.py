"""What happened lately: what devices did, and what was done to them."""

import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice, takewhile
from typing import Literal, NamedTuple, TypeAlias

from server.device_name import device_name
from server.guest import Guest, Way

MOST_HAPPENINGS = 1_000

What: TypeAlias = Literal[
    "came", "looked", "viewed", "took", "broke", "part", "blocked", "unblocked", "wrong"
]
"""It came in, looked at a folder, viewed a file, took a file or a zip; broke that off, or never
asked for more than a part of it; the user blocked it, or unblocked it; it gave a wrong PIN."""


class Happening(NamedTuple):
    """Something that a device did, or that was done to it.

    Attributes:
        number: counts them all, from 1.
        when: in seconds since the epoch.
        device: its number; 0 for one that has not been let in.
        name: what people call such a device.
        path: from the shared folder on; anybody's text.
        sent: bytes of it that were sent.
        size: how many bytes there are; None if nobody knows.
        files: how many were taken in one zip; 0 if it was no zip.
        by: what it came in with; "" for nothing.
        tries: how many wrong PINs came from its address; it is told of all of them together, the
            last time instead of the times before.

    """

    number: int
    when: float
    what: What
    device: int
    name: str
    address: str
    path: str = ""
    sent: int = 0
    size: int | None = None
    files: int = 0
    by: Way = ""
    tries: int = 0


class Happenings:
    """Remembers the last ones; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: deque[Happening] = deque(maxlen=MOST_HAPPENINGS)
        self._count = 0
        self._observers: list[Callable[[], None]] = []

    def after(self, number: int) -> tuple[Happening, ...]:
        """Give what happened after the one of that number, at most the last `MOST_HAPPENINGS`."""
        with self._lock:
            count = max(0, min(self._count - number, len(self._last)))
            newest_first = islice(reversed(self._last), count)
            # Some numbers are missing: those of wrong PINs that more of them followed.
            return tuple(takewhile(lambda one: one.number > number, newest_first))[::-1]

    def observe(self, happened: Callable[[], None]) -> None:
        """Have *happened* called after each, on whichever thread; it must not wait."""
        self._observers.append(happened)

    def add(
        self,
        guest: Guest,
        what: What,
        path: str = "",
        sent: int = 0,
        size: int | None = None,
        files: int = 0,
        by: Way = "",
    ) -> None:
        """Take note of something; see `Happening`."""
        with self._lock:
            self._count = number = self._count + 1
            of = (guest.number, guest.name, guest.address)
            told = (number, time.time(), what, *of, path, sent, size, files, by, 0)
            # Faster than by its fields, which counts: there is one for every small file.
            self._last.append(Happening._make(told))
        self._tell()

    def add_wrong(self, device: int, address: str, agent: str) -> None:
        """Take note of a wrong PIN, together with those that came from *address* before."""
        with self._lock:
            before = [one for one in self._last if one.what == "wrong" and one.address == address]
            for one in before:
                self._last.remove(one)
            self._count += 1
            tries = 1 + sum(one.tries for one in before)
            name = device_name(agent)
            self._last.append(
                Happening(self._count, time.time(), "wrong", device, name, address, tries=tries)
            )
        self._tell()

    def _tell(self) -> None:
        for happened in self._observers:
            happened()
