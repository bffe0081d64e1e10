"""Says on the local network that there is a share."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from server.discovery.announced import Announced, label
from server.discovery.multicast import TYPE, opened
from server.discovery.thread import LoopThread

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

_WEB, _SECURE_WEB = "_http._tcp.local.", "_https._tcp.local."
# Names that are tried until nobody else has one.
_TRIES = 100

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
        self._zeroconf: AsyncZeroconf | None = None
        self._sending: set[asyncio.Future[Any]] = set()
        self._woken = asyncio.Event()
        self._thread = LoopThread("announcement")
        self._following: asyncio.Task[None] | None = None
        self._thread.do(self._begin())

    @property
    def name(self) -> str:
        """The name that others see; empty before they can. Another one has it with a number."""
        return self._name

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
                await self._say(wanted)
                self._said = wanted
            await self._woken.wait()

    async def _say(self, wanted: Announced) -> None:
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
                return
            await self._leave()
            self._zeroconf = await opened(wanted.hosts)
            if self._zeroconf is None:
                return
            web = _WEB if wanted.fingerprint is None else _SECURE_WEB
            await asyncio.gather(self._register(wanted, TYPE), self._register(wanted, web))
        except (Error, OSError) as error:
            _log.warning("The share could not be announced: %s", type(error).__name__)

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
