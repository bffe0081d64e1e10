"""A package for Debian and what descends from it, made of a bundle.

It needs Debian's `dpkg-dev`, which finds out what of the system the bundle needs.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from gui import __version__
from gui.launcher import freedesktop
from gui.launcher.bundle.contents import DECODER, NAME, OF_THE_SYSTEM, ROOT, plugin, programs
from gui.launcher.command import COMMENT

MAINTAINER = "Lanslide's developers <lanslide@localhost>"
TOOLS = ("dpkg-deb", "dpkg-shlibdeps")
# What windows use without being linked to it.
ALSO = ("shared-mime-info", "fonts-dejavu-core | fonts-liberation | fonts-noto-core")
_CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {depends}
Section: net
Priority: optional
Description: {comment}
 Pick a folder, and everyone on your local network can look at the pictures in
 it and keep the ones they want. No cloud, no account, no app on the phone.
 .
 This package holds Python and Qt, so that it needs neither.
"""


def is_possible() -> bool:
    """Tell whether packages can be made here."""
    return all(shutil.which(tool) for tool in TOOLS)


def package(folder: Path, into: Path) -> Path:
    """Make a package of the bundle in *folder*; gives its place, which is in *into*."""
    architecture = _said("dpkg", "--print-architecture").strip()
    made = into / f"{NAME}_{__version__}_{architecture}.deb"
    with TemporaryDirectory() as scratch:
        root = Path(scratch, "root")
        shutil.copytree(folder, root / "usr" / "lib" / NAME, symlinks=True)
        _place_commands(root / "usr" / "bin")
        _place_entry(root / "usr" / "share")
        _place_documents(root / "usr" / "share" / "doc" / NAME)
        control = root / "DEBIAN"
        control.mkdir()
        files = [file for file in sorted(root.rglob("*")) if not file.is_dir()]
        described = _CONTROL.format(
            name=NAME,
            version=__version__,
            architecture=architecture,
            maintainer=MAINTAINER,
            kilobytes=sum(file.lstat().st_size for file in files) // 1024,
            depends=", ".join([*_libraries(root / "usr" / "lib" / NAME), *ALSO]),
            comment=COMMENT,
        )
        (control / "control").write_text(described, encoding="utf-8")
        (control / "md5sums").write_text(_sums(root, files), encoding="utf-8")
        _set_rights(root)
        _said("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(made))
    return made


def _place_commands(folder: Path) -> None:
    folder.mkdir(parents=True)
    for program in programs():
        if program != DECODER:
            (folder / program.name).symlink_to(f"../lib/{NAME}/{program.name}")


def _place_entry(folder: Path) -> None:
    applications = folder / "applications"
    applications.mkdir(parents=True)
    entry = freedesktop.text(Path("/usr/bin", NAME))
    (applications / f"{NAME}.desktop").write_text(entry, encoding="utf-8")
    for icon, place in freedesktop.icons(folder).items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(icon, place)


def _place_documents(folder: Path) -> None:
    folder.mkdir(parents=True)
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    (folder / "changelog.gz").write_bytes(gzip.compress(changes, mtime=0))
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    others = f"The licences of what else is in it are in /usr/lib/{NAME}/lib/licences.\n"
    (folder / "copyright").write_text(f"{licence}\n{others}", encoding="utf-8")


def _libraries(folder: Path) -> list[str]:
    """List the packages whose libraries are linked to by what is in *folder*."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    binaries = [str(file) for file in files if _is_binary(file) and not _is_foreign(file, folder)]
    with TemporaryDirectory() as scratch:
        source = Path(scratch, "debian")
        source.mkdir()
        (source / "control").write_text(f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\n")
        private = {f"-l{Path(binary).parent}" for binary in binaries}
        options = ("-O", "--ignore-missing-info", "--warnings=0", *sorted(private))
        found = _said("dpkg-shlibdeps", *options, *binaries, at=Path(scratch))
    return found.strip().partition("shlibs:Depends=")[2].split(", ")


def _is_foreign(file: Path, folder: Path) -> bool:
    """Tell whether a file is for a desktop that has what it links to, and nothing to be asked."""
    found = plugin(file.relative_to(folder).as_posix().removeprefix("lib/"))
    return found is not None and found[1] in OF_THE_SYSTEM


def _is_binary(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _sums(root: Path, files: Iterable[Path]) -> str:
    lines = []
    for file in files:
        if not file.is_symlink():
            digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
            lines.append(f"{digest}  {file.relative_to(root)}\n")
    return "".join(lines)


def _set_rights(root: Path) -> None:
    """Let everybody read all, look into every folder, and run the programs."""
    run = {root / "usr" / "lib" / NAME / program.name for program in programs()}
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in run else 0o644)


def _said(*command: str, at: Path | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - Debian's tools on files of ours
        command, cwd=at, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
