"""Which picture is made next, decided without making any."""

import threading
from contextlib import nullcontext

import pytest

from server.pictures import queue, waiting_room
from server.pictures.cache import Kept
from server.pictures.protocol import Answer, Request
from server.pictures.queue import MOST_LATER, MOST_WAITING, Dropped, Job, Queue
from server.pictures.waiting_room import WaitingRoom

DONE = Kept(Answer("none"), "")


def job(key):
    return Job(key, Request("jpeg"), nullcontext, lambda: None, lambda answer: DONE)


def stays():
    return False


def leaves():
    return True


@pytest.fixture
def jobs():
    return Queue(at_once=100)


def taken(jobs):
    found = []
    while (one := jobs.take(0)) is not None:
        found.append(one.key)
    return found


def test_what_was_asked_last_goes_first(jobs):
    for key in "abcd":
        jobs.ask(job(key), stays)
    jobs.ask(job("b"), stays)
    assert taken(jobs) == ["b", "d", "c", "a"]


def test_who_has_waited_longest_is_served_though_newer_wishes_keep_coming(jobs):
    jobs.ask(job("opened"), stays)
    made = []
    for number in range(queue.OLDEST_EVERY):
        jobs.ask(job(f"scrolled {number}"), stays)
        made.append(jobs.take(0).key)
    assert made[-1] == "opened"


def test_who_asks_for_the_same_gets_the_same(jobs):
    first = jobs.ask(job("a"), stays)
    assert jobs.ask(job("a"), stays) is first
    running = jobs.take(0)
    assert jobs.ask(job("a"), stays) is first
    assert jobs.take(0) is None
    jobs.done(running)
    assert jobs.ask(job("a"), stays) is not first


def test_what_nobody_waits_for_is_left_out(jobs):
    gone = jobs.ask(job("gone"), leaves)
    jobs.ask(job("half"), leaves)
    jobs.ask(job("half"), stays)
    assert taken(jobs) == ["half"]
    with pytest.raises(Dropped):
        gone.result(0)


def test_when_too_many_wait_those_go_who_have_left_and_then_the_oldest(jobs):
    gone = jobs.ask(job("gone"), leaves)
    kept = [jobs.ask(job(f"{number}"), stays) for number in range(MOST_WAITING)]
    assert isinstance(gone.exception(0), Dropped)
    assert not any(future.done() for future in kept)
    jobs.ask(job("one more"), stays)
    assert isinstance(kept[0].exception(0), Dropped)
    assert not any(future.done() for future in kept[1:])
    assert taken(jobs)[:2] == ["one more", f"{MOST_WAITING - 1}"]


def test_no_more_are_made_at_once_than_that(monkeypatch):
    jobs = Queue(at_once=2)
    for key in "abcd":
        jobs.ask(job(key), stays)
    running = [jobs.take(0), jobs.take(0)]
    assert jobs.take(0) is None
    jobs.done(running[0])
    assert jobs.take(0).key == "b"
    assert jobs.take(0) is None
    # Those that take long are not waited for.
    monkeypatch.setattr(queue, "SLOW", 0)
    assert jobs.take(0).key == "a"


def test_devices_take_turns(jobs):
    for number in range(6):
        jobs.ask(job(f"many {number}"), stays, "10.0.0.1")
    for number in range(2):
        jobs.ask(job(f"few {number}"), stays, "10.0.0.2")
    assert [jobs.take(0).key for _ in range(4)] == ["many 5", "few 1", "many 4", "few 0"]
    jobs.ask(job("newest"), stays, "10.0.0.2")
    # The second of them has had as many turns, and the first is on again.
    assert [jobs.take(0).key for _ in range(3)] == ["many 3", "newest", "many 0"]


def test_who_asks_for_what_another_one_waits_for_waits_for_its_own_turn_only(jobs):
    jobs.ask(job("shared"), stays, "10.0.0.2")
    for number in range(6):
        jobs.ask(job(f"many {number}"), stays, "10.0.0.1")
    jobs.ask(job("shared"), stays, "10.0.0.1")
    jobs.ask(job("many 6"), stays, "10.0.0.1")
    assert [jobs.take(0).key for _ in range(2)] == ["many 6", "shared"]


def test_who_asks_for_too_much_loses_their_own(jobs):
    kept = jobs.ask(job("one"), stays, "10.0.0.2")
    many = [jobs.ask(job(f"{number}"), stays, "10.0.0.1") for number in range(MOST_WAITING)]
    assert not kept.done()
    assert isinstance(many[0].exception(0), Dropped)


@pytest.fixture
def line():
    return Queue(at_once=1, in_turn=True)


def test_in_turn_devices_take_turns_too(line):
    many = [line.ask(job(f"{number}"), stays, "10.0.0.1") for number in range(MOST_WAITING)]
    line.ask(job("one"), stays, "10.0.0.2")
    assert isinstance(many[-1].exception(0), Dropped)
    for key in ("0", "one", "1"):
        one = line.take(0)
        assert one.key == key
        line.done(one)


def test_in_turn_who_asked_first_goes_first(line):
    for key in "abcdefb":
        line.ask(job(key), stays)
    for key in "abcdef":
        one = line.take(0)
        assert one.key == key
        line.done(one)


def test_in_turn_too_many_are_not_let_in_and_nobody_is_sent_away(line):
    gone = line.ask(job("gone"), leaves)
    waiting = [line.ask(job(f"{number}"), stays) for number in range(MOST_WAITING)]
    assert isinstance(gone.exception(0), Dropped)
    assert isinstance(line.ask(job("one more"), stays).exception(0), Dropped)
    assert not any(future.done() for future in waiting)
    assert line.ask(job("0"), stays) is waiting[0]
    assert line.take(0).key == "0"


def test_in_turn_what_takes_long_is_waited_for(line, monkeypatch):
    monkeypatch.setattr(queue, "SLOW", 0)
    for key in "ab":
        line.ask(job(key), stays)
    first = line.take(0)
    assert line.take(0) is None
    line.done(first)
    assert line.take(0).key == "b"


def test_what_is_for_later_waits_for_a_pause(jobs, monkeypatch):
    monkeypatch.setattr(queue, "PAUSE", 3600)
    jobs.ask(job("now"), stays)
    jobs.ask_later(job("later"))
    assert taken(jobs) == ["now"]
    monkeypatch.setattr(queue, "PAUSE", 0)
    # Nor is it begun while anything else is being made.
    assert jobs.take(0) is None


def test_in_a_pause_one_is_made_after_another(jobs, monkeypatch):
    monkeypatch.setattr(queue, "PAUSE", 0)
    for key in "ab":
        jobs.ask_later(job(key))
    first = jobs.take(0)
    assert first.key == "b"
    assert jobs.take(0) is None
    jobs.done(first)
    assert jobs.take(0).key == "a"


def test_what_was_for_later_can_be_asked_for_now(jobs, monkeypatch):
    monkeypatch.setattr(queue, "PAUSE", 3600)
    jobs.ask_later(job("a"))
    jobs.ask(job("a"), stays)
    assert taken(jobs) == ["a"]


def test_not_everything_can_wait_for_later(jobs, monkeypatch):
    monkeypatch.setattr(queue, "PAUSE", 0)
    for number in range(MOST_LATER + 1):
        jobs.ask_later(job(f"{number}"))
    seen = []
    while (one := jobs.take(0)) is not None:
        seen.append(one.key)
        jobs.done(one)
    assert seen == [f"{number}" for number in range(MOST_LATER, 0, -1)]


def test_the_end_sends_everyone_away(jobs):
    waiting = jobs.ask(job("a"), stays)
    idle = Queue(at_once=1)
    thread = threading.Thread(target=idle.take, args=(3600,))
    thread.start()
    for one in (jobs, idle):
        one.close()
        assert one.take(3600) is None
        with pytest.raises(Dropped):
            one.ask(job("b"), stays)
    thread.join()
    assert isinstance(waiting.exception(0), Dropped)


def test_no_decoder_is_started_while_one_that_runs_has_nothing_to_do(jobs):
    for key in "ab":
        jobs.ask(job(key), stays)
    jobs.done(jobs.take(0), is_ready=True)
    assert jobs.take(0, is_ready=False) is None
    assert jobs.take(0, is_ready=True) is not None


def test_a_decoder_is_started_once_all_that_run_are_at_work(jobs):
    for key in "abc":
        jobs.ask(job(key), stays)
    jobs.done(jobs.take(0), is_ready=True)
    assert jobs.take(0, is_ready=True) is not None
    assert jobs.take(0, is_ready=False) is not None


def test_who_has_left_with_a_decoder_that_runs_is_waited_for_no_longer(jobs):
    jobs.ask(job("a"), stays)
    jobs.done(jobs.take(0), is_ready=True)
    assert jobs.take(0, is_ready=True) is None
    jobs.ask(job("b"), stays)
    assert jobs.take(0, is_ready=False) is not None


def test_who_began_with_a_decoder_that_runs_is_missed_neither_at_work_nor_when_gone(jobs):
    jobs.begin_ready()
    for key in "ab":
        jobs.ask(job(key), stays)
    first = jobs.take(0, is_ready=True)
    assert jobs.take(0, is_ready=False) is not None
    jobs.done(first, is_ready=True)
    assert jobs.take(0, is_ready=True) is None
    jobs.ask(job("c"), stays)
    assert jobs.take(0, is_ready=False) is not None


def test_one_device_leaves_room_for_others_to_wait():
    room = WaitingRoom()
    for device in ("10.0.0.1", "10.0.0.2"):
        while room.enter(device):
            pass
    assert all(room.enter("10.0.0.3") for _ in range(waiting_room.FEW))
    assert not room.enter("10.0.0.3")
    room.leave("10.0.0.3")
    assert room.enter("10.0.0.3")
