"""How a picture lies in a tile: scaled to the space there, with round corners and an edge."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from gui.picture import fitted

CORNER = 4  # the radius


@dataclass(frozen=True, slots=True)
class Mount:
    """What a picture is mounted for; two that are equal make the same of it.

    Attributes:
        width, height: of the space for it. Like `CORNER`, in pixels of the window.
        ratio: device pixels for each of these.
        edge: the colour of its edge, without which a white picture would have none.

    """

    width: int
    height: int
    ratio: float
    edge: str

    @property
    def key(self) -> str:
        """All of it as text, for every paint: that which dataclasses have takes a while."""
        return f"{self.width} {self.height} {self.ratio} {self.edge}"


def mounted(image: QImage, mount: Mount) -> QImage:
    """Return *image* as *mount* wants it, in device pixels; on any thread, as it takes a while."""
    ratio = mount.ratio
    size = fitted(image.size(), QSize(mount.width, mount.height)) * ratio
    made = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    scaled = image.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QBrush(scaled))
    painter.setPen(QPen(QColor(mount.edge), ratio))
    half = ratio / 2
    whole = QRectF(made.rect()).adjusted(half, half, -half, -half)
    painter.drawRoundedRect(whole, CORNER * ratio, CORNER * ratio)
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
