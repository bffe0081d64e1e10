"""Fixtures of the page's tests: a real Chromium, real shares, and no fault let through.

Every page opened here fails its test if anything goes wrong in it that the test did not name:
an error on the console, an exception in a script, a request that fails, and any request at all to
another host than the share.
"""

import io
import os
import re
import shutil
import wave
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from server.address import own_name
from server.application import Application
from server.folder import SharedFolder
from server.pictures.service import Pictures
from server.share import Share

HEIC = Path(__file__).parents[1] / "server" / "pictures" / "samples" / "plain.heic"
PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 3,
        "is_mobile": True,
        "has_touch": True,
    },
    "laptop": {"viewport": {"width": 1280, "height": 800}},
}
# Milliseconds; only ever waited out when something is broken.
PATIENCE = 15_000


# Not for the session: while Playwright runs, its event loop counts as running in this thread, and
# what other tests do with asyncio there would be refused.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, with no window, that can reach no other host than this one."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("There is no Chromium here; Debian has it in the package chromium.")
    # Names as in a network: over HTTP they are less trusted than loopback addresses.
    rules = [f"MAP {name} 127.0.0.1" for name in (f"{own_name()}.local", "stranger.example")]
    rules += ["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]
    arguments = [f"--host-resolver-rules={','.join(rules)}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # It refuses root otherwise; nothing but our own pages is opened.
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


class Watch:
    """Collects what goes wrong on the pages of a context.

    Attributes:
        requests: the URL of every request so far, in order.
        faults: what went wrong, a line each.

    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.requests: list[str] = []
        self.faults: list[str] = []
        self._address = address
        self._allowed: list[re.Pattern[str]] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("dialog", self._asks)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)

    def allow(self, pattern: str) -> None:
        """Name a fault that the test provokes."""
        self._allowed.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """Give the faults that were not named."""
        return [
            fault for fault in self.faults if not any(one.search(fault) for one in self._allowed)
        ]

    def _said(self, message: ConsoleMessage) -> None:
        # Chromium asks for one beside a file that has no part in any origin, and may not.
        is_icon = message.location["url"] == f"{self._address}/favicon.ico"
        if message.type in {"error", "warning", "assert"} and not is_icon:
            self.faults.append(f"console {message.type}: {message.text} {message.location}")

    def _asks(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self._address}/", f"blob:{self._address}/", "data:")):
            self.faults.append(f"another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.url != f"{self._address}/favicon.ico":
            self.faults.append(f"status {response.status}: {response.url}")

    def _failed(self, request: Request) -> None:
        # What is left when a page is left, and what turns into a download, ends like this.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} {request.failure}")


class Visitor:
    """Someone with a device of their own who looks at a share."""

    def __init__(self, context: BrowserContext, share: Share) -> None:
        self.context = context
        self.share = share
        self.watch = Watch(context, share.address)
        self.page: Page = context.new_page()

    def open(self, path: str = "") -> Page:
        """Open the page of a folder, or whatever is at that address below `/files/`."""
        self.page.goto(self.address(path))
        return self.page

    def address(self, path: str = "") -> str:
        """Give the address of a path in the folder, as text on disk is written."""
        return f"{self.share.address}/files/{path}"


class Fingers:
    """Touches a page as the screen of a phone does; places are in CSS pixels of the screen."""

    def __init__(self, page: Page) -> None:
        self._protocol = page.context.new_cdp_session(page)

    def down(self, *places: tuple[float, float]) -> None:
        """Put fingers down."""
        self._touch("touchStart", places)

    def move(self, *places: tuple[float, float]) -> None:
        """Move all fingers to other places."""
        self._touch("touchMove", places)

    def up(self) -> None:
        """Lift all fingers."""
        self._touch("touchEnd", ())

    def drag(self, *ways: tuple[tuple[float, float], tuple[float, float]], steps: int = 8) -> None:
        """Move each finger along a straight way, and lift them."""
        self.down(*(start for start, _ in ways))
        for step in range(1, steps + 1):
            part = step / steps
            self.move(
                *((a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in ways),
            )
        self.up()

    def tap(self, place: tuple[float, float]) -> None:
        """Touch one place for a moment."""
        self.down(place)
        self.up()

    def _touch(self, kind: str, places: Iterable[tuple[float, float]]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.fixture
def fingers() -> type[Fingers]:
    """What touches a page: `fingers(page)`."""
    return Fingers


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Give a new visitor of a share, by device and whatever else new_context takes."""
    with ExitStack() as contexts:
        visitors: list[Visitor] = []

        def new(share: Share, device: str = "laptop", **more: Any) -> Visitor:
            options = {"locale": "en-GB", "accept_downloads": True, **DEVICES[device], **more}
            context = chromium.new_context(**options)
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE)
            visitors.append(Visitor(context, share))
            return visitors[-1]

        yield new
        unexpected = [fault for one in visitors for fault in one.watch.unexpected()]
    assert not unexpected, "\n".join(unexpected)


def picture(number: int, size: tuple[int, int]) -> Image.Image:
    """Draw a picture that no other number looks like: bands of its own colours, and detail."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    waves = [np.sin(columns / (30 + 7 * number) + rows / 50 + part * number) for part in range(3)]
    image = Image.fromarray((np.stack(waves, 2) * 110 + 128).astype(np.uint8))
    ImageDraw.Draw(image).text((20, 20), str(number), fill="white", font_size=size[1] // 4)
    return image


def jpeg(number: int = 1, size: tuple[int, int] = (900, 600)) -> bytes:
    """Give a picture as a camera's file."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Lanslide", "Imaginary 35"
    file = io.BytesIO()
    picture(number, size).save(file, "JPEG", quality=88, exif=exif)
    return file.getvalue()


def film(codec: str = "libvpx-vp9", container: str = "webm") -> bytes:
    """Film three seconds, with sound, by default as Chromium can show it everywhere."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as target:
        options = {"deadline": "realtime"} if codec.startswith("libvpx") else {}
        frames = target.add_stream(codec, rate=10, options=options)
        frames.width, frames.height, frames.pix_fmt = 320, 180, "yuv420p"
        sound = target.add_stream("libopus", rate=48_000)
        for number in range(30):
            frame = av.VideoFrame.from_image(picture(number, (320, 180)))
            frame.pts = number
            target.mux(frames.encode(frame))
        target.mux(frames.encode())
        curve = (np.sin(np.arange(3 * 48_000) / 48_000 * 440 * 2 * np.pi) * 3000).astype(np.int16)
        heard = av.AudioFrame.from_ndarray(np.stack([curve]), "s16", "mono")
        heard.sample_rate = 48_000
        target.mux(sound.encode(heard))
        target.mux(sound.encode())
    return file.getvalue()


def tone() -> bytes:
    """Give two seconds of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(8000)
        target.writeframes(np.sin(np.arange(16_000) / 3).astype("<f4").tobytes()[:32_000])
    return file.getvalue()


# Shapes as pictures have them: wide, tall, a panorama, and one larger than any screen here.
SHAPES = [(900, 600), (600, 900), (1600, 400), (3000, 2000), (900, 600), (640, 640)]
NAMES = ("beach", "cliffs", "dunes", "harbour", "lighthouse", "market")
# What would run if a name, or a file, were ever taken for markup of ours.
TELLTALE = "document.documentElement.dataset.ran='yes';document.title='ran'"
MARKUP = "<img src=x onerror=alert(1)>.jpg"
PAGE = f"<!doctype html><title>a page</title><script>{TELLTALE}</script><p>of a stranger"
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 60" width="90" height="60">'
    f'<rect width="90" height="60" fill="teal"/><script>{TELLTALE}</script></svg>'
)


@pytest.fixture(scope="session")
def draw() -> SimpleNamespace:
    """What draws test files; see the functions of these names."""
    return SimpleNamespace(jpeg=jpeg, picture=picture, film=film)


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something of everything; for all tests, so none changes it."""
    root = tmp_path_factory.mktemp("album") / "Holiday"
    (root / "Winter walk" / "Evening").mkdir(parents=True)
    (root / "Empty").mkdir()
    for number, (name, shape) in enumerate(zip(NAMES, SHAPES, strict=True), 1):
        (root / f"{name}.jpg").write_bytes(jpeg(number, shape))
    for number, place in enumerate(("snow", "trees", "Evening/cabin"), 7):
        (root / "Winter walk" / f"{place}.jpg").write_bytes(jpeg(number))
    (root / MARKUP).write_bytes(jpeg(10))
    shutil.copy(HEIC, root / "phone.heic")
    (root / "waves.webm").write_bytes(film())
    (root / "tone.wav").write_bytes(tone())
    (root / "notes.txt").write_text("Sun, sea & <b>sand</b>.\n" * 40, encoding="utf-8")
    (root / "page.html").write_text(PAGE, encoding="utf-8")
    (root / "sketch.svg").write_text(DRAWING, encoding="utf-8")
    (root / "packed.zip").write_bytes(b"PK\5\6" + bytes(18))
    return root


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pictures]:
    """Decoder processes for all tests here, with a cache of their own."""
    service = Pictures(tmp_path_factory.mktemp("kept"), workers=2)
    yield service
    service.close()


@pytest.fixture
def serve(pictures: Pictures) -> Iterator[Callable[[Path], Share]]:
    """Share a folder, with thumbnails, until the test ends."""
    with ExitStack() as shares:
        yield lambda folder: shares.enter_context(
            Share(Application(SharedFolder(folder), pictures=pictures), port=0)
        )


@pytest.fixture
def share(serve: Callable[[Path], Share], album: Path) -> Share:
    """`album`, shared."""
    return serve(album)


@pytest.fixture
def phone(visitor: Callable[..., Visitor], share: Share) -> Page:
    """The page of the album on a phone."""
    return visitor(share, "phone").open()


@pytest.fixture
def laptop(visitor: Callable[..., Visitor], share: Share) -> Page:
    """The page of the album on a laptop."""
    return visitor(share, "laptop").open()
