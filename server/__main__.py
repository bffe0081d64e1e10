"""`lanslide-serve`: shares a folder without a window."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TextIO

from server import certificate, qr
from server.access import Access
from server.activity import Activity
from server.activity_lines import ActivityLines
from server.address import Address, addresses, own_name
from server.application import Application
from server.arguments import PORT, parser, pin_of
from server.digests import Digests, usual_file
from server.discovery.announced import Announced
from server.discovery.announcement import Announcement
from server.folder import CannotShare, SharedFolder, check
from server.identity import Identity, identity_of, usual_seed
from server.network import Network
from server.pictures.service import Pictures, usual_cache_folder
from server.pin import NotAPin
from server.share import Share
from server.sockets import CannotListen
from server.wakefulness import Wakefulness

_EVERYWHERE = {"0.0.0.0": 4, "::": 6}  # noqa: S104 - what the user may ask for


def main(arguments: Sequence[str] | None = None) -> int:
    """Share a folder until the program is told to end."""
    asked = parser().parse_args(arguments)
    # Closed in the order that is the other way round.
    with ExitStack() as at_end:
        try:
            served = _served(asked, at_end)
        except (CannotShare, CannotListen, NotAPin) as problem:
            _say(f"lanslide-serve: {problem}", sys.stderr)
            return 2
        at_end.callback(Wakefulness(lambda: served.share.moving() > 0).stop)
        ended = _told_to_end()
        _tell(served, asked)
        announcement = None
        if asked.announce and not served.is_for_this_computer:
            announcement = Announcement(served.announced(served.known))
            at_end.callback(announcement.close)
        if served.host in _EVERYWHERE:
            at_end.callback(_following(served, announcement).stop)
        # Windows delivers no signal to a wait without end.
        while not ended.wait(1):
            pass
    return 0


@dataclass(frozen=True, slots=True)
class _Served:
    """A share that has been started, and how others come to it.

    Attributes:
        host: what the user wants it to listen on.
        fingerprint: of the certificate; None for plain HTTP.
        known: the addresses of this computer at the start.

    """

    host: str
    share: Share
    access: Access
    identity: Identity
    fingerprint: str | None
    known: Sequence[Address]

    @property
    def is_for_this_computer(self) -> bool:
        """Whether nobody else can come in."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def reachable(self, found: Sequence[Address]) -> list[str]:
        """Give those of the addresses that are listened on, if the host stands for all."""
        version = _EVERYWHERE.get(self.host)
        return [one.host for one in found if (6 if ":" in one.host else 4) == version]

    def link(self, found: Sequence[Address]) -> str:
        """Give the link by the address that others can use best."""
        hosts = self.reachable(found)
        best = self.share.url(hosts[0]) if hosts else self.share.address
        return self.access.link(best, self.fingerprint)

    def announced(self, found: Sequence[Address]) -> Announced:
        """Give what is said of it on the network."""
        hosts = tuple(self.reachable(found)) or _literal(self.host)
        needs_pin = not self.access.is_open
        return Announced(self.identity, self.share.port, hosts, needs_pin, self.fingerprint)


def _served(asked: argparse.Namespace, at_end: ExitStack) -> _Served:
    """Start what the user wants; *at_end* gets what closes it.

    Raises `CannotShare`, `CannotListen`, and `NotAPin`.
    """
    access = Access(pin_of(asked), is_open=asked.open)
    check(asked.folder)
    folder, known = SharedFolder(asked.folder), addresses()
    activity = None if asked.quiet else Activity(access)
    if activity is not None:
        at_end.callback(ActivityLines(activity, sys.stderr).close)
    digests, pictures = Digests(folder, usual_file()), Pictures(usual_cache_folder())
    identity = identity_of(asked.folder, usual_seed(), asked.name)
    application = Application(folder, digests, pictures, access, identity, activity)
    # Nobody waits for a window here, and the first who asks is not to wait for these.
    application.routes()
    own = _certificate(asked.host, known) if asked.https else None
    share = Share(
        application,
        asked.host,
        PORT if asked.port is None else asked.port,
        next_free=asked.port is None,
        tls=own.context() if own else None,
    )
    share.start()
    for close in (share.stop, pictures.close, digests.close):
        at_end.callback(close)
    return _Served(asked.host, share, access, identity, own.fingerprint if own else None, known)


def _certificate(host: str, known: Sequence[Address]) -> certificate.Certificate:
    """Give the user's certificate; a new one is for every address that a device may use."""
    hosts = [one.host for one in known] if host in _EVERYWHERE else [host]
    return certificate.kept(certificate.usual_folder(), [*hosts, f"{own_name()}.local"])


def _literal(host: str) -> tuple[str, ...]:
    """Give *host* if it is an address of one interface, and no name."""
    try:
        address = ip_address(host)
    except ValueError:
        return ()
    return () if address.is_unspecified else (host,)


def _told_to_end() -> threading.Event:
    """Give what is set once the user or the system wants the program to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _following(served: _Served, announcement: Announcement | None) -> Network:
    """Say anew, whenever the network is another, where the share can be reached."""

    def changed(found: Sequence[Address]) -> None:
        _tell_anew(served, found)
        if announcement is not None:
            announcement.update(served.announced(found))

    return Network(changed, known=served.known)


# What is said


def _tell(served: _Served, asked: argparse.Namespace) -> None:
    share = served.share
    _say(share.address, sys.stdout)
    if asked.port is None and share.port != PORT:
        told = f"Port {PORT} is taken by another program; this share is on port {share.port}."
        _say(told, sys.stderr)
    for host in served.reachable(served.known):
        _say(share.url(host), sys.stdout)
    if served.fingerprint:
        _say(f"Fingerprint (SHA-256): {certificate.spelt(served.fingerprint)}", sys.stdout)
    if not served.is_for_this_computer:
        _tell_how_to_come_in(served.access, served.link(served.known), asked.qr)


def _tell_anew(served: _Served, found: Sequence[Address]) -> None:
    hosts = served.reachable(found)
    if not hosts:
        _say("This computer is on no network now.", sys.stdout)
        return
    _say(f"Now at: {' '.join(served.share.url(one) for one in hosts)}", sys.stdout)
    if not served.access.is_open:
        _say(f"Link: {served.link(found)}", sys.stdout)


def _tell_how_to_come_in(access: Access, link: str, draws: bool) -> None:
    if access.is_open:
        _say("Everybody on this network may look, without a PIN.", sys.stdout)
    else:
        _say(f"PIN: {access.pin}", sys.stdout)
    if not access.is_open or "#" in link:
        # An open share needs one for its certificate's fingerprint only.
        _say(f"Link: {link}", sys.stdout)
    if (draws or sys.stdout.isatty()) and not qr.draw(link, sys.stdout):
        _say("This terminal has no letters for a QR code.", sys.stderr)


def _say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
