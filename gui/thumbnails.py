"""Small pictures for the grid: read through the share, decoded on threads, kept while wanted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from gui import picture
from gui.background import Background
from gui.client import Client, ClientError, Entry

SIDE = 320  # pixels of the longer side; the grid scales down from it
AT_ONCE = 2  # decoding takes a whole core each
MOST_WAITING = 200  # about three screens; older wishes have been scrolled past
KEPT = 400  # pixmaps of at most 400 kB each: 160 MB at the worst
LARGEST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one file: another size or time is another picture."""

    path: str
    size: int | None
    modified: float | None


def version(entry: Entry) -> Version:
    """Return which state of its file *entry* describes."""
    return Version(entry.path, entry.size, entry.modified)


def is_picture(entry: Entry) -> bool:
    """Tell whether *entry* may have a thumbnail."""
    return not entry.is_folder and (entry.media_type or "").startswith("image/")


class Thumbnails(QObject):
    """Gives the grid its pictures, the last asked for first.

    Signals:
        ready: a thumbnail has come; carries the path of its file.
    """

    ready = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._client: Client | None = None
        self._kept: OrderedDict[Version, QPixmap] = OrderedDict()
        self._hopeless: set[Version] = set()
        self._waiting: OrderedDict[Version, Entry] = OrderedDict()
        self._running: set[Version] = set()
        self._painted: list[Entry] = []
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.timeout.connect(self._want_painted)

    def browse(self, client: Client) -> None:
        """Read from another share; what was kept and waited for belonged to the one before."""
        self._client = client
        self._kept.clear()
        self._hopeless.clear()
        self._painted.clear()
        self._waiting.clear()
        self._running.clear()

    def get(self, entry: Entry) -> QPixmap | None:
        """Return the thumbnail of *entry*, or None and see to it; `ready` tells when it is here.

        Asked by the delegate on every paint, so what is on screen is always what was asked last.
        """
        wanted = version(entry)
        kept = self._kept.get(wanted)
        if kept is not None:
            self._kept.move_to_end(wanted)
            return kept
        if is_picture(entry) and wanted not in self._hopeless and wanted not in self._running:
            self._painted.append(entry)
            self._after_paint.start()
        return None

    def forget_waiting(self) -> None:
        """Drop what nobody looks at any more: another folder is shown."""
        self._painted.clear()
        self._waiting.clear()

    def _want_painted(self) -> None:
        """Put what the last paint asked for before all else, its first tile first."""
        for entry in reversed(self._painted):
            wanted = version(entry)
            self._waiting[wanted] = entry
            self._waiting.move_to_end(wanted)
        self._painted.clear()
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)
        self._start()

    def _start(self) -> None:
        while self._waiting and len(self._running) < AT_ONCE and self._client is not None:
            wanted, entry = self._waiting.popitem()
            self._running.add(wanted)
            self._ask(self._client, wanted, entry)

    def _ask(self, client: Client, wanted: Version, entry: Entry) -> None:
        self._background.run(
            lambda: _read(client, entry),
            then=lambda image: self._keep(client, wanted, image),
            failed=lambda error: self._give_up(client, wanted, error),
        )

    def _keep(self, client: Client, wanted: Version, image: QImage) -> None:
        if client is not self._client:
            return
        self._running.discard(wanted)
        self._kept[wanted] = QPixmap.fromImage(image)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(wanted.path)
        self._start()

    def _give_up(self, client: Client, wanted: Version, error: Exception) -> None:
        if client is not self._client:
            return
        self._running.discard(wanted)
        # A share that does not answer says nothing about the picture: it is asked for again when
        # it is painted again. What cannot be decoded stays so until the file changes.
        if not isinstance(error, ClientError):
            self._hopeless.add(wanted)
        self._start()


def _read(client: Client, entry: Entry) -> QImage:
    if entry.size is not None and entry.size > LARGEST_FILE:
        raise picture.CannotShow("This picture is too large for a thumbnail.")
    content = client.read(entry.path, LARGEST_FILE)
    return picture.decode(content.data, QSize(SIDE, SIDE)).image
