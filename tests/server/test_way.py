"""Folders held open for a moment, on the way from one file to the next."""

import os
from contextlib import closing

import pytest

import server.tree
import server.way
from server.directory import NamedDirectory, OpenDirectory
from server.folder import SharedFolder
from server.folder_problem import NotShared
from server.way import MOST_OPEN, Way


@pytest.fixture(params=[OpenDirectory, NamedDirectory])
def shared(holiday, request, monkeypatch):
    monkeypatch.setattr(server.tree, "type_of_directory", request.param)
    return SharedFolder(holiday)


@pytest.fixture
def way():
    with closing(Way()) as new:
        yield new


def descriptors():
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, never looked at


def roots(monkeypatch, shared):
    """Count how often a way begins at the root."""
    begun = []
    usual = shared._tree._root
    monkeypatch.setattr(shared._tree, "_root", lambda: begun.append(1) or usual())
    return begun


def read(shared, path, way):
    with shared.open(path, way) as file:
        return os.read(file.descriptor, 100)


def test_the_next_file_of_a_folder_is_opened_from_there(shared, holiday, way, monkeypatch):
    begun = roots(monkeypatch, shared)
    for name in "abc":
        (holiday / "uploads" / name).write_text(name)
    assert [read(shared, f"uploads/{name}", way) for name in "abc"] == [b"a", b"b", b"c"]
    assert len(begun) == 1


def test_a_deep_tree_is_gone_through_step_by_step(shared, holiday, way, monkeypatch):
    path = holiday
    for _ in range(30):
        path /= "deep"
        path.mkdir()
    begun = roots(monkeypatch, shared)
    for depth in range(31):
        found = list(shared.items("/".join(["deep"] * depth), way))
        assert found[0].is_folder == (depth < 30) if found else depth == 30
    assert len(begun) == 2


def test_it_is_the_same_gate(shared, holiday, way, tmp_path):
    (tmp_path / "secret").write_text("x")
    assert read(shared, "uploads/img1.png", way)
    (holiday / "uploads" / "out").symlink_to(tmp_path / "secret")
    (holiday / "uploads" / "in").symlink_to("../notes.txt")
    (holiday / "uploads" / ".hidden").write_text("x")
    os.mkfifo(holiday / "uploads" / "fifo")
    assert read(shared, "uploads/in", way) == (holiday / "notes.txt").read_bytes()
    for name in ("out", ".hidden", "fifo", "nothing", ".."):
        with pytest.raises(NotShared):
            shared.open(f"uploads/{name}", way)


def test_what_was_moved_out_of_the_share_is_not_found_for_long(
    shared, holiday, way, tmp_path, monkeypatch
):
    assert read(shared, "uploads/img1.png", way)
    (holiday / "uploads").rename(tmp_path / "away")
    monkeypatch.setattr(way, "_until", 0)
    with pytest.raises(NotShared):
        shared.open("uploads/img1.png", way)


def test_only_so_many_folders_are_held_and_none_after_it_is_closed(shared, holiday):
    before = descriptors()
    with closing(Way()) as way:
        for number in range(2 * MOST_OPEN):
            (holiday / f"{number}").mkdir()
            (holiday / f"{number}" / "file").touch()
            shared.open(f"{number}/file", way).close()
        assert len(way._open) == MOST_OPEN
        assert descriptors() <= before + MOST_OPEN
    assert descriptors() == before
