import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageOps

HERE = Path(__file__).parent
IMAGES = HERE.parent / "images"
SEED = ("img2.png", "img2.jpg", "uploads/img1.png", "uploads/img1.jpg")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script beside this file; it is no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location("sample_pictures", HERE / "sample_pictures.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def seen(picture: Path, frame: int = 0) -> Image.Image:
    """One frame of *picture* as a viewer shows it."""
    with Image.open(picture) as image:
        image.seek(frame)
        return ImageOps.exif_transpose(image).convert("RGB")


def test_images_holds_what_the_script_makes_and_nothing_else(script):
    made = {sample.path for sample in script.SAMPLES} | {"about-these-pictures.txt"}
    there = {path.relative_to(IMAGES).as_posix() for path in IMAGES.rglob("*") if path.is_file()}
    assert there == made


@pytest.mark.parametrize("path", SEED)
def test_the_files_of_the_tutorial_are_there(path):
    with Image.open(IMAGES / path) as image:
        assert image.format == {".png": "PNG", ".jpg": "JPEG"}[Path(path).suffix]


def test_all_of_them_are_less_than_three_megabytes():
    assert sum(path.stat().st_size for path in IMAGES.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.parametrize("path", ["img2.png", "uploads/img1.png", "milky-way.jpg"])
def test_the_script_makes_the_same_picture_again(script, path, tmp_path):
    (sample,) = [sample for sample in script.SAMPLES if sample.path == path]
    again = seen(script.write(sample, tmp_path))
    kept = seen(IMAGES / path)
    assert again.size == kept.size
    # Other versions of the libraries may round otherwise; a picture from other dice differs by far.
    apart = np.abs(np.asarray(again, dtype=int) - np.asarray(kept, dtype=int))
    assert apart.mean() < 1


def test_one_picture_is_stored_lying_and_shown_upright():
    with Image.open(IMAGES / "milky-way.jpg") as image:
        assert image.size == (1600, 1067)
    assert seen(IMAGES / "milky-way.jpg").size == (1067, 1600)


def test_one_picture_moves(script):
    with Image.open(IMAGES / "lighthouse.gif") as image:
        assert image.n_frames == 20
    first, later = (np.asarray(seen(IMAGES / "lighthouse.gif", frame)) for frame in (0, 5))
    assert (first != later).any()


def test_some_pictures_tell_their_camera_and_one_its_place():
    with Image.open(IMAGES / "uploads" / "img1.jpg") as image:
        exif = image.getexif()
    assert exif[0x0110] == "Imaginary 35"
    assert exif.get_ifd(0x8769)[0x9003] == "2026:06:21 05:32:40"
    assert exif.get_ifd(0x8825)[1] == "N"


def test_a_folder_lies_two_levels_deep():
    assert (IMAGES / "Winter walk" / "Evening").is_dir()
