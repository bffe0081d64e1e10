"""Makes the bundle of this system, and an archive or a package of it."""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from gui import __version__
from gui.launcher.bundle import debian
from gui.launcher.bundle.contents import EXTRAS, HERE, NAME, ROOT, USUAL


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for, and print where it is, a line each."""
    asked = _parser().parse_args(arguments)
    asked.into.mkdir(parents=True, exist_ok=True)
    bundle = build(asked.into, asked.extras)
    made = [bundle] if asked.bare else [bundle, *packages(bundle, asked.into)]
    for place in made:
        print(place)  # noqa: T201 - what the command is for
    return 0


def build(into: Path, extras: Sequence[str]) -> Path:
    """Make the bundle; gives its place in *into*. What PyInstaller says goes to standard error."""
    work = ROOT / "build" / "bundle"
    work.mkdir(parents=True, exist_ok=True)
    options = ["--noconfirm", "--distpath", str(into), "--workpath", str(work), "--log-level=WARN"]
    recipe = str(HERE / "lanslide.spec")
    subprocess.run(  # noqa: S603 - our own recipe
        [sys.executable, "-m", "PyInstaller", *options, recipe, "--", *extras],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=True,
    )
    return into / ("Lanslide.app" if sys.platform == "darwin" else NAME)


def packages(bundle: Path, into: Path) -> list[Path]:
    """Make of the bundle what this system's users take it as."""
    stem = into / f"{NAME}-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    if sys.platform == "win32":
        return [Path(shutil.make_archive(str(stem), "zip", into, bundle.name))]
    if sys.platform == "darwin":
        # Links and signatures stay whole only so.
        target = stem.with_name(f"{stem.name}.zip")
        ditto = ("/usr/bin/ditto", "-c", "-k", "--keepParent", str(bundle), str(target))
        subprocess.run(ditto, check=True)  # noqa: S603 - the system's own
        return [target]
    made = [Path(shutil.make_archive(str(stem), "xztar", into, bundle.name))]
    return [*made, debian.package(bundle, into)] if debian.is_possible() else made


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m gui.launcher.bundle", description=__doc__)
    parser.add_argument(
        "--into", type=Path, default=ROOT / "dist", help="the folder for what is made (%(default)s)"
    )
    parser.add_argument(
        "--extras",
        nargs="*",
        choices=sorted(EXTRAS),
        default=USUAL,
        help="what else to take in; “video” brings libraries under the GPL (%(default)s)",
    )
    parser.add_argument(
        "--bare", action="store_true", help="make no archive and no package of the bundle"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
