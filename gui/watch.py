"""How long a request to a share is waited for, and what ends the waiting."""

import math
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Protocol

from gui.errors import Cancelled, Interrupted

TICK = 0.1
"""Seconds between two looks at whether a waiting request has been cancelled."""

ENOUGH = 16 * 1024
"""Bytes that have to come for a share not to count as stalled."""


class Flag(Protocol):
    """Tells whether a request is to be given up: an event, or something made of several."""

    def is_set(self) -> bool: ...


class Watch:
    """Ends the waiting of one request, when it is cancelled or when the share stalls.

    What counts is the time spent waiting for the share: a slow disk of ours is not its fault.
    """

    def __init__(
        self,
        address: str,
        cancels: Sequence[Flag],
        patience: float,
        deadline: float = math.inf,
        enough: int = ENOUGH,
    ) -> None:
        self.address = address
        self.heard = False
        self._cancels = cancels
        self._patience = patience
        self._deadline = deadline
        self._enough = enough
        self._count = 0
        self._waited = 0.0

    def check(self) -> None:
        """Raise if there is no sense in waiting any longer."""
        if any(cancel.is_set() for cancel in self._cancels):
            raise Cancelled("This was cancelled.")
        if self._waited > self._patience or time.monotonic() > self._deadline:
            raise Interrupted(f"{self.address} has stopped sending.")

    def received(self, count: int, seconds: float) -> None:
        """Be patient again once enough has come: a byte now and then is no progress."""
        self.heard = self.heard or count > 0
        self._count += count
        self._waited += seconds
        if self._count >= self._enough:
            self._count = 0
            self._waited = 0.0


watching: ContextVar[Watch] = ContextVar("watching")
"""The watch over the request that this thread sends: urllib3 offers no way to hand it down."""


def patiently(watch: Watch, read: Callable[[], int]) -> int:
    """Call *read*, which times out after each `TICK`, until it gives a number or *watch* raises."""
    while True:
        watch.check()
        began = time.monotonic()
        try:
            count = read()
        except (TimeoutError, BlockingIOError):
            watch.received(0, time.monotonic() - began)
        else:
            watch.received(count, time.monotonic() - began)
            return count
