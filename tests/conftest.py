"""Fixtures that all tests share; in importlib mode this is where they have to be."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import create_app
from server.folder import SharedFolder
from server.share import Share

# Before any test imports Qt: windows go nowhere unless a display is asked for by name.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Enough of a PNG for whoever looks at how a file begins: one white pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100"
    "1bb6ee560000000049454e44ae426082"
)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests, and the programs that they start, out of the user's cache folder."""
    folder = str(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_CACHE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
            patch.setenv(variable, folder)
        yield


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """A small folder to share: the seed's tree, and a text."""
    folder = tmp_path / "holiday"
    (folder / "uploads").mkdir(parents=True)
    (folder / "img2.png").write_bytes(PIXEL)
    (folder / "img10.png").write_bytes(PIXEL)
    (folder / "notes.txt").write_text("Sun, sea and sand.\n", encoding="utf-8")
    (folder / "uploads" / "img1.png").write_bytes(PIXEL)
    return folder


@pytest.fixture
def share(holiday: Path) -> Iterator[Share]:
    """`holiday`, shared on a free port of this computer; a real server."""
    running = Share(create_app(SharedFolder(holiday)), port=0)
    running.start()
    yield running
    running.stop()
