"""AVIF: the imaging library reads all of it, but for colours that are only named."""

from typing import IO

from PIL import AvifImagePlugin

from server.pictures import heif_parts, plain
from server.pictures.formats import Family
from server.pictures.opened import Opened

# A process stands for one processor.
setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", 1)  # noqa: B010 - unknown to its types


def opened(file: IO[bytes]) -> Opened:
    """Look at an AVIF."""
    found = plain.opened(Family.AVIF, file)
    return found if found.profile else found._replace(profile=heif_parts.profile(file))
