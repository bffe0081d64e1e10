"""What goes into a bundle, and what of Qt and the libraries does not.

Names with a slash are places in the bundle, on every system; `PySide6/…` is Qt's wheel.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
OURS = ("gui", "server")
NAME = "lanslide"

# The libraries of the extras. Videos are left out unless asked for: PyAV's wheels bring libraries
# under the GPL, which then holds for the whole bundle.
EXTRAS: Mapping[str, Sequence[str]] = {
    "raw": ("rawpy",),
    "jxl": ("pylibjxl",),
    "video": ("av",),
}
USUAL = ("raw", "jxl")
# What libraries of ours could use and do without.
UNUSED: Sequence[str] = (
    "IPython",
    "PIL._imagingtk",
    "matplotlib",
    "numpy.f2py",
    "numpy.testing",
    "pkg_resources",
    "pytest",
    "scipy",
    "setuptools",
    "tkinter",
    "yaml",
)

# Of each kind of Qt's plugins, those that a window like ours loads. It draws without OpenGL, opens
# no connection through Qt, and has the share decode what is not here.
PLUGINS: Mapping[str, Sequence[str]] = {
    "iconengines": ("svgicon",),
    "imageformats": ("gif", "ico", "jpeg", "svg", "tiff", "webp"),
    "platforminputcontexts": ("composeplatforminputcontext", "ibusplatforminputcontext"),
    "platforms": ("cocoa", "offscreen", "wayland", "windows", "xcb"),
    "platformthemes": ("gtk3", "xdgdesktopportal"),
    "styles": ("mac", "modernwindows"),
    "wayland-decoration-client": ("adwaita", "bradient"),
    "wayland-shell-integration": ("xdg-shell",),
}
# Loaded only on a desktop that has what it links to: a bundled copy would be another one.
OF_THE_SYSTEM = ("gtk3",)


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the bundle.

    Attributes:
        place: the function that is the program, as `module:function`.
        is_window: whether it has a window, and so no terminal of its own on Windows.

    """

    name: str
    place: str
    is_window: bool = False

    def script(self) -> str:
        """Give what installers make of such a function."""
        module, _, function = self.place.partition(":")
        return f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n"


# What decoder processes run where there is no Python to run it.
DECODER = Program("lanslide-decoder", "server.pictures.__main__:main")


def programs() -> list[Program]:
    """List the commands that an installation would have, and the one for decoders."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    windows = [Program(name, place, True) for name, place in project["gui-scripts"].items()]
    others = [Program(name, place) for name, place in project["scripts"].items()]
    return [*windows, *others, DECODER]


def modules() -> list[str]:
    """List our modules; decoders import theirs by name."""
    files = (file for package in OURS for file in (ROOT / package).rglob("*.py"))
    parts = (
        file.relative_to(ROOT).with_suffix("").parts
        for file in files
        if HERE not in file.parents and file.stem != "__main__"
    )
    return sorted(".".join(part for part in one if part != "__init__") for one in parts)


def files() -> list[tuple[str, str]]:
    """List what is beside our modules, and the sample pictures: each file, and its folder."""
    found = [
        (str(file), file.relative_to(ROOT).parent.as_posix())
        for package in OURS
        for file in sorted((ROOT / package).rglob("*"))
        if file.is_file() and file.suffix not in (".py", ".pyc", ".po") and HERE not in file.parents
    ]
    images = ROOT / "images"
    return found + [
        (str(file), ("gui/sample_pictures" / file.relative_to(images).parent).as_posix())
        for file in sorted(images.rglob("*"))
        if file.is_file()
    ]


def excluded(extras: Iterable[str]) -> list[str]:
    """List the modules that are left out though something would import them."""
    return [*UNUSED, *(name for extra in EXTRAS.keys() - set(extras) for name in EXTRAS[extra])]


def is_unused_file(place: str) -> bool:
    """Tell whether a file is of no use: what Qt would say in languages that we do not speak."""
    parts = PurePosixPath(place).parts
    return parts[0] == "PySide6" and ("translations" in parts or "qml" in parts)


def plugin(place: str) -> tuple[str, str] | None:
    """Give the kind and the name of the plugin of Qt's at *place*; None if it is none."""
    path = PurePosixPath(place)
    if path.parts[0] != "PySide6" or "plugins" not in path.parts:
        return None
    name = path.name.partition(".")[0]
    for before in ("libq", "lib", "q"):
        if name.startswith(before):
            name = name.removeprefix(before)
            break
    return path.parent.name, name.removesuffix("plugin").removesuffix("style")


def needed(places: Iterable[str], links: Callable[[str], Iterable[str]]) -> set[str]:
    """Give those of the libraries and modules at *places* that a bundle needs.

    That is without those plugins that are of no use, and what nothing else links to. What the one
    at a place is linked to, *links* gives.
    """
    everything = set(places)
    plugins = {place: found for place in everything if (found := plugin(place)) is not None}
    unused = {place for place, (kind, name) in plugins.items() if name not in PLUGINS.get(kind, ())}
    foreign = {place for place, (_, name) in plugins.items() if name in OF_THE_SYSTEM}
    doubtful = _reached(unused | foreign, links) & everything
    kept = _reached(everything - doubtful, links) & everything
    return kept | (foreign - unused)


def _reached(places: Iterable[str], links: Callable[[str], Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting += links(place)
    return reached
