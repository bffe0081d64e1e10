"""The window's own icons: line drawings in SVG, tinted to the colours in use."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui.listing import Entry
from gui.theme import colours

FOLDER = Path(__file__).parent
# From this size on, in device pixels, lines are drawn thinner, or they would grow as heavy as bars.
LARGE = 40
THINNER = ('stroke-width="1.75"', 'stroke-width="1"')

# Pixmaps that are kept: a few sizes of what is in sight, in light or dark.
MOST_KEPT = 200

_FAMILIES = {"image": "picture", "video": "video", "audio": "audio", "text": "text"}
_ARCHIVES = frozenset({"7z", "bz2", "gz", "rar", "tar", "tgz", "xz", "zip", "zst"})
_DOCUMENTS = frozenset({"doc", "docx", "epub", "odp", "ods", "odt", "pdf", "ppt", "pptx", "xlsx"})


def icon(name: str) -> QIcon:
    """Return the drawing *name* for a button, in the colour of text; fainter where disabled."""
    return _tinted(name, colours().text, colours().faint)


def quiet(name: str) -> QIcon:
    """Return the drawing *name* in the colour of quiet text."""
    return _tinted(name, colours().quiet, colours().faint)


def accented(name: str) -> QIcon:
    """Return the drawing *name* in the accent colour."""
    return _tinted(name, colours().accent, colours().faint)


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


_CLONES: list[QIconEngine] = []


class _Drawing(QIconEngine):
    """Draws an icon in the size that is asked for, on whatever screen, when it is asked for."""

    def __init__(self, name: str, colour: str, disabled: str) -> None:
        super().__init__()
        self._of = name, colour, disabled

    def clone(self) -> QIconEngine:
        # Asked for when an icon of ours is added to. Qt has it from here on, and Qt for Python,
        # which does not know that, would let it go.
        _CLONES.append(_Drawing(*self._of))
        return _CLONES[-1]

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(rect, self.pixmap(rect.size() * ratio, mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        name, colour, disabled = self._of
        tint = disabled if mode == QIcon.Mode.Disabled else colour
        return _pixmap(name, tint, size.width(), size.height())


@cache
def _tinted(name: str, colour: str, disabled: str) -> QIcon:
    return QIcon(_Drawing(name, colour, disabled))


@lru_cache(MOST_KEPT)
def _pixmap(name: str, tint: str, width: int, height: int) -> QPixmap:
    """Draw it in the middle of that many device pixels."""
    side = min(width, height)
    drawing = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("#000", tint)
    if side >= LARGE:
        drawing = drawing.replace(*THINNER)
    pixmap = QPixmap(width, height)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    place = QRectF((width - side) / 2, (height - side) / 2, side, side)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, place)
    painter.end()
    return pixmap
