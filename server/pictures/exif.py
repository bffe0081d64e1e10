"""What a camera has noted about a picture, as short texts. Where it was taken is left out."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from PIL import ExifTags, Image

_BASE, _GPS = ExifTags.Base, ExifTags.GPS
# Longer notes are cut; the program shows less than that.
_LONGEST = 300


def details(exif: Image.Exif) -> dict[str, str]:
    """Give what there is of the notes that people want to see, by our own names."""
    photo = exif.get_ifd(ExifTags.IFD.Exif)
    texts = {
        "taken": _text(photo.get(_BASE.DateTimeOriginal)) or _text(exif.get(_BASE.DateTime)),
        "camera": _camera(_text(exif.get(_BASE.Make)), _text(exif.get(_BASE.Model))),
        "lens": _text(photo.get(_BASE.LensModel)),
        "exposure": _told(_exposure, photo.get(_BASE.ExposureTime)),
        "aperture": _told(lambda number: f"f/{number:.3g}", photo.get(_BASE.FNumber)),
        "iso": _told(lambda number: f"{number:.0f}", _first(photo.get(_BASE.ISOSpeedRatings))),
        "focal_length": _told(lambda number: f"{number:.4g} mm", photo.get(_BASE.FocalLength)),
        "location": "yes" if _has_place(exif) else "",
    }
    return {name: text[:_LONGEST] for name, text in texts.items() if text}


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""


def _camera(make: str, model: str) -> str:
    """Join maker and model; most models name their maker already."""
    is_named = make.split(" ")[0].casefold() in model.casefold()
    return model if is_named else f"{make} {model}".strip()


def _told(tell: Callable[[float], str], value: Any) -> str:
    """Give a number as text; nothing if it is none, or none that can be."""
    with suppress(TypeError, ValueError, ZeroDivisionError, OverflowError):
        number = float(value)
        if 0 < number < 1e9:
            return tell(number)
    return ""


def _exposure(seconds: float) -> str:
    return f"1/{1 / seconds:.0f} s" if seconds < 0.3 else f"{seconds:.3g} s"


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value else value


def _has_place(exif: Image.Exif) -> bool:
    place: Mapping[int, Any] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    return _GPS.GPSLatitude in place and _GPS.GPSLongitude in place
