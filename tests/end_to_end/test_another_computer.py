"""Two computers, as far as the system can pretend: `lanslide-serve` on one, curl on the other.

Each is a network namespace, with a cable between them. Loopback is another one in each, so what
comes over the cable comes from another device.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest

SERVER, CLIENT = ("10.77.0.1", "fd77::1"), ("10.77.0.2", "fd77::2")
PATIENCE = 20


@pytest.fixture
def cable():
    """Give the names of two namespaces with a cable between them."""
    if shutil.which("ip") is None or shutil.which("curl") is None:
        pytest.skip("This needs ip and curl.")
    if os.geteuid() != 0:
        pytest.skip("Only root may make network namespaces.")
    names = [f"lanslide-{os.getpid()}-{side}" for side in "ab"]
    with ExitStack() as made:
        for name in names:
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"No network namespace can be made here: {error.stderr.strip()}")
            made.callback(ip, "netns", "delete", name)
        one, other = names
        pair = ["type", "veth", "peer", "name", "cable", "netns", other]
        ip("-n", one, "link", "add", "cable", *pair)
        for name, addresses in ((one, SERVER), (other, CLIENT)):
            ip("-n", name, "address", "add", f"{addresses[0]}/24", "dev", "cable")
            ip("-n", name, "address", "add", f"{addresses[1]}/64", "dev", "cable", "nodad")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "cable", "up")
        yield names


def ip(*arguments):
    command = [shutil.which("ip"), *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)


@pytest.fixture
def computer(cable):
    """Start a program on the first of the computers."""
    running = []

    def start(*arguments):
        command = ["ip", "netns", "exec", cable[0], sys.executable, "-m", "server"]
        program = subprocess.Popen(
            [*command, *map(os.fspath, arguments)], stdout=subprocess.PIPE, text=True
        )
        running.append(program)
        return program

    yield start
    for program in running:
        program.kill()
        program.communicate()


@pytest.fixture
def curl(cable, tmp_path):
    """Ask with curl, from the other computer or from the first; give status and body."""

    def ask(url, *options, at=1):
        command = ["ip", "netns", "exec", cable[at], "curl", "-s", "-g", "-w", "\n%{http_code}"]
        done = subprocess.run(
            [*command, *options, url], capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    return ask


def told(program):
    """Give the address, the PIN and the link that the program prints."""
    lines = []
    while not lines or not lines[-1].startswith("Link: "):
        lines.append(program.stdout.readline().strip())
        assert lines[-1], lines
    return lines[0], lines[-2].removeprefix("PIN: "), lines[-1].removeprefix("Link: ")


@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_another_computer_needs_a_way_in_and_this_one_does_not(
    computer, curl, holiday, family, tmp_path
):
    host = ("0.0.0.0", "::")[family]  # noqa: S104 - asked for
    _, pin, link = told(computer(holiday, "--host", host, "--port", "5000"))
    shown = (SERVER[0], f"[{SERVER[1]}]")[family]
    address, file = f"http://{shown}:5000", "/download/notes.txt"
    assert link.startswith(f"{address}/?key=")
    assert curl(f"http://{('127.0.0.1', '[::1]')[family]}:5000{file}", at=0)[0] == 200
    # By the network's address, even this computer is not known to be this one.
    assert curl(address + file, at=0)[0] == 401
    assert curl(address + file)[0] == 401
    status, body = curl(f"{address}/api/share")
    assert (status, json.loads(body)["needs_pin"]) == (200, True)
    assert curl(address + file, "-u", f":{pin}") == (200, "Sun, sea and sand.\n")
    jar = str(tmp_path / "cookies")
    status, page = curl(link, "-c", jar)
    assert (status, re.findall('url=([^"]*)', page)) == (200, ["/"])
    assert curl(address + file, "-b", jar) == (200, "Sun, sea and sand.\n")
    wrong = f"{(int(pin) + 1) % 1_000_000:06d}"
    assert [curl(address + file, "-u", f":{wrong}")[0] for _ in range(6)] == [401] * 5 + [429]
    # What is in already stays in, and the computer itself too.
    assert curl(address + file, "-b", jar)[0] == 200
    assert curl(address + file, "-u", f":{pin}")[0] == 429
