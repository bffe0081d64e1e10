"""Raw pictures of cameras: the largest preview that the camera itself has put into the file."""

import io
from typing import IO

import rawpy
from PIL import Image

from server.pictures.opened import Opened

# LibRaw's numbers for turned pictures, as EXIF's.
_TURNS = {3: 3, 5: 8, 6: 6}


def opened(file: IO[bytes]) -> Opened:
    """Look at a raw picture."""
    data = file.read()
    raw = rawpy.imread(io.BytesIO(data))
    width, height, turn = raw.sizes.width, raw.sizes.height, _TURNS.get(raw.sizes.flip, 1)
    try:
        image = _preview(raw)
    except rawpy.LibRawError:
        # Half the size in each direction is a fraction of the work, and always large enough.
        image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0))
    raw.close()
    if turn >= 5 and (image.width < image.height) != (width < height):
        # Turned by the camera already.
        width, height, turn = height, width, 1
    return Opened(width, height, lambda _: image, turn, exif=lambda: _exif(data, image))


def _exif(data: bytes, preview: Image.Image) -> Image.Exif:
    """Read the notes of a raw picture that is a TIFF, as most are, or of its preview."""
    if data.startswith((b"II*\0", b"MM\0*")):
        exif = Image.Exif()
        exif.load(data)
        return exif
    return preview.getexif()


def _preview(raw: rawpy.RawPy) -> Image.Image:
    preview = raw.extract_thumb()
    if isinstance(preview.data, bytes):
        return Image.open(io.BytesIO(preview.data), formats=("JPEG",))
    return Image.fromarray(preview.data)
