"""What of a file can be shown beside the others: its picture, its text, or nothing."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from itertools import islice
from threading import Event

from PySide6.QtCore import QSize

from gui.client import Client, SizeName
from gui.listing import Entry
from gui.picture import CannotShow, Picture
from gui.picture_reading import awaited
from gui.thumbnails import is_picture, may_have_thumbnail

LARGE_SIDE = 512  # pixels of the share's size of that name
LARGEST_TEXT = 1024 * 1024
SNIFFED = 4096  # enough to tell text from other bytes
LONGEST_LINE = 1000  # characters
MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Text:
    """The beginning of a text file."""

    text: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class NoPreview:
    """A file that has nothing to be shown inline but its icon."""


Shown = Picture | Text | NoPreview


def load(client: Client, entry: Entry, box: QSize, cancel: Event) -> Shown:
    """Read *entry* and make of it what can be shown in *box* device pixels; runs on a thread.

    Raises:
        ClientError: the share does not give it.
        CannotShow: it is a picture that cannot be shown.

    """
    if may_have_thumbnail(entry):
        try:
            return awaited(client, entry, size_for(box), cancel, box)
        except CannotShow:
            if is_picture(entry):
                raise
    if may_be_text(client, entry, cancel):
        content = client.read(entry.path, LARGEST_TEXT, cancel)
        text, is_cut = laid_out(decoded(content.data))
        return Text(text, is_cut or content.truncated)
    return NoPreview()


def size_for(box: QSize) -> SizeName:
    """Return the smallest of the share's sizes that fills *box*, in device pixels."""
    return "large" if max(box.width(), box.height()) <= LARGE_SIDE else "screen"


def may_be_text(client: Client, entry: Entry, cancel: Event) -> bool:
    """Tell whether *entry* is text, from its type or, where that says little, its first bytes."""
    family = (entry.media_type or "").partition("/")[0]
    if entry.size == 0 or family in ("audio", "font", "video"):
        return False
    if family == "text":
        return True
    beginning = client.read(entry.path, SNIFFED, cancel).data
    return b"\0" not in beginning and _is_utf8(beginning)


def _is_utf8(beginning: bytes) -> bool:
    """Tell whether *beginning* is UTF-8, a character cut off at its end aside."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True


def decoded(data: bytes) -> str:
    """Return *data* as text: by its byte order mark, else UTF-8, else Latin-1."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if _is_utf8(data):
        return data.decode("utf-8-sig", errors="ignore")  # what is cut off at the end
    return data.decode("latin-1")


def laid_out(text: str) -> tuple[str, bool]:
    """Return *text* as it can be laid out in no time, and whether that is not all of it.

    Qt lays out a line at a time, however long, and every line costs it the same.
    """
    pieces = (
        line[at : at + LONGEST_LINE]
        for line in text.splitlines()
        for at in range(0, max(len(line), 1), LONGEST_LINE)
    )
    lines = list(islice(pieces, MOST_LINES + 1))
    return "\n".join(lines[:MOST_LINES]), len(lines) > MOST_LINES
