"""Addresses of this computer that another device can use, best first."""

import re
import socket
import struct
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["lan", "vpn", "virtual"]
"""What an interface leads to: a local network, a tunnel, or virtual machines and containers."""

# Patterns of names, not compiled before one is asked for: that takes as long as a small picture.
# By the names that Linux and macOS give, which are short, and by the descriptions of Windows.
_VPN = (
    r"(tun|tap|wg|ppp|utun|ipsec|tailscale|nordlynx|proton|pvpn|mullvad|cloudflarewarp|cscotun|"
    r"gpd\d|ham\d|nebula|l2tp|xfrm|feth\d|zt[a-z0-9]{5,}$)|"
    r".*(\bvpn|\btunnel\b|wireguard|wintun|openvpn|tap-windows|zerotier|anyconnect|pangp|fortinet|"
    r"hamachi|juniper|sonicwall|check point|wan miniport)"
)
_VIRTUAL = (
    r"(docker|br-[0-9a-f]|veth|virbr|vnet\d|vmnet|vmenet|vboxnet|podman|cni|lxc|lxd|incus|mpqemubr|"
    r"flannel|cali|cilium|weave|kube|nodelocaldns|bridge1\d\d|waydroid|anbox|dummy)|"
    r".*(virtual|hyper-v|vmware|vethernet|\bwsl\b|host-only|loopback)"
)
# A hotspot of Windows: virtual by its description, and yet phones are in it.
_HOTSPOT = r".*wi-?fi direct"
# With an external switch Windows moves the address of the network card to such a one.
_SWITCH = r".*hyper-v virtual ethernet"
# Documentation addresses (RFC 5737, RFC 3849): never anyone's, and nothing is sent to them.
_ELSEWHERE = (("192.0.2.1", 9), ("2001:db8::1", 9))
_LONGEST_LABEL = 63
# Of Linux (linux/sockios.h, linux/if.h).
_FLAGS_OF_INTERFACE, _RUNNING = 0x8913, 0x40


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this computer, and the network interface that has it.

    Attributes:
        host: without a scope; IPv6 without brackets.
        interface: the name that the system calls it by.

    """

    host: str
    interface: str
    kind: Kind = "lan"


def addresses() -> list[Address]:
    """Give the addresses that another device can use, best first; takes about a millisecond."""
    connected = [address for address in _all() if _is_connected(address.interface)]
    return [address for address in usable(connected, _sources()) if _is_ready(address.host)]


def usable(every: Iterable[Address], sources: Collection[str] = ()) -> list[Address]:
    """Choose the addresses that another device can use, best first, and tell their kinds.

    Local networks come before tunnels, these before virtual machines and containers. An address
    that the computer gave itself because nobody gave it one (169.254.…) counts only without a
    better one in a local network: then two computers may be on one cable. Link-local IPv6 never
    counts, for it has to be typed with a scope, which is the other device's business.

    Args:
        every: the addresses there are; their kinds do not matter.
        sources: the addresses that this computer itself uses towards other networks.

    """
    ranked = []
    for number, address in enumerate(every):
        host = ip_address(address.host)
        if not _is_of_use(host):
            continue
        kind = _kind(address, host, sources)
        if host.is_link_local and kind != "lan":
            continue
        found = Address(address.host, address.interface, kind)
        ranked.append((_rank(found, host, sources), number, found))
    ranked.sort(key=lambda one: one[:2])
    chosen = [address for _, _, address in ranked]
    if chosen and chosen[0].kind == "lan" and not _is_self_assigned(chosen[0]):
        return [address for address in chosen if not _is_self_assigned(address)]
    return chosen


def own_name() -> str:
    """Give this computer's name on the local network, without `.local`."""
    return socket.gethostname().partition(".")[0].lower()


def local_name() -> str | None:
    """Give the name by which mDNS finds this computer, if the system answers it; None for none.

    Whether it does is not known here: macOS and Windows do, Linux with Avahi or systemd-resolved.
    """
    name = own_name()
    is_label = re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name) and len(name) <= _LONGEST_LABEL
    return f"{name}.local" if is_label and name != "localhost" else None


def _is_of_use(host: IPv4Address | IPv6Address) -> bool:
    if host.is_loopback or host.is_unspecified or host.is_multicast:
        return False
    return host.version == 4 or not host.is_link_local


def _kind(address: Address, host: IPv4Address | IPv6Address, sources: Collection[str]) -> Kind:
    name = address.interface
    if _is_called(_HOTSPOT, name) or (_is_called(_SWITCH, name) and address.host in sources):
        return "lan"
    if _is_called(_VPN, name) or _is_shared_range(host):
        return "vpn"
    return "virtual" if _is_called(_VIRTUAL, name) else "lan"


def _is_called(pattern: str, name: str) -> bool:
    return re.match(pattern, name, re.IGNORECASE) is not None


def _rank(
    address: Address, host: IPv4Address | IPv6Address, sources: Collection[str]
) -> tuple[int, ...]:
    """Give a key that sorts the best address first."""
    # An address of a cable without a network is still more than one of this computer's inside.
    kind = {"lan": 2 if host.is_link_local else 0, "vpn": 1, "virtual": 3}[address.kind]
    return kind, host.version == 6, not host.is_private, address.host not in sources


def _is_self_assigned(address: Address) -> bool:
    return ip_address(address.host).is_link_local


def _is_shared_range(host: IPv4Address | IPv6Address) -> bool:
    """Tell an address of a range that only providers and Tailscale use."""
    return host.version == 4 and not host.is_private and not host.is_global


def _all() -> list[Address]:
    import ifaddr  # not before others can come in

    return [
        Address(str(ip.ip if ip.is_IPv4 else ip.ip[0]), adapter.nice_name)
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
    ]


def _is_connected(interface: str) -> bool:
    """Tell whether an interface leads anywhere; a cable that is out may still have its address.

    Only Linux has to be asked: other systems take the address away.
    """
    if sys.platform != "linux":
        return True
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            wanted = struct.pack("16s24x", interface.encode()[:15])
            answer = fcntl.ioctl(asking, _FLAGS_OF_INTERFACE, wanted)
        except OSError:
            # It has gone meanwhile, or is none that can be asked.
            return True
    return bool(struct.unpack_from("16xH", answer)[0] & _RUNNING)


def _is_ready(host: str) -> bool:
    """Tell whether the system lets programs use an address.

    For a second or two after it appears it does not let them use one of IPv6, until it is sure
    that nobody else on the network has it.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as it:
        try:
            it.bind((host, 0))
        except OSError:
            return False
        return True


def _sources() -> set[str]:
    """Ask the system which addresses it would send from to other networks; nothing is sent."""
    found = set()
    for family, elsewhere in zip((socket.AF_INET, socket.AF_INET6), _ELSEWHERE, strict=True):
        # A system may have no IPv6 at all.
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect(elsewhere)
            found.add(str(asking.getsockname()[0]))
    return found
