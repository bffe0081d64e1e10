"""Saving as a person sees it: the queue, the bar and its details, a question, and the list."""

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

from gui import dialogs, road, save_queue, saves
from gui.active_rows import ActiveRow
from gui.client import Client
from gui.conflict_dialog import ConflictDialog
from gui.icon_button import IconButton
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.progress import FileView
from gui.queued import Order
from gui.save_history_model import lines
from gui.save_queue import SaveQueue
from gui.save_record import Source
from gui.save_words import title_of
from gui.saving import Policy
from tests.conftest import tree_of
from tests.gui.conftest import file

PATIENCE_MS = 20_000


@pytest.fixture
def queue(background, journal):
    made = SaveQueue(background, journal)
    yield made
    made.close()


@pytest.fixture
def order(folder):
    """Makes orders of files at an address, into `folder`."""

    def make(address, *paths, **more):
        wanted = [file(path) if isinstance(path, str) else path for path in paths]
        return Order(Client(address, patience=1e6), wanted, folder, **more)

    return make


def wait_for(qtbot, holds):
    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def finished(qtbot, queue):
    return qtbot.waitSignal(queue.finished, timeout=PATIENCE_MS)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def stalled(honest, **files):
    """Give the script of a share that stalls at each file until that is given up there."""
    share = honest({name.replace("_", "."): data for name, data in files.items()})
    share.given_up = threading.Semaphore(0)

    def stall(exchange):
        exchange.stall()
        share.given_up.release()

    share.tricks.update(dict.fromkeys(share.files, stall))
    return share


# The queue


def test_saves_run_one_after_the_other_and_are_remembered_while_they_wait(
    queue, order, honest, scripted, folder, journal, qtbot
):
    share = stalled(honest, a=b"hello", b=b"hello", c=b"hello")
    there = scripted(share)
    for path in "abc":
        queue.put(order(there.address, path))
    assert there.stalled.acquire(timeout=20)
    waiting = ["waiting", "waiting", "running"]
    wait_for(qtbot, lambda: sorted(one.state for one in journal.records()) == sorted(waiting))
    assert all(journal.is_held(record) for record in journal.records())
    assert [title_of(one.order) for one in queue.waiting] == ["“b”", "“c”"]
    queue.cancel(queue.waiting[0])
    wait_for(qtbot, lambda: "cancelled" in [one.state for one in journal.records()])
    share.tricks.clear()
    with finished(qtbot, queue) as ended:
        queue.cancel(queue.running)
    assert ended.args[0].cancelled
    wait_for(qtbot, lambda: queue.running is None)
    assert tree_of(folder) == {"c": b"hello"}
    assert [one.state for one in journal.records()].count("done") == 1


def test_what_is_left_when_the_program_ends_waits_for_the_next_start(
    order, honest, scripted, background, journal, qtbot
):
    queue = SaveQueue(background, journal)
    there = scripted(stalled(honest, a=b"hello", b=b"hello"))
    for path in "ab":
        queue.put(order(there.address, path))
    assert there.stalled.acquire(timeout=20)
    wait_for(qtbot, lambda: len(journal.records()) == 2)
    queue.close()
    background.stop()
    assert [(one.state, journal.is_held(one)) for one in journal.records()] == [
        ("waiting", False),
        ("waiting", False),
    ]
    assert {one.first for one in saves.unfinished(journal, 0.0)} == {"a", "b"}
    assert saves.unfinished(journal, journal.records()[0].began + 1e9) == []


def test_a_save_whose_share_is_away_lets_the_others_go_first(
    queue, order, honest, scripted, folder, monkeypatch, qtbot
):
    monkeypatch.setattr(road, "PAUSES", (0.1,))
    monkeypatch.setattr(save_queue, "LONGEST_AWAY", 0.0)
    share, is_back = honest({"a": b"hello"}), threading.Event()
    away = scripted(lambda one: share(one) if is_back.is_set() else one.hang_up())
    there = scripted(honest({"b": b"hello"}))
    queue.put(order(away.address, "a"))
    with finished(qtbot, queue):
        queue.put(order(there.address, "b"))
    assert tree_of(folder) == {"b": b"hello"}
    with finished(qtbot, queue):
        is_back.set()
    assert tree_of(folder) == {"a": b"hello", "b": b"hello"}
    assert queue.running is None


# The bar and its details


def test_a_save_is_paused_gone_on_with_and_one_file_left_out(
    window, order, honest, scripted, folder, qtbot
):
    share = stalled(honest, a_png=b"hello", b_png=b"hello")
    there = scripted(share)
    bar, queue = window.file_actions.saves.bar, window.file_actions.saves.queue
    queue.put(order(there.address, "a.png", "b.png", share="Ann’s pictures"))
    for _ in range(2):
        assert there.stalled.acquire(timeout=20)
    click(qtbot, bar.details_button)
    rows = bar.panel.active.rows
    wait_for(qtbot, lambda: sorted(row.path for row in rows) == ["a.png", "b.png"])
    assert bar.panel.heading.text() == "“a.png” and 1 more from “Ann’s pictures” into “saved”"
    click(qtbot, bar.pause_button)
    wait_for(qtbot, lambda: bar.text.startswith("Paused at 0 of 2"))
    row = next(row for row in rows if row.path == "b.png")
    assert row.cancel.accessibleName() == "Leave out b.png"
    click(qtbot, row.cancel)
    for _ in range(2):
        assert share.given_up.acquire(timeout=20)
    share.tricks.clear()
    with finished(qtbot, queue):
        click(qtbot, bar.pause_button)
    assert tree_of(folder) == {"a.png": b"hello"}
    assert [bar.panel.failures.item(0).text()] == ["b.png: You left it out."]


class Paints(QObject):
    """Takes note of how much room a widget has whenever it is painted, and how much it needs."""

    def __init__(self, widget):
        super().__init__(widget)
        self.seen = []
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 (Qt's)
        if event.type() == QEvent.Type.Paint:
            self.seen.append((watched.width(), watched.sizeHint().width()))
        return False


def test_the_figures_of_a_file_are_never_painted_with_their_beginning_cut_off(qtbot):
    row = ActiveRow()
    qtbot.addWidget(row)
    row.resize(900, row.height())
    row.show_file(FileView("a.mov", 100_000_000, 0, "fetching"), 0.0)
    with qtbot.waitExposed(row):
        row.show()
    paints = Paints(row.state)
    row.show_file(FileView("a.mov", 100_000_000, 60_000_000, "fetching"), 1e8)
    qtbot.waitUntil(lambda: bool(paints.seen))
    assert all(room >= needed for room, needed in paints.seen)


def test_what_failed_is_listed_with_its_reason_and_tried_again(
    window, order, honest, scripted, folder, qtbot
):
    share = honest({"good.png": b"hello", "bad.png": b"hello"})
    share.tricks["bad.png"] = lambda exchange: exchange.reply(b"", "403 FORBIDDEN")
    there = scripted(share)
    bar, queue = window.file_actions.saves.bar, window.file_actions.saves.queue
    with finished(qtbot, queue):
        queue.put(order(there.address, "good.png", "bad.png"))
    panel = bar.panel
    assert panel.isVisible()
    assert panel.failed.text() == "1 item not saved"
    assert panel.failures.count() == 1
    assert "bad.png" in panel.failures.item(0).text()
    share.tricks.clear()
    sent = share.sent
    with finished(qtbot, queue):
        click(qtbot, bar.again_button)
    assert share.sent - sent == 5
    assert tree_of(folder) == {"good.png": b"hello", "bad.png": b"hello"}
    assert bar.text == "Saved “bad.png” (5 bytes) in “saved”. 1 file was here already."
    assert not panel.failures.isVisible()
    assert not bar.again_button.isVisible()


def test_a_share_that_is_away_is_told_of_and_looked_for_at_once_if_wanted(
    window, order, honest, scripted, monkeypatch, qtbot
):
    monkeypatch.setattr(road, "PAUSES", (1e6,))
    share, is_back = honest({"a.png": b"hello"}), threading.Event()
    there = scripted(lambda one: share(one) if is_back.is_set() else one.hang_up())
    bar, queue = window.file_actions.saves.bar, window.file_actions.saves.queue
    queue.put(order(there.address, "a.png", share="Ann’s pictures"))
    wait_for(qtbot, lambda: bar.look_button.isVisible())
    assert bar.text.startswith("Waiting “Ann’s pictures”")
    assert "Looking again in " in bar.text
    is_back.set()
    with finished(qtbot, queue) as ended:
        click(qtbot, bar.look_button)
    assert ended.args[0].saved == 1


def test_one_of_several_saves_is_cancelled_and_the_next_one_runs(
    window, order, honest, scripted, folder, qtbot
):
    share = honest({"a.png": b"hello", "b.png": b"hello"})
    share.tricks["a.png"] = lambda exchange: exchange.stall()
    there = scripted(share)
    bar, queue = window.file_actions.saves.bar, window.file_actions.saves.queue
    bar.details_button.setChecked(True)
    queue.put(order(there.address, "a.png"))
    assert not bar.panel.cancel_button.isVisible()
    queue.put(order(there.address, "b.png"))
    assert there.stalled.acquire(timeout=20)
    assert bar.cancel_button.text() == "Cancel all"
    (row,) = bar.panel.waiting.rows
    (cancel,) = row.findChildren(IconButton)
    assert cancel.accessibleName() == "Do not save “b.png”"
    assert "b.png" not in cancel.toolTip()
    click(qtbot, bar.panel.cancel_button)
    wait_for(qtbot, lambda: queue.running is None)
    assert tree_of(folder) == {"b.png": b"hello"}
    assert bar.text == "Cancelled. Saved “b.png” (5 bytes) in “saved”."
    assert bar.again_button.text() == "Go on"
    click(qtbot, bar._close)
    assert not bar.isVisible()


def test_closing_the_window_asks_first_and_says_what_becomes_of_the_save(
    window, order, honest, scripted, journal, monkeypatch, qtbot
):
    said = []
    answers = iter([False, True])
    monkeypatch.setattr(
        dialogs, "ask_to_stop", lambda _, why, __: said.append(why) or next(answers)
    )
    there = scripted(stalled(honest, a_png=b"hello"))
    window.file_actions.saves.queue.put(order(there.address, "a.png"))
    assert there.stalled.acquire(timeout=20)
    assert not window.close()
    assert window.isVisible()
    assert window.close()
    assert "offers to go on with them when it starts again" in said[0]
    wait_for(qtbot, lambda: [one.state for one in journal.records()] == ["waiting"])


# A name that is taken


@pytest.mark.parametrize(
    ("button", "policy"),
    [
        ("keep_button", Policy.KEEP_BOTH),
        ("replace_button", Policy.REPLACE),
        ("skip_button", Policy.SKIP),
    ],
)
def test_each_button_of_the_question_means_one_thing(qtbot, button, policy):
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ConflictDialog(parent)
    dialog.ask(Path("saved/a.png"), is_only=policy is Policy.SKIP)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        click(qtbot, getattr(dialog, button))
    assert chosen.args == [policy]
    assert not dialog.isVisible()


def test_it_is_asked_once_what_to_do_with_names_that_are_taken(
    window, order, honest, scripted, folder, qtbot
):
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"mine!")
    dialog, queue = window.file_actions.saves.conflict_dialog, window.file_actions.saves.queue
    there = scripted(honest({"a.png": b"hello", "b.png": b"hello"}))
    asked = []
    queue.asked.connect(asked.append)
    queue.put(order(there.address, "a.png", "b.png"))
    wait_for(qtbot, dialog.isVisible)
    with finished(qtbot, queue):
        click(qtbot, dialog.replace_button)
    assert len(asked) == 1
    assert tree_of(folder) == {"a.png": b"hello", "b.png": b"hello"}


def test_a_question_that_nobody_answers_ends_with_the_save(
    window, order, honest, scripted, folder, qtbot
):
    (folder / "a.png").write_bytes(b"mine!")
    dialog, queue = window.file_actions.saves.conflict_dialog, window.file_actions.saves.queue
    there = scripted(honest({"a.png": b"hello"}))
    queue.put(order(there.address, "a.png"))
    wait_for(qtbot, dialog.isVisible)
    with finished(qtbot, queue) as ended:
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert (ended.args[0].cancelled, tree_of(folder)) == (True, {"a.png": b"mine!"})
    queue.try_again()
    wait_for(qtbot, dialog.isVisible)
    window.close_at_once()  # and nothing hangs, or the end of the test would


# The list


def listed(window):
    return [(line.title, line.ending) for line in window.file_actions.saves.history.model.lines]


def test_the_last_saves_are_listed_removed_and_cleared(
    window, journal, folder, qtbot, qtmodeltester
):
    def save(name, **changes):
        page = journal.begin(
            Source(name, "Amber Heron", "http://127.0.0.1:9"), [file(name)], folder
        )
        page.note(**changes)
        page.close()

    save("old.png", state="done", saved=1, bytes=5, began=1.0)
    save("bad.png", state="incomplete", failed=1, began=2.0)
    save("lost.png", state="running", began=3.0)
    history = window.file_actions.saves.history
    assert history.windowTitle() == "Saves"
    window._menus.saves.trigger()
    wait_for(qtbot, lambda: len(listed(window)) == 3)
    assert listed(window) == [
        ("“lost.png”", "Not finished"),
        ("“bad.png”", "1 item not saved"),
        ("“old.png”", "1 file saved, 5 bytes"),
    ]
    qtmodeltester.check(history.model)
    texts = []
    for row in range(3):
        history.list.setCurrentIndex(history.model.index(row))
        texts.append((history.again_button.text(), history.again_button.isEnabled()))
    assert texts == [("&Go on", True), ("&Try again", True), ("&Go on", False)]
    click(qtbot, history.clear_button)
    wait_for(qtbot, lambda: len(listed(window)) == 2)
    history.list.setCurrentIndex(history.model.index(1))
    qtbot.keyClick(history.list, Qt.Key.Key_Delete)
    wait_for(qtbot, lambda: listed(window) == [("“lost.png”", "Not finished")])
    click(qtbot, history.remove_button)
    wait_for(qtbot, lambda: listed(window) == [])
    assert not history.remove_button.isVisible()


@pytest.mark.parametrize(
    ("changes", "fell_short"),
    [
        ({"state": "done"}, False),
        ({"state": "cancelled"}, False),
        ({"state": "incomplete", "failed": 1}, True),
        ({"state": "running"}, True),
    ],
)
def test_what_the_user_wanted_is_no_trouble_in_the_list(journal, folder, changes, fell_short):
    page = journal.begin(Source("1", "Amber Heron", "http://127.0.0.1:9"), [file("a")], folder)
    page.note(**changes)
    page.close()
    assert [line.fell_short for line in lines(journal)] == [fell_short]


def test_a_save_of_the_list_is_tried_again(window, order, honest, scripted, folder, qtbot):
    share = honest({"good.png": b"hello", "bad.png": b"hello"})
    share.tricks["bad.png"] = lambda exchange: exchange.reply(b"", "403 FORBIDDEN")
    there = scripted(share)
    queue, history = window.file_actions.saves.queue, window.file_actions.saves.history
    with finished(qtbot, queue):
        queue.put(order(there.address, "good.png", "bad.png"))
    share.tricks.clear()
    history.open_window()
    wait_for(qtbot, lambda: history.again_button.isEnabled())
    with finished(qtbot, queue):
        click(qtbot, history.again_button)
    assert tree_of(folder) == {"good.png": b"hello", "bad.png": b"hello"}
    wait_for(qtbot, lambda: listed(window) == [("“good.png” and 1 more", "1 file saved, 5 bytes · 1 file here already")])  # fmt: skip # noqa: E501


def test_a_list_of_a_save_of_very_many_files_costs_no_more_than_of_one(journal, folder):
    many = [Entry(f"{number}.png", f"{number}.png", "file", 5) for number in range(20_000)]
    page = journal.begin(Source("1", "Amber Heron", "http://127.0.0.1:9"), many, folder)
    page.close()
    sizes = {path.suffix: path.stat().st_size for path in (folder.parent / "journal").iterdir()}
    assert sizes[".json"] < 1_000 < 500_000 < sizes[".wanted"]
    assert journal.wanted(page.record) == many


def test_what_was_saved_is_found_again_by_the_names_that_it_was_given(journal, folder):
    wanted = [Entry("trip", "trip", "folder"), file("a\\b.png")]
    page = journal.begin(Source("1", "", ""), wanted, folder)
    page.make("trip", "trip (2)")
    page.close()
    assert saves.saved_as(journal, page.record) == [folder / "trip (2)", folder / "a_b.png"]
    page = journal.begin(Source("1", "", ""), [file("x.png")], folder, "my name.png")
    page.close()
    assert saves.saved_as(journal, page.record) == [folder / "my name.png"]


# The offer


def test_an_offer_comes_back_until_it_is_answered(qtbot):
    bar, taken = MessageBar(), []
    qtbot.addWidget(bar)
    bar.tell("Opening…")
    bar.offer("2 saves were not finished.", "Go on", lambda: taken.append(1), "Not now")
    assert bar.text == "Opening…"
    bar.clear()
    assert bar.text == "2 saves were not finished."
    bar.problem("It does not answer.")
    bar.clear()
    assert bar.text == "2 saves were not finished."
    click(qtbot, bar._button)
    assert (taken, bar.isHidden()) == ([1], True)
    bar.offer("One was not finished.", "Go on", lambda: taken.append(2), "Not now")
    click(qtbot, bar._decline)
    assert (taken, bar.isHidden()) == ([1], True)
    bar.offer("One was not finished.", "Go on", lambda: taken.append(2), "Not now")
    bar.tell("Opening…")
    bar.take_back_offer()
    assert bar.text == "Opening…"
    bar.clear()
    assert bar.isHidden()
