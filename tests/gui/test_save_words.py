import time
from pathlib import Path

import pytest

from gui import save_words
from gui.client import Client
from gui.listing import Entry
from gui.progress import View
from gui.queued import Order
from gui.save_record import Record, Source
from gui.saving import Away, Failure, FileView, Pace, Summary

FOLDER = Path("/home/ann/Pictures")


def view(**changes):
    counts = dict.fromkeys(
        ("files_total", "files_done", "files_skipped", "files_unverified", "files_failed"), 0
    )
    whole = {**counts, "bytes_total": 0, "bytes_done": 0, "walking": False, "current": ""}
    return View(**{**whole, "active": (), "failures": (), **changes})


def summary(**changes):
    counts = dict.fromkeys(("saved", "skipped", "unverified", "bytes", "failed", "left"), 0)
    rest = {"failures": (), "cancelled": False, "stopped": "", "folder": FOLDER, "paths": ()}
    return Summary(**{**counts, **rest, **changes})


def record(**changes):
    known = Record("1", Source("", "", "http://a"), FOLDER, 1, "a.png", is_folder=False)
    fields = {name: getattr(known, name) for name in Record.__slots__}
    return Record(**{**fields, "state": "done", **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"files_total": 5, "files_done": 1, "files_skipped": 1}, "Saving 2 of 5"),
        ({"files_total": 5, "walking": True}, "Saving 0 of 5+"),
        ({"files_total": 5, "is_paused": True}, "Paused at 0 of 5"),
        ({"files_total": 5, "away": Away("Gone.", 0, 0), "is_paused": True}, "Waiting at 0 of 5"),
        ({"away": Away("Gone.", 0, 0)}, "Waiting"),
    ],
)
def test_how_many_files_are_saved_is_told(changes, expected):
    assert save_words.counted(view(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "now", "waiting", "expected"),
    [
        ({}, Pace(2_000_000, 3), 0, "1.0 MB of 9.0 MB, 2.0 MB/s, 3 s left"),
        ({"walking": True}, Pace(2_000_000, 3), 0, "1.0 MB of 9.0 MB, 2.0 MB/s"),
        ({"is_paused": True}, Pace(2_000_000, 3), 0, "1.0 MB of 9.0 MB"),
        ({}, Pace(0.0, None), 2, "1.0 MB of 9.0 MB, 2 more waiting"),
    ],
)
def test_how_fast_it_goes_is_told_while_it_goes(changes, now, waiting, expected):
    shown = view(bytes_done=1_000_000, bytes_total=9_000_000, **changes)
    assert save_words.pace_in_words(shown, now, waiting) == expected


@pytest.mark.parametrize(
    ("stage", "rate", "expected"),
    [
        ("fetching", 0.0, "1.0 MB of 9.0 MB"),
        ("fetching", 2_000_000, "1.0 MB of 9.0 MB, 2.0 MB/s, 4 s left"),
        ("waiting", 0.0, "The share is checking 9.0 MB"),
        ("checking", 2_000_000, "Checking 9.0 MB"),
        ("finishing", 0.0, "Finishing 9.0 MB"),
    ],
)
def test_how_far_a_file_is_is_told(stage, rate, expected):
    assert save_words.file_in_words(FileView("a", 9_000_000, 1_000_000, stage), rate) == expected


def test_a_share_that_is_away_is_called_by_its_name(monkeypatch):
    client = Client("http://10.0.0.2:5000")
    order = Order(client, [Entry("a", "a", "file", 1)], FOLDER, share="Ann’s pictures")
    client.close()
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: 100.0)
        away = Away("http://10.0.0.2:5000 does not answer.", 0, 104.1)
        told = save_words.away_in_words(away, order)
    assert told == "“Ann’s pictures” does not answer. Looking again in 4 s."


@pytest.mark.parametrize(
    ("path", "reason", "expected"),
    [
        ("a.png", "“a.png” may not be read.", "“a.png” may not be read."),
        ("trip/a.png", "“a.png” may not be read.", "“trip/a.png” may not be read."),
        ("trip/a.png", "You left it out.", "trip/a.png: You left it out."),
    ],
)
def test_a_failure_names_the_file_once_and_in_its_folder(path, reason, expected):
    assert save_words.failure_in_words(Failure(path, reason)) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([summary(saved=2, bytes=5)], "Saved 2 files (5 bytes) in “Pictures”."),
        ([summary(saved=2, bytes=5), summary(saved=1, bytes=5, failed=1)],
         "Saved 3 files (10 bytes) in “Pictures”. 1 item not saved."),
        ([summary(skipped=1), summary()], "1 file was here already."),
        ([summary(cancelled=True)], "Cancelled."),
        ([summary(), summary(stopped="The disk is full.")], "Nothing was saved. The disk is full."),
        ([summary(saved=2, bytes=5), summary(skipped=1, folder=FOLDER.parent)],
         "Saved 2 files (5 bytes) in “Pictures”. 1 file was here already."),
    ],
)  # fmt: skip
def test_how_saves_ended_is_told_together(ends, expected):
    assert save_words.ends_in_words(ends) == expected


@pytest.mark.parametrize(
    ("changes", "is_held", "expected"),
    [
        ({"saved": 2, "bytes": 5}, False, "2 files saved, 5 bytes"),
        ({"skipped": 1}, False, "1 file here already"),
        ({}, False, "There was nothing to save"),
        ({"state": "running", "saved": 0}, True, "Being saved now"),
        ({"state": "waiting"}, True, "Waiting for its turn"),
        ({"state": "running", "saved": 0}, False, "Not finished"),
        ({"state": "waiting", "saved": 2, "bytes": 5}, False,
         "Not finished · 2 files saved, 5 bytes"),
        ({"state": "incomplete", "reason": "The disk is full."}, False,
         "Not finished: The disk is full"),
        ({"state": "incomplete", "failed": 3}, False, "3 items not saved"),
        ({"state": "cancelled"}, False, "Cancelled"),
    ],
)  # fmt: skip
def test_what_became_of_a_save_of_before_is_told(changes, is_held, expected):
    assert save_words.record_in_words(record(**changes), is_held=is_held) == expected
