"""`lanslide-serve`: shares a folder without a window."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TextIO

from server import __version__, certificate, qr
from server.access import Access
from server.activity import Activity
from server.activity_lines import ActivityLines
from server.address import Address, addresses, own_name
from server.application import Application
from server.digests import Digests, usual_file
from server.discovery.announced import Announced
from server.discovery.announcement import Announcement
from server.folder import CannotShare, SharedFolder, check
from server.identity import identity_of, usual_seed
from server.network import Network
from server.pictures.service import Pictures, usual_cache_folder
from server.pin import NotAPin
from server.share import Share
from server.sockets import CannotListen
from server.wakefulness import Wakefulness

PORT = 5000
PIN_VARIABLE = "LANSLIDE_PIN"
_EVERYWHERE = {"0.0.0.0": 4, "::": 6}  # noqa: S104 - what the user may ask for


def main(arguments: Sequence[str] | None = None) -> int:
    """Share a folder until the program is told to end."""
    asked = _parser().parse_args(arguments)
    usual = asked.port is None
    try:
        access = Access(_pin_of(asked), is_open=asked.open)
        check(asked.folder)
        folder = SharedFolder(asked.folder)
        digests = Digests(folder, usual_file())
        pictures = Pictures(usual_cache_folder())
        identity = identity_of(asked.folder, usual_seed(), asked.name)
        known = addresses()
        own = _certificate(asked.host, known) if asked.https else None
        activity = None if asked.quiet else Activity(access)
        application = Application(folder, digests, pictures, access, identity, activity)
        # Nobody waits for a window here, and the first who asks is not to wait for these.
        application.routes()
        share = Share(
            application,
            asked.host,
            PORT if usual else asked.port,
            next_free=usual,
            tls=own.context() if own else None,
        )
        share.start()
    except (CannotShare, CannotListen, NotAPin) as problem:
        _say(f"lanslide-serve: {problem}", sys.stderr)
        return 2
    wakefulness = Wakefulness(lambda: share.moving() > 0)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    _say(share.address, sys.stdout)
    _tell(asked.host, share, usual, known)
    fingerprint = own.fingerprint if own else None
    if fingerprint:
        _say(f"Fingerprint (SHA-256): {certificate.spelt(fingerprint)}", sys.stdout)

    def link(found: Sequence[Address]) -> str:
        return access.link(_best(asked.host, share, found), fingerprint)

    if not _is_loopback(asked.host):
        _tell_how_to_come_in(access, link(known), asked.qr)

    def announced(hosts: Sequence[str]) -> Announced:
        return Announced(identity, share.port, tuple(hosts), not access.is_open, fingerprint)

    announcement = None
    if asked.announce and not _is_loopback(asked.host):
        hosts = _reachable(asked.host, known) or _literal(asked.host)
        announcement = Announcement(announced(hosts))
    network = None
    if asked.host in _EVERYWHERE:

        def changed(found: Sequence[Address]) -> None:
            _tell_anew(access, asked.host, share, found, link(found))
            if announcement is not None:
                announcement.update(announced(_reachable(asked.host, found)))

        network = Network(changed, known=known)
    lines = ActivityLines(activity, sys.stderr) if activity is not None else None
    # Windows delivers no signal to a wait without end.
    while not ended.wait(1):
        pass
    if network is not None:
        network.stop()
    if announcement is not None:
        announcement.close()
    wakefulness.stop()
    digests.close()
    pictures.close()
    share.stop()
    if lines is not None:
        lines.close()
    return 0


def _certificate(host: str, known: Sequence[Address]) -> certificate.Certificate:
    """Give the user's certificate; a new one is for every address that a device may use."""
    hosts = [one.host for one in known] if host in _EVERYWHERE else [host]
    return certificate.kept(certificate.usual_folder(), [*hosts, f"{own_name()}.local"])


def _tell(host: str, share: Share, usual: bool, known: Sequence[Address]) -> None:
    if usual and share.port != PORT:
        told = f"Port {PORT} is taken by another program; this share is on port {share.port}."
        _say(told, sys.stderr)
    for address in _reachable(host, known):
        _say(share.url(address), sys.stdout)


def _tell_anew(
    access: Access, host: str, share: Share, found: Sequence[Address], link: str
) -> None:
    """Say where the share can be reached now that the network is another."""
    hosts = _reachable(host, found)
    if not hosts:
        _say("This computer is on no network now.", sys.stdout)
        return
    _say(f"Now at: {' '.join(share.url(one) for one in hosts)}", sys.stdout)
    if not access.is_open:
        _say(f"Link: {link}", sys.stdout)


def _reachable(host: str, found: Sequence[Address]) -> list[str]:
    """Give those of the addresses that are listened on with *host*, if it stands for all."""
    version = _EVERYWHERE.get(host)
    return [one.host for one in found if (6 if ":" in one.host else 4) == version]


def _literal(host: str) -> tuple[str, ...]:
    """Give *host* if it is an address of one interface, and no name."""
    try:
        address = ip_address(host)
    except ValueError:
        return ()
    return () if address.is_unspecified else (host,)


def _best(host: str, share: Share, found: Sequence[Address]) -> str:
    """Give the URL that others can use best."""
    for best in _reachable(host, found):
        return share.url(best)
    return share.address


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


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pin_of(asked: argparse.Namespace) -> str | None:
    """Give the PIN that the user wants, if it is a certain one."""
    pin: str | None = asked.pin
    return pin if pin is not None or asked.open else os.environ.get(PIN_VARIABLE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "lanslide-serve", description="Share a folder with everyone on your local network."
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        help="the folder to share (default: the current one)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for the whole network (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"the port to listen on; 0 for any free one (default: {PORT}, or the next free one)",
    )
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--pin",
        help="what other devices have to type, 6 digits or more (default: a random one; "
        f"the variable {PIN_VARIABLE} does not show in lists of processes)",
    )
    who.add_argument("--open", action="store_true", help="let everybody on the network in")
    parser.add_argument(
        "--name",
        default="",
        help="what others see the share as (default: a drawn name that says nothing about you)",
    )
    parser.add_argument(
        "--no-announce",
        dest="announce",
        action="store_false",
        help="let no other Lanslide find the share by itself (mDNS)",
    )
    parser.add_argument(
        "--https",
        action="store_true",
        help="encrypt everything, with a certificate of this user's own, which browsers warn about",
    )
    parser.add_argument(
        "--qr",
        action="store_true",
        help="print the link as a QR code even if the output is not a terminal",
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="do not tell (on standard error) what devices look at and take",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; a port is 0 to 65535.")
    return int(text)


def _say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
