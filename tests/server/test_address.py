"""Which addresses are shown to people, best first."""

import socket
from ipaddress import ip_address

import pytest

from server import address
from server.address import Address, addresses, local_name, usable


def hosts(every, default=None):
    found = usable([Address(*one) for one in every], {default})
    return [address.host for address in found]


@pytest.mark.parametrize(
    ("host", "interface"),
    [
        ("127.0.0.1", "lo"),
        ("127.8.8.8", "lo"),
        ("::1", "lo"),
        ("169.254.3.4", "docker0"),
        ("fe80::1", "eth0"),
        ("0.0.0.0", "eth0"),  # noqa: S104
        ("224.0.0.251", "eth0"),
    ],
)
def test_no_other_device_can_use_this(host, interface):
    assert hosts([(host, interface)]) == []


@pytest.mark.parametrize(
    "interface",
    [
        *["docker0", "br-0a1b2c3d4e5f", "veth1a2b3c", "virbr0", "vmnet8", "vboxnet0", "podman1"],
        *["lxcbr0", "lxdbr0", "cni0", "vEthernet (WSL)", "VirtualBox Host-Only Ethernet Adapter"],
        *["tun0", "wg0", "tailscale0", "utun3", "ppp0", "zt7nnig26", "tap0"],
    ],
)
def test_a_real_network_comes_before_bridges_and_tunnels(interface):
    every = [("10.0.0.1", interface), ("192.168.1.5", "wlan0"), ("fd00::5", "wlan0")]
    assert hosts(every, default="10.0.0.1") == ["192.168.1.5", "fd00::5", "10.0.0.1"]


def test_a_tunnel_comes_before_a_bridge():
    assert hosts([("172.17.0.1", "docker0"), ("10.8.0.2", "tun0")]) == ["10.8.0.2", "172.17.0.1"]
    assert hosts([("100.64.0.7", "en5"), ("192.168.1.5", "en0")]) == ["192.168.1.5", "100.64.0.7"]


def test_the_way_to_other_networks_comes_first_among_equals():
    every = [("192.168.1.5", "eth0"), ("192.168.7.5", "wlan0")]
    assert hosts(every) == ["192.168.1.5", "192.168.7.5"]
    assert hosts(every, default="192.168.7.5") == ["192.168.7.5", "192.168.1.5"]


def test_a_local_network_comes_before_a_public_address():
    every = [("198.51.101.7", "eth0"), ("2001:470::7", "eth0"), ("192.168.1.5", "eth1")]
    assert hosts(every, default="198.51.101.7") == ["192.168.1.5", "198.51.101.7", "2001:470::7"]


@pytest.mark.parametrize(
    "interface", ["eth0", "enp3s0", "wlan0", "wlp2s0", "en0", "bridge0", "br0"]
)
def test_a_real_interface_is_taken_for_one(interface):
    every = [("10.8.0.2", "tun0"), ("192.168.1.5", interface)]
    assert hosts(every) == ["192.168.1.5", "10.8.0.2"]


def test_an_address_that_nobody_gave_counts_only_without_a_better_one():
    cable = ("169.254.3.4", "eth0")
    inside, tunnel = ("172.17.0.1", "docker0"), ("10.8.0.2", "tun0")
    assert hosts([cable]) == ["169.254.3.4"]
    assert hosts([inside, cable, tunnel]) == ["10.8.0.2", "169.254.3.4", "172.17.0.1"]
    assert hosts([cable, inside, ("192.168.1.5", "wlan0")]) == ["192.168.1.5", "172.17.0.1"]
    assert hosts([cable, ("fd00::5", "wlan0")]) == ["fd00::5"]


LAPTOP = """
lo 127.0.0.1 ::1
enp0s31f6 169.254.7.7 fe80::1
wlp4s0 192.168.178.31 2003:e1:bf00::31 fd00:178::31 fe80::2
docker0 172.17.0.1
br-5f1e0c9a7d22 172.18.0.1 fe80::3
veth9b1c2d3 fe80::4
virbr0 192.168.122.1
wg-mullvad 10.64.3.2 fc00:bbbb::2
tailscale0 100.101.102.103 fd7a:115c:a1e0::66
zt3jn5hqxk 10.147.17.5
"""
MAC = """
lo0 127.0.0.1 ::1 fe80::1
en0 192.168.1.23 fe80::8 fd12::23 2a02:8109::23
en5 10.11.0.4
awdl0 fe80::9
llw0 fe80::9
utun0 fe80::a
utun4 100.90.1.2
bridge100 192.168.64.1 fd64::1
vmenet0 fe80::b
feth1234 10.147.17.6
ppp0 10.9.0.1
"""
WINDOWS = """
Software Loopback Interface 1 127.0.0.1 ::1
Intel(R) Wi-Fi 6 AX201 160MHz 192.168.0.12 fe80::5 2001:db9::12
Realtek PCIe GbE Family Controller 169.254.12.12
Microsoft Wi-Fi Direct Virtual Adapter #2 192.168.137.1
VirtualBox Host-Only Ethernet Adapter 192.168.56.1
VMware Virtual Ethernet Adapter for VMnet8 192.168.44.1
Hyper-V Virtual Ethernet Adapter 172.29.16.1
Fortinet SSL VPN Virtual Ethernet Adapter 10.212.134.200
TAP-Windows Adapter V9 10.8.0.6
WireGuard Tunnel 10.66.0.2
Tailscale Tunnel 100.70.1.2
ZeroTier Virtual Port 10.147.17.7
Bluetooth Device (Personal Area Network) 169.254.80.80
"""
HYPER_V = """
Hyper-V Virtual Ethernet Adapter 172.29.16.1
Hyper-V Virtual Ethernet Adapter #2 192.168.0.12
Cisco AnyConnect Virtual Miniport Adapter for Windows x64 10.30.1.1
"""


def interfaces(table):
    """Give every address of lines of the name of an interface and what it has."""
    for line in table.strip().splitlines():
        words = line.split()
        found = [word for word in words if is_address(word)]
        for host in found:
            yield Address(host, " ".join(words[: -len(found)]))


def is_address(word):
    try:
        return bool(ip_address(word))
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("table", "source", "lan", "vpn", "virtual"),
    [
        (
            LAPTOP,
            "10.64.3.2",
            ["192.168.178.31", "fd00:178::31", "2003:e1:bf00::31"],
            ["10.64.3.2", "10.147.17.5", "100.101.102.103", "fc00:bbbb::2", "fd7a:115c:a1e0::66"],
            ["172.17.0.1", "172.18.0.1", "192.168.122.1"],
        ),
        (
            MAC,
            "10.11.0.4",
            ["10.11.0.4", "192.168.1.23", "fd12::23", "2a02:8109::23"],
            ["10.147.17.6", "10.9.0.1", "100.90.1.2"],
            ["192.168.64.1", "fd64::1"],
        ),
        (
            WINDOWS,
            "192.168.0.12",
            ["192.168.0.12", "192.168.137.1", "2001:db9::12"],
            ["10.212.134.200", "10.8.0.6", "10.66.0.2", "10.147.17.7", "100.70.1.2"],
            ["192.168.56.1", "192.168.44.1", "172.29.16.1"],
        ),
        (HYPER_V, "192.168.0.12", ["192.168.0.12"], ["10.30.1.1"], ["172.29.16.1"]),
    ],
    ids=["linux", "macos", "windows", "windows with a switch of Hyper-V"],
)
def test_real_computers_have_their_addresses_in_order(table, source, lan, vpn, virtual):
    found = usable(interfaces(table), {source})
    expected = {"lan": lan, "vpn": vpn, "virtual": virtual}
    assert [(one.host, one.kind) for one in found] == [
        (host, kind) for kind, hosts in expected.items() for host in hosts
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann-PC", "ann-pc.local"),
        ("ann.home.arpa", "ann.local"),
        ("localhost", None),
        ("", None),
        ("ann’s", None),
        ("-ann", None),
        ("a" * 64, None),
    ],
)
def test_a_name_for_mdns_is_one_that_can_be_typed(monkeypatch, name, expected):
    monkeypatch.setattr(address.socket, "gethostname", lambda: name)
    assert local_name() == expected


def test_this_computers_own_addresses_can_be_listened_on():
    for found in addresses():
        assert not ip_address(found.host).is_loopback
        family = socket.AF_INET6 if ":" in found.host else socket.AF_INET
        with socket.socket(family) as trying:
            trying.bind((found.host, 0))
