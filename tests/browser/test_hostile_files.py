"""Files of a stranger: nothing in them or in their names ever runs as a part of the page."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Error, expect

# Names that would do something if they were taken for markup, for a script or for an address.
NAMES = [
    "<img src=x onerror=alert(1)>.jpg",
    "<script>alert(2)</script>.jpg".replace("/", "\u2215"),
    '"><svg onload=alert(3)>.jpg',
    "' onmouseover='alert(4).jpg",
    "javascript:alert(5).jpg",
    "{{7*7}}%s%(name)s${alert(6)}.jpg",
    "--><b>bold.jpg",
    "&lt;b&gt;.jpg",
    "</title><style>*{display:none}.txt".replace("/", "\u2215"),
    "\u202egpj.exe.txt",
]


def ran(page):
    """Tell whether what is in the files here did what it wants to."""
    return page.evaluate("document.title === 'ran' || document.documentElement.dataset.ran")


def saves(page, address):
    """Go to an address, which saves a file instead of showing it; gives the file's name."""
    with page.expect_download() as begun, pytest.raises(Error, match="Download is starting"):
        page.goto(address)
    return begun.value.suggested_filename


@pytest.fixture(params=["phone", "laptop"])
def device(request):
    return request.param


def test_a_fault_would_be_seen(visitor, share):
    """What every test here relies upon."""
    guest = visitor(share)
    page = guest.open()
    page.evaluate("console.error('said')")
    page.evaluate("void setTimeout(() => { throw new Error('thrown') })")
    page.evaluate("fetch('http://example.invalid/').catch(() => 0)")
    page.evaluate("fetch('/nothing').then(reply => reply.text())")
    page.evaluate("alert('asked')")
    page.evaluate("""void document.body.insertAdjacentElement('beforeend',
      Object.assign(document.createElement('img'), {src: 'http://example.invalid/x.png'}))""")
    page.wait_for_function("() => document.images.length")
    said = "\n".join(guest.watch.faults)
    for fault in (
        "said",
        "thrown",
        "example.invalid",
        "status 404",
        "asked",
        "Content Security",
        "/nothing",
    ):
        assert fault in said
        guest.watch.allow(fault)


def test_names_stay_text(visitor, serve, tmp_path, draw, device):
    for number, name in enumerate(NAMES):
        content = draw.jpeg(number, (90, 60)) if name.endswith(".jpg") else b"text"
        (tmp_path / name).write_bytes(content)
    (tmp_path / "<b>folder").mkdir()
    page = visitor(serve(tmp_path), device).open()
    for name in NAMES[:8]:
        expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text("\\u202egpj.exe.txt")).to_be_visible()
    assert page.locator("#entries :is(script, b, style, [onerror], [onload])").count() == 0
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("link", name=NAMES[0]).click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name=NAMES[0]).click()
    page.keyboard.press("Escape")
    viewer = page.get_by_role("dialog")
    expect(viewer).to_be_hidden()
    pictures = page.locator("#pictures .name").all_inner_texts()
    assert sorted(pictures) == sorted(name for name in NAMES if name.endswith(".jpg"))
    page.get_by_role("link", name=pictures[0], exact=True).click()
    for name in pictures:
        expect(viewer.locator("#name")).to_have_text(name)
        expect(page).to_have_url(re.compile(re.escape(f"?view={quote(name, safe='')}") + "$"))
        page.keyboard.press("ArrowRight")
    page.goto(page.url.partition("?")[0] + quote("<b>folder") + "/")
    expect(page.get_by_role("heading", name="<b>folder")).to_be_visible()


def test_a_page_of_a_stranger_is_saved_and_never_run(visitor, share, device, album):
    guest = visitor(share, device)
    page = guest.open()
    page.get_by_role("link", name=re.compile("^page.html")).click()
    expect(page.get_by_role("dialog").get_by_text("page.html", exact=True).first).to_be_visible()
    assert not ran(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    for road in ("files", "download", "download2"):
        assert saves(page, f"{share.address}/{road}/page.html") == "page.html"
        assert not ran(page)


def test_a_drawing_of_a_stranger_is_shown_and_never_run(visitor, share, device):
    page = visitor(share, device).open()
    page.get_by_role("link", name="sketch.svg").click()
    expect(page.get_by_role("dialog").get_by_text("sketch.svg", exact=True)).to_be_visible()
    page.wait_for_function("""() => [...document.querySelectorAll('dialog img')].some(
      image => image.naturalWidth > 16 && image.currentSrc.includes('/thumb/'))""")
    assert not ran(page)
    assert saves(page, f"{share.address}/files/sketch.svg") == "sketch.svg"
    assert not ran(page)


@pytest.mark.parametrize(
    "name", ["picture.jpg", "notes.txt", "film.mp4", "sound.mp3", "page.xhtml"]
)
def test_a_page_with_another_name_is_not_run_either(visitor, serve, tmp_path, album, name):
    (tmp_path / name).write_bytes((album / "page.html").read_bytes())
    guest = visitor(serve(tmp_path))
    guest.watch.allow(re.escape(name))
    page = guest.open()
    try:
        page.goto(guest.address(name))
    except Error as error:
        assert "Download is starting" in str(error)  # noqa: PT017
    assert not ran(page)


def test_a_file_that_is_shown_has_no_part_in_our_origin(visitor, share):
    page = visitor(share).open("notes.txt")
    assert page.evaluate("origin") == "null"
    expect(page.get_by_text("<b>sand</b>").first).to_be_visible()
