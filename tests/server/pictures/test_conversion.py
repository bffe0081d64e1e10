"""Pictures of every kind as a JPEG that everybody can open."""

import io
from urllib.parse import quote

import pytest
from PIL import ExifTags, Image, PngImagePlugin

from server.pictures import reading
from server.pictures.conversion import jpeg_name

PICTURES = [
    *("picture.png", "picture.gif", "picture.webp", "lossless.webp", "picture.avif"),
    *("picture.bmp", "picture.tif", "packed.tif", "picture.heic", "preview.heic"),
    *("picture.jxl", "drawing.svg", "drawing.svgz", "picture.dng"),
]
AS_THEY_ARE = [
    *("picture.jpg", "progressive.jpg"),
    *("video.mp4", "video.mov", "video.webm", "video.avi"),
]
DISPLAY_P3 = (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)


@pytest.fixture
def convert(browser, gallery):
    """Ask for a file as a JPEG, after writing it; give the picture, or None for the original."""

    def ask(name, content, query="?as=jpeg"):
        (gallery / name).write_bytes(content)
        reply = browser(f"/download/{quote(name)}{query}")
        assert reply.status == 200, reply
        if reply.headers["X-Lanslide-Converted"] == "none":
            assert reply.body == content
            assert f'filename="{name}"' in reply.headers["Content-Disposition"]
            return None
        assert reply.headers["X-Lanslide-Converted"] == "jpeg"
        assert reply.headers["Content-Type"] == "image/jpeg"
        image = Image.open(io.BytesIO(reply.body), formats=("JPEG",))
        image.load()
        assert image.mode == "RGB"
        return image

    return ask


def is_right(image, make):
    """Tell whether it shows the corners."""
    x, y = image.width // 6, image.height // 6
    right, low = image.width - x, image.height - y
    seen = [image.getpixel(place) for place in ((x, y), (right, y), (x, low), (right, low))]
    wanted = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    return all(map(make.is_near, seen, wanted))


def test_every_sample_is_tried(samples):
    assert {*PICTURES, *AS_THEY_ARE} == set(samples)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_every_kind_becomes_a_jpeg(convert, samples, make, name):
    image = convert(name, samples[name])
    assert image.size == (480, 320)
    assert is_right(image, make)


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_a_jpeg_and_a_film_are_sent_as_they_are(convert, samples, name):
    assert convert(name, samples[name]) is None


@pytest.mark.parametrize(("side", "width"), [(1024, 1024), (2048, 2048), (4096, 3000)])
def test_a_picture_has_no_more_pixels_than_wanted_and_none_invented(convert, make, side, width):
    large = make.saved(make.corners((3000, 2000)), "PNG")
    image = convert("large.png", large, f"?as=jpeg&max={side}")
    assert image.size == (width, round(width * 2 / 3))
    assert is_right(image, make)


def test_a_jpeg_is_made_smaller_only_if_it_is_larger(convert, make):
    large = make.saved(make.corners((2000, 3000)), "JPEG", exif=make.notes(6))
    image = convert("large.jpeg", large, "?as=jpeg&max=2048")
    assert image.size == (2048, 1365)
    assert convert("large.jpeg", large, "?as=jpeg&max=4096") is None
    assert (
        convert("just.jpg", make.saved(make.corners((1024, 9)), "JPEG"), "?as=jpeg&max=1024")
        is None
    )


@pytest.mark.parametrize("name", ["picture.heic", "drawing.svg", "picture.dng"])
def test_what_is_small_stays_so(convert, samples, name):
    assert convert(name, samples[name], "?as=jpeg&max=1024").size == (480, 320)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_upright(convert, make, kind, turn):
    image = make.corners()
    if make.stored[turn] is not None:
        image = image.transpose(make.stored[turn])
    speed = {"speed": 10} if kind == "AVIF" else {}
    content = make.saved(image, kind, exif=make.notes(turn), **speed)
    shown = convert(f"turned.{kind.lower()}", content)
    assert shown.size == (480, 320)
    assert is_right(shown, make)


def test_a_heic_is_upright(convert, make, samples):
    assert convert("turned.heic", make.turned_heic(samples["preview.heic"], 1, 1)).size == (
        320,
        480,
    )


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_wide_colours_are_seen_as_meant(convert, make, kind):
    lossless = {"lossless": True} if kind == "WEBP" else {}
    # The reddest that both know, as the one names it; without a profile it would be (234, 51, 35).
    red = Image.new("RGB", (64, 64), (234, 51, 35))
    content = make.saved(red, kind, icc_profile=make.profile(*DISPLAY_P3), **lossless)
    assert make.is_near(convert(f"p3.{kind.lower()}", content).getpixel((32, 32)), (255, 0, 0), 8)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_white(convert, make, mode):
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (32, 0, 64, 64))
    shown = convert("see-through.png", make.saved(image.convert(mode), "PNG"))
    assert make.is_near(shown.getpixel((8, 32)), (255, 255, 255), 4)
    assert make.is_near(shown.getpixel((56, 32)), (0, 0, 0), 4)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_becomes_its_first_picture(convert, make, kind):
    frames = [make.corners(), *(Image.new("RGB", (480, 320), (n, 0, 0)) for n in range(9))]
    content = make.saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert is_right(convert(f"moving.{kind.lower()}", content), make)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_no_note_leaves_with_it(convert, make, kind):
    exif = make.notes(1, Make="SECRET")
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (47.0, 33.0, 1.5)})
    more = {"xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>"} if kind in {"WEBP", "AVIF"} else {}
    if kind == "PNG":
        more["pnginfo"] = PngImagePlugin.PngInfo()
        more["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>")
        more["pnginfo"].add_text("comment", "SECRET")
    profile = make.profile(*DISPLAY_P3)
    content = make.saved(make.corners(), kind, exif=exif, icc_profile=profile, **more)
    assert b"SECRET" in content
    info = convert(f"noted.{kind.lower()}", content).info
    assert set(info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_smaller_jpeg_has_no_note_either(convert, make):
    exif = make.notes(1, Make="SECRET")
    content = make.saved(make.corners((1500, 1000)), "JPEG", exif=exif, comment=b"SECRET")
    info = convert("noted.jpg", content, "?as=jpeg&max=1024").info
    assert set(info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_sharp_colours_stay_sharp(convert, make):
    """Red lines on white, as on a drawing or a picture of a screen; a photograph needs no such."""
    lines = Image.new("RGB", (64, 64), "white")
    for x in range(0, 64, 2):
        lines.paste((255, 0, 0), (x, 0, x + 1, 64))
    shown = convert("lines.png", make.saved(lines, "PNG"))
    assert make.is_near(shown.getpixel((20, 20)), (255, 0, 0), 30)
    assert make.is_near(shown.getpixel((21, 20)), (255, 255, 255), 30)


# What cannot be converted


@pytest.mark.parametrize(
    "name", [name for name in PICTURES if name not in {"picture.dng", "preview.heic"}]
)
def test_what_is_cut_off_is_sent_as_it_is(convert, samples, make, name):
    assert convert(name, samples[name][: len(samples[name]) // 2]) is None
    assert is_right(convert("good.png", samples["picture.png"]), make)


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg", b"II*\0\xff\xff\xff\xff"]
)
@pytest.mark.parametrize("query", ["?as=jpeg", "?as=jpeg&max=1024"])
def test_what_is_no_picture_is_sent_as_it_is(convert, content, query):
    for name in ("odd.png", "odd.heic", "odd.nef", "odd.svg", "odd"):
        assert convert(name, content, query) is None


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (9_400, 9_400), (0, 5)])
def test_a_bomb_is_sent_as_it_is(convert, make, width, height):
    assert convert("bomb.png", make.png(width, height, 1, 0)) is None


def test_what_is_longer_than_a_jpeg_can_be_is_made_smaller(convert, make):
    assert convert("long.png", make.png(66_000, 40, 1, 0)).size == (65_500, 40)


def test_a_drawing_as_large_as_a_country_becomes_one_for_a_screen(convert, samples, make):
    large = samples["drawing.svg"].replace(b"<svg ", b'<svg width="900000" height="600000" ')
    image = convert("map.svg", large)
    assert image.size == (reading.MOST_SIDE_OF_DRAWING, round(reading.MOST_SIDE_OF_DRAWING * 2 / 3))
    assert is_right(image, make)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_1.HEIC", "IMG_1.jpg"),
        ("a.b.tiff", "a.b.jpg"),
        ("photo.jpeg", "photo.jpg"),
        ("raw.CR3", "raw.jpg"),
        ("drawing.svg", "drawing.jpg"),
        ("no ending", "no ending.jpg"),
        ("Trip v1.2", "Trip v1.2.jpg"),
        ("picture.dat", "picture.dat.jpg"),
        (".heic", ".heic.jpg"),
        ("\udcff.png", "\udcff.jpg"),
    ],
)
def test_the_name_ends_as_a_jpegs(name, expected):
    assert jpeg_name(name) == expected
