"""Who has come in, and who goes when there is no room."""

import pytest

from server import sessions
from server.sessions import Sessions, Visitor


@pytest.fixture
def some(monkeypatch):
    """Sessions with little room, and a clock that goes on by itself."""
    monkeypatch.setattr(sessions, "MOST", 5)
    monkeypatch.setattr(sessions, "MOST_OF_DEVICE", 3)
    ticks = iter(range(10_000))
    monkeypatch.setattr(sessions.time, "monotonic", lambda: next(ticks))
    return Sessions()


def visitor(name):
    return Visitor("192.168.1.7", name, "pin", 0.0)


def test_a_token_is_its_visitors_and_no_other_is(some):
    ann, ben = visitor("Ann"), visitor("Ben")
    tokens = [some.begin(ann, "a"), some.begin(ben, "b")]
    assert [some.visitor(token) for token in tokens] == [ann, ben]
    assert some.visitors() == (ann, ben)
    for other in ("", tokens[0][:-1], tokens[0] + "x", tokens[0].swapcase(), "\udcff", "é"):
        assert some.visitor(other) is None


def test_tokens_are_long_and_not_kept(some):
    token = some.begin(visitor("Ann"), "a")
    assert len(token) >= 22
    assert token not in repr(some._sessions)


def test_all_end_at_once(some):
    tokens = [some.begin(visitor(name), name) for name in "ab"]
    some.end()
    assert [some.visitor(token) for token in tokens] == [None, None]
    assert some.visitors() == ()


def test_who_was_not_seen_for_longest_makes_room(some):
    tokens = [some.begin(visitor(name), name) for name in "abcde"]
    some.visitor(tokens[0])
    some.begin(visitor("f"), "f")
    assert [some.visitor(token) is None for token in tokens] == [False, True, False, False, False]


def test_a_device_with_many_sends_nobody_else_away(some):
    others = [some.begin(visitor(name), name) for name in "ab"]
    own = [some.begin(visitor("c"), "c") for _ in range(100)]
    assert all(some.visitor(token) for token in others)
    assert [some.visitor(token) is not None for token in own] == [False] * 97 + [True] * 3
