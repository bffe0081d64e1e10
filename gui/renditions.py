"""Pictures for the viewer: first what can be had at once, then better, neighbours in advance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from threading import Event
from typing import TypeVar

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QPixmap

from gui import picture, words
from gui.background import Background
from gui.client import Cancelled, Client, ClientError, Entry, SizeName, Unavailable
from gui.picture import CannotShow, Picture
from gui.version import Version, version

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
KEPT = 6  # renditions: the one shown, its neighbours, and one that is sharper than the screen
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


def read(client: Client, entry: Entry, level: Level, cancel: Event) -> Picture:
    """Read *entry* as well as *level* asks; runs on a thread.

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


def awaited(
    client: Client, entry: Entry, size: SizeName, cancel: Event, box: QSize = WHOLE_SCREEN
) -> Picture:
    """Read a smaller picture as `small` does, and again if the share was too busy to make it."""
    return _patiently(lambda: small(client, entry, size, cancel, box=box), cancel)


def _patiently(ask: Callable[[], Answer], cancel: Event) -> Answer:
    """Ask the share again for as long as it is too busy, but not for ever."""
    for _ in range(TRIES):
        try:
            return ask()
        except Unavailable:
            if cancel.wait(PAUSE):
                break
    return ask()


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
        raise CannotShow(PROBLEMS.get(made.problem, NO_PICTURE))
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
        self._cancel = Event()

    def browse(self, client: Client) -> None:
        """Read from another share."""
        self._client = client
        self._kept.clear()
        self._hopeless.clear()
        self._queue.clear()
        self._cancel.set()

    def get(self, entry: Entry) -> Rendition | None:
        """Return the best rendition of *entry* that is here."""
        for level in reversed(Level):
            wish = Wish(version(entry), level)
            if wish in self._kept:
                self._kept.move_to_end(wish)
                return self._kept[wish]
        return None

    def better(self, entry: Entry) -> Level | None:
        """Return what to want when the best rendition here is too small, None if that is all."""
        best = self.get(entry)
        if best is None or best.pixmap.size() == best.original:
            return None
        levels = [Level.LARGE, Level.ORIGINAL]
        if entry.media_type in READ_HERE:
            levels.reverse()
        untried = (level for level in levels if not self.is_hopeless(Wish(version(entry), level)))
        return next((level for level in untried if level > best.level), None)

    def is_hopeless(self, wish: Wish) -> bool:
        """Tell whether it was tried, and never succeeds."""
        return wish in self._hopeless

    def want(self, wishes: Sequence[tuple[Entry, Level]]) -> None:
        """Get these, the first one first, instead of whatever was wanted before."""
        self._queue.clear()
        if self._running not in [Wish(version(entry), level) for entry, level in wishes]:
            self._cancel.set()
        for entry, level in wishes:
            wish = Wish(version(entry), level)
            if wish in self._hopeless:
                self.failed.emit(wish, self._hopeless[wish])
            elif wish not in self._kept and (wish != self._running or self._cancel.is_set()):
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
        cancel = self._cancel = Event()
        self._background.run(
            lambda: read(client, entry, wish.level, cancel),
            then=lambda picture: self._done(client, lambda: self._keep(wish, picture)),
            failed=lambda error: self._done(client, lambda: self._give_up(wish, error)),
        )

    def _done(self, client: Client, act: Callable[[], None]) -> None:
        self._running = None
        if client is self._client:  # another share may be browsed by now
            act()
        self._next()

    def _keep(self, wish: Wish, picture: Picture) -> None:
        pixmap, original = QPixmap.fromImage(picture.image), picture.original
        if wish.level is not Level.SCREEN:
            before = self._kept.get(Wish(wish.of, Level.SCREEN))
            if before is not None:
                # A converted one may be smaller than the original, even than what is here: all
                # that a raw file has inside may be a small picture.
                if pixmap.width() < before.pixmap.width():
                    self._give_up(wish, CannotShow("There is no sharper picture of this file."))
                    return
                original = max(original, before.original, key=QSize.width)
            for large in [kept for kept in self._kept if kept.level is not Level.SCREEN]:
                del self._kept[large]  # a hundred megabytes and more each
        self._kept[wish] = Rendition(pixmap, original, wish.level)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.came.emit(wish)

    def _give_up(self, wish: Wish, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return  # it was not wanted any more, and is in the queue if it is again
        if isinstance(error, CannotShow):
            self._hopeless[wish] = str(error)
        expected = isinstance(error, CannotShow | ClientError)
        self.failed.emit(wish, str(error) if expected else words.sentence(error))
