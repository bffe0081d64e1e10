"""The sizes that pictures come in."""

from enum import IntEnum


class Size(IntEnum):
    """How many pixels the longer side of a picture has at most."""

    GRID = 256
    LARGE = 512
    SCREEN = 2048


NAMES = {size.name.lower(): size for size in Size}
