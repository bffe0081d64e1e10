"""Makes the README's pictures of the page: the sample pictures on a phone and on a laptop.

Run it from the project's root: ``uv run python tests/screenshots/pages.py [FOLDER]``; into another
folder it also writes those that the README does not show, to be looked at.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from server.application import Application
from server.folder import SharedFolder
from server.identity import Identity
from server.pictures.service import Pictures
from server.share import Share

HERE = Path(__file__).parent
IMAGES = HERE.parents[1] / "images"
# Each page with its device; as many pixels as are seen well beside text.
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 1.5,
        "is_mobile": True,
        "has_touch": True,
    },
    "laptop": {"viewport": {"width": 1280, "height": 800}},
}
VIEWS = {"": "", "-viewer": "?view=lighthouse.gif", "-choosing": ""}
KEPT = {"phone-light", "phone-choosing-dark", "phone-viewer-dark", "laptop-light", "laptop-dark"}
SHOWN = """() => [...document.images].every(image => {
  const place = image.getBoundingClientRect();
  const inView = place.width && place.bottom > 0 && place.top < innerHeight;
  return !inView || (image.complete && image.naturalWidth > 16);
})"""


def prepare(page: Page, view: str) -> None:
    """Bring the page into the state that is pictured."""
    page.wait_for_function(SHOWN)
    if view == "-choosing":
        page.get_by_role("button", name="Select", exact=True).click()
        for name in ("aurora.jpg", "dunes.jpg", "green-hills.jpg"):
            page.get_by_role("link", name=name, exact=True).click()
        page.get_by_role("region", name="Selection").wait_for()
    if view == "-viewer":
        page.get_by_role("dialog").wait_for()
    page.wait_for_function(SHOWN)


def take(browser: Browser, address: str, target: Path) -> None:
    """Write a picture of every view, on every device, light and dark."""
    for device, options in DEVICES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                **options, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
            )
            page = context.new_page()
            for view, query in VIEWS.items():
                name = f"{device}{view}-{scheme}"
                if target == HERE and name not in KEPT:
                    continue
                page.goto(f"{address}/files/{query}")
                prepare(page, view)
                page.screenshot(path=target / f"{name}.png")
            context.close()


def main() -> None:
    """Share the sample pictures, and take the pictures of the page."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("There is no Chromium here; Debian has it in the package chromium.")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        pictures = Pictures(Path(cache))
        with Share(
            Application(SharedFolder(IMAGES), pictures=pictures, identity=Identity("Amber Heron")),
            port=0,
        ) as share:
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
            take(browser, share.address, target)
            browser.close()
        pictures.close()


if __name__ == "__main__":
    main()
