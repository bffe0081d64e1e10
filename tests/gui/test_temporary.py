"""The folder of copies, and what killed programs have left."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gui.errors import Cancelled
from gui.temporary import LOCK, TemporaryFolder, sweep

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from gui.temporary import TemporaryFolder
with TemporaryFolder(Path(sys.argv[1])).new() as folder:
    (folder / "half.png").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""
OURS = "0123456789abcdef"


@pytest.fixture
def temporary(tmp_path):
    made = TemporaryFolder(tmp_path / "copies")
    yield made
    made.close()


def found(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_nothing_is_made_before_it_is_needed(temporary, tmp_path):
    temporary.close()
    assert not (tmp_path / "copies").exists()


def test_all_of_it_goes_with_the_program(temporary, tmp_path):
    with temporary.new() as one, temporary.new() as other:
        assert one.parent == other.parent != one
        (one / "a.png").write_bytes(b"x")
        (one / "a.png").chmod(0o400)
    assert (one.stat().st_mode & 0o777, one.parent.stat().st_mode & 0o777) == (0o755, 0o700)
    temporary.close()
    assert found(tmp_path / "copies") == set()


def test_whoever_uses_it_last_removes_it(temporary, tmp_path):
    with temporary.new() as folder:
        temporary.close()
        assert folder.is_dir()
        with pytest.raises(Cancelled), temporary.new():
            pass
    assert found(tmp_path / "copies") == set()


def test_what_fails_leaves_nothing(temporary):
    with suppress(OSError), temporary.new() as folder:
        (folder / "half.png").write_bytes(b"x")
        raise OSError
    assert folder.parent.is_dir()
    assert not folder.exists()


def test_a_folder_that_was_removed_is_made_again(temporary):
    with temporary.new() as folder:
        folder.rmdir()
        folder.parent.rmdir()
    with temporary.new() as folder:
        assert folder.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_what_a_killed_program_left_goes_and_nothing_else(temporary, tmp_path):
    place, outside = tmp_path / "copies", tmp_path / "outside"
    with temporary.new() as alive:
        subprocess.run([sys.executable, "-c", KILLED, place], cwd=ROOT, check=False)
    killed = found(place) - {alive.parent.name, alive.parent.name + LOCK}
    assert len(killed) == 2
    outside.mkdir()
    (outside / "mine.txt").write_text("x")
    (place / OURS).symlink_to(outside)
    (place / "notes").mkdir()
    (place / ("f" * 16)).write_text("no folder")
    (place / ("e" * 16 + LOCK)).touch()
    sweep(place)
    kept = {alive.parent.name, alive.parent.name + LOCK, OURS, "notes", "f" * 16}
    assert found(place) - {"e" * 16 + LOCK} == kept
    assert (outside / "mine.txt").exists()


def test_a_killed_program_s_links_are_not_followed(tmp_path):
    place, outside = tmp_path / "copies", tmp_path / "outside"
    (place / OURS).mkdir(parents=True)
    outside.mkdir()
    (outside / "mine.txt").write_text("x")
    (place / OURS / "link").symlink_to(outside)
    sweep(place)
    assert found(place) == set()
    assert (outside / "mine.txt").exists()


def test_there_may_be_nothing_to_sweep(tmp_path):
    sweep(tmp_path / "nowhere")
