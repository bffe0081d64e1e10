"""Takes part in mDNS, where the network has it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

TYPE = "_lanslide._tcp.local."
"""What shares are announced as, for other Lanslides."""

_log = logging.getLogger(__name__)


async def opened(hosts: Iterable[str]) -> AsyncZeroconf | None:
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
