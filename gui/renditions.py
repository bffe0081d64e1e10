"""Pictures for the viewer: first what can be had at once, then better, neighbours in advance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QPixmap

from gui import words
from gui.background import Background
from gui.client import Client
from gui.errors import Cancelled, ClientError
from gui.listing import Entry
from gui.picture import CannotShow, Picture
from gui.picture_reading import READ_HERE, Level, read
from gui.version import Version, version

KEPT = 6  # renditions: the one shown, its neighbours, and one that is sharper than the screen


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
