"""The few places for archives that are sent at once, shared among devices."""

import threading
import time
from collections.abc import Callable

# Seconds without a byte after which an archive keeps nobody from another one: it has nothing read
# from the disk, and whoever lost the way and comes back to go on must not wait until the old
# connection is given up.
STALLS_AFTER = 10
# How many of those there may be beside the others, for what is ready to be sent takes memory.
_MOST_STALLED = 2


class AllTaken(Exception):
    """Every place is taken, by other devices as well."""


class HasOne(Exception):
    """The device has a place already, and its archive is on the way."""


class Place:
    """A place for one archive; left once, however often.

    Attributes:
        device: whose it is, as `server.crowd.device` tells it.
        moved: when bytes of the archive moved last, on the monotonic clock.

    """

    def __init__(self, device: str | None, leave: Callable[["Place"], None]) -> None:
        self.device, self.moved = device, time.monotonic()
        self._leave = leave

    def move(self) -> None:
        """Tell that bytes moved; from any thread."""
        self.moved = time.monotonic()

    def leave(self) -> None:
        """Make room for the next one; from any thread."""
        self._leave(self)


class Places:
    """At most *most* places where bytes move, and one for each device; from any thread.

    One device with many archives would keep all others out for as long as these last.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[Place] = set()
        self._changing = threading.Lock()

    def take(self, device: str | None) -> Place:
        """Take a place, and `leave` it in the end; raises `HasOne` or `AllTaken`.

        None stands for this computer, whose own user decides how many of them to have.
        """
        with self._changing:
            long_ago = time.monotonic() - STALLS_AFTER
            own = [one for one in self._taken if device is not None and one.device == device]
            if any(one.moved > long_ago for one in own):
                raise HasOne
            moving = sum(one.moved > long_ago for one in self._taken)
            in_all = len(self._taken) - _MOST_STALLED
            if max(moving, in_all, len(own)) >= self._most:
                raise AllTaken
            place = Place(device, self._let_go)
            self._taken.add(place)
            return place

    def _let_go(self, place: Place) -> None:
        with self._changing:
            self._taken.discard(place)
