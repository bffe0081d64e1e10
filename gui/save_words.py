"""How saves go and how they ended, in words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale

from gui import words
from gui.listing import plain
from gui.queued import Order
from gui.save_record import Record
from gui.saving import Away, Failure, FileView, Pace, Summary, View

BYTES_FOR_A_FILE = 250_000  # what could be sent in the time that a file of nothing takes
MOST_TOLD = 3  # saves whose ends are told in one line
STAGES = {
    "waiting": "The share is checking",
    "checking": "Checking",
    "finishing": "Finishing",
}
SLOWEST = 1_000  # bytes a second; less than that is not worth a word


def title(first: str, count: int) -> str:
    """Return what is saved: the first of it, and how many more."""
    name = f"“{plain(first)}”"
    return name if count == 1 else f"{name} and {QLocale().toString(count - 1)} more"


def title_of(order: Order) -> str:
    """Return what somebody wants to have saved."""
    return title(order.wanted[0].name, len(order.wanted))


def way(share: str, folder: Path) -> str:
    """Return from where to where a save is."""
    into = f"into “{plain(folder.name or str(folder))}”"
    return f"from “{plain(share)}” {into}" if share else into


def share_done(view: View) -> float:
    """Return how much of a save is done, 0 to 1; many small files take time, not bytes."""
    total = view.bytes_total + view.files_total * BYTES_FOR_A_FILE
    files = view.files_done + view.files_skipped + view.files_failed
    done = view.bytes_done + files * BYTES_FOR_A_FILE
    return min(1.0, done / total) if total else 0.0


def counted(view: View) -> str:
    """Return how many files a save has saved, and of how many."""
    locale = QLocale()
    total = f"{locale.toString(view.files_total)}{'+' if view.walking else ''}"
    done = f"{locale.toString(view.files_done + view.files_skipped)} of {total}"
    if view.away is not None:
        return f"Waiting at {done}" if view.files_total else "Waiting"
    return f"Paused at {done}" if view.is_paused else f"Saving {done}"


def pace_in_words(view: View, now: Pace, waiting: int) -> str:
    """Return how far a save is, how fast it goes, and how many more wait for it."""
    parts = [f"{words.size(view.bytes_done)} of {words.size(view.bytes_total)}"]
    if now.rate >= SLOWEST and not view.is_paused:
        parts.append(f"{words.size(round(now.rate))}/s")
        if now.left is not None and not view.walking:
            parts.append(f"{words.duration(now.left)} left")
    if waiting:
        parts.append(f"{waiting} more waiting")
    return ", ".join(parts)


def away_in_words(away: Away, order: Order) -> str:
    """Return why the share of *order* is waited for, and when it is looked for again."""
    reason = away.reason
    if order.share:
        reason = reason.replace(order.client.address, f"“{order.share}”")
    seconds = max(0, round(away.next_look - time.monotonic()))
    again = f"Looking again in {seconds} s." if seconds else "Looking for it…"
    return f"{plain(reason)} {again}"


def file_in_words(file: FileView, rate: float) -> str:
    """Return how far a file is, at *rate* bytes a second."""
    if file.stage != "fetching":
        return f"{STAGES[file.stage]} {words.size(file.size)}"
    parts = [f"{words.size(file.done)} of {words.size(file.size)}"]
    if rate >= SLOWEST:
        parts.append(f"{words.size(round(rate))}/s")
        parts.append(f"{words.duration((file.size - file.done) / rate)} left")
    return ", ".join(parts)


def failure_in_words(failure: Failure) -> str:
    """Return which file was not saved, and why; the reason mostly names it, but not its folder."""
    path = plain(failure.path)
    name = f"“{path.rpartition('/')[2]}”"
    if name in failure.reason:
        return failure.reason.replace(name, f"“{path}”", 1)
    return f"{path}: {failure.reason}"


def ends_in_words(summaries: Sequence[Summary]) -> str:
    """Return how saves ended: together if they went into one folder, else the last few."""
    if len({one.folder for one in summaries}) == 1:
        return in_words(reduce(_together, summaries))
    return " ".join(in_words(one) for one in summaries[-MOST_TOLD:])


def in_words(summary: Summary) -> str:
    """Return how a save ended, in a few sentences."""
    told = []
    if summary.cancelled:
        told.append("Cancelled.")
    if summary.saved == 1 == len(summary.paths):
        name = plain(summary.paths[0].name)
        folder = plain(summary.paths[0].parent.name)
        told.append(f"Saved “{name}” ({words.size(summary.bytes)}) in “{folder}”.")
    elif summary.saved:
        folder = plain(summary.folder.name or str(summary.folder))
        files = f"{words.count(summary.saved, 'file')} ({words.size(summary.bytes)})"
        told.append(f"Saved {files} in “{folder}”.")
    elif not summary.cancelled and not summary.skipped:
        told.append("Nothing was saved.")
    if summary.skipped:
        here = words.count(summary.skipped, "file")
        told.append(f"{here} {'was' if summary.skipped == 1 else 'were'} here already.")
    if summary.unverified:
        told.append(f"{words.count(summary.unverified, 'file')} not verified by the share.")
    if summary.stopped:
        told.append(summary.stopped)
    elif summary.failed:
        told.append(f"{words.count(summary.failed, 'item')} not saved.")
    return " ".join(told)


def _together(one: Summary, other: Summary) -> Summary:
    return replace(
        one,
        saved=one.saved + other.saved,
        skipped=one.skipped + other.skipped,
        unverified=one.unverified + other.unverified,
        bytes=one.bytes + other.bytes,
        failed=one.failed + other.failed,
        cancelled=one.cancelled or other.cancelled,
        stopped=other.stopped or one.stopped,
        paths=(*one.paths, *other.paths),
    )


def record_in_words(record: Record, *, is_held: bool) -> str:
    """Return what became of a save of which the journal tells; *is_held* if a program has it."""
    if is_held:
        return "Waiting for its turn" if record.state == "waiting" else "Being saved now"
    parts = []
    if record.saved:
        files = words.count(record.saved, "file")
        parts.append(f"{files} saved, {words.size(record.bytes)}")
    if record.skipped:
        parts.append(f"{words.count(record.skipped, 'file')} here already")
    if record.failed:
        parts.append(f"{words.count(record.failed, 'item')} not saved")
    match record.state:
        case "waiting" | "running":
            parts.insert(0, "Not finished")
        case "cancelled":
            parts.insert(0, "Cancelled")
        case "incomplete" if record.reason:
            parts.insert(0, f"Not finished: {plain(record.reason).removesuffix('.')}")
        case _ if not parts:
            parts.append("There was nothing to save")
    return " · ".join(parts)


def when(record: Record) -> str:
    """Return when a save began: today its time, else its day."""
    began = QDateTime.fromSecsSinceEpoch(round(record.began))
    today = QDateTime.currentDateTime()
    if began.date() == today.date():
        return f"Today, {began.toString('HH:mm')}"
    if began.date().daysTo(today.date()) == 1:
        return f"Yesterday, {began.toString('HH:mm')}"
    return QLocale().toString(began, words.DATE_FORMAT)


def unfinished_in_words(records: Sequence[Record]) -> str:
    """Return which saves can be gone on with."""
    if len(records) == 1:
        told = words.breakable(title(records[0].first, records[0].count))
        return f"Saving {told} was not finished."
    return f"{words.count(len(records), 'save')} were not finished."
