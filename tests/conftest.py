"""Fixtures that all tests share; in importlib mode this is where they have to be."""

import ctypes
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from server import certificate
from server.application import Application
from server.certificate import Certificate
from server.folder import SharedFolder
from server.share import Share

# Before any test imports Qt: windows go nowhere unless a display is asked for by name.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Seconds, only ever waited out when something is broken.
PATIENCE = 20
# Enough of a PNG for whoever looks at how a file begins: one white pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100"
    "1bb6ee560000000049454e44ae426082"
)


def tree_of(folder: Path) -> dict[str, bytes]:
    """Give the files in a folder and all below it, by their paths in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def wait_until(holds: Callable[[], Any]) -> Any:
    """Wait for what other threads or programs bring about without telling anybody, and give it."""
    end, never = time.monotonic() + PATIENCE, threading.Event()
    while not (found := holds()):
        assert time.monotonic() < end
        never.wait(0.01)  # or they would have to wrest the interpreter from this thread
    return found


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and the programs that they start, out of the user's own folders."""
    folder = str(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
            patch.setenv(variable, folder)
        yield


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """A small folder to share: the seed's tree, and a text."""
    folder = tmp_path / "holiday"
    (folder / "uploads").mkdir(parents=True)
    (folder / "img2.png").write_bytes(PIXEL)
    (folder / "img10.png").write_bytes(PIXEL)
    (folder / "notes.txt").write_text("Sun, sea and sand.\n", encoding="utf-8")
    (folder / "uploads" / "img1.png").write_bytes(PIXEL)
    return folder


@pytest.fixture
def share(holiday: Path) -> Iterator[Share]:
    """`holiday`, shared on a free port of this computer; a real server."""
    running = Share(Application(SharedFolder(holiday)), port=0)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def own_certificate() -> Certificate:
    """A certificate for this computer's loopback."""
    return certificate.drawn()


@pytest.fixture
def secure_share(holiday: Path, own_certificate: Certificate) -> Iterator[Share]:
    """`holiday`, shared by HTTPS."""
    tls = own_certificate.context()
    with Share(Application(SharedFolder(holiday)), port=0, tls=tls) as running:
        yield running


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start programs, whose output is text to be read; they end with the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(*command: str | Path, **options: Any) -> subprocess.Popen[str]:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
        running.append(program)
        return program

    yield begin
    for program in running:
        program.kill()
        program.communicate()


class Computer:
    """A thread with a network of its own, which the threads and programs begun there have too."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    def __call__(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do *work* there."""
        return self._thread.submit(work, *arguments).result(60)

    def leave_network(self) -> int:
        """Leave the network that all threads have; gives 0, or what is in the way (errno)."""
        new_network = 0x4000_0000  # CLONE_NEWNET of linux/sched.h
        libc = ctypes.CDLL(None, use_errno=True)
        return self(lambda: ctypes.get_errno() if libc.unshare(new_network) else 0)

    def ip(self, *arguments: str) -> str:
        """Change its network, or look at it."""
        command = [str(shutil.which("ip")), *arguments]
        run = partial(subprocess.run, check=True, capture_output=True, text=True, timeout=60)
        return str(self(run, command).stdout)

    def is_connected(self) -> bool:
        """Tell whether it has seen already that the cable is in."""
        return "state UP" in self.ip("link", "show", "cable")

    def close(self) -> None:
        self._thread.shutdown()


@pytest.fixture
def computers() -> Iterator[tuple[Computer, Computer]]:
    """Two computers, called `cable` the interface of each, at whose ends they are.

    They have 10.77.0.1 and 10.77.0.2 there.
    """
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("Networks to try this on take Linux, its program ip, and root.")
    pair = Computer(), Computer()
    here, there = pair
    try:
        for one in pair:
            if reason := one.leave_network():
                pytest.skip(f"No network can be made to try this on: {os.strerror(reason)}")
        other = str(there(threading.get_native_id))
        here.ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", other)
        for number, one in enumerate(pair, 1):
            one.ip("link", "set", "lo", "up")
            one.ip("link", "set", "cable", "up")
            one.ip("address", "add", f"10.77.0.{number}/24", "dev", "cable")
        wait_until(lambda: all(one.is_connected() for one in pair))
        yield pair
    finally:
        for one in pair:
            one.close()
