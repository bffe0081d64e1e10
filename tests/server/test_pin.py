"""How often a PIN may be wrong, decided on plain values."""

import re

import pytest

import server.pin
from server.pin import FIRST_WAIT, MOST_FAILURES, TRIES, NotAPin, Outcome, Pin


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pin(clock):
    return Pin("123456", clock)


def test_a_pin_has_six_digits_and_is_another_each_time():
    pins = {Pin().text for _ in range(50)}
    assert len(pins) > 40
    assert all(re.fullmatch("[0-9]{6}", pin) for pin in pins)


@pytest.mark.parametrize("text", ["", "12345", "1" * 13, "12345a", "١٢٣٤٥٦", "123456\n", "123 456"])
def test_what_is_no_pin_is_not_taken(text):
    with pytest.raises(NotAPin, match="A PIN has 6 to 12 digits"):
        Pin(text)


@pytest.mark.parametrize("typed", ["123456", " 123456 ", "123 456", "123-456", "123\u00a0456"])
def test_the_right_one_is_right_however_it_is_spaced(pin, typed):
    assert pin.guess("a", typed).kind == "right"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "654321", "١٢٣٤٥٦", "\udcff", "1" * 99])
def test_anything_else_is_wrong(pin, typed):
    assert pin.guess("a", typed).kind == "wrong"


def test_after_five_wrong_ones_nobody_looks_even_at_the_right_one(pin, looked_at):
    left = [pin.guess("a", "000000").left for _ in range(TRIES)]
    assert left == [4, 3, 2, 1, 0]
    assert pin.standing("a") == pin.guess("a", "123456")
    assert pin.guess("a", "123456").kind == "wait"
    assert len(looked_at) == TRIES


def test_other_devices_go_on(pin):
    for _ in range(TRIES):
        pin.guess("a", "000000")
    assert pin.standing("b") is None
    assert pin.guess("b", "123456").kind == "right"


def test_the_wait_ends_and_the_next_is_twice_as_long(pin, clock):
    for length in (FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT):
        waits = [pin.guess("a", "000000").wait for _ in range(TRIES)]
        assert waits == [0, 0, 0, 0, length]
        clock.now += length - 1
        assert pin.guess("a", "123456").wait == 1
        clock.now += 1
        assert pin.standing("a") is None


def test_a_right_one_gives_its_try_back_and_no_other(pin):
    for _ in range(TRIES - 1):
        pin.guess("a", "000000")
    assert all(pin.guess("a", "123456").kind == "right" for _ in range(100))
    assert pin.guess("a", "000000").wait == FIRST_WAIT


def test_many_devices_have_thirty_wrong_ones_between_them(pin, looked_at):
    kinds = [pin.guess(f"device {number}", "000000").kind for number in range(10_000)]
    assert kinds == ["wrong"] * MOST_FAILURES + ["paused"] * (10_000 - MOST_FAILURES)
    assert len(looked_at) == MOST_FAILURES
    assert pin.is_paused
    assert pin.guess("another", "123456").kind == "paused"


def test_what_is_remembered_has_bounds(pin):
    for number in range(10_000):
        pin.guess(f"right {number}", "123456")
        pin.guess(f"wrong {number}", "000000")
    assert len(pin._records) == MOST_FAILURES


def test_the_user_lets_pins_in_again(pin):
    for number in range(MOST_FAILURES):
        pin.guess(f"device {number % 6}", "000000")
    pin.resume()
    assert not pin.is_paused
    assert pin.guess("device 1", "123456").kind == "right"


def test_a_new_pin_is_another_one_and_starts_afresh(pin, monkeypatch):
    for number in range(MOST_FAILURES):
        pin.guess(f"device {number % 6}", "000000")
    drawn = iter(["123456", "222222"])
    monkeypatch.setattr(server.pin, "drawn", lambda: next(drawn))
    pin.renew()
    assert pin.text == "222222"
    assert pin.guess("device 1", "123456").kind == "wrong"
    assert pin.guess("device 1", "222222").kind == "right"


def test_a_try_is_counted_before_it_is_looked_at(pin, monkeypatch):
    counted = []

    def comparing(one, other):
        counted.append((pin._failures, pin._records["a"].tries))
        return one == other

    monkeypatch.setattr(server.pin, "compare_digest", comparing)
    for text in ("000000", "123456", "000000"):
        pin.guess("a", text)
    assert counted == [(1, 1), (2, 2), (2, 2)]


def test_who_was_in_with_a_pin_of_before_loses_no_tries_by_it(pin):
    before = pin.text
    pin.renew()
    for _ in range(MOST_FAILURES):
        assert pin.guess("a", before) == Outcome("wrong", left=TRIES, is_former=True)
    assert pin.guess("a", "no") == Outcome("wrong", left=TRIES - 1)
    assert pin.guess("a", before) == Outcome("wrong", left=TRIES - 1, is_former=True)
    assert pin.guess("a", pin.text).kind == "right"


def test_a_pin_of_before_does_not_come_back(pin, monkeypatch):
    drawn = iter(["111111", "123456", "111111", "222222"])
    monkeypatch.setattr(server.pin, "drawn", lambda: next(drawn))
    pin.renew()
    pin.renew()
    assert pin.text == "222222"
