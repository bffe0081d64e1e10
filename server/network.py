"""Follows the network of this computer: a cable out, a Wi-Fi in, a night's sleep."""

import logging
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from server.address import Address, addresses

LOOK_EVERY = 2.0
# Seconds in which what the system has begun to tell is mostly told.
_SETTLES_IN = 0.1
# Seconds that a look may be late on a busy computer that was not asleep.
_ASLEEP_FOR = 10
_PATIENCE = 5
# Of Linux: notices about interfaces, addresses and routes of IPv4 and IPv6 (linux/rtnetlink.h).
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400

_log = logging.getLogger(__name__)


class Network:
    """Tells when other addresses of this computer can be used, until it is stopped.

    It looks again every two seconds, at about a millisecond of processor time, and at once where
    the system says that something has changed (Linux, macOS). After a sleep it tells the addresses
    even if they are the same, for the network has forgotten this computer meanwhile.

    Args:
        changed: called with the addresses, best first, on a thread of its own.
        find: gives the addresses now.
        known: what whoever makes it knows already; by default what *find* gives.

    """

    def __init__(
        self,
        changed: Callable[[Sequence[Address]], None],
        find: Callable[[], Sequence[Address]] = addresses,
        known: Sequence[Address] | None = None,
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._changed, self._find, self._look_every = changed, find, look_every
        self._known = tuple(find() if known is None else known)
        self._waking, self._woken = socket.socketpair()
        self._notices = _notices()
        self._stopping = False
        self._thread = threading.Thread(target=self._follow, name="network", daemon=True)
        self._thread.start()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What can be used now, best first."""
        return self._known

    def stop(self) -> None:
        """End, and wait for it; nothing is told any more.

        Whoever calls it must hold nothing that `changed` waits for.
        """
        self._stopping = True
        with suppress(OSError):
            # Closed if it was stopped before.
            self._waking.send(b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE)

    # The thread

    def _follow(self) -> None:
        with selectors.DefaultSelector() as selector, self._waking, self._woken:
            selector.register(self._woken, selectors.EVENT_READ)
            if self._notices is not None:
                selector.register(self._notices, selectors.EVENT_READ)
            looked = _now()
            while not self._stopping:
                self._wait(selector)
                now = _now()
                if not self._stopping:
                    self._look(again=has_slept(looked, now, self._look_every))
                looked = now
        if self._notices is not None:
            self._notices.close()

    def _wait(self, selector: selectors.BaseSelector) -> None:
        """Wait until it is time to look, or something has happened and is over, mostly."""
        waits_for = self._look_every
        until = _now() + waits_for
        while selector.select(waits_for) and not self._stopping and self._notices is not None:
            _read_all(self._notices)
            # On a network where something happens all the time, too, it is time to look.
            waits_for = max(0.0, min(_SETTLES_IN, until - _now()))

    def _look(self, *, again: bool) -> None:
        try:
            found = tuple(self._find())
        except OSError:
            # For a moment the system has no list; it has one the next time.
            return
        if found == self._known and not again:
            return
        self._known = found
        try:
            self._changed(found)
        except Exception:
            # Whatever one change runs into, the next is told again.
            _log.exception("A change of the network could not be followed.")


def has_slept(before: float, now: float, every: float) -> bool:
    """Tell whether a computer that looks *every* so many seconds was asleep in between."""
    return now - before > every + _ASLEEP_FOR


def _now() -> float:
    """Give seconds on a clock that nobody sets, and that goes on while the computer sleeps.

    On Linux and macOS time.monotonic() stands still then.
    """
    if sys.platform == "linux":
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
    elif sys.platform == "darwin":
        now = time.clock_gettime(time.CLOCK_MONOTONIC)
    else:
        now = time.monotonic()
    return now


def _notices() -> socket.socket | None:
    """Open what can be read when the system changes interfaces, addresses or routes; or None."""
    try:
        if sys.platform == "linux":
            notices = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            notices.bind((0, _GROUPS))
        elif sys.platform == "darwin":
            notices = socket.socket(socket.AF_ROUTE, socket.SOCK_RAW, 0)
        else:
            return None
    except OSError:
        # Some sandboxes forbid it.
        return None
    notices.setblocking(False)
    return notices


def _read_all(notices: socket.socket) -> None:
    """Take what is there to be read; that something happened is all that matters."""
    while True:
        try:
            notices.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            # So many that some were dropped; they are all one.
            continue
