"""What is said about a share by mDNS, and what is believed of what others say."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from server.identity import Identity, cleaned

Host: TypeAlias = IPv4Address | IPv6Address
Subnet: TypeAlias = IPv4Network | IPv6Network

MOST_URLS = 8
_LONGEST_LABEL = 63
_LONGEST_TEXT = 240
_VERSION = "1"
# What networks of any kind use inside. What Python calls private is more, and leads elsewhere.
_PRIVATE: tuple[Subnet, ...] = (
    *map(IPv4Network, ("10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")),
    IPv6Network("fc00::/7"),
)
_ID = re.compile("[0-9A-Za-z_-]{8,64}")
_FINGERPRINT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Announced:
    """A share, as it is announced.

    Attributes:
        hosts: the addresses that it listens on; it is announced on their networks, and no others.
        fingerprint: of the certificate, SHA-256 in hexadecimal; None without HTTPS.

    """

    identity: Identity
    port: int
    hosts: tuple[str, ...]
    needs_pin: bool = False
    fingerprint: str | None = None

    @property
    def properties(self) -> dict[str, str]:
        """The fields of the TXT record; RFC 6763 wants short keys."""
        said = {
            "version": _VERSION,
            "id": self.identity.id,
            "path": "/",
            "pin": str(int(self.needs_pin)),
            "tls": str(int(self.fingerprint is not None)),
        }
        return said if self.fingerprint is None else {**said, "fp": self.fingerprint}


@dataclass(frozen=True, slots=True)
class FoundShare:
    """A share that somebody announces; anybody may announce anything.

    Attributes:
        id: the same for as long as the same folder is shared there.
        name: one line without anything that steers a display; several may have the same.
        urls: without a slash at the end, best first; at least one.
        fingerprint: as the announcement says, which proves nothing by itself.

    """

    id: str
    name: str
    urls: tuple[str, ...]
    needs_pin: bool = False
    tls: bool = False
    fingerprint: str | None = None


def label(name: str, number: int = 1) -> str:
    """Give the label of a name in the DNS: 63 bytes, without dots; *number* tells it from others.

    A dot may stand in a label, but many programs take it for the label's end.
    """
    ending = f" ({number})" if number > 1 else ""
    room = _LONGEST_LABEL - len(ending)
    text = cleaned(name).replace(".", "-").encode()[:room].decode(errors="ignore").strip()
    return (text or "Lanslide") + ending


def found(
    name: str,
    port: int | None,
    addresses: Iterable[Host],
    properties: Mapping[bytes, bytes | None],
    networks: Collection[Subnet],
) -> FoundShare | None:
    """Make what an announcement says into a share; None if it cannot be one.

    Only addresses within *networks*, which this computer is in, and private ones are believed: an
    announcement leads nobody to the internet, nor to this computer's own loopback.
    """
    said = {
        key: value.decode("ascii", errors="replace")
        for key in ("id", "path", "pin", "tls", "fp")
        if (value := properties.get(key.encode())) is not None and len(value) <= _LONGEST_TEXT
    }
    near = {one for one in addresses if _is_near(one, networks)}
    hosts = sorted(near, key=lambda host: _rank(host, networks))
    identifier, fingerprint = said.get("id", ""), said.get("fp", "").lower()
    is_one = _ID.fullmatch(identifier) and said.get("path", "/") == "/"
    if not is_one or not hosts or port is None or not 0 < port < 65_536:
        return None
    tls = said.get("tls") == "1"
    if tls and not _FINGERPRINT.fullmatch(fingerprint):
        return None
    scheme = "https" if tls else "http"
    places = [f"[{host}]" if host.version == 6 else str(host) for host in hosts[:MOST_URLS]]
    return FoundShare(
        identifier,
        cleaned(name) or "Lanslide",
        tuple(f"{scheme}://{place}:{port}" for place in places),
        said.get("pin") != "0",
        tls,
        fingerprint if tls else None,
    )


def networks_of(hosts: Collection[str]) -> list[Subnet]:
    """Give the networks that this computer is in with these of its addresses."""
    import ifaddr  # not before others can come in

    found: list[Subnet] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            host = str(ip.ip if ip.is_IPv4 else ip.ip[0])
            if host not in hosts:
                continue
            kind = IPv4Network if ip.is_IPv4 else IPv6Network
            found.append(kind(f"{host}/{ip.network_prefix}", strict=False))
    if any(ip_address(host).is_loopback for host in hosts):
        found.append(IPv4Network("127.0.0.0/8"))
    return found


def _is_near(host: Host, networks: Collection[Subnet]) -> bool:
    if host.version == 6 and host.is_link_local:
        # It has to be typed with this computer's own interface.
        return False
    return any(host in network for network in (*networks, *_PRIVATE))


def _rank(host: Host, networks: Collection[Subnet]) -> tuple[bool, bool, bool, int]:
    """Give a key that sorts the best address first."""
    is_here = any(host in network for network in networks)
    return not is_here, host.version == 6, not host.is_private, int(host)
