"""Small pictures that cameras put into the large ones: a tenth of the work to show."""

import io

from PIL import ExifTags, Image

from server.pictures.colours import extrema

# Nothing smaller is worth being shown.
_LEAST = 100
_LARGEST = 4 << 20
# How bright, of 255, bars around a picture may be and still be bars.
_DARK = 40


def exif_preview(image: Image.Image) -> Image.Image | None:
    """Give the preview in a picture's EXIF data, as it was stored: not turned yet."""
    data = image.info.get("exif")
    if not isinstance(data, bytes):
        return None
    data = data.removeprefix(b"Exif\0\0")
    where = image.getexif().get_ifd(ExifTags.IFD.IFD1)
    start = where.get(ExifTags.Base.JpegIFOffset)
    length = where.get(ExifTags.Base.JpegIFByteCount)
    if not isinstance(start, int) or not isinstance(length, int) or not 0 < length < _LARGEST:
        return None
    jpeg = data[start : start + length]
    if start < 8 or not jpeg.startswith(b"\xff\xd8\xff"):
        return None
    return Image.open(io.BytesIO(jpeg), formats=("JPEG",))


def fitting(preview: Image.Image, width: int, height: int) -> Image.Image | None:
    """Give the part of a preview that shows a picture of *width* × *height*; None if it does not.

    Cameras put a picture of another shape between dark bars. Programs turn or crop a picture and
    leave the preview as it was; that one is out of date.
    """
    if max(preview.size) < _LEAST or not width or not height:
        return None
    wide, high = preview.size
    fit_high, fit_wide = round(wide * height / width), round(high * width / height)
    if abs(high - fit_high) <= max(2, high // 100) or abs(wide - fit_wide) <= max(2, wide // 100):
        return preview
    if fit_high < high:
        bar = (high - fit_high + 1) // 2
        bars = [(0, 0, wide, bar), (0, high - bar, wide, high)]
        inside = (0, bar, wide, high - bar)
    else:
        bar = (wide - fit_wide + 1) // 2
        bars = [(0, 0, bar, high), (wide - bar, 0, wide, high)]
        inside = (bar, 0, wide - bar, high)
    if bar < 3:
        return None
    grey = preview.convert("L")
    brightest = [extrema(grey.crop(_inner(box)))[1] for box in bars]
    return preview.crop(inside) if max(brightest) <= _DARK else None


def _inner(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Leave out the two pixels next to the picture, where JPEG mixes both."""
    left, top, right, bottom = box
    if right - left > bottom - top:
        return (left, top, right, bottom - 2) if top == 0 else (left, top + 2, right, bottom)
    return (left, top, right - 2, bottom) if left == 0 else (left + 2, top, right, bottom)
