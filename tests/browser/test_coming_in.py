"""Coming in with a real browser, by a name like those in a network.

There a browser tells less than it does on loopback: nothing about which site a request comes from.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect

from server.access import Access
from server.address import own_name
from server.application import Application
from server.folder import SharedFolder
from server.share import Share

PIN, WRONG = "123456", "000000"
PATIENCE = 15_000
TARGET = "/files/uploads/?view=img1.png"


@pytest.fixture
def access() -> Access:
    """Lets nobody in without being asked."""
    return Access(PIN, is_free=lambda _: False)


@pytest.fixture
def address(access, holiday) -> Iterator[str]:
    """Where `holiday` is shared, as another device has it."""
    with Share(Application(SharedFolder(holiday), access=access), port=0) as share:
        access.when_ended(share.cut_off)
        yield f"http://{own_name()}.local:{share.port}"


@pytest.fixture
def phone(chromium: Browser) -> Iterator[object]:
    """Give a browser with cookies of its own."""
    with ExitStack() as contexts:

        def new(**options: object) -> Page:
            context = chromium.new_context(**{"locale": "en-GB", **options})
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE)
            return context.new_page()

        yield new


@pytest.fixture
def stranger() -> Iterator[object]:
    """Have another site show a page of any content."""
    with ExitStack() as servers:

        def show(content: str) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                    self.end_headers()
                    self.wfile.write(content.encode())

                def log_message(self, *_: object) -> None:
                    pass

            server = servers.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            servers.callback(thread.join)
            servers.callback(server.shutdown)
            return f"http://stranger.example:{server.server_port}/"

        yield show


@pytest.mark.parametrize("script", [True, False])
def test_the_pin_leads_to_where_one_was_going(phone, address, script):
    page = phone(java_script_enabled=script)
    assert page.goto(address + TARGET).status == 401
    field = page.locator("input[name=pin]")
    expect(field).to_be_focused()
    field.press_sequentially(WRONG)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This is not the PIN. 4 more tries.")
    expect(field).to_be_focused()
    field.press_sequentially("123 456")
    page.get_by_role("button").click()
    page.wait_for_url(address + TARGET)
    expect(page.get_by_role("link", name="img1.png").first).to_be_visible()
    assert page.reload().status in {200, 304}


def test_the_pin_is_asked_for_in_german(phone, address, access):
    page = phone(locale="de-DE")
    page.goto(address)
    expect(page.get_by_role("button")).to_have_text("Öffnen")
    page.locator("input[name=pin]").fill(WRONG)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Das ist nicht die PIN. Noch 4 Versuche.")


@pytest.mark.parametrize("script", [True, False])
def test_a_link_in_another_site_lets_in(phone, address, access, stranger, script):
    page = phone(java_script_enabled=script)
    page.goto(stranger(f'<a href="{access.link(address)}">Our pictures</a>'))
    page.get_by_role("link").click()
    page.wait_for_url(f"{address}/files/")
    expect(page.get_by_role("link", name="uploads").first).to_be_visible()
    cookies = {one["name"]: one for one in page.context.cookies()}
    session = cookies[f"lanslide-{address.rpartition(':')[2]}"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    assert session["expires"] == -1
    # Back does not lead to the key.
    page.go_back()
    assert access.secret not in page.url


def test_whoever_is_in_and_follows_a_link_of_another_site_is_not_asked(
    phone, address, access, stranger
):
    page = phone()
    page.goto(access.link(address))
    page.wait_for_url(f"{address}/files/")
    for _ in range(2):
        page.goto(stranger(f'<a href="{address}{TARGET}">Look at this</a>'))
        page.get_by_role("link").click()
        page.wait_for_url(address + TARGET)
        expect(page.get_by_role("link", name="img1.png").first).to_be_visible()
    assert len(access.visitors()) == 1


def test_who_has_no_cookie_any_more_is_asked_and_not_led_in_circles(
    phone, address, access, stranger
):
    page = phone()
    page.goto(access.link(address))
    page.wait_for_url(f"{address}/files/")
    access.new_pin()
    page.context.clear_cookies(name=f"lanslide-{address.rpartition(':')[2]}")
    page.goto(stranger(f'<a href="{address}{TARGET}">Look at this</a>'))
    page.get_by_role("link").click()
    expect(page.locator("input[name=pin]")).to_be_visible()
    assert page.url == address + TARGET


@pytest.mark.parametrize("way", ["link", "pin"])
def test_by_https_it_is_the_same_once_the_warning_is_passed(
    phone, access, holiday, own_certificate, way
):
    app = Application(SharedFolder(holiday), access=access)
    with Share(app, port=0, tls=own_certificate.context()) as share:
        address = f"https://{own_name()}.local:{share.port}"
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            phone().goto(address)
        page = phone(ignore_https_errors=True)
        if way == "link":
            page.goto(access.link(address, own_certificate.fingerprint))
        else:
            page.goto(address.replace("https:", "http:"))
            page.locator("input[name=pin]").fill(PIN)
            page.keyboard.press("Enter")
        # Who comes by HTTP is led to the address, not to the name: what was asked for is not read.
        page.wait_for_url(f"https://*:{share.port}/files/")
        expect(page.get_by_role("link", name="uploads").first).to_be_visible()
        cookies = {one["name"]: one for one in page.context.cookies()}
        assert cookies[f"lanslide-{share.port}-secure"]["secure"]


def test_stopping_ends_what_is_being_fetched_and_leaves_nothing_to_look_at(phone, access, holiday):
    with (holiday / "big.bin").open("wb") as file:
        file.truncate(1 << 30)
    with Share(Application(SharedFolder(holiday), access=access), port=0) as share:
        page = phone()
        page.goto(access.link(f"http://{own_name()}.local:{share.port}"))
        page.wait_for_url("**/files/")
        page.evaluate(
            """async () => {
                const reader = (await fetch("/download/big.bin")).body.getReader();
                await reader.read();
                window.end = (async () => {
                    while (!(await reader.read()).done);
                    return "complete";
                })().catch(() => "broken off");
            }"""
        )
        share.stop()
        assert page.evaluate("window.end") == "broken off"
        with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
            page.reload()


def test_a_new_pin_ends_it(phone, address, access):
    page = phone()
    page.goto(access.link(address))
    page.wait_for_url(f"{address}/files/")
    access.new_pin()
    with page.expect_response("**/img2.png?again") as answered:
        shown = page.evaluate(
            """path => new Promise(then => {
                const image = new Image();
                image.onload = image.onerror = () => then(image.naturalWidth);
                image.src = path;
            })""",
            "/files/img2.png?again",
        )
    assert (shown, answered.value.status) == (0, 401)
    # For which the browser would ask in a dialog of its own.
    assert "www-authenticate" not in answered.value.headers
    assert page.reload().status == 401
    page.locator("input[name=pin]").fill(access.pin)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/files/")


def test_another_site_cannot_guess(phone, address, stranger, access):
    page = phone()
    for policy in ("no-referrer", "unsafe-url"):
        page.goto(
            stranger(
                f'<meta name="referrer" content="{policy}">'
                f'<form method="post" action="{address}/pin">'
                f'<input name="pin" value="{WRONG}"><button>Win</button></form>'
            )
        )
        with page.expect_navigation() as led:
            page.get_by_role("button").click()
        assert led.value.status == 403
    assert access.guess(WRONG, "127.0.0.1").left == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_the_pin_has_no_serious_fault(phone, address, access, scheme):
    page = phone(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.goto(address)
    found = [Axe().run(page).response["violations"]]
    page.locator("input[name=pin]").fill(WRONG)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    found.append(Axe().run(page).response["violations"])
    for _ in range(4):
        access.guess(WRONG, "127.0.0.1")
    page.reload()
    expect(page.get_by_role("heading")).to_contain_text("Too many wrong PINs")
    found.append(Axe().run(page).response["violations"])
    assert found == [[], [], []]
