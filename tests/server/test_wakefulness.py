"""The computer stays awake while bytes are moving; simulated, and on a real D-Bus."""

import logging
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from queue import SimpleQueue

import pytest

from server.share import Share
from server.wakefulness import CannotKeepAwake, Wakefulness, changing, without_sleep

# Only ever waited out when something is broken.
PATIENCE = 20


class Desktop:
    """Says in `told` whether it has to stay awake."""

    def __init__(self):
        self.told = SimpleQueue()
        self.moving = False
        self.looked = threading.Semaphore(0)

    def is_moving(self):
        self.looked.release()
        return self.moving

    def is_looked_at(self, times=3):
        while self.looked.acquire(blocking=False):
            pass
        for _ in range(times):
            assert self.looked.acquire(timeout=PATIENCE)

    @contextmanager
    def keep_awake(self):
        self.told.put(True)
        try:
            yield
        finally:
            self.told.put(False)


@pytest.fixture
def desktop():
    return Desktop()


@pytest.fixture
def keep(desktop):
    running = []

    def start(lingers_for, keep_awake=desktop.keep_awake):
        running.append(
            Wakefulness(desktop.is_moving, keep_awake, look_every=0.01, lingers_for=lingers_for)
        )
        return running[0]

    yield start
    for made in running:
        made.stop()


def test_it_is_kept_awake_while_bytes_are_moving_and_no_longer(desktop, keep):
    keep(lingers_for=0)
    desktop.is_looked_at()
    assert desktop.told.empty()
    for _ in range(2):
        desktop.moving = True
        assert desktop.told.get(timeout=PATIENCE) is True
        desktop.is_looked_at()
        assert desktop.told.empty()
        desktop.moving = False
        assert desktop.told.get(timeout=PATIENCE) is False


def test_a_short_pause_changes_nothing(desktop, keep):
    made = keep(lingers_for=3600)
    desktop.moving = True
    assert desktop.told.get(timeout=PATIENCE) is True
    desktop.moving = False
    desktop.is_looked_at()
    assert desktop.told.empty()
    made.stop()
    assert desktop.told.get(timeout=PATIENCE) is False


def test_where_it_cannot_be_it_is_tried_once_and_said_in_the_log(desktop, keep, caplog):
    tried = []

    @contextmanager
    def in_vain():
        tried.append(True)
        raise CannotKeepAwake("Nobody is there to ask.")
        yield

    caplog.set_level(logging.INFO, "server")
    desktop.moving = True
    made = keep(0, in_vain)
    made._thread.join(PATIENCE)
    made.stop()
    assert tried == [True]
    assert "Nobody is there to ask." in caplog.text


def test_a_count_that_stands_still_moves_nothing():
    counts = iter([0, 0, 5, 5, 0])
    has_changed = changing(lambda: next(counts))
    assert [has_changed() for _ in range(4)] == [False, True, False, True]


def test_the_server_starts_without_what_keeps_it_awake():
    check = "import server.__main__, sys; sys.exit('wakepy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False, timeout=60).returncode == 0


# What counts as moving


@pytest.fixture
def strangers(monkeypatch):
    """Let this computer's own clients count as other devices."""
    monkeypatch.setattr("server.connection.device", lambda address: address)


def endless(environ, start_response):
    start_response("200 OK", [("Content-Length", str(64 << 20))])
    return (bytes(1 << 16) for _ in range(1024))


def test_a_transfer_moves_and_a_stalled_one_does_not(strangers, connect, monkeypatch):
    with Share(endless, port=0) as share:
        assert share.moving() == 0
        client = connect(share, b"GET / HTTP/1.0\r\n\r\n", receive_buffer=4096)
        assert client.recv(1) == b"H"
        assert share.moving() == 1
        # A client that takes nothing for as long as counts.
        monkeypatch.setattr("server.share.MOVING_FOR", -PATIENCE)
        assert share.moving() == 0
    assert share.moving() == 0


def test_what_moves_inside_this_computer_keeps_nothing_awake(connect):
    with Share(endless, port=0) as share:
        client = connect(share, b"GET / HTTP/1.0\r\n\r\n", receive_buffer=4096)
        assert client.recv(1) == b"H"
        assert share.moving() == 0


def test_waiting_for_changes_keeps_nothing_awake(strangers, share, connect):
    client = connect(share, b"GET /api/events/ HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % share.port)
    with client.makefile("rb") as stream:
        assert any(line.startswith(b"event: folder") for line in iter(stream.readline, b""))
        assert share.moving() == 0


# On a real D-Bus

SERVICE = """
from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
with open_dbus_connection() as bus:
    name = "org.freedesktop.PowerManagement"
    bus.send_and_get_reply(message_bus.RequestName(name))
    print("ready", flush=True)
    while True:
        call = bus.receive()
        if call.header.message_type is not MessageType.method_call:
            continue
        member = call.header.fields[HeaderFields.member]
        print(member, flush=True)
        reply = ("u", (7,)) if member == "Inhibit" else (None, ())
        bus.send(new_method_return(call, *reply))
"""


@pytest.fixture
def power_management(monkeypatch):
    """A desktop's power management on a bus of its own; gives what it is asked for."""
    if sys.platform != "linux" or shutil.which("dbus-daemon") is None:
        pytest.skip("This takes Linux and its program dbus-daemon.")
    bus = subprocess.Popen(
        [shutil.which("dbus-daemon"), "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
        monkeypatch.delenv("XDG_SESSION_DESKTOP", raising=False)
        service = subprocess.Popen(
            [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True
        )
        with service:
            assert service.stdout.readline() == "ready\n"
            yield service.stdout
            service.kill()
        bus.kill()


def test_the_desktop_is_asked_and_released(power_management, desktop, keep):
    keep(0, without_sleep)
    for _ in range(2):
        desktop.moving = True
        assert power_management.readline() == "Inhibit\n"
        desktop.moving = False
        assert power_management.readline() == "UnInhibit\n"


def test_the_end_of_the_program_lets_the_computer_sleep(power_management, desktop, keep):
    made = keep(3600, without_sleep)
    desktop.moving = True
    assert power_management.readline() == "Inhibit\n"
    made.stop()
    assert power_management.readline() == "UnInhibit\n"


def test_without_a_desktop_nobody_is_asked(monkeypatch):
    if sys.platform != "linux":
        pytest.skip("Only on Linux it can be taken away.")
    for variable in [name for name in os.environ if name.startswith("DBUS")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    with pytest.raises(CannotKeepAwake), without_sleep():
        pytest.fail("Nobody is there to ask.")
