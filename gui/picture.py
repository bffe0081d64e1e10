"""Decodes a picture at the size it is shown; runs on any thread and touches no widget."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QColorSpace, QImage, QImageIOHandler, QImageReader

# What Qt's readers are let near. SVG is left out: two kilobytes of it can keep Qt busy for minutes.
FORMATS = frozenset({"bmp", "gif", "ico", "jpeg", "jpg", "png", "tif", "tiff", "webp"})
# Enough for 64 megapixels; what asks for more is refused before memory is taken.
ALLOCATION_LIMIT_MB = 256
LONGEST_SIDE = 32_768  # pixels; what Qt can paint
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


def opened(data: QByteArray) -> tuple[QBuffer, QImageReader]:
    """Return a reader of *data*, and the buffer that has to be kept for as long."""
    buffer = QBuffer()
    buffer.setData(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    # Given to `setDevice` instead, the buffer would never be freed (PySide6 6.11).
    reader = QImageReader(buffer)
    # Has Qt choose the decoder now, while this thread has the interpreter. Under Qt's lock on its
    # list of decoders it asks the buffer, which is an object of Python's; chosen by `read`, which
    # lets go of the interpreter, two threads could each have what the other one waits for.
    reader.format()
    return buffer, reader


def decode(data: bytes, box: QSize) -> Picture:
    """Decode *data* so that it fits into *box* (in device pixels), never larger than it is.

    The picture is turned as its EXIF orientation says, and its colours are made sRGB. Formats are
    told by content, not by name.

    Raises:
        CannotShow: *data* is no picture that Qt reads, or broken, or too large.

    """
    if not data:
        raise CannotShow("This file is empty.")
    _, reader = opened(QByteArray(data))
    if bytes(reader.format().data()).decode() not in FORMATS:
        raise CannotShow("This kind of picture cannot be shown here. It can still be saved.")
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
