"""How long it takes from the Share switch to another computer's list of shares nearby.

    python tests/benchmarks/finding.py [--rounds N]

Two programs, in two network namespaces with a cable between them; so it needs Linux, its program
`ip`, and root. One switches sharing on and off as the window does, the other looks as **Nearby**
does. Medians are shown, also from the switch back to when the share is gone from the list.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from peers import say

sys.path.insert(0, str(Path(__file__).parents[2]))

from gui.local_share import LocalShare
from server.discovery.announcement import Announcement
from server.discovery.nearby import Nearby

# Seconds.
WANTED = 2.0
PATIENCE = 20


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--role", choices=["share", "look"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role is not None:
        return _share() if asked.role == "share" else _look()
    if os.geteuid() != 0 or shutil.which("ip") is None:
        say("This needs root, and the program ip.")
        return 2
    appeared: list[float] = []
    gone: list[float] = []
    with _cable() as (one, other):
        for _ in range(asked.rounds):
            with _run(one, "share") as sharing, _run(other, "look") as looking:
                for program in (sharing, looking):
                    _told(program)  # that it is ready
                for times in (appeared, gone):
                    began = _told(sharing, "go")
                    times.append(_told(looking) - began)
    say(f"load {os.getloadavg()[0]:.1f}")
    for what, times in (("visible", appeared), ("gone", gone)):
        say(f"{what:8}after {median(times):.2f} s, at worst {max(times):.2f}")
    say(f"wanted: visible after {WANTED:.0f} s")
    return 0 if median(appeared) <= WANTED else 1


def _share() -> int:
    """Switch sharing on and off at every line that comes, and say when that began."""
    with tempfile.TemporaryDirectory() as folder:
        share = LocalShare(0, announce=Announcement)
        share.open(Path(folder))
        _tell()
        for act in (share.open_to_network, share.close_to_network):
            sys.stdin.readline()
            _tell()
            act()
        share.close()
    return 0


def _look() -> int:
    """Say when there is a share, and when there is none any more."""
    stirred = threading.Event()
    nearby = Nearby(stirred.set)
    # It is told first when it has begun to look.
    stirred.wait(PATIENCE)
    _tell()
    for is_there in (True, False):
        until = time.monotonic() + PATIENCE
        while bool(nearby.shares()) is not is_there and time.monotonic() < until:
            stirred.wait(PATIENCE)
            stirred.clear()
        _tell()
    nearby.close()
    return 0


def _tell() -> None:
    """Say what time it is, by the clock that all programs have in common."""
    say(str(time.monotonic()))


def _told(program: subprocess.Popen[str], order: str = "") -> float:
    """Give the time that a program says next, after an *order* if there is one."""
    assert program.stdin is not None
    assert program.stdout is not None
    if order:
        program.stdin.write(f"{order}\n")
        program.stdin.flush()
    return float(program.stdout.readline())


@contextmanager
def _run(namespace: str, role: str) -> Iterator[subprocess.Popen[str]]:
    ip = shutil.which("ip") or "ip"
    command = [ip, "netns", "exec", namespace, sys.executable, __file__, "--role", role]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield program
        program.communicate(timeout=PATIENCE)
    finally:
        program.kill()
        program.communicate()


@contextmanager
def _cable() -> Iterator[tuple[str, str]]:
    """Give the names of two namespaces with a cable between them."""
    one, other = (f"lanslide-finding-{os.getpid()}-{side}" for side in "ab")
    with ExitStack() as made:
        for name in (one, other):
            _ip("netns", "add", name)
            made.callback(_ip, "netns", "delete", name)
        _ip("-n", one, "link", "add", "cable", "type", "veth", "peer", "cable", "netns", other)
        for number, name in enumerate((one, other), 1):
            _ip("-n", name, "address", "add", f"10.79.0.{number}/24", "dev", "cable")
            _ip("-n", name, "address", "add", f"fd79::{number}/64", "dev", "cable", "nodad")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", "cable", "up")
        yield one, other


def _ip(*arguments: str) -> None:
    subprocess.run([shutil.which("ip") or "ip", *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
