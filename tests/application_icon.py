"""Renders the program's icon from its drawing: PNG for Linux, .ico for Windows, .icns for macOS.

``QT_QPA_PLATFORM=offscreen uv run python tests/application_icon.py [FOLDER]`` writes into
``gui/icons``, and what a phone puts on its home screen into ``server/static``; both into FOLDER if
one is given. To be run after ``lanslide.svg`` or ``lanslide-small.svg`` was
changed.
"""

import io
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).parent.parent / "gui" / "icons"
STATIC = Path(__file__).parent.parent / "server" / "static"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
SMALL = 24


def drawing(size: int) -> Path:
    """The drawing that suits an icon of *size* pixels."""
    return ICONS / ("lanslide-small.svg" if size <= SMALL else "lanslide.svg")


def render(size: int) -> Image.Image:
    """The icon in a square of *size* pixels."""
    canvas = QImage(size, size, QImage.Format.Format_ARGB32)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    QSvgRenderer(str(drawing(size))).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    canvas.save(buffer, "PNG")
    return Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGBA")


def filled(size: int) -> Image.Image:
    """The icon with its colour up to the corners: iOS rounds them, and paints black behind them."""
    picture = render(size)
    middle, edge = size // 2, size // 16
    background = picture.resize((size, size), box=(middle, edge, middle + 1, size - edge))
    background.alpha_composite(picture)
    return background.convert("RGB")


def main(arguments: Sequence[str]) -> None:
    """Write every size and both bundles into the given folder."""
    folder = Path(arguments[0]) if arguments else ICONS
    pictures = {size: render(size) for size in SIZES}
    for size, picture in pictures.items():
        picture.save(folder / f"lanslide-{size}.png", optimize=True)
    static = Path(arguments[0]) if arguments else STATIC
    shutil.copyfile(ICONS / "lanslide.svg", static / "icon.svg")
    filled(180).save(static / "icon-180.png", optimize=True)
    for size in (192, 512):
        render(size).save(static / f"icon-{size}.png", optimize=True)
    several = [picture for size, picture in pictures.items() if size < 256]
    pictures[256].save(
        folder / "lanslide.ico", append_images=several, sizes=[(s, s) for s in SIZES if s <= 256]
    )
    pictures[512].save(folder / "lanslide.icns", append_images=list(pictures.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
