"""What people keep: one file, many, whole folders, as they are or as everybody can open them."""

import io
import re
import zipfile
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import tree_of


def downloads(page, act, count=1):
    """Do *act*, and give what the browser saves because of it: bytes by name."""
    begun = []
    page.on("download", lambda one: begun.append(one))
    act()
    while len(begun) < count:
        page.wait_for_event("download")
    assert not any(one.failure() for one in begun)
    return {one.suggested_filename: Path(one.path()).read_bytes() for one in begun}


def members(content):
    """Give the files in an archive, by their paths in it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def choose(page, *names):
    """Choose entries while choosing is on."""
    for name in names:
        page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).click()


@pytest.fixture
def tray(phone):
    """What tells of the choice, and saves it."""
    return phone.get_by_role("region", name="Selection")


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_the_picture_in_view_is_saved(visitor, share, album, device):
    page = visitor(share, device).open("?view=cliffs.jpg")
    save = page.get_by_role("dialog").get_by_role("link", name="Save", exact=True)
    expect(save).to_be_visible()
    assert downloads(page, save.click) == {"cliffs.jpg": (album / "cliffs.jpg").read_bytes()}


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_any_file_is_saved_by_its_button(visitor, share, album, device):
    page = visitor(share, device).open()
    for name in ("packed.zip", "page.html", "notes.txt"):
        button = page.get_by_role("link", name=f"Save {name}")
        assert downloads(page, button.click) == {name: (album / name).read_bytes()}


def test_a_long_press_chooses_and_the_choice_is_told(phone, tray, fingers, album):
    hand = fingers(phone)
    box = phone.get_by_role("link", name="beach.jpg").bounding_box()
    hand.down((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    expect(tray).to_be_visible()
    hand.up()
    expect(phone.get_by_role("dialog")).to_be_hidden()
    choose(phone, "cliffs.jpg", "notes.txt")
    chosen = [album / name for name in ("beach.jpg", "cliffs.jpg", "notes.txt")]
    expect(tray).to_contain_text("3")
    kilobytes = sum(path.stat().st_size for path in chosen) / 1000
    expect(tray).to_contain_text(
        f"{kilobytes:.1f} kB" if kilobytes < 99.5 else f"{kilobytes:.0f} kB"
    )
    choose(phone, "cliffs.jpg")
    expect(tray).to_contain_text("2")
    choose(phone, "notes.txt")
    expect(tray).to_contain_text("1")


def test_a_phone_saves_one_after_the_other(phone, tray, album):
    phone.get_by_role("button", name="Select", exact=True).tap()
    names = ("beach.jpg", "dunes.jpg", "notes.txt")
    choose(phone, *names)
    saved = downloads(phone, tray.get_by_role("button", name=re.compile("Save")).tap, 3)
    assert saved == {name: (album / name).read_bytes() for name in names}


def test_a_laptop_saves_many_as_an_archive(laptop, album):
    laptop.get_by_role("button", name="Select", exact=True).click()
    names = ("beach.jpg", "dunes.jpg", "notes.txt", "waves.webm")
    choose(laptop, *names)
    tray = laptop.get_by_role("region", name="Selection")
    save = tray.get_by_role("button", name=re.compile("Save"))
    ((name, content),) = downloads(laptop, save.click).items()
    assert name.endswith(".zip")
    found = {Path(path).name: data for path, data in members(content).items()}
    assert found == {name: (album / name).read_bytes() for name in names}


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_folders_are_chosen_as_well_and_saved_with_the_rest(visitor, share, album, device):
    page = visitor(share, device).open()
    here = page.url
    page.get_by_role("button", name="Select", exact=True).click()
    tray = page.get_by_role("region", name="Selection")
    choose(page, "Winter walk")
    expect(tray).to_contain_text("1 selected")
    expect(tray).to_contain_text("1 folder")
    choose(page, "notes.txt")
    assert page.url == here
    save = tray.get_by_role("button", name=re.compile("Save"))
    ((name, content),) = downloads(page, save.click).items()
    assert name.endswith(".zip")
    inside = {f"Winter walk/{path}": data for path, data in tree_of(album / "Winter walk").items()}
    inside["notes.txt"] = (album / "notes.txt").read_bytes()
    found = members(content)
    assert {path.removeprefix("album/"): data for path, data in found.items()} == inside
    # What is chosen is opened again when choosing has ended.
    page.get_by_role("button", name="Done", exact=True).click()
    choose(page, "Winter walk")
    page.wait_for_url("**/Winter%20walk/")


def test_all_is_chosen_at_once(laptop):
    laptop.get_by_role("button", name="Select", exact=True).click()
    laptop.get_by_role("button", name="All", exact=True).click()
    expect(laptop.get_by_role("region", name="Selection")).to_contain_text("14")
    laptop.keyboard.press("Escape")
    expect(laptop.get_by_role("region", name="Selection")).to_be_hidden()


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_a_folder_is_saved_with_all_below_it(visitor, share, album, device):
    page = visitor(share, device).open("Winter%20walk/")
    button = page.get_by_role("button", name="Download folder")
    saved = downloads(page, button.click)
    assert list(saved) == ["Winter walk.zip"]
    assert members(saved["Winter walk.zip"]) == tree_of(album / "Winter walk")


@pytest.mark.parametrize(
    ("file", "form", "size"),
    [
        ("phone.heic", "JPEG", None),
        ("harbour.jpg", "2048 px", (2048, 1365)),
        ("sketch.svg", "JPEG", None),
    ],
)
def test_a_picture_is_saved_as_everybody_can_open_it(phone, tray, file, form, size):
    phone.get_by_role("button", name="Select", exact=True).tap()
    choose(phone, file)
    tray.get_by_label("Format").select_option(label=form)
    save = tray.get_by_role("button", name=re.compile("Save"))
    ((name, content),) = downloads(phone, save.tap).items()
    assert name == f"{Path(file).stem}.jpg"
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "JPEG"
        assert size is None or image.size == size


def test_a_broken_download_of_an_archive_goes_on_where_it_ended(laptop, share):
    with laptop.expect_download() as begun:
        laptop.get_by_role("button", name="Download folder").click()
    whole = Path(begun.value.path()).read_bytes()
    address = urlsplit(begun.value.url)

    def ask(**fields):
        connection = HTTPConnection("127.0.0.1", share.port, timeout=20)
        target = f"{address.path}?{address.query}" if address.query else address.path
        connection.request(
            "GET", target, headers={k.replace("_", "-"): v for k, v in fields.items()}
        )
        return connection, connection.getresponse()

    connection, reply = ask()
    begin = reply.read(len(whole) // 3)
    connection.close()
    connection, rest = ask(Range=f"bytes={len(begin)}-", If_Range=reply.headers["ETag"])
    assert rest.status == 206
    assert begin + rest.read() == whole
    connection.close()


def test_back_ends_choosing_and_stays_in_the_folder(phone, tray):
    here = phone.url
    phone.get_by_role("button", name="Select", exact=True).click()
    choose(phone, "cliffs.jpg")
    expect(tray).to_be_visible()
    phone.go_back()
    expect(tray).to_be_hidden()
    expect(phone.get_by_role("button", name="Select", exact=True)).to_be_visible()
    assert phone.url == here


def test_done_leaves_nothing_for_back_to_undo(phone, tray):
    phone.get_by_role("button", name="Select", exact=True).click()
    choose(phone, "cliffs.jpg")
    phone.get_by_role("button", name="Done", exact=True).click()
    expect(tray).to_be_hidden()
    assert phone.evaluate("history.state") is None
