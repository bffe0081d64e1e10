"""Pictures as they are read in a decoder process: opened, made small, turned, written anew."""

import io
from dataclasses import dataclass
from importlib import import_module
from typing import IO

from PIL import ExifTags, Image

from server.pictures import colours, embedded
from server.pictures.formats import Family
from server.pictures.protocol import Answer, Kind, Request

# A picture with more pixels is not decoded. A JPEG is decoded at a fraction of its size.
MOST_PIXELS = 128_000_000
MOST_PIXELS_OF_JPEG = 256_000_000
# Bytes that a decoded picture may take.
MOST_BYTES = 420_000_000
# So large a picture in so small a file is an empty area at best, and a bomb at worst.
_LARGE = 25_000_000
_MOST_PIXELS_A_BYTE = 200

_JPEG_QUALITY = 82
_WEBP_QUALITY = 80

_PLUGINS = {
    Family.JPEG: ("JPEG", "PIL.JpegImagePlugin"),
    Family.PNG: ("PNG", "PIL.PngImagePlugin"),
    Family.GIF: ("GIF", "PIL.GifImagePlugin"),
    Family.WEBP: ("WEBP", "PIL.WebPImagePlugin"),
    Family.AVIF: ("AVIF", "PIL.AvifImagePlugin"),
    Family.BMP: ("BMP", "PIL.BmpImagePlugin"),
    Family.TIFF: ("TIFF", "PIL.TiffImagePlugin"),
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NoPicture(Exception):
    """Nothing in the file can be shown, or it would take too much."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture whose size is known and that is not decoded yet.

    Attributes:
        turn: how it has to be turned to be looked at; EXIF's orientation, 1 to 8.
        profile: the colour profile that it comes with.

    """

    image: Image.Image
    turn: int
    profile: bytes | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as it is looked at."""
        width, height = self.image.size
        return (height, width) if self.turn >= 5 else (width, height)


def prepare() -> None:
    """Load now what most files need, before memory is limited."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS_OF_JPEG
    Image.preinit()


def answer(request: Request, file: IO[bytes]) -> Answer:
    """Do what is asked with an open file. Raises whatever the libraries do."""
    family = Family(request.family)
    opened = _opened(family, file)
    _check(family, opened.image.size, _length(file))
    preview = _preview(opened) if request.preview or request.side else None
    wanted = min(request.side, max(opened.size))
    kind: Kind = "full"
    if preview is not None and (max(preview.size) >= wanted or request.preview):
        source = preview
        kind = "full" if max(preview.size) >= wanted else "preview"
    else:
        source = opened.image
    small = _turned(_small(source, request.side, opened.profile), opened.turn)
    if small.mode == "RGBA" and colours.extrema(small.getchannel("A"))[0] == 255:
        small = small.convert("RGB")
    data, media_type = _encoded(small, request)
    return Answer(kind, media_type, *opened.size, small.mode == "RGB", data)


def _opened(family: Family, file: IO[bytes]) -> Opened:
    name, module = _PLUGINS[family]
    import_module(module)
    image = Image.open(file, formats=(name,))
    profile = image.info.get("icc_profile")
    # TIFFs are turned by the library while they are loaded.
    turn = 1 if family is Family.TIFF else orientation(image)
    return Opened(image, turn, profile if isinstance(profile, bytes) else None)


def orientation(image: Image.Image) -> int:
    """Read how a picture has to be turned; what cannot be read says nothing."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return turn if turn in _TURNS else 1


def _preview(opened: Opened) -> Image.Image | None:
    try:
        preview = embedded.exif_preview(opened.image)
        return preview and embedded.fitting(preview, *opened.image.size)
    except Exception:
        return None


def _check(family: Family, size: tuple[int, int], length: int) -> None:
    """Refuse what is too large before a pixel of it is decoded."""
    pixels = size[0] * size[1]
    if pixels > (MOST_PIXELS_OF_JPEG if family is Family.JPEG else MOST_PIXELS):
        raise NoPicture
    if pixels > _LARGE and pixels > length * _MOST_PIXELS_A_BYTE:
        raise NoPicture


def _length(file: IO[bytes]) -> int:
    place = file.tell()
    length = file.seek(0, io.SEEK_END)
    file.seek(place)
    return length


def _small(image: Image.Image, side: int, profile: bytes | None) -> Image.Image:
    if image.mode in {"P", "PA", "1"} or "transparency" in image.info:
        # Their values cannot be mixed with their neighbours'.
        image = colours.eight_bits(image)
    image.thumbnail((side, side), reducing_gap=2.0)
    return colours.to_srgb(colours.eight_bits(image), profile)


def _turned(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(_TURNS[turn]) if turn != 1 else image


def _encoded(image: Image.Image, request: Request) -> tuple[bytes, str]:
    """Write a picture with nothing but its pixels.

    As JPEG, which takes a tenth of WebP's time to make, unless it has something to be seen
    through or the client takes nothing else.
    """
    written = io.BytesIO()
    if request.webp and (image.mode == "RGBA" or not request.jpeg):
        image.info.clear()
        image.save(written, "WEBP", quality=_WEBP_QUALITY, method=1)
        return written.getvalue(), "image/webp"
    if image.mode == "RGBA":
        image = colours.on_ground(image)
    image.info.clear()
    image.save(written, "JPEG", quality=_JPEG_QUALITY)
    return written.getvalue(), "image/jpeg"
