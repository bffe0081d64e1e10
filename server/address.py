"""Addresses of this computer that another device can use, best first."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

# Bridges and virtual cables to containers and virtual machines on this very computer.
_CONTAINER = re.compile(
    r"docker|br-[0-9a-f]|veth|virbr|vmnet|vboxnet|virtualbox|vmware|vethernet|hyper-v|podman|cni|"
    r"lxc|lxd|incus|flannel|cali|kube|bridge1\d\d|waydroid|anbox",
    re.IGNORECASE,
)
_VPN = re.compile(
    r"tun|tap|wg|wireguard|tailscale|zt|zerotier|utun|ppp|ipsec|nordlynx|proton|openvpn|wintun",
    re.IGNORECASE,
)
# A documentation address (RFC 5737): never anyone's, and nothing is sent to it.
_ELSEWHERE = ("192.0.2.1", 9)


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this computer, and the network interface that has it."""

    host: str
    interface: str


def addresses() -> list[Address]:
    """Give the addresses that another device can use, best first."""
    return usable(_all(), _default())


def usable(every: Iterable[Address], default: str | None = None) -> list[Address]:
    """Choose the addresses that another device can use, best first.

    *default* is the address that this computer itself takes to other networks.
    """
    ranked = []
    for number, address in enumerate(every):
        rank = _rank(address, default)
        if rank is not None:
            ranked.append((rank, number, address))
    return [address for _, _, address in sorted(ranked, key=lambda one: one[:2])]


def _rank(address: Address, default: str | None) -> tuple[int, ...] | None:
    """Give a key that sorts the best address first; None for one that is of no use."""
    host = ip_address(address.host)
    if host.is_loopback or host.is_link_local or host.is_unspecified or host.is_multicast:
        return None
    if _CONTAINER.match(address.interface):
        kind = 3
    elif _VPN.match(address.interface) or _is_shared_range(host):
        kind = 2
    else:
        kind = 0
    return kind, host.version == 6, not host.is_private, address.host != default


def _is_shared_range(host: IPv4Address | IPv6Address) -> bool:
    """Tell an address of a range that only providers and Tailscale use."""
    return host.version == 4 and not host.is_private and not host.is_global


def _all() -> list[Address]:
    return [
        Address(str(ip.ip if ip.is_IPv4 else ip.ip[0]), adapter.nice_name)
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    ]


def _default() -> str | None:
    """Ask the system which address it would send from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return None
        return str(asking.getsockname()[0])
