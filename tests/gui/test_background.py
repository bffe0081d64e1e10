"""Work on a thread, its answer in the GUI thread."""

import threading

import pytest

from gui.background import Background


def test_the_answer_comes_to_the_gui_thread(background, qtbot):
    seen = []

    def then(worker):
        seen.append((worker, threading.current_thread()))

    background.run(threading.current_thread, then, pytest.fail)
    qtbot.waitUntil(lambda: bool(seen))
    worker, receiver = seen[0]
    assert receiver is threading.main_thread()
    assert worker is not receiver


def test_a_failure_comes_back_too(background, qtbot):
    def work():
        raise OSError("no route")

    with qtbot.waitCallback() as failed:
        background.run(work, pytest.fail, failed)
    assert str(failed.args[0]) == "no route"


def test_no_answer_is_delivered_after_the_stop(qapp, qtbot):
    background = Background(threads=1)
    going, release, answers = threading.Event(), threading.Event(), []

    def work():
        going.set()
        return release.wait(30)

    background.run(work, answers.append, answers.append)
    assert going.wait(30)
    release.set()
    background.stop()
    qapp.processEvents()
    background.run(work, answers.append, answers.append)
    assert answers == []
