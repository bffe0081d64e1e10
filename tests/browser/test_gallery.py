"""The page of a folder: what is in it, and the way through folders."""

import os
import re

import pytest
from playwright.sync_api import expect

from server.application import Application
from server.folder import SharedFolder
from server.share import Share

ALL_SHOWN = """() => [...document.querySelectorAll('#pictures img')].every(
  image => image.complete && image.naturalWidth > 16)"""
# Adds up, from the first moment on, how far things jumped that nobody had touched.
WATCH_SHIFTS = """
window.shifted = [];
new PerformanceObserver(list => {
  for (const entry of list.getEntries())
    shifted.push([entry.value, ...entry.sources.flatMap(({node, previousRect, currentRect}) =>
      [node?.outerHTML?.slice(0, 80), previousRect, currentRect])]);
}).observe({type: 'layout-shift', buffered: true});
"""
# What would take longer than the eye sees to become what it is to be.
MOVING = """() => [...document.querySelectorAll('*')].filter(one => {
  const {transitionDuration, animationDuration, scrollBehavior} = getComputedStyle(one);
  const durations = `${transitionDuration}, ${animationDuration}`.split(', ');
  return scrollBehavior === 'smooth' || durations.some(text => parseFloat(text) > 0.02);
}).map(one => one.outerHTML.slice(0, 80))"""
PAINTED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(params=["phone", "laptop"])
def device(request):
    return request.param


def tiles(page):
    """Give the names of pictures as they stand in the document."""
    return [name.strip() for name in page.locator("#pictures > li .name").all_inner_texts()]


def test_folders_are_entered_and_left(visitor, share, device):
    page = visitor(share, device).open()
    expect(page.get_by_role("heading", name="Holiday")).to_be_visible()
    page.get_by_role("link", name="Winter walk").click()
    expect(page.get_by_role("heading", name="Winter walk")).to_be_visible()
    page.get_by_role("link", name="Evening").click()
    expect(page.get_by_role("heading", name="Evening")).to_be_visible()
    expect(page.get_by_role("link", name="cabin.jpg")).to_be_visible()
    assert page.url == f"{share.address}/files/Winter%20walk/Evening/"
    page.get_by_role("navigation").get_by_role("link", name="Holiday").click()
    expect(page.get_by_role("link", name="beach.jpg")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Evening")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Winter walk")).to_be_visible()
    expect(page.get_by_role("link", name="snow.jpg")).to_be_visible()


def test_every_picture_is_seen_and_everything_is_counted(visitor, share, device, album):
    page = visitor(share, device).open()
    expect(page.locator("#pictures > li")).to_have_count(10)
    page.locator("#pictures > li").last.scroll_into_view_if_needed()
    page.wait_for_function(ALL_SHOWN)
    said = page.locator("#summary").inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "9 pictures" in said
    assert "1 video" in said
    assert "4 files" in said
    assert "2 folders" in said
    total = sum(file.stat().st_size for file in album.iterdir() if file.is_file())
    assert f"{total / 1000:.0f} kB" in said
    assert "Holiday" in page.title()


def test_an_empty_folder_says_so(visitor, share, device):
    page = visitor(share, device).open("Empty/")
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()


def test_typing_narrows_a_folder_down(visitor, share, device):
    page = visitor(share, device).open()
    box = page.get_by_role("searchbox")
    box.fill("HAR")
    expect(page.get_by_role("link", name="beach.jpg")).to_have_count(0)
    expect(page.get_by_role("link", name="harbour.jpg")).to_be_visible()
    box.fill("no such thing")
    expect(page.locator("#entries a.open:visible")).to_have_count(0)
    expect(page.locator("#state")).to_be_visible()
    box.fill("")
    expect(page.get_by_role("link", name="beach.jpg")).to_be_visible()


def by_size(path):
    return path.stat().st_size


def by_time(path):
    return path.stat().st_mtime_ns


@pytest.mark.parametrize(
    ("order", "key", "descending"),
    [
        ("name-down", None, True),
        ("largest", by_size, True),
        ("smallest", by_size, False),
        ("newest", by_time, True),
        ("oldest", by_time, False),
    ],
)
def test_pictures_come_in_the_order_that_is_chosen(
    visitor, serve, tmp_path, draw, order, key, descending
):
    for number, name in enumerate(("b", "d", "a", "c")):
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(draw.jpeg(number, (90 + 50 * (number * 7 % 4), 60)))
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    page = visitor(serve(tmp_path)).open()
    expect(page.locator("#pictures .name")).to_have_text(["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    page.get_by_role("combobox", name="Order").select_option(order)
    wanted = [path.name for path in sorted(tmp_path.iterdir(), key=key, reverse=descending)]
    expect(page.locator("#pictures .name")).to_have_text(wanted)
    # The choice is kept, for other folders as well.
    page.reload()
    expect(page.locator("#pictures .name")).to_have_text(wanted)


def test_what_comes_and_goes_on_disk_comes_and_goes_on_the_page(
    visitor, serve, tmp_path, draw, device
):
    (tmp_path / "first.jpg").write_bytes(draw.jpeg(1))
    page = visitor(serve(tmp_path), device).open()
    expect(page.get_by_role("link", name="first.jpg")).to_be_visible()
    page.evaluate("window.isTheSame = true")
    (tmp_path / "second.jpg").write_bytes(draw.jpeg(2))
    expect(page.get_by_role("link", name="second.jpg")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("2 pictures")
    page.wait_for_function(ALL_SHOWN)
    (tmp_path / "first.jpg").unlink()
    expect(page.get_by_role("link", name="first.jpg")).to_have_count(0)
    (tmp_path / "notes.txt").write_text("new")
    expect(page.get_by_role("link", name=re.compile("^notes.txt"))).to_be_visible()
    assert page.evaluate("window.isTheSame")


def test_a_changed_picture_is_seen_anew(visitor, serve, tmp_path, draw):
    (tmp_path / "picture.jpg").write_bytes(draw.jpeg(1))
    page = visitor(serve(tmp_path)).open()
    page.wait_for_function(ALL_SHOWN)
    shown = "document.querySelector('#pictures img').currentSrc"
    before = page.evaluate(shown)
    (tmp_path / "picture.jpg").write_bytes(draw.jpeg(2))
    page.wait_for_function(f"() => {shown} !== {before!r}")
    page.wait_for_function(ALL_SHOWN)


def test_a_small_picture_that_is_not_ready_leaves_its_place_empty_until_it_is(
    visitor, serve, tmp_path, draw
):
    (tmp_path / "picture.jpg").write_bytes(draw.jpeg(1))
    walker = visitor(serve(tmp_path))
    walker.watch.allow("503")
    refused = []

    def refuse_once(route):
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=503)

    walker.context.route("**/thumb/**", refuse_once)
    page = walker.open()
    picture = page.locator("#pictures img")
    expect(picture).to_have_css("visibility", "hidden")
    expect(picture).to_have_css("visibility", "visible")
    page.wait_for_function(ALL_SHOWN)
    assert refused


def test_a_folder_that_is_gone_says_so(visitor, serve, tmp_path, draw):
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "one.jpg").write_bytes(draw.jpeg(1))
    walker = visitor(serve(tmp_path))
    walker.watch.allow("404|503")
    page = walker.open("walk/")
    expect(page.get_by_role("link", name="one.jpg")).to_be_visible()
    (tmp_path / "walk" / "one.jpg").unlink()
    (tmp_path / "walk").rmdir()
    expect(page.get_by_role("link", name="one.jpg")).to_have_count(0)
    expect(page.locator("#state")).to_contain_text("no longer here")
    (tmp_path / "walk").mkdir()
    (tmp_path / "walk" / "two.jpg").write_bytes(draw.jpeg(2))
    expect(page.get_by_role("link", name="two.jpg")).to_be_visible()
    (tmp_path / "walk" / "three.jpg").write_bytes(draw.jpeg(3))
    expect(page.get_by_role("link", name="three.jpg")).to_be_visible()


def test_a_share_that_ends_says_so_and_comes_back(visitor, tmp_path, draw, pictures, device):
    (tmp_path / "first.jpg").write_bytes(draw.jpeg(1))
    app = Application(SharedFolder(tmp_path), pictures=pictures)
    with Share(app, port=0) as share:
        guest = visitor(share, device)
        guest.watch.allow("ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE_CHUNKED_ENCODING")
        guest.watch.allow("ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|Failed to fetch")
        page = guest.open()
        page.wait_for_function(ALL_SHOWN)
    expect(page.locator("#notice")).to_be_visible()
    # What is there stays to be looked at.
    expect(page.get_by_role("link", name="first.jpg")).to_be_visible()
    (tmp_path / "second.jpg").write_bytes(draw.jpeg(2))
    with Share(app, port=share.port):
        expect(page.get_by_role("link", name="second.jpg")).to_be_visible()
        expect(page.locator("#notice")).to_be_hidden()


@pytest.fixture(scope="module")
def crowd(tmp_path_factory, draw):
    """A folder of 10,000 pictures."""
    folder = tmp_path_factory.mktemp("crowd")
    content = draw.jpeg(3, (60, 40))
    for number in range(10_000):
        (folder / f"IMG_{number:05}.jpg").write_bytes(content)
    return folder


def test_ten_thousand_pictures_are_no_burden(visitor, serve, crowd, device):
    page = visitor(serve(crowd), device).open()
    expect(page.locator("#summary")).to_contain_text("10,000 pictures")
    expect(page.get_by_role("link", name="IMG_00000.jpg")).to_be_visible()
    expect(page.locator("#pictures")).to_have_class(re.compile("windowed"))
    count = "document.querySelectorAll('*').length"
    expect(page.locator(".rest")).to_have_count(0)
    page.wait_for_function(f"() => {count} < 2500")
    for _ in range(3):
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.evaluate(PAINTED)
    expect(page.get_by_role("link", name="IMG_09999.jpg")).to_be_in_viewport()
    page.wait_for_function(ALL_SHOWN)
    assert page.evaluate(count) < 2500
    page.get_by_role("searchbox").fill("4321")
    expect(page.get_by_role("link", name="IMG_04321.jpg")).to_be_in_viewport()


@pytest.mark.parametrize("folder", ["album", "crowd"])
def test_nothing_jumps(visitor, serve, device, folder, request):
    guest = visitor(serve(request.getfixturevalue(folder)), device)
    guest.context.add_init_script(WATCH_SHIFTS)
    page = guest.open()
    page.wait_for_function(ALL_SHOWN)
    for _ in range(4):
        page.mouse.wheel(0, 700)
        page.evaluate(PAINTED)
        page.wait_for_function(ALL_SHOWN)
    assert page.evaluate("shifted") == []


# What of the controls at these places reaches out of the screen, or into another one.
IN_EACH_OTHER = """() => {
  const all = [...document.querySelectorAll('.bar > *, .tray > *')];
  const shown = all.filter(one => one.offsetWidth);
  const boxes = shown.map(one => one.getBoundingClientRect());
  const lies = (one, other) => one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom;
  return shown.filter((one, place) => boxes[place].right > innerWidth
    || one.matches('p') && one.scrollWidth > one.offsetWidth
    || boxes.some((box, other) => other !== place && lies(boxes[place], box)))
    .map(one => one.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("width", [320, 360, 390])
@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_control_is_cut_off_on_a_small_phone(visitor, share, width, locale):
    size = {"width": width, "height": 640}
    page = visitor(share, "phone", viewport=size, locale=locale).open("?sort=name-down")
    expect(page.locator("#summary")).not_to_be_empty()
    assert page.evaluate(IN_EACH_OTHER) == []
    page.locator("#select").tap()
    page.locator("#all").tap()
    expect(page.locator("#tray")).to_be_visible()
    assert page.evaluate(IN_EACH_OTHER) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


# What of the rows has words that reach out of it.
OUT_OF_ROWS = """() => [...document.querySelectorAll('.row')].filter(one => {
  const {top, bottom} = one.querySelector('.words').getBoundingClientRect();
  return top < one.getBoundingClientRect().top || bottom > one.getBoundingClientRect().bottom;
}).map(one => one.textContent)"""


@pytest.mark.parametrize(("width", "text"), [(195, "100%"), (780, "200%")])
def test_nothing_is_cut_off_at_twice_the_size(visitor, share, width, text):
    """Once all is as large, as a browser zooms, and once the text, as people choose it there."""
    page = visitor(share, "phone").open()
    expect(page.locator("#summary")).not_to_be_empty()
    page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
    page.set_viewport_size({"width": width, "height": 600})
    page.evaluate(PAINTED)
    assert page.evaluate(IN_EACH_OTHER) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.locator("#files").scroll_into_view_if_needed()
    assert page.locator(".row").count()
    assert page.evaluate(OUT_OF_ROWS) == []
    page.get_by_role("link", name=re.compile("^notes.txt")).tap()
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_in_viewport(
        ratio=1
    )


def test_another_order_is_seen_from_its_beginning(visitor, serve, crowd):
    page = visitor(serve(crowd), "phone").open()
    expect(page.locator("#summary")).to_contain_text("10,000")
    page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    page.locator("#order").select_option("name-down")
    first = page.locator("#pictures > li[aria-posinset='1']")
    expect(first).to_be_in_viewport()
    first.tap()
    expect(page.get_by_role("dialog").locator("#place")).to_have_text("1 of 10,000")


@pytest.mark.parametrize("is_scrolled", [True, False])
def test_what_is_tapped_before_the_folder_is_known_is_opened_once_it_is(
    visitor, serve, crowd, is_scrolled
):
    visit = visitor(serve(crowd), "phone")
    page = visit.page
    page.route(re.compile("/api/folder/"), lambda _: None)
    page.goto(visit.address(""), wait_until="commit")
    page.wait_for_selector("#pictures.windowed")
    if is_scrolled:
        page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
    page.locator("#order").select_option("name-down")
    page.locator("#pictures > li[aria-posinset='1']").tap()
    expect(page.get_by_role("dialog")).to_be_hidden()
    # Lets go of what is held, too.
    page.unroute_all()
    expect(page.get_by_role("dialog").locator("#place")).to_have_text("1 of 10,000")


def test_nothing_is_played_where_there_is_no_picture(visitor, share):
    page = visitor(share).open("Empty/")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_disabled()


def test_whoever_wants_no_motion_gets_none(visitor, share):
    still = visitor(share, reduced_motion="reduce").open()
    assert still.evaluate(MOVING) == []
    still.get_by_role("link", name="beach.jpg").click()
    expect(still.get_by_role("dialog")).to_be_visible()
    assert still.evaluate(MOVING) == []
    assert visitor(share, reduced_motion="no-preference").open().evaluate(MOVING) != []


def test_the_page_speaks_german(visitor, share):
    page = visitor(share, "phone", locale="de-AT").open()
    assert page.locator("html").get_attribute("lang") == "de"
    expect(page.locator("#summary")).to_contain_text("9 Bilder")
    expect(page.get_by_role("button", name="Auswählen", exact=True)).to_be_visible()
    page.get_by_role("link", name="beach.jpg").click()
    expect(page.get_by_role("button", name="Schließen")).to_be_visible()
