"""Decodes a picture at the size it is shown; runs on any thread and touches no widget."""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageIOHandler, QImageReader

from gui.picture_cost import is_too_much

# What Qt's readers are let near. SVG is left out: two kilobytes of it can keep Qt busy for minutes.
FORMATS = frozenset({"bmp", "gif", "ico", "jpeg", "jpg", "png", "tif", "tiff", "webp"})
# Enough for 64 megapixels; what asks for more is refused before memory is taken.
ALLOCATION_LIMIT_MB = 256
LONGEST_SIDE = 32_768  # pixels; what Qt can paint
# Where Linux has the open files of a program under names.
OWN_FILES = "/proc/self/fd"
SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


class CannotShow(Exception):
    """A picture that cannot be shown; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture: its pixels at the size asked for, and the original's size, upright.

    Attributes:
        final: whether no sharper one of this size can be had.

    """

    image: QImage
    original: QSize
    final: bool = True


def limit_memory() -> None:
    """Bound what one decoded picture may take in this process; called once at start-up."""
    QImageReader.setAllocationLimit(ALLOCATION_LIMIT_MB)


class Opened:
    """Bytes that Qt reads a picture from.

    Under a name, for then Qt reads them by itself. A `QBuffer` that Python has made it would ask
    through Python, and that under its own lock on the list of decoders: one thread could have the
    lock and wait for the interpreter, another one have the interpreter and wait for the lock.

    Attributes:
        reader: to be used while this is there.

    """

    def __init__(self, data: bytes) -> None:
        path, remove = _named(data)
        self.reader = QImageReader(path)
        weakref.finalize(self, _let_go, self.reader, remove)


def _named(data: bytes) -> tuple[str, Callable[[], None]]:
    """Put bytes where they can be opened by a name; gives it, and what removes them."""
    if sys.platform == "linux" and Path(OWN_FILES).is_dir():
        descriptor = os.memfd_create("picture")
        remove: Callable[[], None] = partial(os.close, descriptor)
        path = f"{OWN_FILES}/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp(prefix="lanslide-picture-")
        os.close(descriptor)
        remove = partial(os.unlink, path)
    try:
        Path(path).write_bytes(data)
    except BaseException:
        remove()
        raise
    return path, remove


def _let_go(reader: QImageReader, remove: Callable[[], None]) -> None:
    reader.setFileName("")  # what is open cannot be removed everywhere
    with suppress(OSError):
        remove()


def decode(data: bytes, box: QSize) -> Picture:
    """Decode *data* so that it fits into *box* (in device pixels), never larger than it is.

    The picture is turned as its EXIF orientation says, and its colours are made sRGB. Formats are
    told by content, not by name.

    Raises:
        CannotShow: *data* is no picture that Qt reads, or broken, too large or too much work.

    """
    if not data:
        raise CannotShow("This file is empty.")
    opened = Opened(data)
    reader = opened.reader
    kind = bytes(reader.format().data()).decode()
    if kind not in FORMATS:
        raise CannotShow("This kind of picture cannot be shown here. It can still be saved.")
    if is_too_much(kind, data):
        raise CannotShow("This picture is too much work to show. It can still be saved.")
    reader.setAutoTransform(True)
    stored = reader.size()
    if not stored.isValid():
        raise CannotShow("This picture is damaged: its size cannot be read.")
    turned = bool(reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90)
    original = stored.transposed() if turned else stored
    wanted = fitted(original, box)
    if wanted != original:
        reader.setScaledSize(wanted.transposed() if turned else wanted)
    image = reader.read()
    if image.isNull():
        raise CannotShow(_reason(original))
    if image.colorSpace().isValid() and image.colorSpace() != SRGB:
        image.convertToColorSpace(SRGB)
    return Picture(image, original)


def fitted(size: QSize, box: QSize) -> QSize:
    """Return *size* made small enough for *box*, its shape kept and at least one pixel each way."""
    if size.width() <= box.width() and size.height() <= box.height():
        return size
    return size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def _reason(size: QSize) -> str:
    pixels = size.width() * size.height()
    if pixels * 4 > ALLOCATION_LIMIT_MB * 1024 * 1024:
        return f"This picture is too large to be shown here ({pixels / 1e6:.0f} megapixels)."
    return "This picture is damaged and cannot be shown."
