"""The names of a large folder are read once for many pages, and never shown when they are old."""

import os
import time

from server.folder import SharedFolder

LONG_AGO = time.time_ns() - 3_600_000_000_000


def names(shared: SharedFolder) -> list[str]:
    return [entry.name for entry in shared.entries("").entries]


def test_a_new_file_is_listed_at_once(holiday):
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    shared = SharedFolder(holiday)
    assert "new.png" not in names(shared)
    (holiday / "new.png").touch()
    assert "new.png" in names(shared)
    (holiday / "new.png").unlink()
    assert "new.png" not in names(shared)


def test_the_pages_of_a_folder_that_rests_come_from_one_reading(holiday):
    """Shown by a change that the folder's time was made to hide."""
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    shared = SharedFolder(holiday)
    before = names(shared)
    (holiday / "hidden-by-its-time.png").touch()
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    assert names(shared) == before


def test_a_folder_that_changes_within_a_tick_of_the_clock_is_read_anew(holiday):
    shared = SharedFolder(holiday)
    now = time.time_ns()
    os.utime(holiday, ns=(now, now))
    names(shared)
    (holiday / "new.png").touch()
    os.utime(holiday, ns=(now, now))  # as on a disk with a coarse clock
    assert "new.png" in names(shared)


def test_sizes_and_times_are_always_of_now(holiday):
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    shared = SharedFolder(holiday)
    names(shared)
    (holiday / "notes.txt").write_text("longer than it was before")
    sizes = {entry.name: entry.size for entry in shared.entries("").entries}
    assert sizes["notes.txt"] == len("longer than it was before")


def test_a_link_that_leads_elsewhere_meanwhile_is_followed_anew(holiday):
    (holiday / "link").symlink_to("notes.txt")
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    shared = SharedFolder(holiday)
    assert "link" in names(shared)

    (holiday / "notes.txt").unlink()
    os.utime(holiday, ns=(LONG_AGO, LONG_AGO))
    assert "link" not in names(shared)
