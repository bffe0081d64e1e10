"""What goes into a bundle, told without making one."""

import re
import tomllib

import pytest

from gui.launcher.bundle import contents, licences

PLUGINS = "PySide6/Qt/plugins"
LINKS = {
    "PySide6/QtGui.abi3.so": ["PySide6/Qt/lib/libQt6Gui.so.6"],
    f"{PLUGINS}/platforms/libqxcb.so": ["PySide6/Qt/lib/libQt6XcbQpa.so.6"],
    f"{PLUGINS}/platforms/libqeglfs.so": ["PySide6/Qt/lib/libQt6EglFs.so.6", "libdrm.so.2"],
    f"{PLUGINS}/platformthemes/libqgtk3.so": ["libgtk-3.so.0", "PySide6/Qt/lib/libQt6Gui.so.6"],
    f"{PLUGINS}/sqldrivers/libqsqlite.so": ["PySide6/Qt/lib/libQt6Sql.so.6", "libsqlite3.so.0"],
    "PySide6/Qt/lib/libQt6XcbQpa.so.6": ["PySide6/Qt/lib/libQt6Gui.so.6"],
    "_sqlite3.so": ["libsqlite3.so.0"],
    "libpython3.11.so.1.0": [],
}


def test_a_library_stays_only_if_something_that_stays_is_linked_to_it():
    everything = {*LINKS, *(name for names in LINKS.values() for name in names)}
    kept = contents.needed(everything, lambda place: LINKS.get(place, ()))
    assert everything - kept == {
        f"{PLUGINS}/platforms/libqeglfs.so",
        f"{PLUGINS}/sqldrivers/libqsqlite.so",
        "PySide6/Qt/lib/libQt6EglFs.so.6",
        "PySide6/Qt/lib/libQt6Sql.so.6",
        "libdrm.so.2",
        # A desktop's own: its theme is loaded where it is, and nowhere else.
        "libgtk-3.so.0",
    }


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (f"{PLUGINS}/platforms/libqxcb.so", ("platforms", "xcb")),
        ("PySide6/plugins/platforms/qwindows.dll", ("platforms", "windows")),
        (f"{PLUGINS}/platforms/libqcocoa.dylib", ("platforms", "cocoa")),
        ("PySide6/plugins/styles/qmodernwindowsstyle.dll", ("styles", "modernwindows")),
        (f"{PLUGINS}/wayland-shell-integration/libxdg-shell.so", None),
        ("PySide6/QtCore.abi3.so", None),
        ("PIL/plugins/_imaging.so", None),
    ],
)
def test_a_plugin_is_known_by_its_name_on_every_system(place, found):
    kind = "wayland-shell-integration"
    assert contents.plugin(place) == (found or ((kind, "xdg-shell") if kind in place else None))


def test_every_command_that_is_installed_is_in_the_bundle_too():
    project = tomllib.loads((contents.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {program.name for program in contents.programs()}
    assert names == {*project["scripts"], *project["gui-scripts"], contents.DECODER.name}
    (window,) = (program for program in contents.programs() if program.is_window)
    assert window.script() == (
        "import sys\nfrom gui.__main__ import main\nsys.exit(main())\n"  # as installers write it
    )


def test_what_we_import_ourselves_is_not_left_out():
    source = "".join(
        file.read_text("utf-8")
        for part in contents.OURS
        for file in (contents.ROOT / part).rglob("*.py")
    )
    imported = set(re.findall(r"^ *(?:from|import) ([\w.]+)", source, re.MULTILINE))
    assert "PySide6.QtDBus" in imported
    assert not imported & set(contents.UNUSED)


def test_what_decoders_import_by_name_is_in_it():
    reading = (contents.ROOT / "server" / "pictures" / "reading.py").read_text("utf-8")
    named = set(re.findall(r'"(server\.pictures\.\w+)"', reading))
    assert named
    assert named <= set(contents.modules())


def test_what_the_page_and_the_window_read_is_in_it():
    places = {f"{folder}/{file.rpartition('/')[2]}" for file, folder in contents.files()}
    assert {
        "gui/theme.qss",
        "gui/icons/check.svg",
        "gui/sample_pictures/uploads/img1.png",
        "server/openapi.json",
        "server/pictures/neutral.png",
        "server/static/gallery.js",
        "server/templates/folder.html",
        "server/translations/de/LC_MESSAGES/page.mo",
    } <= places
    assert not any(place.endswith(".py") for place in places)


@pytest.mark.parametrize(
    ("extras", "inside", "outside"),
    [(["raw", "jxl"], [], ["av"]), ([], [], ["av", "rawpy", "pylibjxl"]), (["video"], ["av"], [])],
)
def test_an_extra_is_in_it_only_if_it_is_wanted(extras, inside, outside):
    excluded = contents.excluded(extras)
    assert set(outside) <= set(excluded)
    assert not set(inside) & set(excluded)


def test_everything_in_it_has_its_licence_in_it():
    with_texts = {folder for _, folder in licences.files(["raw"])}
    for one in licences.distributions("lanslide", ["raw"]):
        assert f"{licences.FOLDER}/{one.name} {one.version}" in with_texts
