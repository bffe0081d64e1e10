"""Small pictures for the grid: made by the share, asked for as they come into view, and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from threading import Event

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap, QPixmapCache

from gui import icons
from gui.background import Background
from gui.client import Client, SizeName
from gui.errors import Cancelled, ClientError
from gui.listing import Entry
from gui.mount import Mount, mounted
from gui.picture import Picture, decode
from gui.picture_reading import small
from gui.version import Version, version

LARGE_FROM = 256  # device pixels; tiles wider than this take the larger of the share's sizes
AT_ONCE = 4  # requests; the share decodes as many at once as its computer has cores
AGAIN_MS = 700  # until a share that was too busy, or did not answer, is asked again
MOST_WAITING = 200  # about three screens; older wishes have been scrolled past
KEPT_BYTES = 128 * 1024 * 1024  # of pixels: eight hundred small ones at the usual shape


def is_picture(entry: Entry) -> bool:
    """Tell whether *entry* is to be looked at."""
    return not entry.is_folder and (entry.media_type or "").startswith("image/")


def may_have_thumbnail(entry: Entry) -> bool:
    """Tell whether the share may be able to make a picture of *entry*."""
    family = (entry.media_type or "").partition("/")[0]
    return not entry.is_folder and entry.readable and family in ("image", "video")


@dataclass(frozen=True, slots=True)
class _Come:
    """A thumbnail, and how it lies in a tile if that was known when it was asked for."""

    picture: Picture
    mount: Mount | None
    mounted: QImage | None


@cache
def _make_classes() -> None:
    """Decode and mount a picture on the GUI thread, before several threads do so at once.

    Qt for Python makes a class when it is first used, if only to see whether an argument is one;
    two threads that have it make the same one at once crash it.
    """
    image = decode((icons.FOLDER / "lanslide-16.png").read_bytes(), QSize(8, 8)).image
    mounted(image, Mount(8, 8, 1.0, "#000000"))


class Thumbnails(QObject):
    """Gives the grid its pictures, the last asked for first.

    Signals:
        ready: a thumbnail has come; carries the path of its file.
    """

    ready = Signal(str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        _make_classes()
        self._background = background
        self._client: Client | None = None
        self._size: SizeName = "grid"
        self._mount: Mount | None = None
        self._kept: OrderedDict[Version, QPixmap] = OrderedDict()
        self._kept_bytes = 0
        self._originals: dict[Version, QSize] = {}
        self._blurred: dict[Version, Entry] = {}
        self._hopeless: set[Version] = set()
        self._waiting: OrderedDict[Version, Entry] = OrderedDict()
        self._running: dict[Version, Event] = {}
        self._painted: list[Entry] = []
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.timeout.connect(self._want_painted)

    @property
    def asked(self) -> set[str]:
        """The paths of the files whose pictures the share is asked for at the moment."""
        return {wanted.path for wanted in self._running}

    def browse(self, client: Client) -> None:
        """Read from another share; what was kept and waited for belonged to the one before."""
        self._client = client
        self._forget()
        self._hopeless.clear()
        self._painted.clear()
        self._waiting.clear()
        self._stop_running(())
        self._running.clear()

    def set_side(self, side: float) -> None:
        """Give thumbnails for tiles that are *side* device pixels wide."""
        size: SizeName = "large" if side > LARGE_FROM else "grid"
        if size != self._size:
            self._size = size
            self._forget()

    def set_mount(self, mount: Mount) -> None:
        """Have `mounted` give pictures for tiles like that."""
        self._mount = mount

    def mounted(self, entry: Entry) -> QPixmap | None:
        """Return the picture of *entry* as it lies in a tile; else as `get`."""
        thumbnail, mount = self.get(entry), self._mount
        if thumbnail is None or mount is None:
            return None
        found = QPixmap()
        if not QPixmapCache.find(_key(thumbnail, mount), found):
            found = _keep_mounted(thumbnail, mount, mounted(thumbnail.toImage(), mount))
        return found

    def get(self, entry: Entry) -> QPixmap | None:
        """Return the thumbnail of *entry*, or None and see to it; `ready` tells when it is here.

        Asked by the delegate on every paint, so what is on screen is always what was asked last.
        """
        wanted = version(entry)
        kept = self._kept.get(wanted)
        if kept is not None:
            self._kept.move_to_end(wanted)
            return kept
        if (
            may_have_thumbnail(entry)
            and wanted not in self._hopeless
            and wanted not in self._running
        ):
            if not self._painted:
                self._after_paint.start()
            self._painted.append(entry)
        return None

    def original(self, entry: Entry) -> QSize | None:
        """Return the size in pixels of the picture that the thumbnail is of, if that is known."""
        return self._originals.get(version(entry))

    def forget_waiting(self) -> None:
        """Drop what nobody looks at any more: another folder is shown."""
        self._painted.clear()
        self.keep_to(())

    def keep_to(self, paths: Collection[str]) -> None:
        """Wait for no files but these any more, so that the share need not make their pictures.

        Every picture given up costs a connection, so this is for now and then: what the share has
        at hand has come meanwhile.
        """
        for wanted in [wanted for wanted in self._waiting if wanted.path not in paths]:
            del self._waiting[wanted]
        self._stop_running(paths)

    def _stop_running(self, paths: Collection[str]) -> None:
        for wanted, cancel in self._running.items():
            if wanted.path not in paths:
                cancel.set()

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
        """Ask for what waits, the last wish first; then for sharper ones of what is blurred."""
        while self._client is not None and len(self._running) < AT_ONCE:
            if self._waiting:
                wanted, entry = self._waiting.popitem()
                self._ask(self._client, wanted, entry, sharp=False)
            elif self._blurred:
                wanted, entry = self._blurred.popitem()
                if wanted in self._kept:
                    self._ask(self._client, wanted, entry, sharp=True)
            else:
                return

    def _ask(self, client: Client, wanted: Version, entry: Entry, *, sharp: bool) -> None:
        cancel = self._running[wanted] = Event()
        size, mount = self._size, self._mount

        def work() -> _Come:
            picture = small(client, entry, size, cancel, sharp=sharp)
            return _Come(picture, mount, mounted(picture.image, mount) if mount else None)

        self._background.run(
            work,
            then=lambda come: self._came(client, entry, size, come),
            failed=lambda error: self._failed(client, entry, error),
        )

    def _came(self, client: Client, entry: Entry, size: SizeName, come: _Come) -> None:
        if client is not self._client:
            return
        wanted = version(entry)
        self._running.pop(wanted, None)
        if size == self._size:
            picture, thumbnail = come.picture, QPixmap.fromImage(come.picture.image)
            self._keep(wanted, thumbnail)
            if come.mount is not None and come.mounted is not None:
                _keep_mounted(thumbnail, come.mount, come.mounted)
            # A quick stand-in may not know what it stands for.
            if picture.final or picture.original.width() > picture.image.width():
                self._originals[wanted] = picture.original
            if not picture.final:
                self._blurred[wanted] = entry
            self.ready.emit(wanted.path)
        self._start()

    def _keep(self, wanted: Version, pixmap: QPixmap) -> None:
        if (before := self._kept.pop(wanted, None)) is not None:
            self._kept_bytes -= _bytes(before)
        self._kept[wanted] = pixmap
        self._kept_bytes += _bytes(pixmap)
        while self._kept_bytes > KEPT_BYTES:
            version_of, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _bytes(oldest)
            self._originals.pop(version_of, None)

    def _forget(self) -> None:
        self._kept.clear()
        self._kept_bytes = 0
        self._originals.clear()
        self._blurred.clear()

    def _failed(self, client: Client, entry: Entry, error: Exception) -> None:
        if client is not self._client:
            return
        wanted = version(entry)
        self._running.pop(wanted, None)
        # A share that does not answer says nothing about the picture. What cannot be decoded stays
        # so until the file changes.
        if isinstance(error, Cancelled):
            if wanted in self._kept:  # but blurred: after the others
                self._blurred = {wanted: entry, **self._blurred}
            self.ready.emit(wanted.path)  # it may be looked at again by now
        elif isinstance(error, ClientError):
            QTimer.singleShot(AGAIN_MS, self, lambda: self.ready.emit(wanted.path))
        else:
            self._hopeless.add(wanted)
        self._start()


def _bytes(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def _key(thumbnail: QPixmap, mount: Mount) -> str:
    return f"{thumbnail.cacheKey()} {mount.key}"


def _keep_mounted(thumbnail: QPixmap, mount: Mount, made: QImage) -> QPixmap:
    pixmap = QPixmap.fromImage(made)
    QPixmapCache.insert(_key(thumbnail, mount), pixmap)
    return pixmap
