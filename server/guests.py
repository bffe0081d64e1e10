"""All devices that have been let in, and which of them sends a request."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from server.access import Access, Whom
from server.crowd import device
from server.device_name import device_name
from server.guest import Guest
from server.sessions import LONGEST_AGENT, Visitor

MOST_DEVICES = 500
MOST_OF_ADDRESS = 50
"""Devices behind one address; who asks under ever new names cannot push the others out."""

# Ways to ask whose device is known without looking, and the most letters of one of them.
_MOST_WAYS = 2048
_LONGEST_WAY = 2048

_Way: TypeAlias = tuple[str, str, str]
"""The address that is asked from, what the browser calls itself, and its cookies."""


class Guests:
    """Remembers devices; from any thread.

    A device is known by its session; without one by its address and what its browser calls itself.

    Args:
        access: tells whose a session is, and who is blocked.
        leaves_out: tells of an address that who comes from there is no guest.

    """

    def __init__(self, access: Access, leaves_out: Whom) -> None:
        self._access, self.leaves_out = access, leaves_out
        self._lock = threading.Lock()
        self._guests: dict[int, Guest] = {}
        self._count = 0
        self._by_way: dict[_Way, Guest | None] = {}

    def all(self) -> tuple[Guest, ...]:
        """Give everyone who is remembered, first who came first."""
        with self._lock:
            return tuple(self._guests.values())

    def get(self, number: int) -> Guest | None:
        """Give the guest of that number, if it is remembered."""
        return self._guests.get(number)

    def number_of(self, address: str, agent: str) -> int:
        """Tell which guest it can be that calls itself *agent* at *address*; 0 for none."""
        with self._lock:
            guest = self._found(address, agent[:LONGEST_AGENT], None)
        return guest.number if guest is not None else 0

    def who_is_in(self) -> Callable[[Guest], bool]:
        """Give what tells of a guest whether it was not sent away since it came in."""
        era, visitors = self._access.era, frozenset(self._access.visitors())

        def is_in(guest: Guest) -> bool:
            return guest.era == era if guest.visitor is None else guest.visitor in visitors

        return is_in

    def is_blocked(self, guest: Guest) -> bool:
        """Tell whether a guest is refused at one of its addresses."""
        return self._access.has_blocked and any(map(self._access.is_blocked, guest.addresses))

    def who_sends(self, environ: Mapping[str, Any]) -> Guest | None:
        """Tell who sends a request, and remember when; None for whom it is no guest's."""
        field = environ.get
        way = (environ["REMOTE_ADDR"], field("HTTP_USER_AGENT", ""), field("HTTP_COOKIE", ""))
        guest = self._by_way.get(way)
        if guest is None:
            if way in self._by_way:
                return None
            guest = self._identified(way, environ)
        if guest is not None:
            guest.address, guest.seen = way[0], time.time()
            if guest.era != self._access.era:
                self._let_in(guest, environ)
        return guest

    def _let_in(self, guest: Guest, environ: Mapping[str, Any]) -> None:
        """Remember how a guest came in that was sent away before, or is new."""
        access, visitor = self._access, self._access.visitor(environ)
        with self._lock:
            guest.era, guest.visitor = access.era, visitor
            if visitor is not None:
                guest.by, guest.since = visitor.by, visitor.since
            else:
                # Whoever is in without a session, and needs something, has given the PIN.
                is_free = access.is_open or access.is_free(guest.address)
                guest.by, guest.since = "" if is_free else "pin", guest.seen

    def _identified(self, way: _Way, environ: Mapping[str, Any]) -> Guest | None:
        address, agent = way[0], way[1][:LONGEST_AGENT]
        is_guest = not self.leaves_out(address)
        visitor = self._access.visitor(environ) if is_guest else None
        with self._lock:
            guest = None
            if is_guest:
                guest = self._found(address, agent, visitor) or self._added(address, agent, visitor)
                guest.visitor = visitor or guest.visitor
                guest.comes_from(address)
            if sum(map(len, way)) <= _LONGEST_WAY:
                if len(self._by_way) >= _MOST_WAYS:
                    self._by_way.clear()
                self._by_way[way] = guest
        return guest

    def _found(self, address: str, agent: str, visitor: Visitor | None) -> Guest | None:
        """Find the device with this session; else one that can be the same without its session."""
        alike = None
        for guest in self._guests.values():
            if visitor is not None and guest.visitor == visitor:
                return guest
            if guest.agent == agent and address in guest.addresses:
                alike = guest
        if alike is not None and (visitor is None or not self._access.is_in(alike.visitor)):
            return alike
        return None

    def _added(self, address: str, agent: str, visitor: Visitor | None) -> Guest:
        self._make_room(address)
        self._count += 1
        guest = Guest(self._count, agent, device_name(agent), address, visitor, time.time())
        self._guests[guest.number] = guest
        return guest

    def _make_room(self, address: str) -> None:
        """Forget who was not seen for longest: of the same address if there are many of it."""
        everyone, of = list(self._guests.values()), device(address)
        crowded = [guest for guest in everyone if device(guest.address) == of]
        if len(crowded) < MOST_OF_ADDRESS:
            if len(everyone) < MOST_DEVICES:
                return
            crowded = everyone
        idle = [guest for guest in crowded if not guest.parts and not self.is_blocked(guest)]
        del self._guests[min(idle or crowded, key=lambda guest: guest.seen).number]
        self._by_way.clear()
