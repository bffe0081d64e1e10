import configparser
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import requests

from gui import launcher
from gui.launcher import freedesktop
from gui.launcher.command import command

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="the entry is for freedesktop.org's desktops"
)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The home of a user who has nothing but a file manager on the system."""
    system = tmp_path / "system"
    (system / "applications").mkdir(parents=True)
    manager = freedesktop.text(Path("/bin/true")).replace("Name=Lanslide", "Name=Files")
    (system / "applications" / "files.desktop").write_text(manager)
    tool("update-desktop-database", system / "applications")
    place = tmp_path / "home"
    place.mkdir()
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.setenv("XDG_DATA_DIRS", str(system))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(system))
    return place


def tool(name: str, *arguments: object) -> str:
    """What a tool of the desktop says; a computer without it fails the test."""
    found = shutil.which(name)
    assert found, f"{name} is missing"
    done = subprocess.run(
        [found, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return (done.stdout + done.stderr).strip()


def read(entry: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(delimiters="=", comment_prefixes="#")
    parser.optionxform = str
    parser.read_string(entry.read_text(encoding="utf-8"))
    return parser["Desktop Entry"]


def complaints(entry: Path) -> str:
    return tool("desktop-file-validate", entry)


def opener_of_folders() -> str:
    return tool("xdg-mime", "query", "default", "inode/directory")


def launch(entry: Path, *opened: Path) -> None:
    """Start *entry* as a file manager does; what it starts outlives this."""
    found = shutil.which("gio")
    assert found, "gio is missing"
    subprocess.run([found, "launch", entry, *opened], stdin=subprocess.DEVNULL, check=True)


def test_the_entry_is_one_that_the_desktop_accepts(home):
    entry = launcher.install()
    assert entry == home / ".local/share/applications/lanslide.desktop"
    assert complaints(entry) == ""


def test_a_desktop_that_keeps_its_data_elsewhere_is_followed(home, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    assert launcher.install() == tmp_path / "elsewhere/applications/lanslide.desktop"


def test_the_icon_of_the_entry_is_in_the_theme_that_every_other_falls_back_to(home):
    name = read(launcher.install())["Icon"]
    theme = home / ".local/share/icons/hicolor"
    assert (theme / "scalable" / "apps" / f"{name}.svg").is_file()
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        assert (theme / f"{size}x{size}" / "apps" / f"{name}.png").is_file()


def test_the_entry_starts_the_command_of_this_python(home):
    assert read(launcher.install())["TryExec"] == str(command())
    assert command().parent == Path(sysconfig.get_path("scripts"))


def test_lanslide_may_open_folders_and_the_file_manager_still_does(home):
    assert opener_of_folders() == "files.desktop"
    launcher.install()
    assert opener_of_folders() == "files.desktop"
    known = home / ".local/share/applications/mimeinfo.cache"
    assert "inode/directory=lanslide.desktop;" in known.read_text()


def test_installing_twice_leaves_one_entry(home):
    assert launcher.install() == launcher.install()
    entries = (home / ".local/share/applications").glob("*.desktop")
    assert [entry.name for entry in entries] == ["lanslide.desktop"]


def test_removing_takes_all_of_it_out_again(home):
    entry = launcher.install()
    assert launcher.remove() == entry
    left = {path.name for path in (home / ".local").rglob("*") if path.is_file()}
    assert left <= {"mimeinfo.cache"}
    assert launcher.remove() is None


def test_a_python_without_the_command_says_so(home, tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path))
    with pytest.raises(launcher.LauncherError, match="install Lanslide first"):
        launcher.install()


def test_a_place_that_cannot_be_written_is_named(home):
    (home / ".local").write_text("a file where a folder should be")
    with pytest.raises(launcher.LauncherError, match=r"could not be written: .*applications"):
        launcher.install()


def test_a_desktop_without_its_usual_tools_gets_its_entry_too(home, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert launcher.install().is_file()


@pytest.mark.parametrize(
    "folder",
    [
        "plain",
        "two words",
        'quo"te',
        "do$llar",
        "back`tick",
        "back\\slash",
        "ü 日本",
        "a;b&c|d",
        "t\tb",
    ],
)
def test_a_program_at_an_odd_place_is_started_with_the_folder(folder, home, tmp_path, qtbot):
    place = tmp_path / folder
    place.mkdir()
    program = place / "lanslide"
    said = tmp_path / "said"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {said}.part\nmv {said}.part {said}\n')
    program.chmod(0o755)
    entry = tmp_path / "odd.desktop"
    entry.write_text(freedesktop.text(program), encoding="utf-8")
    assert complaints(entry) == ""
    launch(entry, place)
    qtbot.waitUntil(said.exists, timeout=20_000)
    assert said.read_text(encoding="utf-8") == f"{place}|"


@pytest.mark.parametrize("folder", ["100%", "a=b"])
def test_a_program_that_no_entry_can_start_is_refused(folder):
    with pytest.raises(launcher.LauncherError, match=folder):
        freedesktop.text(Path("/opt") / folder / "lanslide")


class Launched:
    """The processes of the user whose home is *home*, which are no children of ours."""

    def __init__(self, home: Path) -> None:
        self._mark = b"HOME=" + os.fsencode(home)

    def processes(self) -> list[int]:
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if self._is_ours(path)]

    def _is_ours(self, process: Path) -> bool:
        try:
            return self._mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False  # another user's, or gone meanwhile

    def ports(self) -> list[int]:
        """The TCP ports that they listen on."""
        found = []
        for process in self.processes():
            try:
                files = [str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()]
                table = Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]
            except OSError:
                continue
            for line in table:
                _, local, _, state, *_, inode = line.split()[:10]
                if state == "0A" and f"socket:[{inode}]" in files:
                    found.append(int(local.partition(":")[2], 16))
        return found

    def end(self) -> None:
        for process in self.processes():
            os.kill(process, signal.SIGTERM)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_entry_opens_the_window_on_a_folder_that_is_given_to_it(home, tmp_path, qtbot):
    holiday = tmp_path / "holiday pictures"
    holiday.mkdir()
    shutil.copy(Path(__file__).parent.parent.parent / "images" / "img2.jpg", holiday)
    entry = launcher.install()
    launched = Launched(home)
    try:
        launch(entry, holiday)
        qtbot.waitUntil(lambda: launched.ports() != [], timeout=30_000)
        with requests.Session() as session:
            session.trust_env = False
            address = f"http://127.0.0.1:{launched.ports()[0]}"
            listing = session.get(f"{address}/api/folder/", timeout=20).json()
        assert listing["name"] == "holiday pictures"
        assert [entry["name"] for entry in listing["entries"]] == ["img2.jpg"]
    finally:
        launched.end()
    qtbot.waitUntil(lambda: launched.processes() == [], timeout=20_000)
