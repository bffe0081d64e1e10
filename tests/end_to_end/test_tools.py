"""The page as plain links: tools that know nothing of it bring the same tree."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.application import Application
from server.folder import SharedFolder
from server.share import Share

# Every test here starts a program; one that hangs is ended rather than waited for.
PATIENCE = 60
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": os.devnull}

NAMES = [
    *(b"\xff.bin", b"a\nb.txt", b"a\rb.txt", b"a\tb.txt", b"\x01.txt", b"\x7f.txt"),
    *(b"%41#?;.txt", b"%20", b"100%", b"hash#1", b"what?x=1", b"a;b=c,d@e!.txt", b"a b+c.txt"),
    *(b" leading.txt", b"   three", b"trailing ", b"-rf", b"~tilde", b"[x]{y}*.txt", b"NUL.txt"),
    *(b"12:30.jpg", b"http:x", b"<img src=x>.jpg", b"\"double\" & 'single'.txt", b"&amp;.txt"),
    *(b"back`tick$HOME", b"page.html", b"drawing.svg", b"look.css", b"nothing", b"index.htm"),
    *(name.encode() for name in ("😀.jpg", "日本.txt", "\u202egnp.exe", "\x85.txt", "nb\u00a0sp")),
    *(name.encode() for name in ("e\u0301te\u0301.txt", "été.txt", "line\u2028end")),
    b"x" * 251 + b".txt",
]
# A tool that takes a file of the folder for a page of the share would follow this.
LEADS_ON = b'<a href="../">up</a> <a href="what%3Fx=1">on</a> <img src="/static/icon.svg">'


def contents(folder: Path) -> dict[bytes, bytes]:
    """Give all files below *folder*, by their paths, as bytes."""
    root = os.fsencode(folder)
    files = [Path(os.fsdecode(place)) / name for place, _, names in os.walk(root) for name in
             map(os.fsdecode, names)]  # fmt: skip
    return {os.path.relpath(os.fsencode(file), root): file.read_bytes() for file in files}


def folders(folder: Path) -> set[bytes]:
    """Give all folders below *folder*."""
    root = os.fsencode(folder)
    return {os.path.relpath(place, root) for place, _, _ in os.walk(root)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names of every odd sort, deep folders, an empty one, and one with 2,500 files."""
    root = tmp_path_factory.mktemp("tree")
    for number, name in enumerate(NAMES):
        content = LEADS_ON if name.endswith((b"html", b"svg", b"css")) else b"%d" % number * 50
        (root / os.fsdecode(name)).write_bytes(b"" if name == b"nothing" else content)
    odd = root / os.fsdecode(b"odd \xff #?%61\n")
    deep = root.joinpath(*["deep"] * 20)
    for folder in (odd, deep, root / "empty", root / "many", root / "10:15"):
        folder.mkdir(parents=True)
    (root / "10:15" / "breakfast.txt").write_bytes(b"at a quarter past ten")
    (odd / "<b>inside.txt").write_bytes(b"in an odd folder")
    (deep / "end.txt").write_bytes(b"far down")
    (root / "large.bin").write_bytes(os.urandom(3_000_000))
    for number in range(2500):
        (root / "many" / f"{number:04}.txt").write_bytes(b"%d" % number)
    return root


@pytest.fixture(scope="module")
def address(tree: Path) -> Iterator[str]:
    """The URL of the page of `tree`."""
    with Share(Application(SharedFolder(tree)), port=0) as share:
        yield f"{share.address}/files/"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of the system in an empty folder, `tmp_path`."""

    def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which(name)
        if program is None:
            pytest.skip(f"There is no {name} here; Debian has it in a package of that name.")
        return subprocess.run(
            [program, *arguments],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )

    return run


def test_wget_brings_the_tree(run, tree, address, tmp_path):
    options = ("-r", "-np", "-nH", "--cut-dirs=1", "-l", "inf", "--no-iri", "-nv")
    done = run("wget", *options, "--restrict-file-names=nocontrol", address)
    arrived, wanted = contents(tmp_path), contents(tree)
    # One page for each folder is a file as well, and there is nothing else that it could follow.
    pages = {(folder + b"/index.html").removeprefix(b"./") for folder in folders(tree)}
    assert pages <= set(arrived), done.stdout
    for page in pages:
        del arrived[page]
    # wget's own limits, the same with nginx's listings: it decodes names of files twice, and cuts
    # long ones.
    twice = {b"%41#?;.txt": b"A#?;.txt", b"%20": b" "}
    for name, decoded in twice.items():
        wanted[decoded] = wanted.pop(name)
    (cut,) = [name for name in arrived if name.startswith(b"xxx")]
    wanted[cut] = wanted.pop(b"x" * 251 + b".txt")
    assert arrived == wanted


def test_lftp_mirrors_the_tree(run, tree, address, tmp_path):
    settings = "set net:max-retries 2; set net:timeout 20"
    done = run("lftp", "-c", f"{settings}; mirror {address} {tmp_path}")
    wanted = contents(tree)
    # lftp's own limit, the same with nginx's listings: it takes this for somebody's home.
    del wanted[b"~tilde"]
    assert done.returncode == 0, done.stdout
    assert contents(tmp_path) == wanted
    assert folders(tmp_path) == folders(tree)


def test_rclone_copies_the_tree(run, tree, address, tmp_path):
    own = ("--config", os.devnull, "--cache-dir", os.devnull)
    done = run("rclone", *own, "copy", "--http-url", address, ":http:", str(tmp_path))
    arrived, wanted = contents(tmp_path), contents(tree)
    # rclone's own limits, the same with nginx's listings: it finds nothing in a folder with a colon
    # in its name, and takes two spellings of a letter for one.
    del wanted[b"10:15/breakfast.txt"]
    twins = {name.encode() for name in ("e\u0301te\u0301.txt", "été.txt")}
    (taken,) = twins & set(arrived)
    for twin in twins - {taken}:
        del wanted[twin]
    assert done.returncode == 0, done.stdout
    assert arrived == wanted


@pytest.mark.parametrize("tool", [("curl", "-s", "-C", "-", "-O"), ("wget", "-q", "-c")])
def test_a_broken_download_goes_on_where_it_ended(run, tree, address, tmp_path, tool):
    whole = (tree / "large.bin").read_bytes()
    # Nothing that is there already is sent again: it would be seen.
    begun = bytes(1_234_567)
    (tmp_path / "large.bin").write_bytes(begun)
    done = run(*tool, f"{address}large.bin")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "large.bin").read_bytes() == begun + whole[len(begun) :]
