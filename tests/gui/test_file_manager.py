import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gui import file_manager
from gui.file_manager import Found, selecting, shown, top_of

FOLDER = Path("/home/ann/Pictures")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a.png"], ["a.png"]),
        (["trip/1.png", "trip/deep/2.png", "b.png"], ["trip", "b.png"]),
        (["../elsewhere.png"], []),
        ([""], []),
        ([], []),
    ],
)
def test_what_is_selected_is_what_lies_in_the_folder_itself(paths, expected):
    inside = [Path(os.path.normpath(FOLDER / path)) for path in paths]
    assert top_of(FOLDER, inside) == [FOLDER / name for name in expected]


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("win32", f'explorer /select,"{FOLDER / "a b.png"}"'),
        ("darwin", ["open", "-R", str(FOLDER / "a b.png"), str(FOLDER / "c.png")]),
        ("linux", []),
    ],
)
def test_each_system_has_its_own_way_to_select(system, expected):
    assert selecting(system, [FOLDER / "a b.png", FOLDER / "c.png"]) == expected


def test_what_is_gone_is_not_selected_and_a_folder_that_is_gone_is_not_shown(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(file_manager, "_select", lambda paths: bool(asked.append(paths)) or True)
    there, gone = tmp_path / "there.png", tmp_path / "gone.png"
    there.touch()
    assert shown(tmp_path, [gone, there]) == Found((there,), selected=True)
    assert shown(tmp_path, [gone]) == Found((tmp_path,), selected=False)
    assert shown(tmp_path / "gone", [gone]) == Found((), selected=False)
    assert asked == [(there,)]


SERVICE = """
from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
bus = open_dbus_connection("SESSION")
bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.FileManager1"))
print("ready", flush=True)
while True:
    call = bus.receive()
    is_call = call.header.message_type == MessageType.method_call
    if is_call and call.header.fields[HeaderFields.member] == "ShowItems":
        bus.send(new_method_return(call))
        print(*call.body[0], flush=True)
"""
CALLER = """
import sys
from pathlib import Path
from gui.file_manager import shown
path = Path(sys.argv[1])
print(shown(path.parent, [path]).selected)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems have no D-Bus.")
def test_the_desktops_file_manager_is_told_what_to_select(tmp_path, start):
    pytest.importorskip("jeepney")
    if shutil.which("dbus-daemon") is None:
        pytest.skip("There is no dbus-daemon.")
    (tmp_path / "a b.png").touch()
    bus = (shutil.which("dbus-daemon"), "--session", "--nofork", "--print-address")
    daemon = start(*bus, stderr=subprocess.DEVNULL)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}
    manager = start(sys.executable, "-c", SERVICE, env=environment)
    assert manager.stdout.readline().strip() == "ready"
    command = [sys.executable, "-c", CALLER, str(tmp_path / "a b.png")]
    said = subprocess.check_output(command, cwd=root, env=environment, text=True, timeout=30)
    assert said.strip() == "True"
    assert manager.stdout.readline().strip() == (tmp_path / "a b.png").as_uri()
