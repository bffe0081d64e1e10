"""Single steps from an open directory: none follows a link, and nothing is swapped in between."""

import os
from types import SimpleNamespace

import pytest

import server.tree
from server.directory import NamedDirectory, OpenDirectory, is_hidden
from server.folder import SharedFolder
from server.folder_problem import NotShared


@pytest.fixture
def directory(holiday):
    opened = OpenDirectory.root(holiday)
    yield opened
    opened.close()


def test_no_step_follows_a_link(directory, holiday):
    (holiday / "file").symlink_to("notes.txt")
    (holiday / "folder").symlink_to("uploads")
    with pytest.raises(OSError):
        directory.file("file")
    with pytest.raises(OSError):
        directory.enter("folder")
    directory.enter("uploads")
    os.close(directory.file("img1.png"))


def test_a_step_holds_on_to_the_folder_whatever_takes_its_place(directory, holiday, tmp_path):
    directory.enter("uploads")
    (holiday / "uploads").rename(tmp_path / "away")
    (holiday / "uploads").symlink_to("/")
    with directory.entries() as entries:
        assert [entry.name for entry in entries] == ["img1.png"]


def test_opening_a_fifo_waits_for_nobody(directory, holiday):
    os.mkfifo(holiday / "fifo")
    os.close(directory.file("fifo"))


@pytest.mark.parametrize("kind", [OpenDirectory, NamedDirectory])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.write_text("another")])
def test_what_is_opened_is_what_was_looked_at(holiday, monkeypatch, kind, make):
    class Swapped(kind):
        def file(self, name):
            (holiday / "aside").hardlink_to(holiday / name)
            (holiday / name).unlink()
            make(holiday / name)
            return super().file(name)

    monkeypatch.setattr(server.tree, "type_of_directory", Swapped)
    with pytest.raises(NotShared):
        SharedFolder(holiday).open("notes.txt")


@pytest.mark.parametrize(
    ("attributes", "hidden"), [(0x2, True), (0x4, True), (0x400, True), (0x20, False), (0, False)]
)
def test_what_windows_hides_is_hidden(attributes, hidden):
    assert is_hidden(SimpleNamespace(st_file_attributes=attributes)) is hidden
