"""Every kind of picture that people have, seen as it is meant to be seen."""

import io
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageChops, PngImagePlugin

from server.pictures.heif_parts import Parts, Preview, parts

NAMES = [
    *("picture.jpg", "progressive.jpg", "picture.png", "picture.gif", "picture.webp"),
    *("lossless.webp", "picture.avif", "picture.bmp", "picture.tif", "packed.tif"),
    *("picture.heic", "preview.heic", "picture.jxl", "drawing.svg", "drawing.svgz"),
    *("picture.dng", "video.mp4", "video.mov", "video.webm", "video.avi"),
]
SRGB = (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)
DISPLAY_P3 = (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)
BT2020 = (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)
ADOBE_RGB = (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)


def test_every_sample_is_tried(samples):
    assert set(NAMES) == set(samples)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_of_every_kind_is_shown(thumb, samples, name):
    shown = thumb(name, samples[name])
    assert shown.kind == "full"
    # A preview inside may be a pixel off.
    assert shown.image.size in {(256, 171), (256, 170)}
    assert shown.is_right(), shown.corners()


@pytest.mark.parametrize("name", ["picture.jpg", "picture.png", "picture.heic", "drawing.svg"])
@pytest.mark.parametrize(("size", "width"), [("grid", 256), ("large", 480), ("screen", 480)])
def test_no_picture_is_made_larger_than_it_is(thumb, samples, name, size, width):
    shown = thumb(name, samples[name], size)
    if name == "drawing.svg":
        # But for a drawing, which has no size of its own.
        width = {"grid": 256, "large": 512, "screen": 2048}[size]
    assert shown.image.width == width
    assert shown.is_right()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_as_it_says(thumb, make, kind, turn):
    image = make.corners()
    if make.stored[turn] is not None:
        image = image.transpose(make.stored[turn])
    speed = {"speed": 10} if kind == "AVIF" else {}
    shown = thumb(f"turned.{kind}", make.saved(image, kind, exif=make.notes(turn), **speed))
    assert shown.image.size == (256, 171)
    assert shown.is_right(), shown.corners()


TURNED = {
    0: ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)),
    1: ((0, 255, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)),
    2: ((255, 255, 255), (0, 0, 255), (0, 255, 0), (255, 0, 0)),
    3: ((0, 0, 255), (255, 0, 0), (255, 255, 255), (0, 255, 0)),
}


MIRRORED = {None: (0, 1, 2, 3), 0: (2, 3, 0, 1), 1: (1, 0, 3, 2)}


@pytest.mark.parametrize("quarters", TURNED)
@pytest.mark.parametrize("mirror", MIRRORED)
def test_a_heic_and_its_preview_are_turned_as_they_say(thumb, make, samples, quarters, mirror):
    content = make.turned_heic(samples["preview.heic"], quarters, quarters, mirror)
    wanted_corners = [TURNED[quarters][place] for place in MIRRORED[mirror]]
    for size, wide, high in (("grid", 256, 170), ("large", 480, 320)):
        shown = thumb("turned.heic", content, size)
        assert shown.image.size == ((high, wide) if quarters % 2 else (wide, high))
        for seen, wanted in zip(shown.corners(), wanted_corners, strict=True):
            assert make.is_near(seen, wanted)


def test_a_preview_that_is_turned_otherwise_is_left_out(thumb, make, samples):
    shown = thumb("odd.heic", make.turned_heic(samples["preview.heic"], 2, 0))
    # By its size it is the large one.
    assert shown.image.size == (256, 171)
    for seen, wanted in zip(shown.corners(), TURNED[2], strict=True):
        assert make.is_near(seen, wanted)


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_raw_picture_is_turned_as_it_says(thumb, make, turn):
    image = make.corners()
    if make.stored[turn] is not None:
        image = image.transpose(make.stored[turn])
    shown = thumb("turned.dng", make.dng(make.saved(image, "JPEG"), turn))
    assert shown.image.size == (256, 171)
    assert shown.is_right(), shown.corners()


def test_a_nonsense_orientation_is_none(thumb, make):
    shown = thumb("odd.jpg", make.saved(make.corners(), "JPEG", exif=make.notes(77)))
    assert shown.is_right()


# Colours


def of_srgb(value):
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def as_seen(colour, primaries, make, curve=lambda value: value ** (0x233 / 256)):
    """Compute what a colour is in sRGB, by the book."""
    light = curve(np.array(colour) / 255)
    light = np.linalg.inv(make.linear(*SRGB)) @ make.linear(*primaries) @ light
    light = np.clip(light, 0, 1)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return tuple(np.rint(coded * 255).astype(int))


@pytest.mark.parametrize("primaries", [DISPLAY_P3, ADOBE_RGB])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("colour", [(120, 200, 90), (200, 80, 80), (128, 128, 128)])
def test_colours_of_another_profile_are_seen_as_meant(thumb, make, primaries, kind, colour):
    image = Image.new("RGB", (300, 200), colour)
    best = {"JPEG": {"quality": 95}, "AVIF": {"quality": 95}, "WEBP": {"lossless": True}}
    content = make.saved(image, kind, icc_profile=make.profile(*primaries), **best.get(kind, {}))
    seen = thumb(f"wide.{kind}", content).image.convert("RGB").getpixel((100, 80))
    assert make.is_near(seen, as_seen(colour, primaries, make), 4)


@pytest.fixture
def named(make, tmp_path):
    """Give pictures whose colours are named by numbers, and nothing else."""

    def give(kind, colour, primaries, transfer):
        image = Image.new("RGB", (300, 200), colour)
        if kind == "avif":
            content = make.saved(image, "AVIF", quality=95)
        elif (heif := shutil.which("heif-enc")) is None:
            pytest.skip("heif-enc of libheif-examples makes these files.")
        else:
            # With a profile, for it names no colours by itself.
            image.save(tmp_path / "plain.png", icc_profile=make.profile(*SRGB))
            command = [heif, "-q", "95", tmp_path / "plain.png", "-o", tmp_path / "made.heic"]
            subprocess.run(command, check=True, capture_output=True)
            content = (tmp_path / "made.heic").read_bytes()
        before = re.search(rb"colr(nclx|prof|rICC)(.{7})", content, re.DOTALL)
        assert before is not None
        after = struct.pack(">4s4sHHHB", b"colr", b"nclx", primaries, transfer, 6, 0x80)
        return content.replace(before[0], after)

    return give


@pytest.mark.parametrize(("number", "primaries"), [(12, DISPLAY_P3), (9, BT2020)])
@pytest.mark.parametrize("colour", [(150, 180, 120), (200, 140, 140), (128, 128, 128)])
@pytest.mark.parametrize("kind", ["avif", "heic"])
def test_colours_that_are_only_named_are_seen_as_meant(
    thumb, make, named, number, primaries, colour, kind
):
    content = named(kind, colour, number, 13)
    seen = thumb(f"named.{kind}", content).image.getpixel((100, 80))
    assert make.is_near(seen, as_seen(colour, primaries, make, of_srgb), 5)


@pytest.mark.parametrize(
    ("transfer", "paper", "grey"),
    # Where paper is, and grey of 18 %: in ITU-R BT.2408.
    [(16, 0.58, 0.38), (18, 0.75, 0.38)],
)
def test_a_picture_brighter_than_white_is_seen_as_a_usual_one(
    thumb, make, named, transfer, paper, grey
):
    seen = []
    for value in (0, grey, paper, 1):
        colour = (round(value * 255),) * 3
        content = named("avif", colour, 9, transfer)
        seen.append(thumb(f"{value}.avif", content).image.getpixel((100, 80))[1])
    black, middle, white, brightest = seen
    assert black < 8
    assert 90 < middle < 140
    assert 220 < white < 250
    assert brightest > 250


def test_a_profile_that_is_nonsense_or_for_something_else_is_left_out(thumb, make):
    for number, profile in enumerate((b"nonsense" * 40, make.profile(*DISPLAY_P3))):
        mode = ("RGB", "L")[number]
        image = Image.new(mode, (300, 200), 128 if mode == "L" else (128, 128, 128))
        content = make.saved(image, "PNG", icc_profile=profile)
        seen = thumb(f"odd{number}.png", content).image.convert("RGB").getpixel((9, 9))
        assert make.is_near(seen, (128, 128, 128), 3)


def test_cmyk_is_seen_as_printed(thumb, make):
    content = make.saved(make.corners().convert("CMYK"), "JPEG", quality=95)
    assert thumb("print.jpg", content).is_right()
    content = make.saved(make.corners().convert("CMYK"), "TIFF")
    assert thumb("print.tif", content).is_right()


def test_a_jpeg_for_print_may_keep_brightness_apart_from_colour(thumb, make):
    """YCCK, as printers' programs write it: of the inks, black alone stands as it is."""
    cyan, magenta, yellow, black = make.corners().convert("CMYK").split()
    apart = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()
    planes = [*(ImageChops.invert(plane) for plane in apart), black]
    content = bytearray(make.saved(Image.merge("CMYK", planes), "JPEG", quality=95))
    # The last byte of Adobe's own segment tells which of both it is.
    content[content.index(b"Adobe") + 11] = 2
    assert thumb("apart.jpg", bytes(content)).is_right()


def ramp(bits, colour, make):
    """A PNG that goes from black on the left to white on the right."""
    samples = 3 if colour == 2 else 1
    most = 2**bits - 1
    row = [round(x * most / 299) for x in range(300) for _ in range(samples)]
    packed = struct.pack(f">{len(row)}H", *row) if bits == 16 else bytes(row)
    return make.png(300, 200, bits, colour, (b"\0" + packed for _ in range(200)))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("colour", [0, 2])
def test_sixteen_bits_are_as_bright_as_eight(thumb, make, bits, colour):
    image = thumb("ramp.png", ramp(bits, colour, make)).image.convert("RGB")
    seen = [image.getpixel((x, 80))[1] for x in (0, 64, 128, 192, 255)]
    assert make.is_near(seen, (0, 64, 128, 192, 255), 4)


@pytest.mark.parametrize("kind", ["I;16", "I;16B", "F", "I"])
def test_pictures_of_instruments_are_grey(thumb, make, kind):
    ramp = np.tile(np.linspace(0, 1, 300), (200, 1))
    pixels = {
        "I;16": (ramp * 65535).astype("<u2"),
        "I;16B": (ramp * 65535).astype(">u2"),
        "F": ramp.astype("f4"),
        "I": (ramp * 65535).astype("i4"),
    }[kind]
    image = thumb("scan.tif", make.saved(Image.fromarray(pixels), "TIFF")).image.convert("RGB")
    seen = [image.getpixel((x, 80))[0] for x in (0, 128, 255)]
    assert make.is_near(seen, (0, 128, 255), 4)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_grey_and_palettes_are_shown(thumb, make, mode):
    image = Image.new("RGB", (300, 200), "white")
    image.paste("black", (0, 0, 150, 200))
    image = image.convert(mode).convert("RGB").convert(mode)
    shown = thumb("few.png", make.saved(image, "PNG")).image.convert("RGB")
    assert make.is_near(shown.getpixel((20, 80)), (0, 0, 0), 6)
    assert make.is_near(shown.getpixel((230, 80)), (255, 255, 255), 6)


# What can be seen through


def half(mode):
    image = Image.new("RGBA", (300, 200), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 150, 200))
    return image.convert(mode)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "AVIF"])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_stay_so_for_those_who_can_see_it(thumb, make, kind, mode):
    image = half("RGBA")
    if mode == "LA":
        image = image.convert("LA") if kind in {"PNG", "TIFF"} else image
    if mode == "P" and kind == "PNG":
        image = image.quantize(4)
    shown = thumb(f"half.{kind}", make.saved(image, kind))
    assert shown.reply.headers["Content-Type"] == "image/webp"
    assert shown.image.getpixel((20, 80))[3] == 0
    assert shown.image.getpixel((230, 80))[3] == 255
    plain = thumb(f"half.{kind}", Accept="image/jpeg")
    assert plain.reply.headers["Content-Type"] == "image/jpeg"
    assert make.is_near(plain.image.getpixel((20, 80)), (250, 249, 247), 4)


def test_one_colour_of_a_png_may_be_transparent(thumb, make):
    image = Image.new("RGB", (300, 200), "red")
    image.paste("blue", (0, 0, 150, 200))
    shown = thumb("keyed.png", make.saved(image, "PNG", transparency=(0, 0, 255)))
    assert shown.image.getpixel((20, 80))[3] == 0
    assert shown.image.getpixel((230, 80))[3] == 255


def test_an_opaque_picture_is_a_jpeg_unless_only_webp_is_taken(thumb, make):
    content = make.saved(make.corners().convert("RGBA"), "PNG")
    for accept, kind in [
        ("image/webp,*/*", "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/png", "image/jpeg"),
        ("image/webp", "image/webp"),
    ]:
        shown = thumb("solid.png", content, Accept=accept)
        assert shown.reply.headers["Content-Type"] == kind
        assert shown.reply.headers["Vary"] == "Accept"
        assert shown.is_right()


# Animations


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_shows_its_first_picture(thumb, make, kind):
    others = [Image.new("RGB", (480, 320), colour) for colour in ("black", "grey")]
    content = make.saved(make.corners(), kind, save_all=True, append_images=others, duration=50)
    assert thumb(f"moving.{kind}", content).is_right()


# Nothing but pixels leaves


@pytest.mark.parametrize("accept", ["image/jpeg", "image/webp"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_no_note_leaves_with_a_picture(thumb, make, kind, accept):
    secret = "Gerbergasse 7"  # noqa: S105 - an address
    exif = make.notes(Artist=secret, ImageDescription=secret)
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 33.0, 1.5), 3: "E", 4: (7.0, 35.0, 2.5)})
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{secret}</x:xmpmeta>".encode()
    options = {"exif": exif, "icc_profile": make.profile(*DISPLAY_P3)}
    if kind in {"JPEG", "WEBP"}:
        options["xmp"] = xmp
    if kind == "JPEG":
        options["comment"] = secret
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", secret)
    content = make.saved(make.corners(), kind, **options)
    assert secret.encode() in content
    for size in ("grid", "screen"):
        shown = thumb(f"noted.{kind}", content, size, Accept=accept)
        assert secret.encode() not in shown.reply.body
        assert not shown.image.getexif()
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(shown.image.info)


# Previews inside


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_preview_inside_is_turned_with_its_picture(thumb, make, turn):
    """The large picture is black, so that it is seen which of both is shown."""
    large, small = Image.new("RGB", (1200, 800)), make.corners((160, 106))
    if make.stored[turn] is not None:
        large, small = large.transpose(make.stored[turn]), small.transpose(make.stored[turn])
    exif = make.with_preview(make.notes(turn), make.saved(small, "JPEG", quality=95))
    content = make.saved(large, "JPEG", exif=exif)
    shown = thumb("turned.jpg", content)
    assert (shown.kind, shown.image.size) == ("preview", (160, 106))
    assert shown.is_right(), shown.corners()


def previewed(make, small, large=(1200, 800)):
    exif = make.with_preview(make.notes(), make.saved(small, "JPEG", quality=95))
    return make.saved(Image.new("RGB", large), "JPEG", exif=exif)


def test_a_preview_that_is_large_enough_is_the_picture(thumb, make):
    shown = thumb("camera.jpg", previewed(make, make.corners((640, 427))))
    assert (shown.kind, shown.image.size) == ("full", (256, 171))
    assert shown.is_right()
    assert thumb("camera.jpg", size="large").is_right()
    assert not thumb("camera.jpg", size="screen").is_right()


def test_a_small_preview_is_for_the_grid_only_and_not_for_those_who_want_it_sharp(thumb, make):
    content = previewed(make, make.corners((160, 107)))
    for size, query in [("large", ""), ("screen", ""), ("grid", "?sharp=1")]:
        shown = thumb("camera.jpg", content, size, query=query)
        assert shown.kind == "full"
        assert not shown.is_right()


def test_bars_around_a_preview_are_cut_off(thumb, make):
    small = Image.new("RGB", (160, 120))
    small.paste(make.corners((160, 107)), (0, 7))
    shown = thumb("bars.jpg", previewed(make, small))
    assert (shown.kind, shown.image.size) == ("preview", (160, 106))
    assert shown.is_right()


@pytest.mark.parametrize("size", [(160, 120), (107, 160), (160, 160), (90, 60)])
def test_a_preview_of_another_shape_or_hardly_any_is_left_out(thumb, make, size):
    shown = thumb("stale.jpg", previewed(make, make.corners(size)))
    assert shown.kind == "full"
    assert make.is_near(shown.image.getpixel((9, 9)), (0, 0, 0))


@pytest.mark.parametrize("small", [b"\xff\xd8\xffnonsense", b"<html>", b""])
def test_a_broken_preview_is_left_out(thumb, make, small):
    content = make.saved(make.corners(), "JPEG", exif=make.with_preview(make.notes(), small))
    assert thumb("broken.jpg", content).is_right()


def test_a_preview_in_a_heic_is_taken_for_the_small_size_only(thumb, samples):
    # It is rounded to 320 × 213, by which it is told.
    assert thumb("plain.heic", samples["picture.heic"]).image.size == (256, 171)
    assert thumb("preview.heic", samples["preview.heic"]).image.size == (256, 170)
    assert thumb("preview.heic", size="large").image.size == (480, 320)


def test_the_name_says_little(thumb, samples):
    assert thumb("picture.txt", samples["picture.jpg"]).is_right()
    assert thumb("really.jpg", samples["picture.png"]).is_right()
    assert thumb("picture", samples["picture.webp"]).is_right()
    assert Image.open(io.BytesIO(samples["picture.webp"])).format == "WEBP"


def test_a_preview_in_a_heic_needs_nothing_of_the_large_picture(thumb, samples):
    """Phones put the large one together from tiles, which the library wants to be there."""
    content = samples["preview.heic"].replace(b"hvc1\0", b"grid\0", 1)
    assert content != samples["preview.heic"]
    assert thumb("tiled.heic", content).kind == "full"
    assert thumb("tiled.heic", size="large").kind == "none"


def test_a_heic_may_be_described_behind_its_pictures(thumb, samples):
    content = samples["preview.heic"]
    start = content.index(b"meta") - 4
    end = start + int.from_bytes(content[start : start + 4])
    moved = content[:start] + content[start:end].replace(b"meta", b"free", 1) + content[end:]
    # Only the preview is that much narrower.
    assert thumb("moved.heic", moved + content[start:end]).image.size == (256, 170)


def test_of_a_preview_in_a_heic_that_cannot_be_decoded_the_large_one_is_shown(thumb, samples):
    content = samples["preview.heic"]
    preview = parts(io.BytesIO(content)).previews[0]
    broken = bytearray(content)
    broken[preview.offset + 8 : preview.offset + preview.length] = bytes(preview.length - 8)
    shown = thumb("broken.heic", bytes(broken))
    assert shown.image.size == (256, 171)
    assert shown.is_right()


def test_the_smallest_preview_in_a_heic_that_is_large_enough_is_taken():
    small, large = (Preview((side, side // 2), b"hvc1", (), 0, 1) for side in (320, 1616))
    found = Parts((6000, 3000), None, (small, large))
    assert [found.preview(side) for side in (256, 512, 2048)] == [small, large, large]


def test_a_preview_is_shown_of_a_picture_too_large_to_be_decoded(thumb, samples):
    content = samples["preview.heic"]
    width, height = parts(io.BytesIO(content)).size
    measures = [
        b"ispe\0\0\0\0" + (wide.to_bytes(4) + high.to_bytes(4))
        for wide, high in ((width, height), (width * 40, height * 40))
    ]
    large = content.replace(*measures)
    assert large != content
    assert thumb("huge.heic", large).image.size == (256, 170)
    assert thumb("huge.heic", size="large").kind == "none"
