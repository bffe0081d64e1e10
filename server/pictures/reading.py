"""Pictures as they are read in a decoder process: opened, made small, turned, written anew."""

import io
from importlib import import_module
from typing import IO, Any

from PIL import Image

from server.pictures import colours, embedded, exif, plain
from server.pictures.formats import Family
from server.pictures.opened import TURNS, NoPicture, Opened, TooLarge
from server.pictures.protocol import Answer, Kind, Request
from server.pictures.sizes import Size

# A picture with more pixels is not decoded. A JPEG is decoded at a fraction of its size.
MOST_PIXELS = 128_000_000
MOST_PIXELS_OF_JPEG = 256_000_000
# So large a picture in so small a file is an empty area at best, and a bomb at worst.
_LARGE = 25_000_000
_MOST_PIXELS_A_BYTE = 200

# JPEG knows no longer side; and no screen shows more of a drawing.
MOST_SIDE = 65_500
MOST_SIDE_OF_DRAWING = 4096
_QUALITY_TO_KEEP = 90
_WHITE = (255, 255, 255)
# Have half the colour in each direction already, or nearly always: more would only be larger.
_HALVED = {Family.JPEG, Family.HEIF, Family.AVIF, Family.WEBP, Family.RAW}

_JPEG_QUALITY = 82
_WEBP_QUALITY = 80

# Loaded when the first such file comes along: most are large, and some may not be there.
_OTHERS = {
    Family.AVIF: "server.pictures.avif",
    Family.HEIF: "server.pictures.heif",
    Family.JXL: "server.pictures.jxl",
    Family.SVG: "server.pictures.drawing",
    Family.RAW: "server.pictures.raw",
    Family.VIDEO: "server.pictures.video",
}


def prepare() -> None:
    """Load now what most files need, before memory is limited."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS_OF_JPEG
    Image.preinit()
    # Reads the notes in a JPEG, too.
    import_module("PIL.TiffImagePlugin")


def prepare_for_heif() -> None:
    """Load what HEICs need, too."""
    import_module(_OTHERS[Family.HEIF])


def answer(request: Request, file: IO[bytes]) -> Answer:
    """Do what is asked with an open file. Raises whatever the libraries do."""
    family = Family(request.family)
    opened = _opened(family, file)
    if request.side == 0 and not request.is_conversion:
        return Answer("full", "", *opened.size, details=_details(opened))
    if request.is_conversion:
        _check(family, opened, file)
        return _converted(family, opened, request.side)
    wanted = min(request.side, max(opened.size))
    kind: Kind = "full"
    source = _preview(opened, request, wanted)
    if source is None:
        _check(family, opened, file)
        source = opened.image(request.side)
        # A file may not keep to what it has announced.
        _check_pixels(family, *source.size)
    elif max(source.size) < wanted:
        kind = "preview"
    profile = plain.profile(source) or opened.profile
    small = _turned(_small(source, request.side, profile), opened.turn)
    if small.mode == "RGBA" and colours.extrema(small.getchannel("A"))[0] == 255:
        small = small.convert("RGB")
    data, media_type = _encoded(small, request)
    return Answer(kind, media_type, *opened.size, small.mode == "RGB", data)


def _converted(family: Family, opened: Opened, side: int) -> Answer:
    """Give a JPEG to keep, of *side* pixels at most if it is not 0."""
    longer = max(opened.size)
    if family is Family.JPEG and not 0 < side < longer:
        # Everybody can open it as it is, and nothing gets lost.
        raise NoPicture
    most = MOST_SIDE_OF_DRAWING if family is Family.SVG else MOST_SIDE
    side = min(side or most, longer, most)
    source = opened.image(side)
    _check_pixels(family, *source.size)
    image = _turned(_small(source, side, plain.profile(source) or opened.profile), opened.turn)
    if image.mode == "RGBA":
        image = colours.on_ground(image, _WHITE)
    halved = "4:2:0" if family in _HALVED else "4:4:4"
    data = _written(image, "picture.jpg", quality=_QUALITY_TO_KEEP, subsampling=halved)
    return Answer("full", "image/jpeg", *image.size, data=data)


def _opened(family: Family, file: IO[bytes]) -> Opened:
    module = _OTHERS.get(family)
    if module is None:
        return plain.opened(family, file)
    opened: Opened = import_module(module).opened(file)
    return opened


def _details(opened: Opened) -> dict[str, str]:
    try:
        return exif.details(opened.exif())
    except Exception:
        # Broken notes on what may be a good picture.
        return {}


def _preview(opened: Opened, request: Request, wanted: int) -> Image.Image | None:
    """Give the small picture in the file, if it will do."""
    try:
        preview = opened.preview(wanted)
        if preview is None or (max(preview.size) < wanted and not request.preview):
            return None
        _check_pixels(Family(request.family), *preview.size)
        return embedded.fitting(preview, opened.width, opened.height)
    except Exception:
        # The large one may be good all the same.
        return None


def _check(family: Family, opened: Opened, file: IO[bytes]) -> None:
    """Refuse what is too large before a pixel of it is decoded."""
    if family in {Family.SVG, Family.RAW, Family.VIDEO}:
        # Drawn in the size that is wanted, or decoded already, within the limit on memory.
        return
    _check_pixels(family, opened.width, opened.height)
    pixels = opened.width * opened.height
    if pixels > _LARGE and pixels > file.seek(0, io.SEEK_END) * _MOST_PIXELS_A_BYTE:
        raise TooLarge


def _check_pixels(family: Family, width: int, height: int) -> None:
    if width * height > (MOST_PIXELS_OF_JPEG if family is Family.JPEG else MOST_PIXELS):
        raise TooLarge


def _small(image: Image.Image, side: int, profile: bytes | None) -> Image.Image:
    if image.mode in {"P", "PA", "1", "I;16B"} or "transparency" in image.info:
        # Their values cannot be mixed with their neighbours', or the library gets it wrong.
        image = colours.eight_bits(image)
    return colours.to_srgb(colours.eight_bits(_scaled(image, side)), profile)


def _scaled(image: Image.Image, side: int) -> Image.Image:
    """Give a picture with *side* pixels on its longer side, unless it has no more than that.

    In a grid a finer filter would only be slower, and a JPEG may be scaled by its decoder alone:
    what comes out is as sharp, and differs by less than what it loses as a JPEG again.
    """
    width, height = image.size
    longer = max(image.size)
    if longer <= side:
        return image
    is_small = side <= Size.GRID
    size = _rounded(width * side / longer), _rounded(height * side / longer)
    # Not a square around it, for which a JPEG would be decoded at a larger fraction.
    least = side if is_small else 2 * side
    drafted = image.draft(None, (max(width * least // longer, 1), max(height * least // longer, 1)))
    if image.size == size:
        return image
    return image.resize(
        size,
        Image.Resampling.HAMMING if is_small else Image.Resampling.BICUBIC,
        drafted[1] if drafted is not None else None,
        reducing_gap=2.0,
    )


def _rounded(length: float) -> int:
    """Give whole pixels; a half becomes one, as it does where a JPEG is decoded at a fraction."""
    return max(int(length + 0.5), 1)


def _turned(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(TURNS[turn]) if turn != 1 else image


def _encoded(image: Image.Image, request: Request) -> tuple[bytes, str]:
    """Write a picture as the client takes it.

    As JPEG, which takes a tenth of WebP's time to make, unless it has something to be seen
    through or the client takes nothing else.
    """
    if request.webp and (image.mode == "RGBA" or not request.jpeg):
        return _written(image, "small.webp", quality=_WEBP_QUALITY, method=1), "image/webp"
    if image.mode == "RGBA":
        image = colours.on_ground(image)
    return _written(image, "small.jpg", quality=_JPEG_QUALITY), "image/jpeg"


def _written(image: Image.Image, name: str, **how: Any) -> bytes:
    """Write a picture with nothing but its pixels, in the format that *name* ends in."""
    image.info.clear()
    written = io.BytesIO()
    # Told the format instead, the library would load every plugin there is to find WebP's.
    written.name = name
    image.save(written, **how)
    return written.getvalue()
