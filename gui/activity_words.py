"""What other devices do, in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale

from gui import words
from gui.activity import Guest, Happening, Taking
from gui.listing import plain

EVERYTHING = "everything"
_CAME = {"link": "came in by link", "pin": "came in by PIN", "": "is here"}


def happened(one: Happening) -> str:
    """Return what a device did, to be read after its name."""
    thing = _thing(one.path)
    sent, size = words.size(one.sent), words.size(one.size) or "an unknown size"
    if one.files:
        thing = f"{thing} as a zip of {words.count(one.files, 'file')}"
    match one.what:
        case "came":
            return _CAME[one.by]
        case "looked":
            return f"looked at {thing if one.path else 'the folder'}"
        case "took":
            return f"took {thing}, {sent}"
        case "broke":
            return f"broke off {thing} after {sent} of {size}"
        case "part":
            return f"took a part of {thing}, {sent} of {size}"
        case "viewed":
            return f"viewed {thing}"
        case "wrong":
            count = f"{one.tries} wrong PINs" if one.tries > 1 else "a wrong PIN"
            # It may be no device of the list.
            return f"gave {count}, from {one.address}"
        case _:
            return f"was {one.what}"


def doing(guest: Guest) -> str:
    """Return what a device does now, or did last."""
    if guest.is_blocked:
        return "Blocked"
    takings = guest.takings
    if len(takings) > 1:
        return f"Taking {words.count(len(takings), 'file')}"
    if takings:
        return _taking(takings[0])
    thing = _thing(guest.path)
    match guest.deed:
        case "looked":
            return f"Looked at {thing if guest.path else 'the folder'}"
        case "viewed":
            return f"Viewed {thing}"
        case "took":
            return f"Took {thing}"
        case "zipped":
            return f"Took {thing} as a zip"
        case "broke":
            return f"Broke off {thing}"
        case _:
            return ""


def part_done(takings: Sequence[Taking]) -> float | None:
    """Return how much of *takings* is done, from 0 to 1; None if nobody knows, or there are none.

    What is only looked at is soon over, and no matter.
    """
    sizes = [one.size for one in takings]
    if None in sizes or not sum(size or 0 for size in sizes):
        return None
    return min(1.0, sum(one.sent for one in takings) / sum(size or 0 for size in sizes))


def totals(viewed: int, taken: int, moved: int) -> str:
    """Return what was done in all (``12 viewed, 3 taken, 45 MB``)."""
    said = QLocale().toString
    counts = [f"{said(viewed)} viewed" if viewed else "", f"{said(taken)} taken" if taken else ""]
    return ", ".join(filter(None, [*counts, words.size(moved) if moved else ""]))


def clock(seconds: float) -> str:
    """Return seconds since the epoch as a local time of day."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds))
    return QLocale().toString(when.time(), QLocale.FormatType.ShortFormat)


def _taking(one: Taking) -> str:
    verb = "Loading" if one.deed == "viewed" else "Taking"
    suffix = " as a zip" if one.deed == "zipped" else ""
    return f"{verb} {_thing(one.path)}{suffix}"


def _thing(path: str) -> str:
    """Return the name of what a path leads to, as text."""
    return f"“{plain(path.rpartition('/')[2])}”" if path else EVERYTHING
