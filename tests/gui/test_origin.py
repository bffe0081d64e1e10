import sys
from pathlib import Path

from gui import origin, part
from gui.listing import Entry
from gui.saving import Save


def test_windows_learns_from_a_stream_of_the_file_that_it_is_from_elsewhere(tmp_path, monkeypatch):
    file = tmp_path / "setup.exe"
    file.write_bytes(b"hello")
    monkeypatch.setattr(sys, "platform", "win32")
    origin.mark(str(file))
    stream = tmp_path / "setup.exe:Zone.Identifier"  # on other systems a file of its own
    assert stream.read_bytes() == b"[ZoneTransfer]\r\nZoneId=3\r\n"


def test_a_disk_that_takes_no_mark_costs_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    origin.mark(str(tmp_path / "no such folder" / "setup.exe"))


def test_a_file_is_marked_before_it_has_its_name(client_of, honest, tmp_path, monkeypatch):
    marked = []

    def mark(path):
        marked.append((Path(path).name, (tmp_path / "a.exe").exists(), Path(path).read_bytes()))

    monkeypatch.setattr(part.origin, "mark", mark)
    client = client_of(honest({"a.exe": b"hello"}))
    assert Save(client, [Entry("a.exe", "a.exe", "file", 5, 1.7e9)], tmp_path).run().saved == 1
    assert marked == [("a.exe.part", False, b"hello")]
