"""Colours of any kind made into the plain ones that every screen takes pictures for: sRGB."""

from PIL import Image

# What shows through transparent parts of a small picture: the light background.
_GROUND = (250, 249, 247)
_WITH_ALPHA = {"RGBA", "LA", "PA", "La", "RGBa"}


def eight_bits(image: Image.Image) -> Image.Image:
    """Give a picture whose samples are bytes and no indexes: L, LA, RGB, RGBA, CMYK or LAB."""
    if image.mode in {"P", "PA"}:
        return image.convert("RGBA" if has_alpha(image) else "RGB")
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value / 257).convert("L")
    if image.mode == "I":
        return image.point(lambda value: value / 257).convert("L")
    if image.mode == "F":
        return _of_floats(image)
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK", "LAB"}:
        # A colour that stands for "nothing" is one more way to be transparent.
        return image.convert("RGBA") if "transparency" in image.info else image
    return image.convert("RGBA" if image.mode in _WITH_ALPHA else "RGB")


def _of_floats(image: Image.Image) -> Image.Image:
    low, high = extrema(image)
    # Nearly always 0 to 1; a measurement's own range otherwise.
    low, high = (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    scale = 255 / (high - low) if high > low else 0
    return image.point(lambda value: value * scale - low * scale).convert("L")


def extrema(image: Image.Image) -> tuple[float, float]:
    """Give the least and the greatest value in a picture of one channel."""
    low, high = image.getextrema()
    if isinstance(low, tuple) or isinstance(high, tuple):
        raise TypeError("This picture has several channels.")
    return low, high


def has_alpha(image: Image.Image) -> bool:
    """Tell whether a picture may have transparent parts."""
    return image.mode in _WITH_ALPHA or "transparency" in image.info


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Give a picture of `eight_bits` in sRGB: RGB, or RGBA if it has an alpha channel."""
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    solid = image.convert({"LA": "L", "RGBA": "RGB"}[image.mode]) if alpha else image
    plain = None
    if profile:
        # Loaded when the first picture has one.
        from server.pictures import profiles

        plain = profiles.to_srgb(solid, profile)
    if plain is None:
        # No copy of what is right already, for it may be large.
        plain = solid if solid.mode == "RGB" else solid.convert("RGB")
    if alpha is not None:
        plain.putalpha(alpha)
    return plain


def on_ground(image: Image.Image, colour: tuple[int, int, int] = _GROUND) -> Image.Image:
    """Give an RGBA picture laid on a colour, by itself the neutral background."""
    ground = Image.new("RGB", image.size, colour)
    ground.paste(image, mask=image.getchannel("A"))
    return ground
