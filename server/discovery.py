"""Announces a share on the local network by mDNS, and finds those that others announce.

Both have a thread of their own, with the event loop of zeroconf. Nothing here connects to what is
found: that is done when the user asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from server.address import Address, addresses
from server.announced import (
    Announced,
    FoundShare,
    Subnet,
    found,
    label,
    networks_of,
)
from server.network import Network

if TYPE_CHECKING:
    from zeroconf import ServiceStateChange, Zeroconf
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

__all__ = ["TYPE", "Announced", "Announcement", "FoundShare", "Nearby"]

TYPE = "_lanslide._tcp.local."
_WEB, _SECURE_WEB = "_http._tcp.local.", "_https._tcp.local."

MOST = 200
"""Shares that are listed; whoever announces more is up to something."""

_MOST_ASKED_AT_ONCE = 20
# Milliseconds that a share has to say where it is.
_ANSWERS_IN = 3000
# Names that are tried until nobody else has one.
_TRIES = 100
# Seconds.
_TOLD_AFTER = 0.05
_ENDS_IN = 0.9

_NO_NETWORK = "This computer is on no network now, so no other share can be found."
_NO_MULTICAST = "This network does not let shares be found. Open one by its address."

_log = logging.getLogger(__name__)


class Announcement:
    """Says on the local network that there is a share, until it is closed.

    May be used from any thread; nothing waits but `close`. That the network does not take it is no
    error: the share can be reached by its address all the same.
    """

    def __init__(self, announced: Announced) -> None:
        self._wanted = announced
        self._said: Announced | None = None
        self._name = ""
        self._is_working = True
        self._zeroconf: AsyncZeroconf | None = None
        self._sending: set[asyncio.Future[Any]] = set()
        self._woken = asyncio.Event()
        self._thread = _Thread("announcement")
        self._following: asyncio.Task[None] | None = None
        self._thread.do(self._begin())

    @property
    def name(self) -> str:
        """The name that others see; empty before they can. Another one has it with a number."""
        return self._name

    @property
    def is_working(self) -> bool:
        """Whether the network takes the announcement, as far as can be told here."""
        return self._is_working

    def update(self, announced: Announced) -> None:
        """Announce this from now on; soon, if it is something else than before."""
        self._wanted = announced
        self._thread.call(self._woken.set)

    def close(self) -> None:
        """Take it back, so that others drop it at once; within a second."""
        self._thread.end(self._end())

    # The thread

    async def _begin(self) -> None:
        self._following = asyncio.ensure_future(self._follow())
        with suppress(asyncio.CancelledError):
            await self._following

    async def _end(self) -> None:
        if self._following is not None:
            self._following.cancel()
            # It may have sockets to close.
            await asyncio.wait([self._following])
        await self._leave()

    async def _follow(self) -> None:
        while True:
            self._woken.clear()
            wanted = self._wanted
            if wanted != self._said:
                self._is_working = await self._say(wanted)
                self._said = wanted
            await self._woken.wait()

    async def _say(self, wanted: Announced) -> bool:
        from zeroconf import Error

        said = self._said
        try:
            if (
                self._zeroconf is not None
                and said is not None
                and (said.identity, said.hosts) == (wanted.identity, wanted.hosts)
                and (said.fingerprint is None) == (wanted.fingerprint is None)
            ):
                await self._renew(wanted)
                return True
            await self._leave()
            self._zeroconf = await _opened(wanted.hosts)
            if self._zeroconf is None:
                return False
            web = _WEB if wanted.fingerprint is None else _SECURE_WEB
            await asyncio.gather(self._register(wanted, TYPE), self._register(wanted, web))
        except (Error, OSError) as error:
            _log.warning("The share could not be announced: %s", type(error).__name__)
            return False
        return True

    async def _register(self, wanted: Announced, kind: str) -> None:
        from zeroconf import NonUniqueNameException

        if self._zeroconf is None:
            return
        for number in range(1, _TRIES):
            name = label(wanted.identity.name, number)
            service = _service(wanted, kind, name)
            try:
                self._send(await self._zeroconf.async_register_service(service))
            except NonUniqueNameException:
                continue
            if kind == TYPE:
                self._name = name
            return

    async def _renew(self, wanted: Announced) -> None:
        if self._zeroconf is None:
            return
        self._stop_sending()
        for service in self._zeroconf.zeroconf.registry.async_get_service_infos():
            name = service.name.removesuffix(f".{service.type}")
            renewed = _service(wanted, service.type, name)
            self._send(await self._zeroconf.async_update_service(renewed))

    def _send(self, sending: Any) -> None:
        """Keep hold of what is sent several times, so that it can be stopped."""
        sending = asyncio.ensure_future(sending)
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    def _stop_sending(self) -> None:
        for sending in list(self._sending):
            sending.cancel()

    async def _leave(self) -> None:
        # What was sent after the farewell would bring it back.
        self._stop_sending()
        self._name = ""
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await zeroconf.async_close()


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
        # By the name that each is announced by; None while it has not said yet where it is.
        self._found: dict[str, FoundShare | None] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._networks: list[Subnet] = []
        self._hosts: tuple[str, ...] = ()
        self._problem = ""
        self._will_tell = False
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._few = asyncio.Semaphore(_MOST_ASKED_AT_ONCE)
        self._one_at_a_time = asyncio.Lock()
        self._thread = _Thread("nearby")
        self._following: Network | None = None
        if hosts is None:
            now = addresses()
            self._following = Network(self._follow, known=now)
            hosts = [one.host for one in now]
        self.look_on(hosts)

    def shares(self) -> tuple[FoundShare, ...]:
        """Give what is announced now, by name; each id once, one's own not."""
        own = set(self._own())
        shares = {share.id: share for share in self._found.copy().values() if share is not None}
        listed = [share for share in shares.values() if share.id not in own]
        return tuple(sorted(listed, key=lambda share: (share.name.casefold(), share.id)))

    @property
    def is_working(self) -> bool:
        """Whether shares can be found here, as far as can be told."""
        return not self._problem

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
            self._zeroconf = await _opened(hosts)
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

        asking = self._asking.pop(name, None)
        if asking is not None:
            asking.cancel()
        if state_change is ServiceStateChange.Removed:
            if self._found.pop(name, None) is not None:
                self._tell_soon()
        elif name in self._found or len(self._found) < MOST:
            self._found.setdefault(name, None)
            self._asking[name] = asyncio.ensure_future(self._ask(zeroconf, service_type, name))

    async def _ask(self, zeroconf: Zeroconf, kind: str, name: str) -> None:
        """Find out where an announced share is."""
        async with self._few:
            share = await _asked(zeroconf, kind, name, self._networks)
        self._asking.pop(name, None)
        before = self._found.get(name)
        if share is None:
            # What says nothing of use takes nobody's place.
            self._found.pop(name, None)
        else:
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
        self._found.clear()
        browser, self._browser = self._browser, None
        zeroconf, self._zeroconf = self._zeroconf, None
        if browser is not None:
            await browser.async_cancel()
        if zeroconf is not None:
            await zeroconf.async_close()


class _Thread:
    """An event loop on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ended = False

    def do(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        doing.add_done_callback(_log_mistake)
        return doing

    def call(self, act: Callable[[], object]) -> None:
        with suppress(RuntimeError):
            # It may have ended meanwhile.
            self._loop.call_soon_threadsafe(act)

    def end(self, last: Coroutine[Any, Any, None]) -> None:
        """Do *last*, then end what else goes on, and wait for it for a second at most."""
        if self._ended:
            last.close()
            return
        self._ended = True
        with suppress(TimeoutError):
            self.do(last).result(_ENDS_IN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        # Here, as whoever ends it may be in the middle of a loop of its own.
        self._loop.run_until_complete(_cancel_all())
        self._loop.close()


def _log_mistake(doing: Future[None]) -> None:
    if not doing.cancelled() and (error := doing.exception()) is not None:
        _log.error("Something went wrong in looking for shares.", exc_info=error)


async def _cancel_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    # Sockets are closed in the turn after the one that asks for it.
    for _ in range(2):
        await asyncio.sleep(0)


async def _opened(hosts: Iterable[str]) -> AsyncZeroconf | None:
    """Take part in mDNS on the networks of these addresses; None if none of them has it."""
    from zeroconf.asyncio import AsyncZeroconf

    ready = [host for host in hosts if _can_send_from(host)]
    for wanted in (ready, [host for host in ready if ":" not in host]):
        if not wanted:
            continue
        try:
            zeroconf = AsyncZeroconf(interfaces=wanted)
        except (OSError, RuntimeError) as error:
            # An address that has just gone. Or a system without IPv6; then IPv4 will do.
            _log.debug("No mDNS on %s: %s", wanted, error)
            continue
        is_open = False
        # Who is called off in the middle of it leaves sockets behind.
        starting = asyncio.ensure_future(zeroconf.zeroconf.async_wait_for_start())
        try:
            await asyncio.shield(starting)
            is_open = bool(zeroconf.zeroconf.engine.senders)
        finally:
            if not is_open:
                await asyncio.wait([starting])
                await zeroconf.async_close()
        if is_open:
            return zeroconf
    return None


def _can_send_from(host: str) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as trying:
        trying.bind((host, 0))
        return True
    return False


def _service(announced: Announced, kind: str, name: str) -> Any:
    from zeroconf import ServiceInfo

    return ServiceInfo(
        kind,
        f"{name}.{kind}",
        port=announced.port,
        properties=announced.properties,
        server=f"{announced.identity.host}.",
        addresses=[ip_address(host).packed for host in announced.hosts],
    )


async def _asked(
    zeroconf: Zeroconf, kind: str, name: str, networks: Collection[Subnet]
) -> FoundShare | None:
    from zeroconf import Error, IPVersion
    from zeroconf.asyncio import AsyncServiceInfo

    try:
        told = AsyncServiceInfo(kind, name)
        if not await told.async_request(zeroconf, _ANSWERS_IN):
            return None
        hosts: list[IPv4Address | IPv6Address] = [
            ip_address(str(host).partition("%")[0])
            for host in told.ip_addresses_by_version(IPVersion.All)
        ]
        spoken = name[: -len(kind) - 1]
        return found(spoken, told.port, hosts, told.properties, networks)
    except (Error, OSError, ValueError) as error:
        _log.debug("An announcement cannot be read: %s", error)
        return None
