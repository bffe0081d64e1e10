import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ROOT = Path(__file__).parent.parent.parent
ICONS = ROOT / "gui" / "icons"
LINES = sorted(path for path in ICONS.glob("*.svg") if not path.stem.startswith("lanslide"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "application_icon", ROOT / "tests" / "application_icon.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("drawing", LINES, ids=lambda path: path.stem)
def test_a_line_drawing_keeps_the_one_style_and_the_one_colour(drawing):
    text = drawing.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 - a file of ours
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke-width") == "1.75"
    # The window replaces #000 by the colour in use: any other colour would stay behind.
    assert set(re.findall(r"#\w+", text)) == {"#000"}


@pytest.mark.parametrize("drawing", LINES, ids=lambda path: path.stem)
def test_a_line_drawing_is_drawn_in_the_colour_it_is_given(drawing, qapp):
    tinted = drawing.read_text(encoding="utf-8").replace("#000", "#ff0000").encode()
    canvas = QImage(48, 48, QImage.Format.Format_RGBA8888)
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    QSvgRenderer(QByteArray(tinted)).render(painter, QRectF(0, 0, 48, 48))
    painter.end()
    pixels = np.frombuffer(canvas.constBits(), dtype=np.uint8).reshape(48, 48, 4)
    solid = pixels[pixels[..., 3] == 255]
    assert len(solid) > 20
    assert (solid[:, :3] == (255, 0, 0)).all()
    # Nothing reaches the edge, where it would be cut.
    assert not pixels[[0, -1], :, 3].any()
    assert not pixels[:, [0, -1], 3].any()


@pytest.mark.parametrize("size", [16, 24, 32, 48, 64, 128, 256, 512])
def test_the_icon_is_what_its_drawing_shows(script, size, qapp):
    drawn = np.asarray(script.render(size), dtype=int)
    with Image.open(ICONS / f"lanslide-{size}.png") as image:
        kept = np.asarray(image.convert("RGBA"), dtype=int)
    assert kept.shape == drawn.shape == (size, size, 4)
    assert np.abs(kept - drawn).mean() < 2


@pytest.mark.parametrize(("name", "sizes"), [("ico", {16, 32, 48, 256}), ("icns", {32, 128, 512})])
def test_a_bundle_holds_the_sizes_that_its_system_asks_for(name, sizes):
    with Image.open(ICONS / f"lanslide.{name}") as image:
        assert sizes <= {size[0] for size in image.info["sizes"]}
