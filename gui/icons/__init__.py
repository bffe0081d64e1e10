"""The window's own icons: line drawings in SVG, tinted to the colours in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.listing import Entry
from gui.theme import colours

FOLDER = Path(__file__).parent
# Sizes in device pixels that widgets ask for, on plain and on high-density screens; and those of
# buttons, which are many. Each takes its time before the window is there.
SIZES = (16, 20, 24, 32, 40, 48, 64, 96, 128)
SIZES_OF_BUTTONS = (20, 30, 40)
# From this size on, lines are drawn thinner, or they would grow as heavy as bars.
LARGE = 40
THINNER = ('stroke-width="1.75"', 'stroke-width="1"')

_FAMILIES = {"image": "picture", "video": "video", "audio": "audio", "text": "text"}
_ARCHIVES = frozenset({"7z", "bz2", "gz", "rar", "tar", "tgz", "xz", "zip", "zst"})
_DOCUMENTS = frozenset({"doc", "docx", "epub", "odp", "ods", "odt", "pdf", "ppt", "pptx", "xlsx"})


def icon(name: str) -> QIcon:
    """Return the drawing *name* for a button, in the colour of text; fainter where disabled."""
    now = colours()
    return _of_button(name, now.text, now.faint)


def quiet(name: str) -> QIcon:
    """Return the drawing *name* in the colour of quiet text."""
    return _tinted(name, colours().quiet)


def accented(name: str) -> QIcon:
    """Return the drawing *name* in the accent colour."""
    return _tinted(name, colours().accent)


def application() -> QIcon:
    """Return the program's icon."""
    made = QIcon()
    for file in sorted(FOLDER.glob("lanslide-*.png")):
        made.addFile(str(file))
    return made


def of_entry(entry: Entry) -> QIcon:
    """Return the drawing that tells what kind of thing *entry* is."""
    return accented("folder") if entry.is_folder else quiet(drawing(entry))


def drawing(entry: Entry) -> str:
    """Return the name of the drawing for *entry*."""
    if entry.is_folder:
        return "folder"
    if not entry.readable:
        return "lock"
    suffix = entry.name.rpartition(".")[2].casefold()
    if suffix in _ARCHIVES:
        return "archive"
    if suffix in _DOCUMENTS:
        return "document"
    return _FAMILIES.get((entry.media_type or "").partition("/")[0], "file")


@cache
def _of_button(name: str, colour: str, disabled: str) -> QIcon:
    made = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        for pixmap in _pixmaps(name, tint, SIZES_OF_BUTTONS):
            made.addPixmap(pixmap, mode)
    return made


@cache
def _tinted(name: str, colour: str) -> QIcon:
    made = QIcon()
    for pixmap in _pixmaps(name, colour, SIZES):
        made.addPixmap(pixmap)
    return made


def _pixmaps(name: str, tint: str, sides: Iterable[int]) -> Iterator[QPixmap]:
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("#000", tint)
    small = QSvgRenderer(QByteArray(drawing.encode()))
    large = QSvgRenderer(QByteArray(drawing.replace(*THINNER).encode()))
    for side in sides:
        yield _pixmap(large if side >= LARGE else small, side)


def _pixmap(renderer: QSvgRenderer, side: int) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap
