"""What needs no Python: the bundle, started as a person starts it.

To build one takes a minute, so that is done only if `LANSLIDE_BUNDLE` asks for it: `new` has one
built, anything else is the folder of one that is there.
"""

import filecmp
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parent.parent.parent
GIVEN = os.environ.get("LANSLIDE_BUNDLE", "")
ENDING = ".exe" if sys.platform == "win32" else ""

pytestmark = pytest.mark.skipif(
    not GIVEN, reason="LANSLIDE_BUNDLE names no bundle; LANSLIDE_BUNDLE=new builds one, in a minute"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The folder that the programs are in."""
    if GIVEN != "new":
        return Path(GIVEN).absolute()
    pytest.importorskip("PyInstaller", reason="PyInstaller is in the group “bundle”: uv sync")
    into = tmp_path_factory.mktemp("bundle")
    command = [sys.executable, "-m", "gui.launcher.bundle", "--bare", "--into", into]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    made = Path(done.stdout.strip())
    return made / "Contents" / "MacOS" if sys.platform == "darwin" else made


@pytest.fixture
def user(tmp_path) -> dict[str, str]:
    """The surroundings of a user who starts Lanslide for the first time."""
    ours = ("HOME", "LD_", "PYTHON", "VIRTUAL_ENV", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"HOME": str(tmp_path / "home")}


@pytest.fixture
def pictures(tmp_path) -> Path:
    """A folder to share, far from the sources."""
    folder = tmp_path / "pictures"
    shutil.copytree(ROOT / "images", folder)
    return folder


@contextmanager
def started(*command: object, **how: object) -> Iterator[subprocess.Popen[str]]:
    """*command* while it runs; it has to end by itself, in peace, when it is asked to."""
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, text=True, **how
    )
    with process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
            assert code == 0 or sys.platform == "win32"  # where nobody is asked
        finally:
            process.kill()


def get(address: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(address, timeout=30)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def children(number: int) -> set[str]:
    """The names of the programs that a process has started."""
    found = set()
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= {Path(f"/proc/{child}/exe").readlink().name, *children(int(child))}
    return found


def is_answering(process: subprocess.Popen[str], address: str) -> bool:
    if process.poll() is not None:
        pytest.fail("It has ended.")
    try:
        return get(address).ok
    except requests.ConnectionError:
        return False


def differing(one: Path, other: Path) -> list[str]:
    """The files that are not the same in both, byte by byte."""
    names = {file.relative_to(top) for top in (one, other) for file in top.rglob("*")}
    files = [str(name) for name in names if not (one / name).is_dir()]
    _, different, missing = filecmp.cmpfiles(one, other, files, shallow=False)
    return different + missing


def test_what_is_shared_without_a_window_is_saved_as_it_is(bundle, user, pictures, tmp_path):
    command = (bundle / f"lanslide-serve{ENDING}", pictures, "--port", "0", "--quiet")
    with started(*command, env=user, cwd=pictures, stdout=subprocess.PIPE) as process:
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        german = requests.get(f"{address}/files/", headers={"Accept-Language": "de"}, timeout=30)
        assert "Ordner herunterladen" in german.text
        assert get(f"{address}/static/gallery.js").ok
        thumbnail = get(f"{address}/thumb/grid/aurora.jpg")
        assert thumbnail.headers["X-Lanslide-Picture"] == "full"
        if sys.platform == "linux":
            assert children(process.pid) == {"lanslide-decoder"}
        saved = tmp_path / "saved"
        command = [str(bundle / f"lanslide-get{ENDING}"), address, "--into", str(saved)]
        done = subprocess.run(command, env=user, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert differing(pictures, saved) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a screen that nobody sees takes Xvfb")
def test_the_window_opens_on_a_screen_and_serves_what_it_shows(
    bundle, user, pictures, tmp_path, qtbot
):
    with screen(tmp_path) as display:
        shown = user | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        address = f"http://127.0.0.1:{(port := free_port())}"
        command = (bundle / "lanslide", pictures, "--port", port)
        with started(*command, env=shown, cwd=tmp_path) as process:
            qtbot.waitUntil(lambda: is_answering(process, f"{address}/api/share"), timeout=60_000)
            kept = tmp_path / "home" / ".cache" / "lanslide" / "pictures"
            # The window has asked for what it shows, and a decoder has made it.
            qtbot.waitUntil(lambda: kept.is_dir() and any(kept.iterdir()), timeout=60_000)
            assert "lanslide-decoder" in children(process.pid)
            loaded = Path(f"/proc/{process.pid}/maps").read_text()
            assert f"{bundle.resolve()}/lib/PySide6/Qt/plugins/platforms/libqxcb.so" in loaded
            listing = get(f"{address}/api/folder/").json()
            assert "img2.png" in [entry["name"] for entry in listing["entries"]]
            assert get(f"{address}/download2/uploads/img1.jpg").content == (
                (pictures / "uploads" / "img1.jpg").read_bytes()
            )


@contextmanager
def screen(scratch: Path) -> Iterator[str]:
    """A screen that nobody sees; gives what programs call it by."""
    xvfb = shutil.which("Xvfb")
    assert xvfb, "Xvfb is missing"
    reads, writes = os.pipe()
    command = [xvfb, "-displayfd", str(writes), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with (
        os.fdopen(reads) as told,
        (scratch / "screen.log").open("w") as log,
        subprocess.Popen(command, pass_fds=[writes], stdout=log, stderr=log) as process,
    ):
        os.close(writes)
        try:
            yield f":{told.readline().strip()}"
        finally:
            process.terminate()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="looks at a Linux desktop's files")
def test_the_programs_start_others_with_the_systems_own_libraries(bundle, user, tmp_path):
    tool = tmp_path / "bin" / "update-desktop-database"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "[$LD_LIBRARY_PATH]" > "$HOME/told"\n')
    tool.chmod(0o755)
    (tmp_path / "home").mkdir()
    command = [str(bundle / f"lanslide{ENDING}"), "--install-launcher"]
    found = user | {"PATH": f"{tool.parent}:/usr/bin:/bin"}
    subprocess.run(command, env=found, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "home" / "told").read_text() == "[]\n"
    entry = tmp_path / "home/.local/share/applications/lanslide.desktop"
    assert f"Exec={bundle.resolve() / 'lanslide'} %f" in entry.read_text().splitlines()


def test_nothing_of_qt_is_there_that_no_window_of_ours_uses(bundle):
    names = {file.name for file in bundle.rglob("*") if "Qt" in file.name}
    unused = ("Qml", "Quick", "Designer", "OpenGL", "Sql", "Test", "PrintSupport", "EglFS")
    assert [name for name in names if any(word in name for word in unused)] == []


@pytest.mark.skipif(sys.platform == "darwin", reason="an app has them in another place")
def test_the_licences_of_what_is_in_it_are_in_it(bundle):
    found = {file.name for file in (bundle / "lib" / "licences").iterdir()}
    assert {"LGPL-3.txt", "GPL-3.txt", "Qt.txt", "Python"} <= found
    assert any(name.startswith("pillow ") for name in found)
