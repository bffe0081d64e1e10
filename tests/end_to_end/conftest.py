"""Two computers, as far as the system can pretend, with a cable between them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

ADDRESSES = (("10.77.0.1/24", "fd77::1/64"), ("10.77.0.2/24", "fd77::2/64"))


def ip(*arguments: str) -> None:
    """Change the network."""
    command = [str(shutil.which("ip")), *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture
def cable() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What each of two computers starts a command with; `ADDRESSES` are theirs.

    Each is a network namespace. Loopback is another one in each, so what comes over the cable
    comes from another device.
    """
    if shutil.which("ip") is None:
        pytest.skip("This needs ip.")
    if os.geteuid() != 0:
        pytest.skip("Only root may make network namespaces.")
    one, other = names = [f"lanslide-{os.getpid()}-{side}" for side in "ab"]
    with ExitStack() as made:
        for name in names:
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"No network namespace can be made here: {error.stderr.strip()}")
            made.callback(ip, "netns", "delete", name)
        pair = ["type", "veth", "peer", "name", "cable", "netns", other]
        ip("-n", one, "link", "add", "cable", *pair)
        for name, (ipv4, ipv6) in zip(names, ADDRESSES, strict=True):
            ip("-n", name, "address", "add", ipv4, "dev", "cable")
            ip("-n", name, "address", "add", ipv6, "dev", "cable", "nodad")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "cable", "up")
        yield ("ip", "netns", "exec", one), ("ip", "netns", "exec", other)
