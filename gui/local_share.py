"""The share of this computer: the server behind the window, in the same process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from gui.admission import Admission
from gui.own_share import NetworkAddress, NotShareable
from server.access import Access, Whom
from server.activity import Activity
from server.address import Address, addresses
from server.application import Application
from server.digests import Digests
from server.discovery.announcing import Announcing
from server.folder import CannotShare, SharedFolder, check
from server.identity import Identity, identity_of
from server.network_share import NetworkShare, usual_certificate
from server.pictures.service import Pictures
from server.pin import NotAPin
from server.share import Share
from server.sockets import CannotListen

if TYPE_CHECKING:  # takes a while to load, and whoever needs it does it
    from gui.activity import Guest, Happening
    from server.certificate import Certificate
    from server.discovery.announced import Announced
    from server.discovery.announcement import Announcement
    from server.guest import Device

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A folder that is shared, and what belongs to it alone."""

    folder: Path
    application: Application
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
        name: what others see it as; see `identity_of`, also for *seed*.
        announce: makes the announcement; without it there is none.
        encrypts: whether the network's side speaks HTTPS; loopback stays as it is.
        certificate: gives the certificate for that, when it is needed; it is handed the addresses
            and names that it should be for.

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
        name: str = "",
        seed: bytes | None = None,
        announce: Callable[[Announced], Announcement] | None = None,
        encrypts: bool = False,
        certificate: Callable[[Sequence[str]], Certificate] = usual_certificate,
    ) -> None:
        self._name = name
        self._seed = seed or token_bytes(32)
        self._announcing = Announcing(self._announced, announce)
        self._network = NetworkShare(
            self._network_changed, find_addresses, certificate, encrypts=encrypts
        )
        self._access = access or Access()
        self._access.when_ended(self._cut_off)
        self._access.observe(self._announcing.renew)
        self._activity = Activity(self._access, self._access.is_free)
        self._keeps_pin = keeps_pin
        self._port = port
        self._kept_digests = kept_digests
        self._pictures = pictures
        # Held while a folder, or the network, is switched; no observer may wait for it.
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._observers: list[Callable[[Sequence[str]], None]] = []

    def open(self, folder: Path) -> str:
        """Share *folder* on loopback instead of what was shared; see `gui.own_share.OwnShare`."""
        with _as_not_shareable():
            check(folder)
        with self._lock:
            opened, before = self._made(folder), self._opened
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
        self._announcing.renew()
        return opened.share.address

    def open_to_network(self) -> Sequence[str]:
        """Listen on every usable address too, on the same port if it is free there.

        From then on the addresses are followed; see `observe_addresses`. So while the computer is
        on no network there is none, and yet others can come in as soon as it is on one. So it is,
        too, while the user has left out every network that there is; see `choose`.
        """
        with self._lock:
            if self._opened is None:
                raise NotShareable("Open a folder first, then share it.")
            with _as_not_shareable():
                urls = self._network.start(self._opened.application, self._opened.share.port)
        self._announcing.renew()
        return urls

    def close_to_network(self) -> None:
        """Cut every other device off; what the window is doing goes on."""
        with self._lock:
            self._stop_network()
        self._announcing.renew()

    def close(self) -> None:
        """End it all."""
        with self._lock:
            self._stop_network()
            opened, self._opened = self._opened, None
            if opened is not None:
                opened.digests.close()
                opened.share.stop()
        self._announcing.renew()

    # What it is called

    @property
    def id(self) -> str:
        """Which share it is, for others; empty before a folder is open. Does not wait."""
        opened = self._opened
        return self._identity(opened.folder).id if opened is not None else ""

    def rename(self, name: str) -> None:
        """Have others see it as *name* from now on; empty for a drawn one."""
        self._name = name
        self._announcing.renew()

    def shown_name(self) -> str:
        """Tell what others see it as; does not wait."""
        opened = self._opened
        return self._identity(opened.folder).name if opened is not None else ""

    def _identity(self, folder: Path) -> Identity:
        return identity_of(folder, self._seed, self._name)

    def _announced(self) -> Announced | None:
        """Tell what others are told of it on the network; None for nothing."""
        share, opened = self._network.share, self._opened
        if share is None or opened is None or not share.hosts:
            return None
        from server.discovery.announced import Announced

        identity, needs_pin = self._identity(opened.folder), not self._access.is_open
        return Announced(identity, share.port, share.hosts, needs_pin, self._network.fingerprint)

    # Addresses

    def observe_addresses(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Have *changed* called with the addresses when these are others, on any thread.

        They are as `open_to_network` returns them; none while the computer is on no network. After
        it has slept they are told again. Switching on and off, which the caller does, is not told.
        """
        self._observers.append(changed)

    def choose(self, left_out: Collection[str] = (), preferred: str | None = None) -> None:
        """Say which addresses are used, now and whenever the network is switched on.

        Args:
            left_out: names of interfaces, or addresses, that other devices cannot come in by.
            preferred: the interface or address that is told first.

        """
        self._network.choose(left_out, preferred)

    def network_addresses(self) -> Sequence[NetworkAddress]:
        """Tell of every address while the network is on, best first, those left out included."""
        return [
            NetworkAddress(
                one.url,
                one.address.host,
                one.address.interface,
                one.address.kind,
                one.is_used,
                one.problem,
            )
            for one in self._network.reaches()
        ]

    def named_address(self) -> str | None:
        """Give the address by this computer's name, if it has one for the local network."""
        return self._network.named_url()

    def is_moving(self) -> bool:
        """Tell whether bytes are moving to or from other devices; see `server.wakefulness`."""
        share = self._network.share
        return share is not None and share.moving() > 0

    def _network_changed(self, urls: Sequence[str]) -> None:
        self._announcing.renew()
        for changed in self._observers:
            changed(urls)

    # Encryption

    @property
    def fingerprint(self) -> str | None:
        """Of the certificate, while the network's side speaks HTTPS; does not wait."""
        return self._network.fingerprint

    def encrypt(self, encrypts: bool) -> None:
        """Speak HTTPS on the network from now on, or plain HTTP, on the same port.

        Who is in is cut off, and has to come in again: anybody may have read along what was
        spoken in the clear, the cookie, the link and the PIN among it. So for HTTPS, PIN and link
        are others, unless the user keeps them.
        """
        with _as_not_shareable():
            if not self._network.encrypt(encrypts):
                return
        if encrypts and not self._keeps_pin:
            self._access.new_pin()
        self._access.end_sessions()
        self._announcing.renew()

    # Who may come in

    def admission(self) -> Admission:
        """Tell who may come in; does not wait."""
        access = self._access
        return Admission(
            access.pin,
            access.secret,
            self._keeps_pin,
            access.is_open,
            access.paused,
            access.was_reached,
        )

    def observe_admission(self, changed: Callable[[], None]) -> None:
        """Have *changed* called whenever `admission` is another, on any thread."""
        self._access.observe(changed)

    def link(self, address: str) -> str:
        """Give what leads to *address* and lets in whoever follows it; does not wait."""
        fingerprint = self._network.fingerprint
        if not self._access.is_open:
            return self._access.link(address, fingerprint)
        return f"{address}/#fp={fingerprint}" if fingerprint else address

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

    # Who is here

    def guests(self) -> Sequence[Guest]:
        """Tell what devices have done so far, first who came first; does not wait."""
        return [_guest(one) for one in self._activity.devices()]

    def happenings(self, after: int) -> Sequence[Happening]:
        """Tell what they did after the happening of that number; does not wait."""
        from gui.activity import Happening

        return [Happening(*one) for one in self._activity.happenings(after)]

    def block(self, number: int) -> None:
        """Cut a device off, and refuse it until it is unblocked."""
        self._activity.block(number)

    def unblock(self, number: int) -> None:
        """Refuse it no longer."""
        self._activity.unblock(number)

    def _made(self, folder: Path) -> _Opened:
        shared = SharedFolder(folder)
        digests = Digests(shared, self._kept_digests)
        application = Application(
            shared,
            digests,
            self._pictures,
            self._access,
            lambda: self._identity(folder),
            self._activity,
        )
        share = Share(application, LOOPBACK, self._port, next_free=True)
        return _Opened(folder, application, digests, share)

    def _let_nobody_in(self) -> None:
        """Have the user decide anew who may look, as it is another folder."""
        self._access.is_open = False
        if not self._keeps_pin:
            self._access.new_pin()

    def _cut_off(self, whom: Whom) -> None:
        share = self._network.share
        if share is not None:
            share.cut_off(whom)

    def _stop_network(self) -> None:
        if self._network.stop():
            self._access.end_sessions()


def _guest(one: Device) -> Guest:
    from gui.activity import Guest, Taking

    last = one.last
    return Guest(
        one.number,
        one.name,
        one.address,
        one.is_blocked,
        one.is_in,
        one.by,
        one.since,
        one.seen,
        last.kind if last is not None else "",
        last.path if last is not None else "",
        tuple([Taking(*taking.deed, taking.sent, taking.size) for taking in one.takings]),
        one.viewed,
        one.taken,
        one.moved,
    )


def access_with(pin: str, secret: str) -> Access:
    """Give an access with a PIN and a secret that were kept, or with new ones if they are none."""
    try:
        return Access(pin, secret)
    except (NotAPin, ValueError):
        return Access()


def _start(share: Share) -> None:
    with _as_not_shareable():
        share.start()


@contextmanager
def _as_not_shareable() -> Iterator[None]:
    """Say what is in the way as the window expects to be told."""
    try:
        yield
    except (CannotShare, CannotListen) as error:
        raise NotShareable(str(error)) from error
