"""Two whole programs on two computers that find each other.

`lanslide-serve` on one end of a cable; on the other a program that looks, is told the PIN, reads.
"""

import json
import subprocess
import sys

import pytest

PATIENCE = 30
LOOK = """
import json, sys, threading
from gui.client import Client
from server.discovery.nearby import Nearby
pin, fingerprint, stirred = sys.argv[1], sys.argv[2] or None, threading.Event()
nearby = Nearby(stirred.set)
while not nearby.shares():
    stirred.clear()
    nearby.shares() or stirred.wait(1)
share, = nearby.shares()
client = Client(share.urls[0], pin=pin, fingerprint=fingerprint)
names = [entry.name for entry in client.entries("").entries]
print(json.dumps([share.name, share.urls, share.needs_pin, names]), flush=True)
sys.stdin.readline()
while nearby.shares():
    stirred.wait(1)
print("gone", flush=True)
client.close()
nearby.close()
"""


@pytest.fixture
def run(start):
    """Start a Python program on a computer, to be spoken with."""
    return lambda computer, *arguments: start(
        *computer, sys.executable, *arguments, stdin=subprocess.PIPE
    )


def shown(program):
    """Give the fingerprint that a program shows, as a person passes it on."""
    for line in program.stdout:
        if line.startswith("Fingerprint"):
            return line.partition(": ")[2].strip()
    raise AssertionError("It shows none.")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_share_is_found_over_a_cable_read_with_its_pin_and_gone_at_its_end(
    cable, run, holiday, scheme
):
    everywhere = ["--host", "0.0.0.0", "--port", "5000"]  # noqa: S104 - asked for
    if scheme == "https":
        everywhere.append("--https")
    server = run(cable[0], "-m", "server", holiday, *everywhere, "--pin", "123456", "--name", "Ann")
    fingerprint = shown(server) if scheme == "https" else ""
    client = run(cable[1], "-c", LOOK, "123456", fingerprint)
    name, urls, needs_pin, names = json.loads(client.stdout.readline())
    assert (name, urls, needs_pin) == ("Ann", [f"{scheme}://10.77.0.1:5000"], True)
    assert set(names) == {"uploads", "img2.png", "img10.png", "notes.txt"}
    client.stdin.write("\n")
    client.stdin.flush()
    server.terminate()
    assert client.stdout.readline() == "gone\n"
    assert (server.wait(PATIENCE), client.wait(PATIENCE)) == (0, 0)
