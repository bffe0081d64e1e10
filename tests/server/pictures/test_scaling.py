"""How a picture is made small: no more of it decoded than needed, and as sharp as by the book."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from server.pictures import reading
from server.pictures.sizes import Size

PICTURE = Path(__file__).parents[3] / "images" / "dunes.jpg"


def opened(data):
    return Image.open(io.BytesIO(data), formats=("JPEG",))


@pytest.mark.parametrize("size", [(2400, 1600), (1600, 2400), (2400, 600)])
@pytest.mark.parametrize(("side", "fraction"), [(Size.GRID, 8), (Size.LARGE, 2), (Size.SCREEN, 1)])
def test_a_jpeg_is_decoded_at_the_smallest_fraction_that_will_do(make, size, side, fraction):
    image = opened(make.saved(make.corners(size), "JPEG"))
    small = reading._scaled(image, side)
    assert image.size == (size[0] // fraction, size[1] // fraction)
    assert max(small.size) == side
    assert abs(small.width * size[1] - small.height * size[0]) <= max(size)


@pytest.mark.parametrize("size", [(256, 171), (40, 30), (1, 1)])
def test_what_is_small_already_stays_so(make, size):
    image = opened(make.saved(make.corners(size), "JPEG"))
    assert reading._scaled(image, Size.GRID).size == size


@pytest.mark.parametrize("size", [(60_000, 3), (3, 60_000)])
def test_what_is_very_long_is_a_pixel_wide_at_least(make, size):
    image = opened(make.saved(Image.new("RGB", size), "JPEG"))
    assert sorted(reading._scaled(image, Size.GRID).size) == [1, 256]


@pytest.mark.parametrize("longer", [512, 800, 1600])
def test_a_picture_in_a_grid_is_as_sharp_as_by_a_finer_filter(longer):
    """And looks the same: a level or two of 255 is less than it loses as a JPEG again."""
    with Image.open(PICTURE) as one:
        full = one.resize((longer, longer * 2 // 3), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    full.save(written, "JPEG", quality=95)
    small = reading._scaled(opened(written.getvalue()), Size.GRID)
    book = full.resize(small.size, Image.Resampling.BICUBIC)
    assert ImageStat.Stat(ImageChops.difference(small, book)).mean < [2.5] * 3
    assert edges(small) > 0.95 * edges(book)


def edges(image):
    """Tell how much there is in a picture's edges."""
    return ImageStat.Stat(image.convert("L").filter(ImageFilter.FIND_EDGES)).rms[0]
