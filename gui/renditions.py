"""Pictures for the viewer: first what can be had at once, then better, neighbours in advance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from threading import Event

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QPixmap

from gui import picture, words
from gui.background import Background
from gui.client import Client, ClientError, Entry, SizeName, Unavailable
from gui.picture import CannotShow, Picture
from gui.version import Version, version

WHOLE_SCREEN = QSize(2048, 2048)  # the largest of the share's sizes
LARGEST_FILE = 256 * 1024 * 1024
NO_PICTURE = (
    "This picture is damaged, or of a kind that cannot be shown here. It can still be saved."
)
TRIES, PAUSE = 20, 0.5  # seconds between two questions to a share that is busy
KEPT = 6  # renditions: the one shown, its neighbours, and an original


class Level(IntEnum):
    """How good a rendition is."""

    SCREEN = 1
    ORIGINAL = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """A rendition that somebody wants."""

    of: Version
    level: Level


@dataclass(frozen=True, slots=True)
class Rendition:
    """A picture as it is to be shown; *original* is its own size in pixels, upright."""

    pixmap: QPixmap
    original: QSize
    level: Level


def read(client: Client, entry: Entry, level: Level) -> Picture:
    """Read *entry* as well as *level* asks; runs on a thread.

    An original is decoded in this process, but only after the share's decoder, which is a process
    with limits, has made the smaller one of it.
    """
    if level is Level.SCREEN:
        return awaited(client, entry, "screen", Event())
    if (entry.size or 0) > LARGEST_FILE:
        raise CannotShow("This picture is too large to be shown in full.")
    data = client.read(entry.path, LARGEST_FILE).data
    return picture.decode(data, QSize(picture.LONGEST_SIDE, picture.LONGEST_SIDE))


def awaited(
    client: Client, entry: Entry, size: SizeName, cancel: Event, box: QSize = WHOLE_SCREEN
) -> Picture:
    """Read a smaller picture as `small` does, and again if the share was too busy to make it."""
    for _ in range(TRIES):
        try:
            return small(client, entry, size, cancel, box=box)
        except Unavailable:
            if cancel.wait(PAUSE):
                break
    return small(client, entry, size, cancel, box=box)


def small(
    client: Client,
    entry: Entry,
    size: SizeName,
    cancel: Event,
    *,
    sharp: bool = True,
    box: QSize = WHOLE_SCREEN,
) -> Picture:
    """Read a smaller picture of *entry* that the share has made; runs on a thread.

    It is decoded so that it fits into *box*, in device pixels.

    Raises:
        CannotShow: the share can make none.
        ClientError: the share does not answer as it should.

    """
    if entry.size == 0:
        raise CannotShow("This file is empty.")
    made = client.small(entry, size, sharp=sharp, cancel=cancel)
    if not made.data:
        raise CannotShow(NO_PICTURE)
    decoded = picture.decode(made.data, box)
    original = QSize(made.width, made.height) if made.width else decoded.original
    return Picture(decoded.image, original, made.final)


class Renditions(QObject):
    """Gets renditions, one picture's at a time, and keeps the last few.

    Signals:
        came: a rendition is here; carries its `Wish`, and `get` has it.
        failed: it cannot be had; carries its `Wish` and a sentence.
        told: what the share knows of a picture; carries its `Version` and the details.

    """

    came = Signal(Wish)
    failed = Signal(Wish, str)
    told = Signal(Version, dict)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._client: Client | None = None
        self._kept: OrderedDict[Wish, Rendition] = OrderedDict()
        self._hopeless: dict[Wish, str] = {}
        self._queue: list[tuple[Wish, Entry]] = []
        self._running: Wish | None = None

    def browse(self, client: Client) -> None:
        """Read from another share."""
        self._client = client
        self._kept.clear()
        self._hopeless.clear()
        self._queue.clear()

    def get(self, entry: Entry) -> Rendition | None:
        """Return the best rendition of *entry* that is here."""
        for level in (Level.ORIGINAL, Level.SCREEN):
            wish = Wish(version(entry), level)
            if wish in self._kept:
                self._kept.move_to_end(wish)
                return self._kept[wish]
        return None

    def want(self, wishes: Sequence[tuple[Entry, Level]]) -> None:
        """Get these, the first one first, instead of whatever was wanted before."""
        self._queue.clear()
        for entry, level in wishes:
            wish = Wish(version(entry), level)
            if wish in self._hopeless:
                self.failed.emit(wish, self._hopeless[wish])
            elif wish not in self._kept and wish != self._running:
                self._queue.append((wish, entry))
        self._next()

    def ask_details(self, entry: Entry) -> None:
        """Ask what the share knows of *entry*; `told` brings it, if anything comes."""
        if self._client is None:
            return
        client = self._client
        self._background.run(
            lambda: client.details(entry.path),
            then=lambda details: self.told.emit(version(entry), details),
            failed=lambda _: None,  # there is the listing's own knowledge all the same
        )

    def _next(self) -> None:
        if self._client is None or self._running is not None or not self._queue:
            return
        client = self._client
        wish, entry = self._queue.pop(0)
        self._running = wish
        self._background.run(
            lambda: read(client, entry, wish.level),
            then=lambda picture: self._done(client, lambda: self._keep(wish, picture)),
            failed=lambda error: self._done(client, lambda: self._give_up(wish, error)),
        )

    def _done(self, client: Client, act: Callable[[], None]) -> None:
        self._running = None
        if client is self._client:  # another share may be browsed by now
            act()
        self._next()

    def _keep(self, wish: Wish, picture: Picture) -> None:
        pixmap = QPixmap.fromImage(picture.image)
        self._kept[wish] = Rendition(pixmap, picture.original, wish.level)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.came.emit(wish)

    def _give_up(self, wish: Wish, error: Exception) -> None:
        if isinstance(error, CannotShow):
            self._hopeless[wish] = str(error)
        expected = isinstance(error, CannotShow | ClientError)
        self.failed.emit(wish, str(error) if expected else words.sentence(error))
