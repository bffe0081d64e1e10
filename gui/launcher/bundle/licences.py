"""The licences of what is in a bundle, which have to go with it."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
FOLDER = "licences"
BEGINNINGS = ("licen", "copying", "notice", "authors")
# Of what brings none along itself, which is Qt. Of that the version is told by its metadata.
OWN = HERE / "licences"
QT = ("PySide6_Essentials", "shiboken6")


def files(extras: Iterable[str]) -> list[tuple[str, str]]:
    """List the texts, as `contents.files` does."""
    python = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    found = [(str(text), FOLDER) for text in sorted(OWN.iterdir())]
    if python.exists():
        found.append((str(python), f"{FOLDER}/Python"))
    for one in distributions("lanslide", extras):
        folder = f"{FOLDER}/{one.name} {one.version}"
        found += [(str(text), folder) for text in _texts(one)]
    return found


def distributions(name: str, extras: Iterable[str]) -> list[Distribution]:
    """List what is installed of what the distribution *name* asks for, and so on; itself first."""
    found: dict[str, Distribution] = {}
    waiting = [(name, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        one = distribution(name)
        if one.name not in found:
            found[one.name] = one
            waiting += _required(one, wanted)
    return list(found.values())


def _required(one: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in one.requires or ():
        required = Requirement(text)
        marker = required.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield required.name, frozenset(required.extras)


def _texts(one: Distribution) -> Iterator[Path]:
    wanted = ("metadata",) if one.name in QT else BEGINNINGS
    for file in one.files or ():
        if "dist-info" in file.parts[0] and file.name.lower().startswith(wanted):
            yield Path(str(one.locate_file(file)))
