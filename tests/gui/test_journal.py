import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui import journal as journal_module
from gui import journal_page
from gui.journal_files import LeftPart
from gui.listing import Entry
from gui.save_lock import Busy
from gui.save_record import Source

SOURCE = Source("0123456789abcdef", "Amber Heron", "http://127.0.0.1:5000")
WANTED = [Entry("a/b\udcff.png", "b\udcff.png", "file", 5, 1.5), Entry("sub", "sub", "folder")]


def test_a_save_is_remembered_with_all_that_it_takes_to_begin_it_again(journal, folder):
    page = journal.begin(SOURCE, WANTED, folder)
    page.note(state="incomplete", saved=3, failed=1, reason="The disk is full.")
    page.close()
    (record,) = journal.records()
    assert record == page.record
    assert (record.source, record.folder) == (SOURCE, folder)
    assert (record.count, record.first, record.is_folder) == (2, "b\udcff.png", False)
    assert journal.wanted(record) == WANTED
    assert (record.state, record.saved, record.reason) == ("incomplete", 3, "The disk is full.")


def test_the_same_save_has_the_same_page_wherever_the_share_is_now(journal, folder):
    elsewhere = Source(SOURCE.id, "Another name", "http://127.0.0.2:5001")
    first = journal.begin(SOURCE, WANTED, folder)
    first.close()
    second = journal.begin(elsewhere, WANTED[::-1], folder)
    second.close()
    assert first.record.id == second.record.id
    (record,) = journal.records()
    assert record.source == elsewhere


def test_a_save_that_waits_is_this_programs_until_it_ends(journal, folder):
    page = journal.begin(SOURCE, WANTED, folder, state="waiting")
    (record,) = journal.records()
    assert (record.state, record.is_unfinished, journal.is_held(record)) == ("waiting", True, True)
    page.close()
    assert journal.records() == [record]
    assert not journal.is_held(record)


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("waiting", "", True),
        ("running", "", True),
        ("incomplete", "It does not answer.", True),
        ("incomplete", "", False),
        ("cancelled", "", False),
        ("done", "", False),
    ],
)
def test_a_save_that_nobody_wanted_to_end_is_unfinished(journal, folder, state, reason, expected):
    page = journal.begin(SOURCE, WANTED, folder)
    page.note(state=state, reason=reason)
    page.close()
    assert page.record.is_unfinished is expected


def test_a_save_of_which_not_all_is_known_any_more_is_not_begun(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (wanted,) = (tmp_path / "journal").glob("*.wanted")
    wanted.write_bytes(wanted.read_bytes()[:-4])
    assert journal.wanted(page.record) == []


def test_parts_are_known_again_after_a_crash(journal, folder):
    page = journal.begin(SOURCE, WANTED, folder)
    page.begin("a", str(folder / "a.part"), 5, '"1"')
    page.begin("b", str(folder / "sub" / "b.part"), 6, None)
    page.begin("c", str(folder / "c.part"), 7, None)
    page.end(str(folder / "c.part"))
    page.begin("a", str(folder / "a.part"), 8, '"2"')
    page._holding.__exit__(None, None, None)  # as a crash does: nothing is written at the end
    again = journal.begin(SOURCE, WANTED, folder)
    assert again.left("a") == LeftPart("a", "a.part", 8, '"2"')
    assert again.left("a") is None
    assert again.left("b") == LeftPart("b", str(Path("sub", "b.part")), 6, None)
    again.close()


def test_a_line_that_was_cut_off_is_none(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    page.begin("a", str(folder / "a.part"), 5, None)
    page.close()
    (parts,) = (tmp_path / "journal").glob("*.parts")
    parts.write_bytes(parts.read_bytes() + b'["b", "b.pa')
    again = journal.begin(SOURCE, WANTED, folder)
    assert again.left("a") is not None
    assert again.left("b") is None
    again.close()


@pytest.mark.parametrize(
    "part", ["/etc/passwd.part", "../neighbour.part", "a/../../neighbour.part", "", "letter.txt"]
)
def test_no_part_is_anywhere_else_or_a_whole_file(journal, folder, tmp_path, part):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (tmp_path / "journal" / f"{page.record.id}.parts").write_text(
        json.dumps(["a", part, 5, None]) + "\n"
    )
    again = journal.begin(SOURCE, WANTED, folder)
    assert again.left("a") is None
    again.close()


def test_the_file_of_parts_stays_small(journal, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(journal_page, "MOST_BYTES", 1000)
    page = journal.begin(SOURCE, WANTED, folder)
    page.begin("kept", str(folder / "kept.part"), 5, None)
    for number in range(1000):
        page.begin(str(number), str(folder / f"{number}.part"), 5, None)
        page.end(str(folder / f"{number}.part"))
    (parts,) = (tmp_path / "journal").glob("*.parts")
    assert parts.stat().st_size < 1200
    page.close()
    again = journal.begin(SOURCE, WANTED, folder)
    assert again.left("kept") is not None
    again.close()


def test_folders_that_were_made_are_known_to_every_save_into_the_same(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    page.make("sub", "sub (2)")
    page.close()
    for wanted, into, name in [
        (WANTED, folder, "sub (2)"),
        (WANTED[1:], folder, "sub (2)"),
        (WANTED, tmp_path / "elsewhere", None),
    ]:
        again = journal.begin(SOURCE, wanted, into)
        assert again.made("sub") == name
        again.close()


def test_another_program_cannot_run_the_same_save(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    with pytest.raises(Busy, match="Another Lanslide"):
        journal.begin(SOURCE, WANTED, folder)
    with pytest.raises(Busy):
        journal.forget(page.record)
    code = (
        "import sys; from pathlib import Path; from gui.journal import Journal\n"
        "from gui.save_lock import Busy\n"
        f"j = Journal(Path({str(tmp_path / 'journal')!r}))\n"
        "try: j.forget(j.records()[0])\nexcept Busy: sys.exit(7)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 7
    page.close()
    journal.forget(page.record)
    assert journal.records() == []


@pytest.mark.parametrize(
    "line",
    [
        [["a"], "a.part", 5, None],
        [5, "a.part", 5, None],
        ["a", 5, 5, None],
        ["a", "a.part", "5", None],
        ["a", "a.part", 5, []],
        ["a", "a\0.part", 5, None],
        ["a", "a\ud800.part", 5, None],
    ],
)
def test_what_is_no_part_is_left_out(journal, folder, tmp_path, line):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (tmp_path / "journal" / f"{page.record.id}.parts").write_text(json.dumps(line) + "\n")
    again = journal.begin(SOURCE, WANTED, folder)
    assert again.left("a") is None
    again.close()
    journal.forget(page.record)


@pytest.mark.parametrize("name", ["../evil", "/evil", "..", ".", "", "a/b", "a\0", "\ud800", ["a"]])
def test_no_folder_is_anywhere_else(journal, folder, tmp_path, name):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (tmp_path / "journal" / f"{page.record.id}.made").write_text(json.dumps(["sub", name]) + "\n")
    assert journal.made(page.record) == {}


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{}", b"\xff", b'{"wanted": [[]]}', b"[" * 100_000]
)
def test_what_cannot_be_read_is_left_out(journal, folder, tmp_path, content):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (tmp_path / "journal" / "other.json").write_bytes(content)
    assert journal.records() == [page.record]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no pipes with a name.")
def test_what_is_no_file_is_not_waited_for(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    os.mkfifo(tmp_path / "journal" / "other.json")
    assert journal.records() == [page.record]
    for kind in ("wanted", "parts", "made", "lock"):
        path = tmp_path / "journal" / f"{page.record.id}.{kind}"
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    assert journal.wanted(page.record) == []
    assert journal.made(page.record) == {}
    assert not journal.is_held(page.record)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"began": "now"},
        {"began": float("nan")},
        {"began": float("inf")},
        {"began": -1},
        {"count": "two"},
        {"saved": 1 << 70},
        {"bytes": -1},
        {"first": None},
        {"name": 7},
        {"state": []},
        {"folder": "pictures"},
        {"folder": "/home/\0"},
        {"source": {"id": [], "name": "Amber Heron", "address": "http://a"}},
    ],
)
def test_what_cannot_be_shown_is_left_out(journal, folder, tmp_path, spoiled):
    page = journal.begin(SOURCE, WANTED, folder)
    page.close()
    (file,) = (tmp_path / "journal").glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_bytes()) | spoiled))
    assert journal.records() == []


def test_only_so_many_are_remembered_and_none_that_something_is_left_of(
    journal, folder, monkeypatch
):
    monkeypatch.setattr(journal_module, "MOST_RECORDS", 3)
    for number in range(6):
        page = journal.begin(SOURCE, [Entry(str(number), str(number), "folder")], folder)
        page.note(state="cancelled" if number == 1 else "done", began=float(number))
        page.close()
    names = [record.first for record in journal.records()]
    assert names == ["5", "4", "3", "1"]


def test_a_journal_that_cannot_be_written_costs_no_save(journal, folder, tmp_path):
    page = journal.begin(SOURCE, WANTED, folder)
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    (tmp_path / "journal").rmdir()
    page.begin("a", str(folder / "a.part"), 5, None)
    page.make("sub", "sub")
    page.note(saved=5)
    page.end(str(folder / "a.part"))
    page.close()
