"""The formats that the imaging library reads by itself."""

from importlib import import_module
from typing import IO

from PIL import Image

from server.pictures import embedded
from server.pictures.formats import Family
from server.pictures.opened import Opened, orientation

_PLUGINS = {
    Family.JPEG: ("JPEG", "PIL.JpegImagePlugin"),
    Family.PNG: ("PNG", "PIL.PngImagePlugin"),
    Family.GIF: ("GIF", "PIL.GifImagePlugin"),
    Family.WEBP: ("WEBP", "PIL.WebPImagePlugin"),
    Family.AVIF: ("AVIF", "PIL.AvifImagePlugin"),
    Family.BMP: ("BMP", "PIL.BmpImagePlugin"),
    Family.TIFF: ("TIFF", "PIL.TiffImagePlugin"),
}


def opened(family: Family, file: IO[bytes]) -> Opened:
    """Look at a picture of one of these formats, and of no other one."""
    name, module = _PLUGINS[family]
    import_module(module)
    image = Image.open(file, formats=(name,))
    return Opened(
        *image.size,
        lambda _: image,
        # TIFFs are turned by the library while they are loaded.
        1 if family is Family.TIFF else orientation(image),
        profile(image),
        lambda _: embedded.exif_preview(image),
        image.getexif,
    )


def profile(image: Image.Image) -> bytes | None:
    """Give the colour profile of a picture."""
    found = image.info.get("icc_profile")
    return found if isinstance(found, bytes) and found else None
