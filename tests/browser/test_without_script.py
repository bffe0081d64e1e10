"""The page where scripts are switched off: links, thumbnails, folders, order, downloads."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

# What the page says it will need, and a browser that runs no script does not fetch.
PRELOADED = r"failed: .*/static/\w+\.js csp"


@pytest.fixture(params=["phone", "laptop"])
def guest(visitor, share, request):
    """Somebody whose browser runs no script."""
    someone = visitor(share, request.param, java_script_enabled=False)
    someone.watch.allow(PRELOADED)
    return someone


def test_everything_is_linked_and_every_picture_has_a_thumbnail(guest, album):
    page = guest.open()
    links = {unquote(link.get_attribute("href")) for link in page.locator("a.open").all()}
    assert links == {f"{path.name}/" if path.is_dir() else path.name for path in album.iterdir()}
    for image in page.locator("#pictures img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_be_visible()
        image.evaluate("""image => image.complete || new Promise(done => image.onload = done)""")
        assert image.evaluate("image => image.naturalWidth") > 16


def test_nothing_is_offered_that_would_do_nothing(guest):
    page = guest.open()
    for name in ("Select", "All", "Play"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_hidden()


def test_folders_and_pictures_open(guest, share):
    page = guest.open()
    page.get_by_role("link", name="Winter walk").click()
    expect(page.get_by_role("heading", name="Winter walk")).to_be_visible()
    page.get_by_role("link", name="snow.jpg", exact=True).click()
    assert page.url == f"{share.address}/files/Winter%20walk/snow.jpg"
    assert page.evaluate("document.images[0].naturalWidth") == 900


def test_the_order_is_chosen(guest):
    page = guest.open()
    page.get_by_role("combobox", name="Order").select_option("name-down")
    page.get_by_role("button", name="Sort").click()
    names = page.locator("#pictures .name")
    expect(names.first).to_have_text("waves.webm")
    expect(page.get_by_role("combobox", name="Order")).to_have_value("name-down")


def test_files_and_folders_are_saved(guest, album):
    page = guest.open()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Save packed.zip").click()
    assert Path(begun.value.path()).read_bytes() == (album / "packed.zip").read_bytes()
    with page.expect_download() as begun:
        page.get_by_role("button", name="Download folder").click()
    assert begun.value.suggested_filename == "Holiday.zip"


def test_all_of_a_large_folder_is_linked(visitor, serve, tmp_path, draw):
    for number in range(400):
        (tmp_path / f"{number:03}.jpg").write_bytes(draw.jpeg(1, (60, 40)) if not number else b"")
        (tmp_path / f"{number:03}.bin").touch()
    guest = visitor(serve(tmp_path), java_script_enabled=False)
    guest.watch.allow(PRELOADED)
    page = guest.open()
    expect(page.locator("a.open")).to_have_count(800)
    expect(page.get_by_role("link", name=re.compile("^399.bin"))).to_be_visible()
