"""Pictures with a colour profile, made into what they look like in sRGB."""

import io
from functools import cache

from PIL import Image, ImageCms

# The modes of a picture that a profile for this space can be meant for.
_MODES = {"RGB ": ("RGB",), "GRAY": ("L",), "CMYK": ("CMYK",), "Lab ": ("LAB",)}
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Apply a colour profile; None if it is broken or meant for something else."""
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        if image.mode not in _MODES.get(source.profile.xcolor_space, ()):
            return None
        return ImageCms.profileToProfile(
            image,
            source,
            _srgb(),
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=_FLAGS,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
