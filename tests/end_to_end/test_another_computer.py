"""Two computers with a cable between them: `lanslide-serve` on one, curl on the other."""

import json
import re
import shutil
import subprocess
import sys

import pytest

SERVER = ("10.77.0.1", "fd77::1")
PATIENCE = 20


@pytest.fixture
def computer(cable, start):
    """Start a program on the first of the computers."""
    return lambda *arguments: start(*cable[0], sys.executable, "-m", "server", *arguments)


@pytest.fixture
def curl(cable):
    """Ask with curl, from the other computer or from the first; give status and body."""
    if shutil.which("curl") is None:
        pytest.skip("This needs curl.")

    def ask(url, *options, at=1):
        command = [*cable[at], "curl", "-s", "-g", "-w", "\n%{http_code}"]
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
