"""The viewer: one picture at a time, by fingers, keys and mouse; films, sounds and texts."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

LEFT, MIDDLE, RIGHT = (60, 420), (195, 420), (330, 420)
# The picture that is in the middle of the screen, as wide as it is seen, in CSS pixels.
IN_VIEW = """() => {
  const images = [...document.querySelectorAll('dialog img, dialog video')].filter(image => {
    const {left, right, width} = image.getBoundingClientRect();
    return width && left < innerWidth / 2 && right > innerWidth / 2;
  });
  return images.filter(image => image.checkVisibility({checkOpacity: true})).at(-1);
}"""


def shown(page):
    """Give the dialog that shows one picture."""
    return page.get_by_role("dialog")


def names(page, name):
    """Wait until the viewer shows *name*, in words, as a picture and in the address bar."""
    expect(shown(page).get_by_text(name, exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(rf"\?(.*&)?view={re.escape(quote(name))}(&|$)"))
    page.wait_for_function(
        f"""name => {{
            const image = ({IN_VIEW})();
            return image && image.naturalWidth > 16 && image.currentSrc.includes(`/${{name}}`);
        }}""",
        arg=quote(name),
    )


def width(page):
    """Give how wide the picture in view is."""
    return page.evaluate(f"({IN_VIEW})().getBoundingClientRect().width")


@pytest.fixture
def touched(phone, fingers):
    """A picture opened on a phone, and the fingers that touch it."""
    phone.get_by_role("link", name="cliffs.jpg").tap()
    names(phone, "cliffs.jpg")
    return phone, fingers(phone)


def test_a_tap_opens_a_picture_and_back_closes_it(phone):
    phone.evaluate("window.isTheSame = true")
    phone.get_by_role("link", name="beach.jpg").tap()
    names(phone, "beach.jpg")
    phone.go_back()
    expect(shown(phone)).to_be_hidden()
    expect(phone.get_by_role("link", name="beach.jpg")).to_be_visible()
    assert "view=" not in phone.url
    phone.go_forward()
    names(phone, "beach.jpg")
    assert phone.evaluate("window.isTheSame")


def test_a_swipe_goes_on_and_back(touched):
    page, hand = touched
    hand.drag((RIGHT, LEFT))
    names(page, "dunes.jpg")
    hand.drag((LEFT, RIGHT))
    names(page, "cliffs.jpg")
    hand.drag((LEFT, RIGHT))
    names(page, "beach.jpg")


def test_going_on_leaves_one_way_back(touched):
    page, hand = touched
    for name in ("dunes.jpg", "harbour.jpg"):
        hand.drag((RIGHT, LEFT))
        names(page, name)
    page.go_back()
    expect(shown(page)).to_be_hidden()
    expect(page.get_by_role("link", name="cliffs.jpg")).to_be_visible()


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_the_viewer_fills_what_a_scroll_bar_leaves(visitor, share, device):
    page = visitor(share, device).open("?view=beach.jpg")
    names(page, "beach.jpg")
    # What is fixed ends where a scroll bar begins, or the room that is kept for one.
    room = page.evaluate("""() => {
      const all = document.body.appendChild(document.createElement('div'));
      Object.assign(all.style, {position: 'fixed', inset: 0});
      return all.offsetWidth;
    }""")
    assert shown(page).evaluate("one => [one.offsetLeft, one.offsetWidth]") == [0, room]
    assert "rgb(12, 11, 10)" in page.evaluate(
        "getComputedStyle(document.documentElement).backgroundColor"
    )


def test_a_swipe_down_closes(touched):
    page, hand = touched
    hand.drag((MIDDLE, (195, 800)))
    expect(shown(page)).to_be_hidden()
    assert "view=" not in page.url


def test_a_tap_right_after_a_quick_swipe_down_counts(touched):
    page, hand = touched
    hand.drag((MIDDLE, (195, 800)))
    expect(shown(page)).to_be_hidden()
    box = page.get_by_role("link", name="beach.jpg").bounding_box()
    hand.tap((box["x"] + 30, box["y"] + 30))
    names(page, "beach.jpg")


def test_two_fingers_zoom_and_one_moves_what_is_zoomed(touched):
    page, hand = touched
    before = width(page)
    hand.drag(((170, 400), (40, 200)), ((220, 440), (350, 640)))
    page.wait_for_function(f"() => ({IN_VIEW})().getBoundingClientRect().width > {before} * 1.8")
    left = f"({IN_VIEW})().getBoundingClientRect().left"
    place = page.evaluate(left)
    hand.drag((MIDDLE, (150, 440)))
    page.wait_for_function(f"() => {left} < {place} - 10")
    names(page, "cliffs.jpg")
    hand.drag(((40, 200), (170, 400)), ((350, 640), (220, 440)))
    page.wait_for_function(
        f"() => Math.abs(({IN_VIEW})().getBoundingClientRect().width - {before}) < 2"
    )


def test_two_taps_zoom_and_two_more_do_not(touched):
    page, hand = touched
    before = width(page)
    wider = f"({IN_VIEW})().getBoundingClientRect().width > {before} * 1.5"
    hand.tap(MIDDLE)
    hand.tap(MIDDLE)
    page.wait_for_function(f"() => {wider}")
    hand.tap(MIDDLE)
    hand.tap(MIDDLE)
    page.wait_for_function(f"() => !({wider})")


def test_a_drawing_stays_where_it_is_when_looked_at_closely(laptop):
    laptop.get_by_role("link", name="sketch.svg").click()
    names(laptop, "sketch.svg")
    laptop.wait_for_function(f"() => ({IN_VIEW})().naturalWidth > 2000")
    before = width(laptop)
    with laptop.expect_response(lambda one: "/download2/sketch.svg" in one.url) as converted:
        for _ in range(3):
            laptop.keyboard.press("+")
    # It has the drawing's own few pixels.
    laptop.evaluate(
        "source => Object.assign(new Image(), {src: source}).decode()", converted.value.url
    )
    assert width(laptop) == pytest.approx(before * 1.5**3)
    assert laptop.evaluate(f"({IN_VIEW})().naturalWidth") > 2000


def test_a_small_picture_is_not_shown_larger_until_it_is_there(visitor, serve, tmp_path, draw):
    (tmp_path / "small.jpg").write_bytes(draw.jpeg(1, (300, 200)))
    guest = visitor(serve(tmp_path))
    guest.context.route("**/thumb/screen/**", lambda route: None)
    page = guest.open()
    page.wait_for_function("document.querySelector('#pictures img').naturalWidth > 16")
    # Now the size is known, and listed.
    page.reload()
    page.get_by_role("link", name="small.jpg").click()
    page.wait_for_function(f"() => ({IN_VIEW})()")
    assert width(page) == 300


def test_a_preview_that_comes_late_does_not_cover_the_picture(visitor, serve, tmp_path, draw):
    (tmp_path / "cliffs.jpg").write_bytes(draw.jpeg(1, (900, 600)))
    guest = visitor(serve(tmp_path))
    held = []
    guest.context.route(re.compile("/thumb/(grid|large)/"), lambda route: held.append(route))
    page = guest.page
    page.goto(guest.address("?view=cliffs.jpg"), wait_until="commit")
    source = f"({IN_VIEW})()?.currentSrc"
    page.wait_for_function(f"() => {source}?.includes('/thumb/screen/')")
    for route in held:
        route.continue_()
    tile = "document.querySelector('#pictures img')"
    page.wait_for_function(f"() => {tile}.naturalWidth > 16")
    # The viewer has asked for the same before.
    page.evaluate(f"Object.assign(new Image(), {{src: {tile}.currentSrc}}).decode()")
    assert "/thumb/screen/" in page.evaluate(source)


@pytest.mark.parametrize(("frames", "place"), [(2, "/files/"), (1, "/thumb/screen/")])
def test_what_moves_is_shown_moving(visitor, serve, tmp_path, draw, frames, place):
    first, *others = [draw.picture(number, (300, 200)) for number in range(frames)]
    first.save(tmp_path / "waves.webp", save_all=True, append_images=others, duration=200)
    page = visitor(serve(tmp_path), "phone").open("?view=waves.webp")
    names(page, "waves.webp")
    page.wait_for_function(f"() => ({IN_VIEW})().currentSrc.includes('{place}waves.webp')")


def test_keys_go_on_and_close(laptop):
    laptop.get_by_role("link", name="cliffs.jpg").click()
    names(laptop, "cliffs.jpg")
    laptop.keyboard.press("ArrowRight")
    names(laptop, "dunes.jpg")
    laptop.keyboard.press("ArrowLeft")
    names(laptop, "cliffs.jpg")
    laptop.keyboard.press("Escape")
    expect(shown(laptop)).to_be_hidden()
    assert "view=" not in laptop.url
    expect(laptop.get_by_role("link", name="cliffs.jpg")).to_be_focused()


def test_buttons_go_on_and_close(laptop):
    laptop.get_by_role("link", name="cliffs.jpg").click()
    names(laptop, "cliffs.jpg")
    laptop.mouse.move(600, 400)
    shown(laptop).get_by_role("button", name="Next").click()
    names(laptop, "dunes.jpg")
    laptop.mouse.move(600, 400)
    shown(laptop).get_by_role("button", name="Previous").click()
    names(laptop, "cliffs.jpg")
    laptop.mouse.move(600, 400)
    shown(laptop).get_by_role("button", name="Close").click()
    expect(shown(laptop)).to_be_hidden()


@pytest.mark.parametrize("name", ["harbour.jpg", "<img src=x onerror=alert(1)>.jpg"])
def test_a_link_to_a_picture_shows_it(visitor, share, name):
    page = visitor(share, "phone").open(f"?view={quote(name)}")
    names(page, name)
    shown(page).get_by_role("button", name="Close").click()
    expect(shown(page)).to_be_hidden()
    expect(page.get_by_role("link", name="beach.jpg")).to_be_visible()


def test_a_link_to_nothing_shows_the_folder(visitor, share):
    page = visitor(share, "phone").open("?view=nothing.jpg")
    expect(page.get_by_role("link", name="beach.jpg")).to_be_visible()
    expect(shown(page)).to_be_hidden()


def test_neighbours_are_fetched_ahead(visitor, share):
    page = visitor(share, "phone").open()
    with (
        page.expect_request_finished(lambda one: "/thumb/screen/beach.jpg" in one.url),
        page.expect_request_finished(lambda one: "/thumb/screen/dunes.jpg" in one.url),
    ):
        page.get_by_role("link", name="cliffs.jpg").tap()
    names(page, "cliffs.jpg")


def test_a_slide_show_goes_on_by_itself(visitor, share):
    guest = visitor(share)
    guest.context.clock.install()
    page = guest.open("?view=cliffs.jpg")
    names(page, "cliffs.jpg")
    run = shown(page).locator("#run")
    run.click()
    for name in ("dunes.jpg", "harbour.jpg"):
        guest.context.clock.run_for(5_500)
        names(page, name)
    page.mouse.move(500, 300)
    page.keyboard.press("Space")
    expect(run).to_have_attribute("aria-pressed", "false")
    guest.context.clock.run_for(20_000)
    names(page, "harbour.jpg")


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_details_are_told(visitor, share, device):
    page = visitor(share, device).open("?view=cliffs.jpg")
    names(page, "cliffs.jpg")
    shown(page).get_by_role("button", name="Details").click()
    expect(shown(page).get_by_text(re.compile("Imaginary 35"))).to_be_visible()
    expect(shown(page).get_by_text(re.compile(r"600\s*×\s*900"))).to_be_visible()


def played(page, kind):
    """Play what is in view from its second second to its end."""
    element = page.locator(f"dialog {kind}").filter(visible=True)
    element.evaluate("""one => new Promise((done, failed) => {
        one.muted = true;
        one.onended = done;
        one.onerror = () => failed(one.error.message);
        one.onseeked = () => one.play().catch(failed);
        const seek = () => { one.currentTime = one.duration - 0.3; };
        if (one.readyState) seek(); else { one.onloadedmetadata = seek; one.load(); }
    })""")
    return element.evaluate("one => [one.duration, one.currentTime]")


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_a_film_is_played_from_any_moment(visitor, share, device):
    page = visitor(share, device).open()
    page.get_by_role("link", name="waves.webm").click()
    expect(page).to_have_url(re.compile(r"view=waves\.webm"))
    duration, place = played(page, "video")
    assert 2.5 < duration < 3.5
    assert place == pytest.approx(duration, abs=0.2)
    page.keyboard.press("Escape")
    expect(shown(page)).to_be_hidden()


def test_of_a_film_that_the_browser_cannot_show_it_says_so(visitor, serve, tmp_path, draw):
    (tmp_path / "old.mp4").write_bytes(draw.film("mpeg4", "mp4"))
    page = visitor(serve(tmp_path), "phone").open("?view=old.mp4")
    expect(shown(page).get_by_text("This browser plays only the sound of it.")).to_be_visible()
    played(page, "video")
    with page.expect_download() as saved:
        page.locator(".thing a").click()
    assert saved.value.path().read_bytes() == (tmp_path / "old.mp4").read_bytes()


def test_a_sound_is_played(visitor, share):
    page = visitor(share, "phone").open()
    page.get_by_role("link", name=re.compile("^tone.wav")).click()
    duration, place = played(page, "audio")
    assert duration == pytest.approx(2, abs=0.1)
    assert place == pytest.approx(duration, abs=0.2)


@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_a_text_is_shown_as_text(visitor, share, device):
    page = visitor(share, device).open()
    page.get_by_role("link", name=re.compile("^notes.txt")).click()
    expect(page.get_by_text("Sun, sea & <b>sand</b>.").first).to_be_visible()


def test_a_finger_moves_a_text_and_goes_on_from_it(visitor, share, fingers):
    page = visitor(share, "phone", viewport={"width": 390, "height": 400}).open("?view=notes.txt")
    sheet = page.get_by_label("notes.txt", exact=True)
    hand = fingers(page)
    expect(sheet).to_be_visible()
    hand.drag(((195, 350), (195, 150)))
    page.wait_for_function("() => document.querySelector('.sheet').scrollTop > 100")
    expect(page).to_have_url(re.compile(r"view=notes\.txt$"))
    hand.drag(((330, 200), (60, 200)))
    expect(page).to_have_url(re.compile(r"view=packed\.zip$"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_text_is_read_in_the_encoding_it_has(visitor, serve, tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "old.txt").write_bytes(f"{mark}Grüße – aus Köln".encode(encoding))
    page = visitor(serve(tmp_path), "phone").open("?view=old.txt")
    expect(page.get_by_label("old.txt", exact=True)).to_have_text("Grüße – aus Köln")


def test_a_text_cut_in_the_middle_of_a_letter_is_still_read(visitor, serve, tmp_path):
    (tmp_path / "long.txt").write_text("x" + "ü" * 140_000, encoding="utf-8")
    page = visitor(serve(tmp_path), "phone").open("?view=long.txt")
    expect(page.get_by_label("long.txt", exact=True)).to_contain_text("xüü")
    expect(page.get_by_label("long.txt", exact=True)).not_to_contain_text("Ã")


def test_an_empty_text_says_that_it_is(visitor, serve, tmp_path):
    (tmp_path / "empty.txt").touch()
    page = visitor(serve(tmp_path), "phone").open("?view=empty.txt")
    expect(shown(page).get_by_text("0 B", exact=True)).to_be_visible()


def test_what_cannot_be_played_can_be_saved(visitor, serve, tmp_path):
    (tmp_path / "old.mp3").write_bytes(b"no sound")
    page = visitor(serve(tmp_path), "phone").open("?view=old.mp3")
    expect(shown(page).get_by_text("This browser cannot play it.")).to_be_visible()
    with page.expect_download() as saved:
        page.locator(".thing a").click()
    assert saved.value.path().read_bytes() == b"no sound"


@pytest.mark.parametrize("size", [(256, 192), (900, 600)])
def test_a_picture_that_cannot_be_shown_says_so_and_can_be_saved(
    visitor, serve, tmp_path, draw, size
):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "whole.jpg").write_bytes(draw.jpeg(1, size))
    page = visitor(serve(tmp_path), "phone").open("?view=broken.jpg")
    told = shown(page).get_by_text("This picture cannot be shown.")
    expect(told).to_be_visible()
    with page.expect_download() as saved:
        page.locator(".thing a").click()
    assert saved.value.path().read_bytes() == b"no picture"
    with page.expect_response(lambda one: "/thumb/screen/whole.jpg" in one.url):
        page.goto(page.url.replace("broken", "whole"))
    names(page, "whole.jpg")
    # It is said of the neighbour, out of sight.
    expect(told).to_have_count(1)
    expect(told).not_to_be_in_viewport()
