"""The share of this computer: the server behind the window, in the same process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from gui.admission import Admission, Visitor
from gui.sharing import NotShareable
from server.access import Access, Whom
from server.address import Address, addresses
from server.app import create_app
from server.device_name import device_name
from server.digests import Digests
from server.folder import CannotShare, SharedFolder, check
from server.identity import Identity
from server.pictures.service import Pictures
from server.pin import NotAPin
from server.share import CannotListen, Share, url

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A folder that is shared, and what belongs to it alone."""

    folder: Path
    identity: Identity
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
        access: who may come in from the network.
        keeps_pin: whether its PIN and link are good for another folder, too.

    """

    def __init__(
        self,
        port: int,
        find_addresses: Callable[[], Sequence[Address]] = addresses,
        kept_digests: Path | None = None,
        pictures: Pictures | None = None,
        access: Access | None = None,
        *,
        keeps_pin: bool = False,
    ) -> None:
        self._access = access or Access()
        self._access.when_ended(self._cut_off)
        self._keeps_pin = keeps_pin
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
                if before.folder != folder:
                    self._let_nobody_in()
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

    # Who may come in

    def admission(self) -> Admission:
        """Tell who may come in, and who has; does not wait."""
        access = self._access
        return Admission(
            access.pin,
            access.secret,
            self._keeps_pin,
            access.is_open,
            access.paused,
            access.was_reached,
            tuple(
                Visitor(device_name(one.agent), one.address, one.by, one.since)
                for one in access.visitors()
            ),
        )

    def observe_admission(self, changed: Callable[[], None]) -> None:
        """Have *changed* called whenever `admission` is another, on any thread."""
        self._access.observe(changed)

    def link(self, address: str) -> str:
        """Give what leads to *address* and lets in whoever follows it; does not wait."""
        return address if self._access.is_open else self._access.link(address)

    def new_pin(self) -> None:
        """Draw another PIN and link, and cut off who came in by those before."""
        self._access.new_pin()

    def resume(self) -> None:
        """Look at PINs again after too many were wrong."""
        self._access.resume()

    def open_to_everyone(self, is_open: bool) -> None:
        """Let everybody in without anything, or nobody any more."""
        self._access.is_open = is_open

    def keep_pin(self, keeps: bool) -> None:
        """Say whether PIN and link are good for another folder, too."""
        self._keeps_pin = keeps

    def _made(self, folder: Path) -> _Opened:
        shared = SharedFolder(folder)
        digests = Digests(shared, self._kept_digests)
        identity = Identity()
        application = create_app(shared, digests, self._pictures, self._access, identity)
        share = Share(application, LOOPBACK, self._port, next_free=True)
        return _Opened(folder, identity, application, digests, share)

    def _let_nobody_in(self) -> None:
        """Have the user decide anew who may look, as it is another folder."""
        self._access.is_open = False
        if not self._keeps_pin:
            self._access.new_pin()

    def _cut_off(self, whom: Whom) -> None:
        network = self._network
        if network is not None:
            network.cut_off(whom)

    def _stop_network(self) -> None:
        network, self._network, self._addresses = self._network, None, ()
        if network is not None:
            network.stop()
            self._access.end_sessions()


def access_with(pin: str, secret: str) -> Access:
    """Give an access with a PIN and a secret that were kept, or with new ones if they are none."""
    try:
        return Access(pin, secret)
    except (NotAPin, ValueError):
        return Access()


def _start(share: Share) -> None:
    try:
        share.start()
    except CannotListen as error:
        raise NotShareable(str(error)) from error
