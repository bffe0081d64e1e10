"""One picture on the whole window, driven by keys and mouse as a person does."""

import threading

import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt

from gui.client import Client
from gui.listing import Entry
from gui.picture_reading import Level

KEY = Qt.Key


@pytest.fixture
def opened(browsing, qtbot):
    """The viewer on img1.png, opened as from the keyboard."""
    browsing.files.select("img1.png")
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing))
    return browsing


def sharp(window) -> bool:
    """Tell whether more than a thumbnail of the picture is shown."""
    entry = window.viewing.viewer.entry
    rendition = window._renditions.get(entry) if entry is not None else None
    return rendition is not None and (
        rendition.pixmap.cacheKey() == window.viewing.viewer.canvas.pixmap.cacheKey()
    )


def colour(window) -> tuple[int, ...]:
    image = window.viewing.viewer.canvas.pixmap.toImage()
    if image.isNull():
        return ()
    return image.pixelColor(image.width() // 2, image.height() // 2).getRgb()[:3]


def test_enter_opens_the_viewer_and_escape_leads_back(opened, qtbot):
    assert opened.viewing.viewer.isVisible()
    assert not opened.tool_bar.isVisible()
    assert opened.viewing.viewer.entry.name == "img1.png"
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Escape)
    assert not opened.viewing.viewer.isVisible()
    assert opened.files.view.hasFocus()


@pytest.mark.parametrize("size", [(120, 80), (1500, 1000)])
def test_a_thumbnail_stands_where_the_picture_will_be(browsing, qtbot, pictures, size):
    Image.new("RGB", size, "olive").save(pictures / "new.png")
    qtbot.waitUntil(lambda: browsing.files.model.row_of("new.png") is not None)
    browsing.files.select("new.png")
    entry = browsing.files.selected()[0]
    qtbot.waitUntil(lambda: browsing.thumbnails.get(entry) is not None, timeout=20_000)
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    before = browsing.viewing.viewer.canvas.place.rectangle
    assert not sharp(browsing)
    qtbot.waitUntil(lambda: sharp(browsing))
    assert browsing.viewing.viewer.canvas.place.rectangle == pytest.approx(before)


def test_the_keys_lead_through_the_pictures_and_the_folder_follows(opened, qtbot):
    for _ in range(3):
        qtbot.keyClick(opened.viewing.viewer, KEY.Key_Right)
    assert opened.viewing.viewer.entry.name == "img4.png"
    assert [entry.name for entry in opened.files.selected()] == ["img4.png"]
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_End)
    assert opened.viewing.viewer.entry.name == "img30.png"
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Right)
    assert opened.viewing.viewer.entry.name == "img30.png"
    qtbot.waitUntil(lambda: sharp(opened))
    assert colour(opened) == pytest.approx((240, 15, 100), abs=3)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Home)
    assert opened.viewing.viewer.entry.name == "broken.png"


def test_a_broken_picture_says_why_and_the_next_one_is_shown(opened, qtbot):
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Home)
    qtbot.waitUntil(lambda: "damaged" in opened.viewing.viewer.problem)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Right)
    assert opened.viewing.viewer.problem == ""
    qtbot.waitUntil(lambda: sharp(opened))
    assert colour(opened) == pytest.approx((8, 247, 100), abs=3)


def test_a_long_name_makes_the_window_no_wider(browsing, qtbot, pictures):
    name = f"{'a long name ' * 20}.png"
    Image.new("RGB", (120, 80), "olive").save(pictures / name)
    qtbot.waitUntil(lambda: browsing.files.model.row_of(name) is not None)
    browsing.files.select(name)
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing))
    assert browsing.viewing.viewer.minimumSizeHint().width() < browsing.width()


def test_going_quickly_through_all_shows_the_last(opened, qtbot):
    for _ in range(40):
        qtbot.keyClick(opened.viewing.viewer, KEY.Key_Right)
    qtbot.waitUntil(lambda: sharp(opened))
    assert colour(opened) == pytest.approx((240, 15, 100), abs=3)


def test_the_original_comes_when_a_picture_is_looked_at_closely(browsing, qtbot, pictures):
    Image.new("RGB", (4000, 3000), "olive").save(pictures / "large.jpg")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    browsing.files.select("large.jpg")
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing))
    viewer = browsing.viewing.viewer
    assert viewer.canvas.pixmap.width() == 2048
    before = viewer.canvas.place
    qtbot.keyClick(viewer, KEY.Key_1)
    assert viewer.canvas.place.scale == pytest.approx(1)
    qtbot.waitUntil(lambda: viewer.canvas.pixmap.width() == 4000)
    assert browsing._renditions.get(viewer.entry).level is Level.ORIGINAL
    assert viewer.canvas.place.scale == pytest.approx(1)  # nothing jumped
    qtbot.keyClick(viewer, KEY.Key_0)
    assert viewer.canvas.place.rectangle == pytest.approx(before.rectangle)


def test_what_only_the_share_can_decode_is_sharpened_in_steps(browsing, qtbot, pictures):
    Image.new("RGB", (4600, 460), "olive").save(pictures / "wide.avif", speed=10)
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    browsing.files.select("wide.avif")
    widths: list[int] = []
    browsing._renditions.came.connect(
        lambda wish: widths.append(
            browsing._renditions.get(browsing.viewing.viewer.entry).pixmap.width()
        )
    )
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing), timeout=20_000)
    qtbot.keyClick(browsing.viewing.viewer, KEY.Key_1)
    qtbot.waitUntil(lambda: browsing.viewing.viewer.canvas.pixmap.width() == 4600, timeout=20_000)
    assert sorted({width for width in widths if width >= 2048}) == [2048, 4096, 4600]
    assert browsing.viewing.viewer.canvas.place.scale == pytest.approx(1)
    assert colour(browsing) == pytest.approx((128, 128, 0), abs=3)


def test_what_is_too_large_to_be_decoded_here_is_sharpened_by_the_share(
    browsing, qtbot, pictures, monkeypatch
):
    monkeypatch.setattr("gui.picture_reading.LARGEST_FILE", 1000)
    Image.new("RGB", (6000, 600), "olive").save(pictures / "wide.png")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    browsing.files.select("wide.png")
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing), timeout=20_000)
    qtbot.keyClick(browsing.viewing.viewer, KEY.Key_1)
    qtbot.waitUntil(lambda: browsing.viewing.viewer.canvas.pixmap.width() == 4096, timeout=20_000)
    assert browsing.viewing.viewer.problem == ""


def test_what_is_not_looked_at_any_more_is_not_read_to_its_end(opened, qtbot, scripted):
    def script(exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        exchange.stall()  # until the other side hangs up
        ended.set()

    ended, share = threading.Event(), scripted(script)
    client = Client(share.address)
    entry, other = (
        opened.viewing.viewer.entry,
        Entry("y.png", "y.png", "file", 999, 1.0, "image/png"),
    )
    renditions = opened._renditions
    renditions.browse(client)
    renditions.want([(entry, Level.ORIGINAL)])
    qtbot.waitUntil(lambda: share.stalled.acquire(blocking=False))
    renditions.want([(other, Level.ORIGINAL)])
    qtbot.waitUntil(ended.is_set)
    assert opened.viewing.viewer.problem == ""
    client.close()


def test_a_close_picture_is_dragged_by_mouse(opened, qtbot):
    canvas = opened.viewing.viewer.canvas
    for _ in range(14):
        canvas.zoom(2)
    x = canvas.place.x
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    qtbot.mouseMove(canvas, canvas.rect().center() + QPointF(60, 0).toPoint())
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton)
    assert canvas.place.x < x


def test_a_picture_is_turned_for_looking(opened, qtbot):
    canvas = opened.viewing.viewer.canvas
    assert (canvas.place.width, canvas.place.height) == (120, 80)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_R)
    assert (canvas.place.width, canvas.place.height) == (80, 120)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert (canvas.place.width, canvas.place.height) == (120, 80)


def test_the_slide_show_goes_on_by_itself_until_it_is_stopped(opened, qtbot):
    opened.viewing.viewer._slides.setInterval(1)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Space)
    with qtbot.waitSignals([opened.viewing.viewer.moved] * 3):
        pass
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Space)
    assert not opened.viewing.viewer.playing


def test_the_whole_screen_is_filled_and_given_back(opened, qtbot):
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_F)
    qtbot.waitUntil(opened.isFullScreen)
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_Escape)
    qtbot.waitUntil(lambda: not opened.isFullScreen())
    assert opened.menuBar().isVisible()


def test_the_details_tell_of_the_picture(opened, qtbot):
    qtbot.keyClick(opened.viewing.viewer, KEY.Key_I)
    assert opened.viewing.viewer.facts["Kind"] == "PNG picture"
    assert opened.viewing.viewer.facts["Pixels"] == "120 × 80"


@pytest.fixture
def moving(browsing, qtbot, pictures):
    """The window with an animation selected."""
    frames = [Image.new("RGB", (80, 60), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(
        pictures / "moving.gif", save_all=True, append_images=frames[1:], duration=20, loop=0
    )
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    browsing.files.select("moving.gif")
    return browsing


def test_an_animation_moves(moving, qtbot):
    qtbot.keyClick(moving.files.view, KEY.Key_Return)
    for wanted in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 0)):
        qtbot.waitUntil(lambda wanted=wanted: colour(moving) == wanted)


def test_an_animation_moves_in_the_pane_and_only_where_it_is_seen(moving, qtbot):
    pane, seen = moving.preview, list[str]()
    pane._animation.moved.connect(lambda *_: seen.append("pane"))
    moving._animation.moved.connect(lambda *_: seen.append("viewer"))
    qtbot.waitUntil(lambda: seen.count("pane") > 4)
    image = pane.canvas.pixmap.toImage()
    assert image.pixelColor(40, 30).getRgb()[:3] in ((255, 0, 0), (0, 255, 0), (0, 0, 255))
    qtbot.keyClick(moving.files.view, KEY.Key_Return)
    seen.clear()
    qtbot.waitUntil(lambda: len(seen) > 8)
    assert set(seen) == {"viewer"}
    qtbot.keyClick(moving.viewing.viewer, KEY.Key_Escape)
    seen.clear()
    qtbot.waitUntil(lambda: len(seen) > 8)
    assert set(seen) == {"pane"}


def test_a_still_gif_stays_as_it_is(browsing, qtbot, pictures):
    Image.new("RGB", (80, 60), "red").save(pictures / "still.gif")
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.reload()
    browsing.files.select("still.gif")
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    qtbot.waitUntil(lambda: sharp(browsing))
    assert colour(browsing) == pytest.approx((255, 0, 0), abs=3)
    assert browsing.viewing.viewer.problem == ""


def test_on_the_full_screen_the_bar_comes_with_the_mouse_and_moves_no_picture(opened, qtbot):
    viewer, bar = opened.viewing.viewer, opened.viewing.viewer.bar._bar
    viewer.bar._stay.setInterval(50)
    qtbot.keyClick(viewer, KEY.Key_F)
    assert opened.isFullScreen()
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert viewer.canvas.geometry() == viewer.rect() == opened.centralWidget().rect()
    assert viewer.canvas.cursor().shape() == Qt.CursorShape.BlankCursor
    before = viewer.canvas.place.rectangle
    qtbot.mouseMove(viewer.canvas, viewer.canvas.rect().center())
    qtbot.waitUntil(bar.isVisible)
    assert viewer.canvas.place.rectangle == before
    assert viewer.canvas.cursor().shape() != Qt.CursorShape.BlankCursor
    opened.showNormal()  # as a desktop does it
    assert bar.isVisible()
    assert opened.menuBar().isVisible()
    qtbot.waitUntil(lambda: viewer.canvas.y() == bar.geometry().bottom() + 1)


def test_a_picture_opened_on_a_screen_that_is_full_already_has_all_of_it(browsing, qtbot):
    browsing.showFullScreen()
    browsing.files.select("img1.png")
    qtbot.keyClick(browsing.files.view, KEY.Key_Return)
    assert not browsing.menuBar().isVisible()
    assert browsing.viewing.viewer.canvas.geometry() == browsing.viewing.viewer.rect()
