"""Going on with saves of before: after a crash, with a PIN, wherever the share is now."""

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from gui.client import Client
from gui.nearby import Nearby
from gui.queued import Order
from gui.save_record import Source
from server.access import Access
from server.application import Application
from server.discovery.announced import Announced
from server.discovery.announcement import Announcement
from server.discovery.nearby import Nearby as Finder
from server.folder import SharedFolder
from server.identity import Identity
from server.share import Share
from tests.conftest import tree_of
from tests.gui.conftest import file

# Another program has to start meanwhile, and an announcement takes a second.
PATIENCE_MS = 40_000
BIG = os.urandom(100_000_000)


def wait_for(qtbot, holds):
    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def offer_again(window):
    """Do what a window does when it is opened."""
    window.file_actions.saves._has_offered = False
    window.file_actions.saves.offer()


WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from gui.background import Background
from gui.client import Client
from gui.journal import Journal
from gui.local_share import LocalShare
from gui.main_window import MainWindow
from gui.queued import Order
from gui.settings import Settings
from gui.sharing import Sharing
from gui.theme import Theme

address, folder, journal = sys.argv[1:]
application = QApplication([])
settings = Settings(QSettings(f"{journal}.ini", QSettings.Format.IniFormat))
sharing = Sharing(LocalShare(0))
window = MainWindow(
    Background(), sharing, settings, Theme(application), journal=lambda: Journal(Path(journal))
)
window.show()
for name in ("big", "last"):
    client = Client(address)
    wanted = [entry for entry in client.entries("").entries if entry.name == name]
    window.file_actions.saves.queue.put(Order(client, wanted, Path(folder)))
application.exec()
"""


@pytest.fixture
def nearby(own_share, qapp):
    made = Nearby(lambda changed: Finder(changed, lambda: [own_share.id], ["127.0.0.1"]))
    made.begin()
    yield made
    made.stop()


def test_a_window_that_is_killed_leaves_the_next_one_to_go_on_wherever_the_share_is_now(
    browsing, holiday, folder, journal, tmp_path, qtbot
):
    (holiday / "big").mkdir()
    (holiday / "last").mkdir()
    (holiday / "last" / "small.png").write_bytes(b"hello")
    (holiday / "big" / "video.bin").write_bytes(BIG)
    identity = Identity("Amber Heron", "a" * 32)
    share = Share(Application(SharedFolder(holiday), identity=identity), port=0)
    share.start()
    command = [sys.executable, "-c", WINDOW, share.address, str(folder), str(tmp_path / "journal")]
    killed = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    wait_for(qtbot, lambda: len(journal.records()) == 2)
    wait_for(qtbot, lambda: any(path.stat().st_size for path in folder.rglob("*.part")))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    share.stop()
    assert list(folder.rglob("*.part"))
    offer_again(browsing)
    wait_for(qtbot, lambda: "not finished" in browsing.message_bar.text)
    assert browsing.message_bar.text == "2 saves were not finished."
    click(qtbot, browsing.message_bar._button)
    wait_for(qtbot, lambda: len(browsing.file_actions.saves.resuming.awaited) == 2)
    again = Share(Application(SharedFolder(holiday), identity=identity), port=0)
    again.start()
    port = int(again.address.rpartition(":")[2])
    announcement = Announcement(Announced(identity, port, ("127.0.0.1",)))
    try:
        wait_for(qtbot, lambda: [one.state for one in journal.records()] == ["done", "done"])
    finally:
        announcement.close()
        again.stop()
    assert tree_of(folder) == {
        path: data for path, data in tree_of(holiday).items() if path.startswith(("big/", "last/"))
    }


def test_the_pin_is_asked_for_once_to_go_on_with_several_saves_and_to_look_there(
    browsing, holiday, folder, journal, qtbot
):
    names = ("img2.png", "notes.txt")
    access = Access("123456", "s" * 22, is_free=lambda _: False)
    app = Application(
        SharedFolder(holiday), access=access, identity=Identity("Amber Heron", "b" * 32)
    )
    with Share(app, port=0) as share:
        source = Source("b" * 32, "Amber Heron", share.address)
        for name in names:
            journal.begin(source, [file(name)], folder, state="waiting").close()
        offer_again(browsing)
        wait_for(qtbot, lambda: "2 saves" in browsing.message_bar.text)
        click(qtbot, browsing.message_bar._button)
        dialog = browsing.file_actions.saves.resuming.pin_dialog
        for pin in ("000000", "123456"):
            wait_for(qtbot, lambda: dialog.isVisible() and not dialog.field.isReadOnly())
            dialog.field.setText(pin)
            click(qtbot, dialog.open_button)
        wait_for(qtbot, lambda: [one.state for one in journal.records()] == ["done", "done"])
        assert not dialog.isVisible()
        browsing.browsing.open_typed(share.address)
        wait_for(qtbot, lambda: browsing.browsing.place.id == "b" * 32)
        assert not browsing.browsing.questions.pin.isVisible()
    assert tree_of(folder) == {name: (holiday / name).read_bytes() for name in names}


def test_who_gives_no_pin_to_go_on_is_asked_once_and_told_where_the_saves_are(
    browsing, holiday, folder, journal, qtbot
):
    access = Access("123456", "s" * 22, is_free=lambda _: False)
    app = Application(
        SharedFolder(holiday), access=access, identity=Identity("Amber Heron", "b" * 32)
    )
    with Share(app, port=0) as share:
        source = Source("b" * 32, "Amber Heron", share.address)
        for name in ("img2.png", "notes.txt"):
            journal.begin(source, [file(name)], folder, state="waiting").close()
        resuming = browsing.file_actions.saves.resuming
        resuming.resume(journal.records())
        wait_for(qtbot, resuming.pin_dialog.isVisible)
        with qtbot.waitSignal(resuming.told, timeout=PATIENCE_MS):
            qtbot.keyClick(resuming.pin_dialog, Qt.Key.Key_Escape)
    assert resuming._record is None
    assert "for now. File › Saves… goes on with it." in browsing.message_bar.text
    assert [one.state for one in journal.records()] == ["waiting", "waiting"]


def test_a_share_that_is_announced_and_not_there_is_told_of_once(
    browsing, folder, journal, monkeypatch, qtbot
):
    gone = "http://127.0.0.1:9"
    journal.begin(Source("c" * 32, "Amber Heron", gone), [file("a.png")], folder).close()
    resuming, told = browsing.file_actions.saves.resuming, []
    resuming.told.connect(told.append)
    resuming.resume(journal.records())
    wait_for(qtbot, lambda: bool(resuming.awaited))
    monkeypatch.setattr(resuming, "_found", lambda _: (gone,))
    with qtbot.waitSignals([resuming.changed, resuming.changed], timeout=PATIENCE_MS):
        resuming._nearby.changed.emit()
    assert len(told) == len(resuming.awaited) == 1
    resuming.resume(journal.records())
    wait_for(qtbot, lambda: len(told) == 2)


def test_a_save_whose_share_is_at_home_again_elsewhere_goes_on(
    browsing, own_share, pictures, folder, journal, qtbot
):
    source = Source(own_share.id, "Amber Heron", "http://127.0.0.1:9")
    journal.begin(source, [file("notes.txt")], folder).close()
    (record,) = journal.records()
    browsing.file_actions.saves.history.open_window()
    again = browsing.file_actions.saves.history.again_button
    wait_for(qtbot, again.isEnabled)
    click(qtbot, again)
    wait_for(qtbot, lambda: [one.state for one in journal.records()] == ["done"])
    assert tree_of(folder) == {"notes.txt": (pictures / "notes.txt").read_bytes()}
    journal.begin(source, [file("notes.txt")], folder).close()
    for wanted in (folder.parent / "journal").glob("*.wanted"):
        wanted.unlink()
    browsing.file_actions.saves.resuming.resume([record])
    wait_for(qtbot, lambda: "not known any more" in browsing.message_bar.text)


def test_a_share_that_has_another_pin_now_is_asked_into_to_try_again(
    browsing, scripted, honest, folder, qtbot
):
    share = honest({"a.png": b"hello"})
    share.pin = "123456"

    def draw_another(exchange):
        share.pin = "654321"
        share.tricks.clear()
        exchange.hang_up()

    def script(exchange):
        given = exchange.fields.get("authorization")
        if given == f"Basic {b64encode(f'lanslide:{share.pin}'.encode()).decode()}":
            share(exchange)
        elif given is None and exchange.path == "/api/share":
            told = {"id": share.id, "name": "Amber Heron", "needs_pin": True}
            exchange.reply(json.dumps(told).encode())
        else:
            exchange.reply(b"", "401 UNAUTHORIZED")

    share.tricks["a.png"] = draw_another
    saves = browsing.file_actions.saves
    client = Client(scripted(script).address, pin=share.pin)
    with qtbot.waitSignal(saves.queue.finished, timeout=PATIENCE_MS):
        saves.queue.put(Order(client, [file("a.png")], folder))
    assert "another PIN" in saves.bar.text
    click(qtbot, saves.bar.again_button)
    dialog = saves.resuming.pin_dialog
    wait_for(qtbot, dialog.isVisible)
    dialog.field.setText(share.pin)
    with qtbot.waitSignal(saves.queue.finished, timeout=PATIENCE_MS):
        click(qtbot, dialog.open_button)
    assert tree_of(folder) == {"a.png": b"hello"}
