"""Finds the shares that others announce on the local network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from server.address import Address, addresses
from server.discovery.announced import FoundShare, Subnet, found, networks_of
from server.discovery.multicast import TYPE, opened
from server.discovery.thread import LoopThread
from server.network import Network

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

MOST = 200
"""Shares that are listed; whoever announces more is up to something."""

_MOST_ASKED_AT_ONCE = 20
# Names of those that have yet to say where they are, or for which there is no room.
_MOST_WAITING = 1000
# Milliseconds that a share has to say where it is.
_ANSWERS_IN = 3000
# Seconds.
_TOLD_AFTER = 0.05

_NO_NETWORK = "This computer is on no network now, so no other share can be found."
_NO_MULTICAST = "This network does not let shares be found. Open one by its address."

_log = logging.getLogger(__name__)


class Nearby:
    """Knows the shares that others announce on the local network, until it is closed.

    May be used from any thread. It connects to none of them.

    Args:
        changed: called when `shares` gives others, or `problem` is another, on a thread of its own.
        own: gives the ids that are left out.
        hosts: the addresses of this computer whose networks are looked at; by default all that
            others can use, as they come and go.

    """

    def __init__(
        self,
        changed: Callable[[], None],
        own: Callable[[], Collection[str]] = tuple,
        hosts: Sequence[str] | None = None,
    ) -> None:
        self._changed, self._own = changed, own
        # By the name that each is announced by.
        self._found: dict[str, FoundShare] = {}
        # Announced without saying where it is, which most say in the same breath: so that who
        # announces a thousand names and nothing more does not keep a true share out.
        self._waiting: dict[str, None] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._networks: list[Subnet] = []
        self._hosts: tuple[str, ...] = ()
        self._problem = ""
        self._will_tell = False
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._one_at_a_time = asyncio.Lock()
        self._thread = LoopThread("nearby")
        self._following: Network | None = None
        if hosts is None:
            now = addresses()
            self._following = Network(self._follow, known=now)
            hosts = [one.host for one in now]
        self.look_on(hosts)

    def shares(self) -> tuple[FoundShare, ...]:
        """Give what is announced now, by name; each id once, one's own not."""
        own = set(self._own())
        shares = {share.id: share for share in self._found.copy().values()}
        listed = [share for share in shares.values() if share.id not in own]
        return tuple(sorted(listed, key=lambda share: (share.name.casefold(), share.id)))

    @property
    def problem(self) -> str:
        """A sentence for people when none can be found; else empty."""
        return self._problem

    def look_on(self, hosts: Sequence[str]) -> None:
        """Look on the networks of these addresses of this computer, and on no others.

        If they are the same as before, nothing is begun anew.
        """
        self._thread.do(self._look(hosts))

    def close(self) -> None:
        """Look no more, and tell nothing."""
        if self._following is not None:
            self._following.stop()
        self._thread.end(self._end())

    def _follow(self, found: Sequence[Address]) -> None:
        self.look_on([one.host for one in found])

    # The thread

    async def _look(self, hosts: Sequence[str]) -> None:
        async with self._one_at_a_time:
            wanted = tuple(hosts)
            if self._zeroconf is not None and wanted == self._hosts:
                return
            await self._leave()
            self._hosts = wanted
            self._networks = networks_of(wanted)
            self._problem = await self._begin(wanted)
            self._tell_soon()

    async def _end(self) -> None:
        async with self._one_at_a_time:
            await self._leave()

    async def _begin(self, hosts: Sequence[str]) -> str:
        from zeroconf import Error
        from zeroconf.asyncio import AsyncServiceBrowser

        if not hosts:
            return _NO_NETWORK
        try:
            self._zeroconf = await opened(hosts)
            if self._zeroconf is None:
                return _NO_MULTICAST
            self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, TYPE, [self._hear])
        except (Error, OSError) as error:
            _log.warning("Shares cannot be found: %s", type(error).__name__)
            return _NO_MULTICAST
        return ""

    def _hear(
        self,
        zeroconf: Zeroconf,
        service_type: str,
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        from zeroconf import ServiceStateChange
        from zeroconf.asyncio import AsyncServiceInfo

        asking = self._asking.pop(name, None)
        if asking is not None:
            asking.cancel()
        self._waiting.pop(name, None)
        told = AsyncServiceInfo(service_type, name)
        if state_change is ServiceStateChange.Removed:
            self._note(name, None)
        elif self._has_room_for(name) and told.load_from_cache(zeroconf):
            self._note(name, _read(told, self._networks))
        else:
            self._waiting[name] = None
            if len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
        self._ask_more(zeroconf, service_type)

    def _has_room_for(self, name: str) -> bool:
        return name in self._found or len(self._found) < MOST

    def _ask_more(self, zeroconf: Zeroconf, kind: str) -> None:
        """Ask those that wait, the last one first, where they are."""
        while self._waiting and len(self._asking) < _MOST_ASKED_AT_ONCE:
            name = next(reversed(self._waiting))
            if not self._has_room_for(name):
                return
            del self._waiting[name]
            self._asking[name] = asyncio.ensure_future(self._ask(zeroconf, kind, name))

    async def _ask(self, zeroconf: Zeroconf, kind: str, name: str) -> None:
        share = await _asked(zeroconf, kind, name, self._networks)
        del self._asking[name]
        self._note(name, share)
        self._ask_more(zeroconf, kind)

    def _note(self, name: str, share: FoundShare | None) -> None:
        """Have *share* be what is announced as *name*; with None that is nothing of use."""
        before = self._found.pop(name, None)
        if share is not None and self._has_room_for(name):
            self._found[name] = share
        if share != before:
            self._tell_soon()

    def _tell_soon(self) -> None:
        """Tell of many changes at once."""
        if not self._will_tell:
            self._will_tell = True
            asyncio.get_running_loop().call_later(_TOLD_AFTER, self._tell)

    def _tell(self) -> None:
        self._will_tell = False
        self._changed()

    async def _leave(self) -> None:
        for asking in self._asking.values():
            asking.cancel()
        self._asking.clear()
        self._waiting.clear()
        self._found.clear()
        browser, self._browser = self._browser, None
        zeroconf, self._zeroconf = self._zeroconf, None
        if browser is not None:
            await browser.async_cancel()
        if zeroconf is not None:
            await zeroconf.async_close()


async def _asked(
    zeroconf: Zeroconf, kind: str, name: str, networks: Collection[Subnet]
) -> FoundShare | None:
    from zeroconf import Error
    from zeroconf.asyncio import AsyncServiceInfo

    told = AsyncServiceInfo(kind, name)
    try:
        if not await told.async_request(zeroconf, _ANSWERS_IN):
            return None
    except (Error, OSError, ValueError) as error:
        _log.debug("An announcement cannot be asked for: %s", error)
        return None
    return _read(told, networks)


def _read(told: AsyncServiceInfo, networks: Collection[Subnet]) -> FoundShare | None:
    from zeroconf import Error, IPVersion

    try:
        hosts: list[IPv4Address | IPv6Address] = [
            ip_address(str(host).partition("%")[0])
            for host in told.ip_addresses_by_version(IPVersion.All)
        ]
        spoken = told.name[: -len(told.type) - 1]
        return found(spoken, told.port, hosts, told.properties, networks)
    except (Error, OSError, ValueError) as error:
        _log.debug("An announcement cannot be read: %s", error)
        return None
