"""Where a picture is on a canvas: fitted, zoomed at a point, dragged, turned. Plain geometry."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST = 16.0  # canvas pixels for one pixel of the picture
STEP = 1.25  # one notch of the wheel, one press of a key


@dataclass(frozen=True, slots=True)
class Place:
    """How a picture lies on a canvas. Lengths are pixels of the canvas, which has its own density.

    Attributes:
        width, height: of the picture as it is turned, in its own pixels.
        across, down: size of the canvas.
        zoom: 1 shows the whole picture, fitted; 2 twice as large.
        x, y: the point of the picture in the middle of the canvas; 0 and 1 are its edges.

    """

    width: float
    height: float
    across: float
    down: float
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    @property
    def fitted(self) -> float:
        """Canvas pixels for one of the picture's when it is fitted; small pictures stay small."""
        if self.width <= 0 or self.height <= 0:
            return 1.0
        return min(1.0, self.across / self.width, self.down / self.height)

    @property
    def scale(self) -> float:
        """Canvas pixels for one of the picture's as it is now."""
        return self.fitted * self.zoom

    @property
    def rectangle(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the whole picture on the canvas."""
        width, height = self.width * self.scale, self.height * self.scale
        return self.across / 2 - self.x * width, self.down / 2 - self.y * height, width, height

    @property
    def can_pan(self) -> bool:
        """Whether a part of the picture is outside the canvas."""
        _, _, width, height = self.rectangle
        return width > self.across + 0.5 or height > self.down + 0.5


def zoomed(place: Place, factor: float, at: tuple[float, float]) -> Place:
    """Zoom by *factor*; what is under the canvas's point *at* stays there."""
    least, most = 1.0, max(1.0, MOST / place.fitted)
    zoom = min(max(place.zoom * factor, least), most)
    left, top, width, height = place.rectangle
    under = (at[0] - left) / max(width, 1e-9), (at[1] - top) / max(height, 1e-9)
    larger = replace(place, zoom=zoom)
    _, _, width, height = larger.rectangle
    return settled(
        replace(
            larger,
            x=under[0] - (at[0] - place.across / 2) / max(width, 1e-9),
            y=under[1] - (at[1] - place.down / 2) / max(height, 1e-9),
        )
    )


def actual_size(place: Place, at: tuple[float, float]) -> Place:
    """Show one pixel of the picture on one of the canvas; what is under *at* stays there."""
    return zoomed(place, 1 / place.scale, at)


def dragged(place: Place, by: tuple[float, float]) -> Place:
    """Move the picture by so many canvas pixels."""
    _, _, width, height = place.rectangle
    return settled(
        replace(place, x=place.x - by[0] / max(width, 1), y=place.y - by[1] / max(height, 1))
    )


def resized(place: Place, across: float, down: float) -> Place:
    """Put the picture onto a canvas of another size; its middle stays in the middle."""
    return settled(replace(place, across=across, down=down))


def settled(place: Place) -> Place:
    """Leave no empty space at an edge that the picture could fill."""
    _, _, width, height = place.rectangle
    return replace(
        place, x=_settled(place.x, width, place.across), y=_settled(place.y, height, place.down)
    )


def _settled(middle: float, length: float, space: float) -> float:
    if length <= space:
        return 0.5
    margin = space / length / 2
    return min(max(middle, margin), 1 - margin)
