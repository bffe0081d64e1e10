"""Plays a GIF or WebP that moves; each frame is decoded on a thread while the last is shown."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from gui.background import Background
from gui.client import Client
from gui.listing import Entry
from gui.picture import CannotShow, Opened, fitted
from gui.version import Version, version

MOVING = frozenset({"image/gif", "image/webp"})
LARGEST_FILE = 64 * 1024 * 1024
SHORTEST_MS = 20  # as browsers do: what claims less was made for slower programs


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of an animation, and for how many milliseconds it stays."""

    image: QImage
    stays: int


class Film:
    """The frames of one file, over and over; for one thread at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._start()

    def _start(self) -> None:
        self._opened = Opened(self._data)
        self._reader = self._opened.reader

    @property
    def moves(self) -> bool:
        """Whether there is more than one frame."""
        return self._reader.supportsAnimation() and self._reader.imageCount() != 1

    def next(self, box: QSize | None) -> Frame:
        """Decode the next frame, made small enough for *box*; after the last comes the first.

        Raises:
            CannotShow: there is none.

        """
        image = self._reader.read()
        if image.isNull():
            self._start()
            image = self._reader.read()
        if image.isNull():
            raise CannotShow("This animation is damaged.")
        size = fitted(image.size(), box) if box is not None else image.size()
        if size != image.size():
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(size, mode=smooth)
        return Frame(image, max(self._reader.nextImageDelay(), SHORTEST_MS))


def film(client: Client, entry: Entry, cancel: Event) -> Film:
    """Read *entry*; runs on a thread. Raises CannotShow if it does not move."""
    found = Film(client.read(entry.path, LARGEST_FILE, cancel).data)
    if not found.moves:
        raise CannotShow("This picture does not move.")
    return found


class Animation(QObject):
    """Plays one file at a time.

    Attributes:
        box: what the frames are made small enough for, in pixels; None leaves them as they are.

    Signals:
        moved: the next frame is due; carries the file's `Version` and the image.

    """

    moved = Signal(Version, QImage)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._client: Client | None = None
        self._playing: Version | None = None
        self._next: Frame | None = None
        self._film: Film | None = None
        self._cancel = Event()
        self._is_paused = False
        self.box: QSize | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._due)

    @property
    def playing(self) -> bool:
        """Whether a file is shown that moves."""
        return self._film is not None

    def browse(self, client: Client) -> None:
        """Read from another share."""
        self.stop()
        self._client = client

    def play(self, entry: Entry) -> None:
        """Play *entry* from its beginning, if it is of a kind that may move."""
        self.stop()
        if self._client is None or entry.media_type not in MOVING:
            return
        if (entry.size or 0) > LARGEST_FILE:
            return
        client, of = self._client, version(entry)
        cancel = self._cancel = Event()
        self._playing = of
        self._background.run(
            lambda: film(client, entry, cancel),
            then=lambda found: self._begin(of, found),
            failed=lambda _: None,  # its first frame is shown all the same
        )

    def stop(self) -> None:
        """Play nothing."""
        self._cancel.set()
        self._playing = self._film = self._next = None
        self._timer.stop()

    def pause(self) -> None:
        """Stay at this frame: nobody can see it."""
        self._is_paused = True
        self._timer.stop()

    def resume(self) -> None:
        """Go on from the frame that it stayed at."""
        self._is_paused = False
        if not self._timer.isActive():
            self._due()

    def _begin(self, of: Version, found: Film) -> None:
        if of == self._playing:
            self._film = found
            self._decode(of, found)

    def _decode(self, of: Version, film: Film) -> None:
        box = self.box
        self._background.run(
            lambda: film.next(box),
            then=lambda frame: self._decoded(of, film, frame),
            failed=lambda _: None,  # the frame before stays
        )

    def _decoded(self, of: Version, film: Film, frame: Frame) -> None:
        if film is not self._film:
            return
        self._next = frame
        if not self._timer.isActive() and not self._is_paused:
            self._due()

    def _due(self) -> None:
        """Show the next frame, and have the one after it decoded meanwhile."""
        frame, film, of = self._next, self._film, self._playing
        if frame is None or film is None or of is None:
            return
        self._next = None
        self.moved.emit(of, frame.image)
        self._timer.start(frame.stays)
        self._decode(of, film)
