"""Which addresses are shown to people, best first."""

import socket
from ipaddress import ip_address

import pytest

from server.address import Address, addresses, usable


def hosts(every, default=None):
    return [address.host for address in usable([Address(*one) for one in every], default)]


@pytest.mark.parametrize(
    ("host", "interface"),
    [
        ("127.0.0.1", "lo"),
        ("127.8.8.8", "lo"),
        ("::1", "lo"),
        ("169.254.3.4", "eth0"),
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


def test_this_computers_own_addresses_can_be_listened_on():
    for address in addresses():
        assert not ip_address(address.host).is_loopback
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        with socket.socket(family) as trying:
            trying.bind((address.host, 0))
