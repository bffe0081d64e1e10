"""A picture in a file that was looked at, but not decoded yet."""

from collections.abc import Callable
from typing import NamedTuple

from PIL import ExifTags, Image

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NoPicture(Exception):
    """Nothing in the file can be shown."""


class TooLarge(NoPicture):
    """It would take too much."""


class Opened(NamedTuple):
    """A picture whose size is known.

    Attributes:
        width, height: of the whole picture, before it is turned.
        image: decodes it, or as much of it as is needed for *side* pixels.
        turn: how it has to be turned to be looked at: EXIF's orientation, 1 to 8.
        profile: the colour profile that it comes with.
        preview: gives the small picture in the file that comes nearest to *side* pixels, turned as
            the large one is.
        exif: gives the camera's notes.

    """

    width: int
    height: int
    image: Callable[[int], Image.Image]
    turn: int = 1
    profile: bytes | None = None
    preview: Callable[[int], Image.Image | None] = lambda _: None
    exif: Callable[[], Image.Exif] = Image.Exif

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as it is looked at."""
        return (self.height, self.width) if self.turn >= 5 else (self.width, self.height)


def orientation(image: Image.Image) -> int:
    """Read how a picture has to be turned; what cannot be read says nothing."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        # Broken notes on what may be a good picture.
        return 1
    return turn if turn in TURNS else 1
