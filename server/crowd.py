"""Everyone who is connected, and who has to go when there is no room for one more."""

import time
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from heapq import nsmallest
from ipaddress import IPv6Address, ip_address
from typing import Protocol

# Connections for one device; more than all the browsers and download programs on it open.
MOST_FOR_ONE = 256
# Seconds without a byte after which a transfer may have to make room for a newcomer.
STALLS_AFTER = 10
# How many go when all the room is taken, so that not every newcomer has everyone looked at.
_GO_AT_ONCE = 64


class Member(Protocol):
    """A connection, as the crowd sees it; times are on the monotonic clock.

    Attributes:
        device: whom it belongs to, as `device` tells it.
        quiet_since: when the last answer ended; headers that dribble in do not count.
        moved: when bytes moved last.
        feed: what adds to a reply without an end, if there is one.

    """

    device: str | None
    quiet_since: float
    moved: float
    feed: object

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way to the client, nor going to be."""

    def reset(self) -> None:
        """Cut it off at once; it leaves the crowd."""


class Crowd:
    """Everyone who is connected.

    Args:
        most: how many there may be.

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._members: dict[Member, None] = {}
        self._of_device: Counter[str | None] = Counter()

    def __len__(self) -> int:
        return len(self._members)

    def join(self, member: Member) -> None:
        """Count *member* in."""
        self._members[member] = None
        self._of_device[member.device] += 1

    def leave(self, member: Member) -> None:
        """Count *member* out, if it was in."""
        if member in self._members:
            del self._members[member]
            self._of_device[member.device] -= 1
            if not self._of_device[member.device]:
                del self._of_device[member.device]

    def moving(self, since: float) -> int:
        """Count those of other devices on which bytes have moved *since*; from any thread.

        What tells of changes, and that it is there, is none of them: it never ends.
        """
        # A copy, for others come and go meanwhile.
        members = list(self._members)
        return sum(one.device is not None and one.moved > since and not one.feed for one in members)

    def has_room_for(self, device: str | None) -> bool:
        """See that one more connection of *device* is not too much; False if it is.

        Whoever holds on to a connection and asks nothing goes first, so that nobody can lock
        others out with that; then who has taken nothing for long.
        """
        if device is not None and self._of_device[device] >= MOST_FOR_ONE:
            own = [one for one in list(self._members) if one.device == device]
            return _sent_away(own, 1)
        return len(self._members) < self._most or self.makes_room()

    def makes_room(self) -> bool:
        """Send some of those away that will miss it least; False if all are busy."""
        return _sent_away(self._members, _GO_AT_ONCE)


def _sent_away(members: Iterable[Member], count: int) -> bool:
    """Send up to *count* of those away that will miss it least; False if all are busy."""
    # A copy, for a thread that a disk held up may end a connection meanwhile.
    members = list(members)
    long_ago = time.monotonic() - STALLS_AFTER
    quiet = nsmallest(
        count, (one for one in members if one.is_quiet), key=lambda one: one.quiet_since
    )
    if not quiet:
        stalled = (one for one in members if one.moved < long_ago)
        quiet = nsmallest(count, stalled, key=lambda one: one.moved)
    for one in quiet:
        one.reset()
    return bool(quiet)


@lru_cache(maxsize=1024)
def device(address: str) -> str | None:
    """Tell which connections belong together: those of an IPv4 address, or of an IPv6 network.

    None for this computer itself, which may have as many as there is room for.
    """
    parsed = ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return None
    if isinstance(parsed, IPv6Address):
        # A device has all addresses of its network to choose from.
        return parsed.exploded[:19]
    return str(parsed)
