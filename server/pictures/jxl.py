"""JPEG XL."""

from typing import IO

import pylibjxl
from PIL import Image

from server.pictures.opened import NoPicture, Opened

# The library has a pool of threads of its own; one process stands for one processor here.
_decoder = pylibjxl.JXL(threads=1)


def opened(file: IO[bytes]) -> Opened:
    """Look at a JPEG XL file; the library turns what it decodes."""
    data = file.read()
    told = pylibjxl.probe(data)
    if told["have_animation"] and told["width"] * told["height"] > 10_000_000:
        # The library decodes every frame.
        raise NoPicture
    return Opened(told["width"], told["height"], lambda _: _image(data), exif=lambda: _exif(data))


def _exif(data: bytes) -> Image.Exif:
    _, told = _decoder.decode(data, metadata=True)
    notes, exif = told.get("exif", b""), Image.Exif()
    # The box begins with how far away the notes are.
    exif.load(notes[4:] if notes[4:6] in {b"II", b"MM"} else notes)
    return exif


def _image(data: bytes) -> Image.Image:
    pixels, told = _decoder.decode(data, metadata=True)
    image = Image.fromarray(pixels.squeeze())
    image.info["icc_profile"] = told.get("icc")
    return image
