"""A second start hands its folder to the first copy, whatever became of earlier ones."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from gui.meeting_place import END, LONGEST
from gui.single_copy import Copies

ROOT = Path(__file__).parents[2]
PATIENCE = 60


@pytest.fixture
def copies(qapp, tmp_path):
    made = Copies(tmp_path)
    assert made.be_first()
    made.listen()
    yield made
    made.close()


@pytest.fixture
def elsewhere(tmp_path):
    """What the processes of a test have instead of the user's own folders."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", HOME=str(tmp_path))
    for name in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        environment[f"XDG_{name}"] = str(folder)
    return environment


def start(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "gui", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def say(qtbot, name, text):
    """Say *text* to the first copy; give what it answers."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    assert socket.waitForConnected()
    socket.write(text)
    qtbot.waitUntil(lambda: socket.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    return bytes(socket.readAll().data())


def test_there_is_one_first_copy(copies, tmp_path):
    assert not Copies(tmp_path).be_first()
    copies.close()
    last = Copies(tmp_path)
    assert last.be_first()
    last.close()


def test_the_socket_of_a_copy_that_was_killed_is_in_nobodys_way(qapp, tmp_path):
    (tmp_path / "socket").touch()
    made = Copies(tmp_path)
    assert made.be_first()
    made.listen()
    assert made._place.is_listening
    made.close()


@pytest.mark.parametrize("name", [b"holiday", b"\xff\xfe", b"two\nlines"])
def test_a_folder_of_any_name_is_handed_over(copies, qtbot, tmp_path, name):
    folder = os.fsdecode(bytes(tmp_path) + b"/" + name)
    with qtbot.waitSignal(copies.asked) as asked:
        assert say(qtbot, copies._name, os.fsencode(folder) + END) == b"taken\n"
    assert asked.args == [Path(folder)]


def test_without_a_folder_the_first_copy_is_asked_to_show_itself(copies, qtbot):
    with qtbot.waitSignal(copies.asked) as asked:
        assert say(qtbot, copies._name, END) == b"taken\n"
    assert asked.args == [None]


@pytest.mark.parametrize(
    "text",
    [b"../../etc" + END, b"x" * (LONGEST + 10), b"/one" + END + b"/two" + END, END + b"/more"],
    ids=["a relative path", "one too long", "two", "something after the end"],
)
def test_what_is_no_folder_is_not_taken(copies, qtbot, text):
    asked = []
    copies.asked.connect(asked.append)
    assert say(qtbot, copies._name, text) == b""
    assert asked == []


def test_a_first_copy_that_does_not_answer_is_not_waited_for_without_end(qapp, tmp_path):
    silent = QLocalServer()
    assert silent.listen(str(tmp_path / "socket"))
    assert not Copies(tmp_path).hand_over(tmp_path, patience_ms=50)
    silent.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM ends nothing cleanly there")
def test_two_starts_of_the_program_are_one_window_until_it_is_killed(qtbot, elsewhere, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    settings = Path(elsewhere["XDG_CONFIG_HOME"]) / "Lanslide" / "Lanslide.conf"

    def shows(folder):
        return settings.exists() and f"shared={folder}\n" in settings.read_text(encoding="utf-8")

    first = start(elsewhere, str(folders[0]))
    try:
        qtbot.waitUntil(lambda: shows(folders[0]), timeout=PATIENCE * 1000)
        assert start(elsewhere, str(folders[1])).wait(PATIENCE) == 0
        qtbot.waitUntil(lambda: shows(folders[1]), timeout=PATIENCE * 1000)
        assert start(elsewhere).wait(PATIENCE) == 0
        assert first.poll() is None
        first.kill()
        first.wait()
        first = start(elsewhere, str(folders[0]))
        qtbot.waitUntil(lambda: shows(folders[0]), timeout=PATIENCE * 1000)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0
    finally:
        first.kill()
        first.wait()
