"""Copies files of a share to the clipboard: files, and of one picture also the picture itself."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QMimeData, QObject, QSize
from PySide6.QtGui import QGuiApplication, QImage

from gui import picture, words
from gui.background import Background
from gui.client import Client
from gui.copies import FetchedCopies
from gui.errors import Cancelled, ClientError
from gui.fetch_notes import FetchNotes, named
from gui.fetching import Fetching
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.offer import MOST_FILES, OURS, SYSTEM_CONVERTS, PictureOffer, add_picture, offer
from gui.picture import CannotShow
from gui.picture_reading import LARGEST_FILE, READ_HERE, awaited
from gui.temporary import TemporaryFolder, remove
from gui.thumbnails import is_picture

BOX: Final = QSize(4096, 4096)  # pixels: enough to go on with, and soon made a PNG of
QUICK_PNG: Final = 80  # of 0 to 100, zlib's first level: a quarter of the usual time


class Clipboard(QObject):
    """Puts on the clipboard what was asked for last, unless something else came there meanwhile."""

    def __init__(
        self,
        background: Background,
        copies: FetchedCopies,
        temporary: TemporaryFolder,
        notes: FetchNotes,
        bar: MessageBar,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._copies, self._temporary = background, copies, temporary
        self._notes, self._bar = notes, bar
        self._fetching: Fetching | None = None
        self._cancel = Event()  # set when nothing is awaited
        self._cancel.set()
        self._mark = secrets.token_bytes(8)
        self._has_it = self._is_putting = False
        self._picture: PictureOffer | None = None
        QGuiApplication.clipboard().dataChanged.connect(self._changed)

    def copy(self, client: Client, entries: Sequence[Entry]) -> None:
        """Fetch *entries* and put them on the clipboard."""
        self.cancel()
        if len(entries) > MOST_FILES:
            self._bar.problem(f"{named(entries)} are too many to copy. Save them instead.")
            return
        cancel = self._cancel = Event()
        if here := self._copies.here(client, entries):
            self._fetched(client, entries, cancel, here)
            return
        self._fetching = self._copies.fetch(client, entries)
        self._fetching.came.connect(partial(self._fetched, client, entries, cancel))
        self._fetching.failed.connect(self._bar.problem)
        self._fetching.ended.connect(self._forget)
        self._notes.watch(self._fetching, "to copy it" if len(entries) == 1 else "to copy them")

    def cancel(self) -> None:
        """Give up what has not come to the clipboard yet."""
        self._cancel.set()
        if self._fetching is not None:
            self._fetching.cancel()

    def close(self) -> None:
        """Take from the clipboard the files that go with the window; a picture stays."""
        self.cancel()
        if self._has_it:
            left = QMimeData()
            if self._picture is not None:
                add_picture(left, self._picture)
            self._set(left)

    def _changed(self) -> None:
        """Give way to what the user has copied meanwhile, here or elsewhere."""
        # What is another program's is not looked at: that would mean to wait for an answer of it.
        clipboard = QGuiApplication.clipboard()
        is_own = clipboard.ownsClipboard()
        if self._is_putting or (is_own and clipboard.mimeData().data(OURS).data() == self._mark):
            return
        self._has_it = False
        self.cancel()

    def _forget(self) -> None:
        if self.sender() is self._fetching:
            self._fetching = None

    def _fetched(
        self, client: Client, entries: Sequence[Entry], cancel: Event, copies: list[Path]
    ) -> None:
        if len(entries) > 1 or not is_picture(entries[0]):
            self._put(entries, cancel, copies, None)
            return
        self._background.run(
            lambda: to_paste(client, entries[0], copies[0], self._temporary, cancel),
            then=lambda offered: self._put(entries, cancel, copies, offered),
            failed=lambda error: self._put_file(entries, cancel, copies, error),
        )

    def _put_file(
        self, entries: Sequence[Entry], cancel: Event, copies: list[Path], error: Exception
    ) -> None:
        """Do without the picture: the file is here all the same."""
        if not isinstance(error, CannotShow | ClientError | OSError):
            self._bar.problem(words.sentence(error))
        self._put(entries, cancel, copies, None)

    def _put(
        self,
        entries: Sequence[Entry],
        cancel: Event,
        copies: Sequence[Path],
        offered: PictureOffer | None,
    ) -> None:
        if cancel.is_set():
            return
        cancel.set()
        self._picture = offered
        self._set(offer(copies, offered, self._mark))
        self._bar.tell(f"Copied {named(entries)}. {_what_now(len(entries), offered)}")

    def _set(self, mime: QMimeData) -> None:
        self._has_it = self._is_putting = True
        QGuiApplication.clipboard().setMimeData(mime)
        self._is_putting = False


def to_paste(
    client: Client, entry: Entry, copy: Path, temporary: TemporaryFolder, cancel: Event
) -> PictureOffer:
    """Make of a picture what can be pasted; on a thread. *copy* is the file.

    That is the picture itself if Qt reads its kind, but not before the share's decoder, which is a
    process with limits, has made a smaller one of it; else that smaller one.

    Raises CannotShow, ClientError, OSError.
    """
    made = awaited(client, entry, "screen", cancel).image
    if entry.media_type in READ_HERE and copy.stat().st_size <= LARGEST_FILE:
        made = _original(copy) or made
    if cancel.is_set():
        raise Cancelled("This was cancelled.")
    return PictureOffer(made, b"" if SYSTEM_CONVERTS else png(made, temporary))


def png(image: QImage, temporary: TemporaryFolder) -> bytes:
    """Make a PNG of *image*; raises OSError."""
    # By a file, of which Qt does not have to ask Python (see `picture.opened`).
    with temporary.new() as folder:
        path = folder / "picture.png"
        image.save(str(path), quality=QUICK_PNG)
        data = path.read_bytes()
        remove(folder)
    return data


def _original(copy: Path) -> QImage | None:
    try:
        return picture.decode(copy.read_bytes(), BOX).image
    except CannotShow:  # Qt reads less of some kinds than the share does
        return None


def _what_now(count: int, offered: PictureOffer | None) -> str:
    if count > 1:
        return "Paste them into a folder."
    if offered is None:
        return "Paste it into a folder."
    return "Paste it as a picture, or into a folder."
