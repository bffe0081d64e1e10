"""What follows from what a request says about the version and the part that it wants."""

import pytest

from server.conditions import (
    MOST_RANGES,
    Asked,
    Decision,
    Version,
    decide,
    decide_ranges,
    merged,
    parsed_date,
)

NOW = "Sun, 06 Nov 1994 08:49:37 GMT"
BEFORE = "Sun, 06 Nov 1994 08:49:36 GMT"
AFTER = "Sun, 06 Nov 1994 08:49:38 GMT"
THERE = Version(etag='"v1"', modified=784111777, size=100)


@pytest.mark.parametrize(
    ("asked", "decision"),
    [
        (Asked(), Decision(200)),
        # If-Match: strong, and before everything else
        (Asked(if_match='"v1"'), Decision(200)),
        (Asked(if_match="*"), Decision(200)),
        (Asked(if_match='"v0", "v1"'), Decision(200)),
        (Asked(if_match='"v0"'), Decision(412)),
        (Asked(if_match='W/"v1"'), Decision(412)),
        (Asked(if_match='"v0"', if_none_match='"v1"'), Decision(412)),
        (Asked(if_match='"v0"', range="bytes=0-0"), Decision(412)),
        # If-Unmodified-Since counts only without If-Match
        (Asked(if_unmodified_since=NOW), Decision(200)),
        (Asked(if_unmodified_since=AFTER), Decision(200)),
        (Asked(if_unmodified_since=BEFORE), Decision(412)),
        (Asked(if_match='"v1"', if_unmodified_since=BEFORE), Decision(200)),
        (Asked(if_unmodified_since="soon"), Decision(200)),
        # If-None-Match: weak, a list, a star
        (Asked(if_none_match='"v1"'), Decision(304)),
        (Asked(if_none_match='W/"v1"'), Decision(304)),
        (Asked(if_none_match="*"), Decision(304)),
        (Asked(if_none_match='"a,b" , W/"v1"'), Decision(304)),
        (Asked(if_none_match='"v0"'), Decision(200)),
        (Asked(if_none_match="v1"), Decision(200)),
        (Asked(if_none_match='"v1"', range="bytes=0-0"), Decision(304)),
        (Asked(if_none_match='"v1"', method="HEAD"), Decision(304)),
        # If-Modified-Since counts only without If-None-Match
        (Asked(if_modified_since=NOW), Decision(304)),
        (Asked(if_modified_since=AFTER), Decision(304)),
        (Asked(if_modified_since=BEFORE), Decision(200)),
        (Asked(if_none_match='"v0"', if_modified_since=NOW), Decision(200)),
        (Asked(if_modified_since="yesterday"), Decision(200)),
        (Asked(if_modified_since=""), Decision(200)),
        # Range, and If-Range, which is strong and exact
        (Asked(range="bytes=0-9"), Decision(206, ((0, 10),))),
        (Asked(range="bytes=0-9", method="HEAD"), Decision(200)),
        (Asked(range="bytes=200-", method="HEAD"), Decision(200)),
        (Asked(range="bytes=0-9", if_range='"v1"'), Decision(206, ((0, 10),))),
        (Asked(range="bytes=0-9", if_range='"v0"'), Decision(200)),
        (Asked(range="bytes=0-9", if_range='W/"v1"'), Decision(200)),
        (Asked(range="bytes=0-9", if_range=NOW), Decision(206, ((0, 10),))),
        (Asked(range="bytes=0-9", if_range=BEFORE), Decision(200)),
        (Asked(range="bytes=0-9", if_range=AFTER), Decision(200)),
        (Asked(range="bytes=0-9", if_range="soon"), Decision(200)),
        (Asked(range="bytes=200-", if_range='"v0"'), Decision(200)),
        (Asked(if_range='"v0"'), Decision(200)),
    ],
)
def test_the_conditions_decide_in_order(asked, decision):
    assert decide(asked, THERE) == decision


@pytest.mark.parametrize(
    ("field", "decision"),
    [
        ("bytes=0-0", Decision(206, ((0, 1),))),
        ("bytes=0-", Decision(206, ((0, 100),))),
        ("bytes=99-", Decision(206, ((99, 100),))),
        ("bytes=-5", Decision(206, ((95, 100),))),
        ("bytes=-100", Decision(206, ((0, 100),))),
        ("bytes=-101", Decision(206, ((0, 100),))),
        ("bytes=10-1000", Decision(206, ((10, 100),))),
        ("BYTES=0-0", Decision(206, ((0, 1),))),
        ("bytes= 0-0 ,", Decision(206, ((0, 1),))),
        ("bytes=0-" + "9" * 5000, Decision(206, ((0, 100),))),
        ("bytes=100-", Decision(416)),
        ("bytes=100-200", Decision(416)),
        ("bytes=-0", Decision(416)),
        ("bytes=" + "9" * 5000 + "-", Decision(416)),
        ("bytes=200-,300-400", Decision(416)),
        # Not understood, so as if it were not there
        ("", Decision(200)),
        ("bytes", Decision(200)),
        ("bytes=", Decision(200)),
        ("bytes=,", Decision(200)),
        ("bytes=-", Decision(200)),
        ("bytes=5-4", Decision(200)),
        ("bytes=a-b", Decision(200)),
        ("bytes=0-0,x", Decision(200)),
        ("bytes=0x0-1", Decision(200)),
        ("bytes=--5", Decision(200)),
        ("bytes=+0-5", Decision(200)),
        ("bytes=\u0660-\u0665", Decision(200)),
        ("lines=0-5", Decision(200)),
        # Several
        ("bytes=0-0,-1", Decision(206, ((0, 1), (99, 100)))),
        ("bytes=-1,0-0", Decision(206, ((99, 100), (0, 1)))),
        ("bytes=0-0,200-", Decision(206, ((0, 1),))),
        ("bytes=0-9,5-14", Decision(206, ((0, 15),))),
        ("bytes=0-0,0-0", Decision(206, ((0, 1),))),
        ("bytes=0-,0-", Decision(200)),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MOST_RANGES)), None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MOST_RANGES + 1)), Decision(200)),
        ("bytes=" + "0-," * 5000, Decision(200)),
    ],
)
def test_a_range_is_read_by_the_book(field, decision):
    if decision is None:
        decision = Decision(206, tuple((n, n + 1) for n in range(MOST_RANGES)))
    assert decide_ranges(field, 100) == decision


@pytest.mark.parametrize("field", ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=5-9,-2"])
def test_an_empty_file_never_gives_a_part(field):
    assert decide_ranges(field, 0).status in {200, 416}


def test_ranges_are_joined_only_where_they_overlap():
    assert merged([(10, 20), (0, 10), (15, 30)]) == ((0, 10), (10, 30))
    assert merged([(50, 60), (0, 10)]) == ((50, 60), (0, 10))


@pytest.mark.parametrize(
    "text",
    [NOW, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", " " + NOW, NOW.upper()],
)
def test_a_date_is_read_in_its_three_forms(text):
    assert parsed_date(text) == THERE.modified


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 :::::::: GMT",
        "1994-11-06T08:49:37Z",
        NOW + NOW,
    ],
)
def test_what_is_no_date_is_none(text):
    assert parsed_date(text) is None
