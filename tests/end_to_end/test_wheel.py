"""What a user installs: the wheel, in an environment that has nothing else."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = "Scripts" if sys.platform == "win32" else "bin"


def run(*command: object) -> None:
    """Run *command* far from the sources, so that nothing is found there by chance."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    # "uv run" says where it is itself: it may stand on no path.
    found = os.environ.get("UV") or shutil.which("uv")
    assert found, "uv is missing"
    return found


@pytest.fixture(scope="module")
def wheel(uv, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(uv, "build", "--wheel", "--out-dir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def programs(uv, wheel, tmp_path_factory) -> Path:
    """The commands of an environment that has the wheel and what it asks for."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    run(uv, "venv", "--python", sys.executable, environment)
    python = environment / PROGRAMS / "python"
    run(uv, "pip", "install", "--python", python, wheel)
    return environment / PROGRAMS


@pytest.fixture
def user(tmp_path) -> dict[str, str]:
    """The surroundings of a user who starts Lanslide for the first time."""
    ours = ("HOME", "PYTHON", "VIRTUAL_ENV", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}


@contextmanager
def started(*command: object, **how: object) -> Iterator[subprocess.Popen[str]]:
    """*command* while it runs; it has to end by itself, in peace, when it is asked to."""
    process = subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, text=True, **how
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def get(address: str, **fields: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(address, headers=fields, timeout=30)


def listening(process: subprocess.Popen[str]) -> list[int]:
    """The TCP ports that *process* listens on."""
    assert process.poll() is None, "it has ended"
    files = {opened(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()}
    ports = []
    for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        if state == "0A" and f"socket:[{inode}]" in files:
            ports.append(int(local.partition(":")[2], 16))
    return ports


def opened(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        return ""  # closed meanwhile


def test_the_wheel_holds_what_the_programs_show(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in ("img2.png", "img2.jpg", "uploads/img1.png", "Winter walk/Evening/cabin.jpg"):
        assert f"gui/sample_pictures/{name}" in names
    for drawing in (ROOT / "gui" / "icons").iterdir():
        if drawing.is_file():
            assert f"gui/icons/{drawing.name}" in names
    for template in (ROOT / "server" / "templates").iterdir():
        assert f"server/templates/{template.name}" in names


def test_the_wheel_holds_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    tops.remove(next(top for top in tops if top.endswith(".dist-info")))
    assert tops == {"server", "gui"}
    # That is for who makes bundles of a checkout, and has the licences of others in it.
    assert not [name for name in names if name.startswith("gui/launcher/bundle/")]


def test_lanslide_serve_answers(programs, user, tmp_path):
    holiday = tmp_path / "holiday"
    shutil.copytree(ROOT / "images" / "uploads", holiday / "uploads")
    command = (programs / "lanslide-serve", holiday, "--port", "0")
    with started(*command, stdout=subprocess.PIPE, env=user, cwd=tmp_path) as process:
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        answer = get(f"{address}/download2/uploads/img1.jpg")
        assert answer.content == (holiday / "uploads" / "img1.jpg").read_bytes()
        assert ">uploads</bdi>" in get(f"{address}/files/").text
        german = get(f"{address}/files/", **{"Accept-Language": "de"}).text
        assert "Ordner herunterladen" in german
        assert get(f"{address}/static/gallery.js").ok


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_lanslide_opens_its_window_on_the_sample_pictures(programs, user, tmp_path, qtbot):
    command = (programs / "lanslide", "--port", "0")
    with started(*command, env=user, cwd=tmp_path) as process:
        qtbot.waitUntil(lambda: listening(process) != [], timeout=60_000)
        (port,) = listening(process)
        listing = get(f"http://127.0.0.1:{port}/api/folder/").json()
        assert "img2.png" in [entry["name"] for entry in listing["entries"]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at a Linux desktop's files")
def test_lanslide_puts_itself_into_the_menu(programs, user, tmp_path):
    done = subprocess.run(
        [programs / "lanslide", "--install-launcher"],
        env=user,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    entry = tmp_path / ".local/share/applications/lanslide.desktop"
    assert f"Exec={programs / 'lanslide'} %f" in entry.read_text().splitlines()
