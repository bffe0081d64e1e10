"""What another program is offered of copies: files and, of one picture, the picture itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QImage

OURS: Final = "application/x-lanslide-copies"
PNG: Final = "image/png"
GNOME_FILES: Final = "x-special/gnome-copied-files"
MOST_FILES: Final = 2000  # named one by one; who wants more saves them
# There the system makes of an image what programs ask for; elsewhere Qt would do so when one asks,
# in the GUI thread.
SYSTEM_CONVERTS: Final = sys.platform in ("win32", "darwin")


@dataclass(frozen=True, slots=True)
class PictureOffer:
    """A picture to be pasted; *png* is the same, and empty where the system converts it."""

    image: QImage
    png: bytes


def offer(
    copies: Sequence[Path], picture: PictureOffer | None = None, mark: bytes = b""
) -> QMimeData:
    """Make what a drop or a paste takes: addresses of files, which are to be copied, not moved.

    With *mark* it can be told from all others.
    """
    urls = [QUrl.fromLocalFile(str(copy)) for copy in copies]
    mime = QMimeData()
    mime.setUrls(urls)
    mime.setData(OURS, QByteArray(mark))
    encoded = b"\n".join(url.toEncoded().data() for url in urls)
    mime.setData(GNOME_FILES, QByteArray(b"copy\n" + encoded))
    if picture is not None:
        add_picture(mime, picture)
    return mime


def add_picture(mime: QMimeData, picture: PictureOffer) -> None:
    """Offer *picture*, too."""
    if picture.png:
        mime.setData(PNG, QByteArray(picture.png))
    else:
        mime.setImageData(picture.image)


def is_ours(mime: QMimeData) -> bool:
    """Tell whether it is an offer of this program's, of this window or another one."""
    return mime.hasFormat(OURS)
