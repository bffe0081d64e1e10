"""HEIC and HEIF: what phones take pictures in."""

import io
from collections.abc import Callable
from functools import cache, partial
from typing import IO

import pi_heif  # type: ignore[import-untyped]
from PIL import Image

from server.pictures import heif_parts
from server.pictures.heif_parts import Parts, parts
from server.pictures.opened import Opened
from server.pictures.plain import profile

pi_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)


def opened(file: IO[bytes]) -> Opened:
    """Look at a HEIF file; the library turns what it decodes."""
    found = _parts(file)
    large = cache(partial(_large, file))
    if found is None:
        return _opened(large().size, large, profile(large()) or heif_parts.profile(file))

    def preview(side: int) -> Image.Image:
        # The library reads a file as a whole, which takes longer than to decode the preview.
        image = _image(found.preview(side).alone(file))
        # Cameras write some that the library cannot decode, which it only says now.
        image.load()
        return image

    return _opened(found.size, large, found.profile, preview)


def _opened(
    size: tuple[int, int],
    large: Callable[[], Image.Image],
    colours: bytes | None,
    preview: Callable[[int], Image.Image | None] = lambda _: None,
) -> Opened:
    return Opened(
        *size,
        lambda _: _alone(large()),
        profile=colours,
        preview=preview,
        exif=lambda: large().getexif(),
    )


def _parts(file: IO[bytes]) -> Parts | None:
    try:
        return parts(file)
    except (IndexError, KeyError, ValueError, OverflowError):
        return None


def _large(file: IO[bytes]) -> Image.Image:
    file.seek(0)
    return _image(file.read())


def _image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("HEIF",))


def _alone(image: Image.Image) -> Image.Image:
    """Decode one of several pictures, which would be decoded again whenever it is touched."""
    return image.copy() if getattr(image, "is_animated", False) else image
