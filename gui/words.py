"""Sizes, times and failures in words for people."""

from __future__ import annotations

import logging
import re
from functools import lru_cache

from PySide6.QtCore import QDateTime, QLocale, Qt

from gui.errors import ClientError
from gui.listing import Entry, plain

log = logging.getLogger(__name__)

MOST_BYTES = 2**63 - 1
DATE_FORMAT = "d MMM yyyy, HH:mm"
LONGEST_SUFFIX = 5  # characters; what is longer is no kind of file
LONGEST_NAME = 100  # characters of a name where it is shown in full
LONGEST_PIECE = 16  # letters without a place to break
# Python's `html` would load the names of all characters first, for the sake of these three.
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def tooltip(name: str) -> str:
    """Return *name* as rich text that says just the name.

    A tooltip cannot be told to take its text as plain: it looks whether it might be rich.
    """
    return f"<qt>{plain(name).translate(_ESCAPED)}</qt>"


def breakable(name: str) -> str:
    """Return *name*, fit to be shown, with places where a label may break its line.

    A label breaks only between words, and a name of 200 letters is one word that would make the
    window as wide as itself. The places are zero-width spaces: not for copying. They are where a
    name has a joint, and only in what is long without one between any two letters.
    """
    text = plain(name)
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME - 20]}…{text[-19:]}"
    pieces = re.split(r"(?<=[-_ ])|(?=\.)", text)
    return "\u200b".join(
        piece if len(piece) <= LONGEST_PIECE else "\u200b".join(piece) for piece in pieces
    )


def size(count: int | None) -> str:
    """Return a number of bytes as people read it (``5.3 MB``); nothing for a folder."""
    if count is None:
        return ""
    # A share may claim any size, and Qt takes 64 bits.
    bounded = min(count, MOST_BYTES)
    return QLocale().formattedDataSize(bounded, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def date(seconds: float | None) -> str:
    """Return seconds since the epoch as a local date and time."""
    if seconds is None:
        return ""
    when = QDateTime.fromMSecsSinceEpoch(int(seconds * 1000))
    return QLocale().toString(when, DATE_FORMAT)


def moment(text: str) -> str:
    """Return a camera's own time (``2026-07-12T20:41:08``) as `date` would say it."""
    when = QDateTime.fromString(text, Qt.DateFormat.ISODate)
    return QLocale().toString(when, DATE_FORMAT) if when.isValid() else text


def kind(entry: Entry) -> str:
    """Return what an entry is, in a word or two (``JPEG picture``)."""
    if entry.is_folder:
        return "Folder"
    suffix = entry.name.rpartition(".")[2] if "." in entry.name[1:] else ""
    return _kind_of_file(suffix if len(suffix) <= LONGEST_SUFFIX else "", entry.media_type or "")


@lru_cache(1000)
def _kind_of_file(suffix: str, media_type: str) -> str:
    family = {"image": "picture", "video": "video", "audio": "sound", "text": "text"}.get(
        media_type.partition("/")[0], "file"
    )
    return f"{plain(suffix.upper())} {family}" if suffix else family.capitalize()


def count(number: int, noun: str) -> str:
    """Return ``1 picture``, ``2 pictures``."""
    return f"{QLocale().toString(number)} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time span as roughly as people say it (``9 s``, ``4 min``, ``2 h 5 min``)."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{round(whole / 60)} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min"


def sentence(error: Exception) -> str:
    """Return what to tell the user about *error*.

    Errors of ours carry a sentence. Any other is a mistake in the program: it goes to the log with
    its traceback, and the user is told that it happened.
    """
    if isinstance(error, ClientError):
        return str(error)
    log.error("Unexpected error", exc_info=error)
    return f"Something went wrong in Lanslide ({type(error).__name__})."
