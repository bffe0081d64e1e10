"""Pictures of files, as their share gives them and as large as they are shown.

Whatever is here runs on a thread: it asks the share, decodes, and touches no widget.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QSize

from gui import picture
from gui.client import Client, SizeName
from gui.errors import Unavailable
from gui.listing import Entry
from gui.picture import CannotShow, Picture

Answer = TypeVar("Answer")

WHOLE_SCREEN = QSize(2048, 2048)  # the largest of the share's sizes
LARGEST_FILE = 256 * 1024 * 1024
NO_PICTURE = (
    "This picture is damaged, or of a kind that cannot be shown here. It can still be saved."
)
_NEEDS = "The computer that shares this file cannot read {}: {} is not installed there."
# By the share's words.
PROBLEMS = {
    "too-large": "This picture is too large to be shown. It can still be saved.",
    "damaged": "This picture is damaged, or too much work to show. It can still be saved.",
    "needs-raw": _NEEDS.format("camera raw files", "the extra “raw”"),
    "needs-video": _NEEDS.format("videos", "the extra “video”"),
    "needs-jxl": _NEEDS.format("JPEG XL", "the extra “jxl”"),
}
TRIES, PAUSE = 20, 0.5  # seconds between two questions to a share that is busy
LARGE = 4096  # pixels on the longer side
READ_HERE = frozenset(
    f"image/{name}" for name in ("bmp", "gif", "jpeg", "png", "tiff", "webp", "x-icon")
)


class Level(IntEnum):
    """How good a rendition is.

    `LARGE` is one that the share has made into a JPEG, for what cannot be decoded here.
    """

    SCREEN = 1
    LARGE = 2
    ORIGINAL = 3


def small(
    client: Client,
    entry: Entry,
    size: SizeName,
    cancel: Event,
    *,
    sharp: bool = True,
    box: QSize = WHOLE_SCREEN,
) -> Picture:
    """Read a smaller picture of *entry* that the share has made.

    It is decoded so that it fits into *box*, in device pixels.

    Raises:
        CannotShow: the share can make none.
        ClientError: the share does not answer as it should.

    """
    if entry.size == 0:
        raise CannotShow("This file is empty.")
    made = client.small(entry, size, sharp=sharp, cancel=cancel)
    if not made.data:
        raise CannotShow(PROBLEMS.get(made.problem, NO_PICTURE))
    decoded = picture.decode(made.data, box)
    original = QSize(made.width, made.height) if made.width else decoded.original
    return Picture(decoded.image, original, made.final)


def awaited(
    client: Client, entry: Entry, size: SizeName, cancel: Event, box: QSize = WHOLE_SCREEN
) -> Picture:
    """Read a smaller picture as `small` does, and again if the share was too busy to make it."""
    return _patiently(lambda: small(client, entry, size, cancel, box=box), cancel)


def read(client: Client, entry: Entry, level: Level, cancel: Event) -> Picture:
    """Read *entry* as well as *level* asks.

    An original is decoded in this process, but only after the share's decoder, which is a process
    with limits, has made the smaller one of it. What Qt cannot decode comes as a JPEG.
    """
    if level is Level.SCREEN:
        return awaited(client, entry, "screen", cancel)
    if level is Level.LARGE or entry.media_type not in READ_HERE:
        longest = LARGE if level is Level.LARGE else None
        data = _patiently(lambda: client.converted(entry.path, longest, cancel), cancel)
        if not data:
            raise CannotShow(NO_PICTURE)
    elif (entry.size or 0) > LARGEST_FILE:
        raise CannotShow("This picture is too large to be shown in full.")
    else:
        data = client.read(entry.path, LARGEST_FILE, cancel).data
    return picture.decode(data, QSize(picture.LONGEST_SIDE, picture.LONGEST_SIDE))


def _patiently(ask: Callable[[], Answer], cancel: Event) -> Answer:
    """Ask the share again for as long as it is too busy, but not for ever."""
    for _ in range(TRIES):
        try:
            return ask()
        except Unavailable:
            if cancel.wait(PAUSE):
                break
    return ask()
