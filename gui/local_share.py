"""The share of this computer: the server behind the window, in the same process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from gui.sharing import NotShareable
from server.address import Address, addresses
from server.app import create_app
from server.digests import Digests
from server.folder import CannotShare, SharedFolder, check
from server.pictures.service import Pictures
from server.share import CannotListen, Share, url

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A folder that is shared, and what belongs to it alone."""

    application: Flask
    digests: Digests
    share: Share


class LocalShare:
    """Shares one folder: always on loopback for the window, on the network when asked.

    Two `Share`s serve one application, so that switching the network off cuts other devices off
    and leaves alone what the window itself is doing. May be used from any thread.

    Args:
        port: where to listen, or the next free one.
        find_addresses: tells the addresses that other devices can use.
        kept_digests: the file that digests are kept in, if they are.
        pictures: makes the thumbnails, whatever folder is shared; whoever gives it closes it.

    """

    def __init__(
        self,
        port: int,
        find_addresses: Callable[[], Sequence[Address]] = addresses,
        kept_digests: Path | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self._port = port
        self._find_addresses = find_addresses
        self._kept_digests = kept_digests
        self._pictures = pictures
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._network: Share | None = None
        self._addresses: Sequence[str] = ()

    def open(self, folder: Path) -> str:
        """Share *folder* on loopback instead of what was shared; see `gui.sharing.OwnShare`."""
        try:
            check(folder)
        except CannotShare as error:
            raise NotShareable(str(error)) from error
        with self._lock:
            opened = self._made(folder)
            before = self._opened
            if before is not None:
                before.share.stop()  # the port is the same
            try:
                _start(opened.share)
            except NotShareable:
                opened.digests.close()
                if before is not None:
                    _start(before.share)
                raise
            self._opened = opened
            self._stop_network()
            if before is not None:
                before.digests.close()
            return opened.share.address

    def open_to_network(self) -> Sequence[str]:
        """Listen on every usable address too, on the same port if it is free there."""
        with self._lock:
            if self._opened is None:
                raise NotShareable("Open a folder first, then share it.")
            if self._network is None:
                hosts = [address.host for address in self._find_addresses()]
                if not hosts:
                    raise NotShareable(
                        "This computer is on no network now, so no other device could reach it."
                    )
                opened = self._opened
                network = Share(opened.application, hosts, opened.share.port, next_free=True)
                _start(network)
                self._network = network
                self._addresses = [url(host, network.port) for host in hosts]
            return self._addresses

    def close_to_network(self) -> None:
        """Cut every other device off; what the window is doing goes on."""
        with self._lock:
            self._stop_network()

    def close(self) -> None:
        """End it all."""
        with self._lock:
            self._stop_network()
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.digests.close()
                opened.share.stop()

    def _made(self, folder: Path) -> _Opened:
        shared = SharedFolder(folder)
        digests = Digests(shared, self._kept_digests)
        application = create_app(shared, digests, self._pictures)
        share = Share(application, LOOPBACK, self._port, next_free=True)
        return _Opened(application, digests, share)

    def _stop_network(self) -> None:
        network, self._network, self._addresses = self._network, None, ()
        if network is not None:
            network.stop()


def _start(share: Share) -> None:
    try:
        share.start()
    except CannotListen as error:
        raise NotShareable(str(error)) from error
