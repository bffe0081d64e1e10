"""What other devices see of a share: it listens wherever they can come in, and follows the network.

Addresses come and go, as with a cable or a night's sleep, and the user may leave some out; the port
stays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.address import Address, local_name
from server.network import Network
from server.share import Share
from server.sockets import CannotListen

if TYPE_CHECKING:  # takes a while to load, and whoever encrypts does it
    import ssl

    from server.certificate import Certificate


def usual_certificate(hosts: Sequence[str]) -> Certificate:
    """Give the user's certificate; a new one, made the first time, is for *hosts*."""
    from server.certificate import kept, usual_folder

    return kept(usual_folder(), hosts)


@dataclass(frozen=True, slots=True)
class Reach:
    """What an address of this computer is to other devices.

    Attributes:
        url: what they open.
        is_used: whether they can come in by it.
        problem: a sentence that says why not, though they should; else empty.

    """

    address: Address
    url: str
    is_used: bool
    problem: str


class NetworkShare:
    """Serves an application to other devices from `start` to `stop`, any number of times.

    May be used from any thread.

    Args:
        changed: called with the URLs when these are others, on any thread; not for `start` and
            `stop`. It must not wait for whoever calls `stop`.
        find_addresses: tells the addresses that other devices can use, best first.
        certificate: gives the certificate for HTTPS, when it is needed; it is handed the addresses
            and names that it should be for.
        encrypts: whether HTTPS is spoken.

    """

    def __init__(
        self,
        changed: Callable[[Sequence[str]], None],
        find_addresses: Callable[[], Sequence[Address]],
        certificate: Callable[[Sequence[str]], Certificate],
        *,
        encrypts: bool,
    ) -> None:
        self._changed, self._find_addresses = changed, find_addresses
        self._certificate, self._encrypts = certificate, encrypts
        # Of what is spoken now; None for plain HTTP.
        self._fingerprint: str | None = None
        # Held while any of what follows changes.
        self._lock = threading.Lock()
        self._share: Share | None = None
        self._following: Network | None = None
        self._found: Sequence[Address] = ()
        self._left_out: frozenset[str] = frozenset()
        self._preferred: str | None = None

    @property
    def share(self) -> Share | None:
        """What is served now; None while it is switched off. Does not wait."""
        return self._share

    @property
    def fingerprint(self) -> str | None:
        """Of the certificate, while HTTPS is spoken; does not wait."""
        return self._fingerprint if self._share is not None else None

    def start(self, app: Callable[..., Iterable[bytes]], port: int) -> Sequence[str]:
        """Serve *app* at *port*, or the next that is free, and give the URLs, best first.

        There is none while the computer is on no network, or all of them are left out. What is
        started already goes on as it is. Raises `CannotListen`.
        """
        with self._lock:
            if self._share is None:
                self._found = self._find_addresses()
                self._share = share = self._started(app, port)
                self._following = Network(
                    lambda found: self._follow(share, found), self._find_addresses, self._found
                )
            return self._urls()

    def stop(self) -> bool:
        """Cut everybody off and close the port; False if nothing was started."""
        with self._lock:
            share, self._share = self._share, None
            following, self._following = self._following, None
            self._found = ()
            if share is not None:
                share.stop()
        # Not before the lock is let go of: it may be waiting for that.
        if following is not None:
            following.stop()
        return share is not None

    def choose(self, left_out: Collection[str], preferred: str | None) -> None:
        """Say which addresses are used, now and whenever it is started.

        Args:
            left_out: names of interfaces, or addresses, that nobody can come in by.
            preferred: the interface or address that is told first.

        """
        with self._lock:
            self._left_out, self._preferred = frozenset(left_out), preferred
            if self._share is None:
                return
            self._listen(self._share)
            urls = self._urls()
        self._changed(urls)

    def encrypt(self, encrypts: bool) -> bool:
        """Speak HTTPS from now on, or plain HTTP, on the same port; tell if that cut anybody off.

        Raises `CannotListen`; then what was spoken is spoken still.
        """
        with self._lock:
            if encrypts == self._encrypts:
                return False
            fingerprint, self._encrypts = self._fingerprint, encrypts
            if self._share is None:
                return False
            try:
                self._share.speak(self._tls())
            except CannotListen:
                self._encrypts, self._fingerprint = not encrypts, fingerprint
                # It may have been stopped for that.
                self._listen(self._share)
                raise
            return True

    def reaches(self) -> Sequence[Reach]:
        """Tell of every address, best first, those left out included; of none while it is off."""
        with self._lock:
            share = self._share
            if share is None:
                return ()
            return [
                Reach(
                    one,
                    share.url(one.host),
                    is_used=one.host in share.hosts,
                    problem=str(share.problems.get(one.host, "")),
                )
                for one in self._in_order()
            ]

    def named_url(self) -> str | None:
        """Give the URL by this computer's name, if it has one for the local network.

        Not every network can do with it, so it is not the first to tell anybody.
        """
        with self._lock:
            share, name = self._share, local_name()
            if share is None or name is None or not share.hosts:
                return None
            return share.url(name)

    # With the lock held

    def _started(self, app: Callable[..., Iterable[bytes]], port: int) -> Share:
        hosts = self._hosts()
        share = Share(app, hosts, port, next_free=True, tls=self._tls())
        if hosts:
            share.start()
        return share

    def _listen(self, share: Share) -> None:
        """Listen on the addresses that there are now, which may be the first."""
        hosts = self._hosts()
        share.listen_on(hosts)
        if hosts and not share.is_running:
            # What is in the way is told with the addresses.
            with suppress(CannotListen):
                share.start()

    def _tls(self) -> ssl.SSLContext | None:
        """Give what HTTPS is spoken with; None if it is to be plain HTTP."""
        if not self._encrypts:
            self._fingerprint = None
            return None
        name = local_name()
        certificate = self._certificate([*self._hosts(), *([name] if name else [])])
        context = certificate.context()
        self._fingerprint = certificate.fingerprint
        return context

    def _in_order(self) -> Sequence[Address]:
        return sorted(self._found, key=lambda one: self._preferred not in (one.host, one.interface))

    def _hosts(self) -> Sequence[str]:
        return [
            one.host for one in self._in_order() if not self._left_out & {one.host, one.interface}
        ]

    def _urls(self) -> Sequence[str]:
        share = self._share
        return [share.url(host) for host in share.hosts] if share is not None else ()

    # By the thread that follows the network

    def _follow(self, share: Share, found: Sequence[Address]) -> None:
        with self._lock:
            if self._share is not share:
                return
            self._found = found
            self._listen(share)
            urls = self._urls()
        self._changed(urls)
