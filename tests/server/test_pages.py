"""The page of a folder, as it is before any script runs."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import server
from server.application import Application
from server.covers import covers
from server.directory import type_of_directory
from server.folder import SharedFolder
from server.folder_problem import NotShared
from server.identity import Identity
from server.pages import MOST_TILES
from tests.conftest import PIXEL

STATIC = Path(server.__file__).parent / "static"


class Page(HTMLParser):
    """What a client without a script finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, tag: str, attribute: str) -> list[str | None]:
        return [found[attribute] for name, found in self.tags if name == tag and attribute in found]


@pytest.fixture
def page(browser):
    return lambda path="/files/", **fields: Page(browser(path, **fields).body.decode())


def test_a_picture_is_a_link_with_its_small_picture(page):
    found = page()
    assert "img2.png" in found.all("a", "href")
    (image,) = (one for one in found.all("img", "src") if "img2" in (one or ""))
    assert re.fullmatch(r"/thumb/grid/img2\.png\?v=[0-9a-f]{16}", image)
    for name, attributes in found.tags:
        if name == "img":
            assert {"width", "height", "alt"} <= set(attributes)


def test_everything_is_on_the_one_page_however_much_there_is(page, holiday):
    names = [f"{number:04}.png" for number in range(MOST_TILES + 50)]
    for name in names:
        (holiday / name).touch()
    found = page()
    assert set(names) <= set(found.all("a", "href"))
    assert len(found.all("img", "src")) <= MOST_TILES + 1


def test_links_that_a_crawler_would_follow_lead_to_entries_only(page, holiday):
    (holiday / "uploads" / "deep").mkdir()
    entries = {"uploads/", "img2.png", "img10.png", "notes.txt"}
    assert set(page().all("a", "href")) == entries
    assert set(page("/files/uploads/").all("a", "href")) == {"../", "deep/", "img1.png"}


def test_nothing_comes_from_another_host(page):
    found = page()
    for tag, attributes in found.tags:
        for name in ("src", "href", "action", "srcset", "poster"):
            assert not re.match(r"([a-z]+:|//)", attributes.get(name) or ""), (tag, attributes)


def test_a_folder_says_how_much_is_in_it(browser, holiday):
    (holiday / "clip.mp4").write_bytes(b"x" * 1500)
    text = browser("/files/").body.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "2 pictures, 1 video, 1 file, 1 folder, 1.7 kB" in text
    german = browser("/files/", Accept_Language="de").body.decode()
    german = german.replace("\N{NO-BREAK SPACE}", " ")
    assert "2 Bilder, 1 Video, 1 Datei, 1 Ordner, 1,7 kB" in german


def test_an_empty_folder_says_so(browser, holiday):
    (holiday / "empty").mkdir()
    text = browser("/files/empty/").body.decode()
    assert re.search(r'id="state">[^$]*Nothing here yet', text)
    assert re.search(r'id="state" hidden', browser("/files/").body.decode())


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("name", ["img2.png", "img10.png"]),
        ("name-down", ["img10.png", "img2.png"]),
        ("newest", ["img10.png", "img2.png"]),
        ("oldest", ["img2.png", "img10.png"]),
        ("largest", ["img2.png", "img10.png"]),
        ("smallest", ["img10.png", "img2.png"]),
        ("nonsense", ["img2.png", "img10.png"]),
    ],
)
def test_a_page_comes_in_the_order_that_is_asked_for(page, holiday, order, names):
    (holiday / "img2.png").write_bytes(PIXEL + bytes(100))
    os.utime(holiday / "img2.png", (1_000_000, 1_000_000))

    def pictures(found):
        links = dict.fromkeys(found.all("a", "href"))  # once to look, once to save
        return [link for link in links if link.endswith(".png")]

    assert pictures(page(f"/files/?sort={order}")) == names
    assert pictures(page(Cookie=f"lanslide-order={order}")) == names
    assert pictures(page("/files/?sort=name", Cookie=f"lanslide-order={order}")) == [
        *["img2.png", "img10.png"]
    ]


@pytest.mark.parametrize("seconds", [-1e11, 1e12])
def test_a_time_that_no_calendar_knows_spoils_no_page(browser, holiday, seconds):
    try:
        os.utime(holiday / "notes.txt", (seconds, seconds))
    except OSError:
        pytest.skip("This disk does not keep such a time.")
    assert browser("/files/").status == 200


def test_names_stay_text(browser, holiday):
    hostile = ["<img src=x>.png", '" onload="x.txt', "</script><b>.txt", "a\u202egnp.txt"]
    (holiday / "<b>&amp;").mkdir()
    for name in hostile:
        if "/" not in name:
            (holiday / "<b>&amp;" / name).touch()
    reply = browser("/files/%3Cb%3E%26amp%3B/")
    text = reply.body.decode()
    assert "<img src=x>" not in text
    assert 'onload="x' not in text
    assert "\u202e" not in text
    assert "<title>&lt;b&gt;&amp;amp;</title>" in text
    assert "'unsafe-inline'" not in reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_the_page_tells_what_the_share_calls_itself(holiday):
    names = iter(["Amber Heron", "Amber Heron", "<b>Kitchen & hall"])
    app = Application(SharedFolder(holiday), identity=lambda: Identity(next(names), "1"))
    # The first ones were asked for by the application itself.
    reply = app.routes().test_client().get("/files/", headers={"Host": "localhost"})
    assert "on <bdi>&lt;b&gt;Kitchen &amp; hall</bdi>" in reply.text


def cover(folder, path):
    return next(covers(folder, path), None)


def test_a_folder_is_stood_for_by_the_first_picture_in_it(holiday):
    folder = SharedFolder(holiday)
    assert cover(folder, "") == "img2.png"
    assert cover(folder, "uploads") == "uploads/img1.png"
    (holiday / "more" / "deep").mkdir(parents=True)
    assert cover(folder, "more") is None
    (holiday / "more" / "deep" / "a.jpg").touch()
    assert cover(folder, "more") == "more/deep/a.jpg"
    (holiday / "more" / "z.jpg").touch()
    assert cover(folder, "more") == "more/z.jpg"
    with pytest.raises(NotShared):
        cover(folder, "nothing")


def test_a_cover_is_not_looked_for_without_end(holiday):
    (holiday / "texts").mkdir()
    for number in range(300):
        (holiday / "texts" / f"{number:03}.txt").touch()
    (holiday / "texts" / "last.png").touch()
    assert cover(SharedFolder(holiday), "texts") is None


def test_for_a_cover_not_everything_in_the_folder_is_looked_at(holiday, monkeypatch):
    (holiday / "texts").mkdir()
    for number in range(300):
        (holiday / "texts" / f"{number:03}.txt").touch()
    looked_at = []
    status = type_of_directory.status

    def looking(directory, name):
        looked_at.append(name)
        return status(directory, name)

    monkeypatch.setattr(type_of_directory, "status", looking)
    cover(SharedFolder(holiday), "texts")
    assert "199.txt" in looked_at
    assert "200.txt" not in looked_at


def test_a_folder_without_pictures_has_no_cover(browser, holiday):
    (holiday / "empty").mkdir()
    reply = browser("/thumb/large/empty/")
    assert (reply.status, reply.headers.get_content_type()) == (200, "image/png")
    assert reply.body == (STATIC / "nothing.png").read_bytes()
    assert browser("/thumb/large/nothing/").status == 404


def test_what_is_installed_has_its_icons(browser):
    for name in ("icon.svg", "icon-180.png", "icon-192.png", "icon-512.png"):
        assert browser(f"/static/{name}").status == 200
    reply = browser("/static/manifest.webmanifest")
    assert reply.headers.get_content_type() == "application/manifest+json"
