"""What changes in a folder is seen in the window by itself."""

import threading
from collections import deque
from functools import partial

import pytest
from PIL import Image
from PySide6.QtCore import QPoint

from gui import following
from gui.background import Background
from gui.client import Client
from gui.following import Following
from gui.navigation import Navigation
from gui.settings import Mode
from server import events, watching

# Milliseconds.
PATIENCE = 20_000


@pytest.fixture(autouse=True)
def patient(monkeypatch, qtbot):
    """Wait longer than usual for what is far quicker unless something is broken."""
    wait, wait_for = qtbot.waitUntil, qtbot.waitSignal
    monkeypatch.setattr(qtbot, "waitUntil", partial(wait, timeout=PATIENCE))
    monkeypatch.setattr(qtbot, "waitSignal", partial(wait_for, timeout=PATIENCE))
    monkeypatch.setattr(following, "STAY_MS", 0)


def names(window):
    return [entry.name for entry in window.files.entries()]


@pytest.fixture(params=["told", "looking"])
def way(request, monkeypatch):
    """A share that tells what changes; and one that has too much to do for that."""
    monkeypatch.setattr(watching, "TOLD", 0.05)
    monkeypatch.setattr(watching, "UNTOLD", 0.05)
    if request.param == "looking":
        monkeypatch.setattr(events, "MOST", 0)
        monkeypatch.setattr(following, "LOOK_MS", 50)
    return request.param


@pytest.mark.usefixtures("way")
def test_what_changes_is_seen_without_a_reload(browsing, qtbot, pictures):
    Image.new("RGB", (10, 10)).save(pictures / "a-new-one.png")
    qtbot.waitUntil(lambda: "a-new-one.png" in names(browsing))
    (pictures / "a-new-one.png").rename(pictures / "another.png")
    qtbot.waitUntil(lambda: "another.png" in names(browsing))
    assert "a-new-one.png" not in names(browsing)
    (pictures / "notes.txt").write_text("longer than it was by far")

    def size():
        return next(one.size for one in browsing.files.entries() if one.name == "notes.txt")

    qtbot.waitUntil(lambda: size() == len("longer than it was by far"))
    (pictures / "another.png").unlink()
    qtbot.waitUntil(lambda: "another.png" not in names(browsing))


@pytest.mark.usefixtures("way")
def test_the_folder_come_to_is_the_one_followed(browsing, qtbot, pictures):
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.open("more")
    Image.new("RGB", (10, 10)).save(pictures / "more" / "new.png")
    qtbot.waitUntil(lambda: "new.png" in names(browsing))
    with qtbot.waitSignal(browsing.navigation.opened):
        browsing.navigation.back()
    Image.new("RGB", (10, 10)).save(pictures / "new-at-the-top.png")
    qtbot.waitUntil(lambda: "new-at-the-top.png" in names(browsing))


@pytest.mark.usefixtures("way")
def test_a_folder_that_goes_and_comes_back_is_followed(browsing, qtbot, pictures):
    with qtbot.waitSignal(browsing.navigation.failed):
        kept = pictures.rename(pictures.with_name("moved"))
    assert "cannot be shown" in browsing.files.notice.text
    with qtbot.waitSignal(browsing.navigation.opened):
        kept.rename(pictures)
    assert len(names(browsing)) == 33


@pytest.mark.parametrize("mode", Mode)
def test_selection_and_place_stay_when_something_comes(browsing, qtbot, pictures, mode):
    files = browsing.files
    files.set_mode(mode)
    browsing.resize(700, 400)
    files.select("img1.png")
    files.select("img2.png")
    bar = files.view.verticalScrollBar()
    bar.setValue(bar.maximum())

    def first():
        return files.model.entry(files.view.indexAt(QPoint(40, 40))).name

    before, row = first(), files.model.row_of("img30.png")
    for number in range(30):
        (pictures / f"before{number}.txt").write_text("comes before the pictures")
    qtbot.waitUntil(lambda: files.model.row_of("img30.png") == row + 30)
    assert first() == before
    assert [entry.name for entry in files.selected()] == ["img2.png"]
    bar.setValue(bar.maximum() // 2)
    value, total = bar.value(), len(names(browsing))
    (pictures / "zzz.txt").write_text("comes after all")
    qtbot.waitUntil(lambda: len(names(browsing)) == total + 1)
    assert bar.value() == value


def test_closing_the_window_ends_following(browsing, qtbot):
    def watchers():
        return [one for one in threading.enumerate() if one.name == "folder-watch"]

    qtbot.waitUntil(lambda: len(watchers()) == 1)  # the share may not have been asked yet
    (watcher,) = watchers()
    browsing.close()
    watcher.join(20)
    assert not watcher.is_alive()


# A share that does what it is told to


def listing(exchange, version, *found):
    entries = ",".join(
        f'{{"name": "{name}", "kind": "file", "size": 1, "modified": 1, "type": null, '
        '"readable": true, "version": "1"}'
        for name in found
    )
    start = f'{{"path": "", "name": "top", "total": {len(found)}, "next": null'
    exchange.reply(f'{start}, "version": "{version}", "entries": [{entries}]}}'.encode())


def stream(exchange, *versions):
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    for version in versions:
        exchange.send(f'event: folder\ndata: {{"version": "{version}"}}\n\n'.encode())


@pytest.fixture
def navigation(qapp):
    background = Background()
    made = Navigation(background)
    yield made
    made.stop()
    background.stop()


@pytest.fixture
def follow(qapp, scripted):
    """Follow the top of a share with a script."""
    made, clients = Following(), []

    def start(script):
        clients.append(Client(scripted(script).address))
        made.follow(clients[0], "")
        return made

    yield start
    clients[0].close()
    made.stop()


def test_a_share_that_breaks_off_is_asked_again(follow, qtbot, monkeypatch):
    monkeypatch.setattr(following, "FIRST_PAUSE_MS", 10)
    told, left = [], deque("abc")

    def script(exchange):
        if exchange.path.startswith("/api/events"):
            stream(exchange, left.popleft())
            if left:
                exchange.hang_up()
            else:
                exchange.stall()
        else:
            listing(exchange, "looked")

    follow(script).told.connect(told.append)
    qtbot.waitUntil(lambda: "c" in told)
    assert [one for one in told if one != "looked"] == ["a", "b", "c"]


def test_going_elsewhere_ends_a_stream_soon(scripted, qtbot, navigation):
    ended = threading.Event()

    def script(exchange):
        if exchange.path.startswith("/api/events"):
            try:
                stream(exchange, "1")
                exchange.stall()
            finally:  # it may be cut off
                ended.set()
        else:
            listing(exchange, "1")

    share = scripted(script)
    client = Client(share.address)
    with qtbot.waitSignal(navigation.opened):
        navigation.browse(client)
    qtbot.waitUntil(lambda: share.stalled.acquire(blocking=False))
    navigation.open("elsewhere")
    qtbot.waitUntil(ended.is_set)
    client.close()


def test_a_flood_of_events_has_the_folder_read_a_few_times_only(scripted, qtbot, navigation):
    flood = [str(number) for number in range(300)]

    def script(exchange):
        if exchange.path.startswith("/api/events"):
            stream(exchange, *flood)
            exchange.stall()
        else:
            listing(exchange, flood[-1] if share.stalled._value else "before")

    share = scripted(script)
    client = Client(share.address)
    navigation.browse(client)
    qtbot.waitUntil(lambda: navigation._version == flood[-1] and navigation._told == flood[-1])
    assert len([head for head in share.heads if "/api/folder" in head]) < len(flood) / 3
    client.close()


def test_a_version_told_while_a_folder_is_read_has_it_read_again(scripted, qtbot, navigation):
    """The second reading begins before the change, and ends after it was told."""
    may_tell, has_told = threading.Event(), threading.Event()
    readings = deque(["1", "1", "2"])

    def script(exchange):
        if exchange.path.startswith("/api/events"):
            stream(exchange, "1")
            may_tell.wait(20)
            exchange.send(b'event: folder\ndata: {"version": "2"}\n\n')
            exchange.stall()
        else:
            version = readings.popleft()
            if len(readings) == 1:
                may_tell.set()
                has_told.wait(20)
            listing(exchange, version, f"file{version}")

    share = scripted(script)
    client = Client(share.address)
    shown = []
    navigation.opened.connect(lambda folder: shown.append(folder.entries[0].name))
    with qtbot.waitSignal(navigation.opened):
        navigation.browse(client)
    navigation._following.told.connect(lambda version: has_told.set() if version == "2" else None)
    with qtbot.waitSignal(navigation._following.told):
        pass
    navigation.reload()
    qtbot.waitUntil(lambda: shown[-1:] == ["file2"])
    client.close()
