"""Sockets that a share listens on: bound exclusively, and in the caller's thread.

So a taken port is an exception there. Every address has a socket of its own. One for all of them
(0.0.0.0, or :: with both versions of IP) would follow the network by itself, but could leave no
address out, would have the port to itself and so not beside a share on loopback, and would not tell
which connections are those of an address that is gone. A socket of IPv6 takes no IPv4, so that a
client has one address only.
"""

import errno
import socket
import sys
from collections.abc import Iterable

BACKLOG = 1024


# CannotListen
#  ├─ PortTaken      another program has it
#  ├─ PortForbidden  the system keeps it for itself
#  ├─ NoSuchAddress  this computer does not have the address
#  └─ CannotEncrypt  what HTTPS takes cannot be had
class CannotListen(Exception):
    """Nobody can be listened to there; says why in a sentence."""


class PortTaken(CannotListen):
    """Another program listens on the port."""


class PortForbidden(CannotListen):
    """The system does not give this port to this user."""


class NoSuchAddress(CannotListen):
    """No network interface here has the address."""


class CannotEncrypt(CannotListen):
    """There is no certificate to be had for HTTPS, or nowhere to read it from."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on *host* and *port* and that no other program can share.

    Port 0 takes any free one. Raises `CannotListen`.
    """
    try:
        # For text Python loads the tables of all the letters that a name may have.
        found = host.encode() if host.isascii() else host
        family, kind, protocol, _, address = socket.getaddrinfo(
            found, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise NoSuchAddress(f"There is no address {host!r}.") from error
    try:
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        if sys.platform == "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Means no more here than that a port just left can be taken again.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _cannot_listen(host, port, error) from error
    return listening


def _cannot_listen(host: str, port: int, error: OSError) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"Port {port} is taken by another program.")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return PortForbidden(f"This system does not allow port {port} to this user.")
    if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
        return NoSuchAddress(f"{host} is not an address of this computer.")
    return CannotListen(f"It is not possible to listen on {host}, port {port}.")


def listen_everywhere(
    hosts: Iterable[str], port: int
) -> tuple[dict[str, socket.socket], dict[str, CannotListen]]:
    """Listen on *port* of each of *hosts* where that is possible, and tell why elsewhere not."""
    sockets: dict[str, socket.socket] = {}
    problems: dict[str, CannotListen] = {}
    for host in hosts:
        try:
            sockets[host] = listen(host, port)
        except CannotListen as problem:
            problems[host] = problem
        else:
            port = sockets[host].getsockname()[1]
    return sockets, problems


def duplicates(sockets: dict[str, socket.socket]) -> dict[str, socket.socket]:
    """Give sockets that listen where *sockets* do, and go on when these are closed."""
    made: dict[str, socket.socket] = {}
    try:
        for host, listening in sockets.items():
            made[host] = listening.dup()
    except OSError as error:
        close_all(made)
        raise no_room() from error
    return made


def close_all(sockets: dict[str, socket.socket]) -> None:
    """Listen on none of *sockets* any more."""
    for listening in sockets.values():
        listening.close()


def no_room() -> CannotListen:
    """Give the error for a system that has no more descriptors, or threads."""
    return CannotListen("This computer has no room for a share now: too much else is open.")
