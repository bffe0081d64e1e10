"""For everyone: what axe-core finds, and the whole page by the keyboard alone."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

# Far more than there is to be reached.
MOST_STEPS = 60


def faults(page):
    """Give what axe-core calls serious or critical, a line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", ["phone", "laptop"])
def test_no_page_has_a_serious_fault(visitor, share, device, scheme):
    guest = visitor(share, device, color_scheme=scheme, reduced_motion="reduce")
    guest.watch.allow("404")
    page = guest.open()
    expect(page.get_by_role("button", name="Select", exact=True)).to_be_visible()
    found = {"gallery": faults(page)}
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("link", name="beach.jpg").click()
    expect(page.get_by_role("region", name="Selection")).to_be_visible()
    found["choosing"] = faults(page)
    guest.open("?view=cliffs.jpg")
    page.get_by_role("dialog").get_by_role("button", name="Details").click()
    expect(page.get_by_text(re.compile("Imaginary 35"))).to_be_visible()
    found["viewer"] = faults(page)
    guest.open("Empty/")
    found["empty"] = faults(page)
    guest.open("nothing/")
    expect(page.get_by_role("heading")).to_be_visible()
    found["problem"] = faults(page)
    assert found == {name: [] for name in found}


def test_a_serious_fault_would_be_found(visitor, share):
    page = visitor(share).open()
    page.evaluate("document.querySelector('#select').style.color = '#eee'")
    page.evaluate("document.querySelector('#select').style.background = '#fff'")
    assert any(fault.startswith("color-contrast") for fault in faults(page))


def step_to(page, wanted, key="Tab"):
    """Press *key* until *wanted* has the focus."""
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{wanted} is not reached by {key}.")


def test_everything_is_done_by_the_keyboard(visitor, share, album):
    page = visitor(share).open()
    expect(page.get_by_role("button", name="Select", exact=True)).to_be_visible()
    picture = page.get_by_role("link", name="beach.jpg")
    step_to(page, picture)
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog")
    expect(viewer).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(viewer.get_by_text("cliffs.jpg", exact=True)).to_be_visible()
    save = viewer.get_by_role("link", name="Save", exact=True)
    step_to(page, save)
    with page.expect_download() as begun:
        page.keyboard.press("Enter")
    assert Path(begun.value.path()).read_bytes() == (album / "cliffs.jpg").read_bytes()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.get_by_role("link", name="cliffs.jpg")).to_be_focused()
    step_to(page, page.get_by_role("button", name="Select", exact=True), "Shift+Tab")
    page.keyboard.press("Space")
    step_to(page, picture)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1")
    save = page.get_by_role("region", name="Selection").get_by_role("button", name="Save")
    step_to(page, save)
    with page.expect_download() as begun:
        page.keyboard.press("Enter")
    assert Path(begun.value.path()).read_bytes() == (album / "beach.jpg").read_bytes()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Selection")).to_be_hidden()


def test_what_is_chosen_is_told_to_those_who_do_not_see_it(visitor, share):
    page = visitor(share).open()
    page.get_by_role("button", name="Select", exact=True).click()
    box = page.get_by_role("checkbox", name="Select beach.jpg")
    expect(box).not_to_be_checked()
    page.get_by_role("link", name="beach.jpg").click()
    expect(box).to_be_checked()
    expect(page.get_by_role("status").filter(has_text="1").first).to_be_visible()
