"""Who imports whom. The directions are what lets one part be read, tested and changed alone."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITHOUT_QT = ["answer", "client", "connection", "conversation", "credentials", "download"]
WITHOUT_QT += ["errors", "event_stream", "file_connection", "identity", "listing"]
WITHOUT_QT += ["amounts", "buffers", "choice", "disk_problem", "finishing"]
WITHOUT_QT += ["get", "halting", "journal", "lanes", "names"]
WITHOUT_QT += ["origin", "outcomes", "part", "place", "queued"]
WITHOUT_QT += ["secure_socket", "sockets", "watch"]
WITHOUT_QT += ["progress", "road", "saving", "transfer", "walk"]


@cache
def imported(file: Path) -> frozenset[str]:
    """Give the full name of every module that *file* imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def packages(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(file)}


def files(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("file", files("server"), ids=str)
def test_the_server_knows_no_window_and_no_client(file):
    assert not packages(file) & {"gui", "PySide6", "requests", "tests"}


@pytest.mark.parametrize("file", files("gui"), ids=str)
def test_only_the_start_of_the_window_knows_the_server(file):
    # __main__ hands over to lanslide-serve where there is no display.
    if file.relative_to(ROOT / "gui").as_posix() not in (
        "app.py",
        "local_share.py",
        "__main__.py",
        "get.py",
    ):
        assert "server" not in packages(file)


@pytest.mark.parametrize("name", WITHOUT_QT)
def test_what_talks_to_a_share_and_saves_needs_no_qt(name):
    reached, waiting = set(), [ROOT / "gui" / f"{name}.py"]
    while waiting:
        file = waiting.pop()
        if file in reached:
            continue
        reached.add(file)
        assert "PySide6" not in packages(file), file
        for module in imported(file):
            parts = module.split(".")
            if parts[0] == "gui" and len(parts) > 1:
                nearer = ROOT / "gui" / f"{parts[1]}.py"
                waiting += [nearer] if nearer.exists() else []


# What the first screen needs none of, and what is loaded by whoever uses it first.
NOT_AT_START = {
    "asyncio",
    "cryptography",
    "flask",
    "ifaddr",
    "jeepney",
    "jinja2",
    "numpy",
    "pi_heif",
    "PIL",
    "rawpy",
    "requests",
    "resvg_py",
    "segno",
    "sqlite3",
    "urllib3",
    "wakepy",
    "werkzeug",
    "zeroconf",
    "gui.about",
    "gui.file_actions",
    "gui.handing_out",
    "gui.journal",
    "gui.remembered",
    "gui.saves",
    "gui.saving",
    "gui.share_panel",
    "gui.taking",
    "gui.temporary",
    "gui.viewer",
    "gui.viewing",
    "gui.who_is_here",
}
LOADED = """
import json, sys
from gui import __main__, loading
loading.load_before_qt()
before = list(sys.modules)
from gui import app
print(json.dumps([before, list(sys.modules)]))
"""


def test_the_window_loads_nothing_at_its_start_that_it_does_not_show():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], check=True, cwd=ROOT, stdout=subprocess.PIPE
    )
    before, loaded = (set(names) for names in json.loads(done.stdout))
    assert not loaded & NOT_AT_START
    # Qt for Python would have read the source of all that comes after it.
    assert not {name.partition(".")[0] for name in before} & {"PySide6", "shiboken6"}
    later = {name.partition(".")[0] for name in loaded - before}
    assert not later & {"waitress", "watchdog"}


def test_no_label_takes_text_for_markup():
    makers = [file.name for file in files("gui") if "QLabel(" in file.read_text(encoding="utf-8")]
    assert makers == ["label.py"]


# What the boxes of the README's import picture stand for.
BOXES = {
    "start": {"gui.app"},
    "share": {"gui.local_share"},
    "client": {"gui.client"},
    "saving": {"gui.saving"},
    "background": {"gui.background"},
    "server": {"server.share", "server.application", "server.app", "server.short_road"}
    | {"server.files", "server.listings"}
    | {"server.thumbnails", "server.zips"},
    "replies": {"server.replies"},
    "folder": {"server.folder", "server.folder_problem", "server.open_file"},
}


def test_the_import_picture_in_the_readme_is_true():
    boxed = set().union(*BOXES.values())
    widgets = {
        f"gui.{file.stem}"
        for file in (ROOT / "gui").glob("*.py")
        if "PySide6.QtWidgets" in {name.rpartition(".")[0] for name in imported(file)}
    }
    boxes = {**BOXES, "window": widgets - boxed}
    arrows = set()
    for name, modules in boxes.items():
        for module in modules:
            found = imported(ROOT / Path(*module.split(".")).with_suffix(".py"))
            reached = {part.rpartition(".")[0] for part in found} | found
            arrows |= {(name, other) for other, theirs in boxes.items() if reached & theirs}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = readme.partition("```mermaid\n")[2].partition("```")[0]
    drawn = set(re.findall(r"^ *(\w+)(?:\[[^]]*\])? --> (\w+)", picture, re.MULTILINE))
    assert drawn == {(one, other) for one, other in arrows if one != other}


def test_the_way_in_leads_past_what_is_there():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    texts = {
        file: file.read_text(encoding="utf-8")
        for package in ("server", "gui", "tests")
        for file in files(package)
    }
    assert set(re.findall(r"`(?:\w+/)*(\w+\.py)`", told)) <= {file.name for file in texts}
    for owner, name in re.findall(r"`(\w+)\.(?!py`)(\w+)`", told):
        at = [
            text for file, text in texts.items() if file.stem == owner or f"class {owner}(" in text
        ]
        at += [text for text in texts.values() if f"class {owner}:" in text]
        assert any(f"def {name}(" in text or f"{name} = Signal(" in text for text in at), owner
