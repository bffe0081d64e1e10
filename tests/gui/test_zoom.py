"""Where a picture is on its canvas: plain geometry, no window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.zoom import MOST, Place, actual_size, dragged, resized, zoomed

WIDE = Place(4000, 2000, 1000, 1000)
PORTRAIT = Place(1000, 3000, 1000, 600)
SMALL = Place(100, 50, 1000, 1000)

places = st.builds(
    Place,
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.integers(50, 4000),
    st.integers(50, 4000),
)
points = st.tuples(st.integers(0, 50), st.integers(0, 50))


@pytest.mark.parametrize(
    ("place", "rectangle"),
    [
        (WIDE, (0, 250, 1000, 500)),
        (PORTRAIT, (400, 0, 200, 600)),
        (SMALL, (450, 475, 100, 50)),  # small pictures are not blown up
    ],
)
def test_a_picture_is_fitted_in_the_middle(place, rectangle):
    assert place.rectangle == pytest.approx(rectangle)
    assert not place.can_pan


def test_what_is_under_the_cursor_stays_there():
    left, top, width, height = WIDE.rectangle
    at = (800, 500)
    before = (at[0] - left) / width, (at[1] - top) / height
    closer = zoomed(WIDE, 4, at)
    left, top, width, height = closer.rectangle
    assert ((at[0] - left) / width, (at[1] - top) / height) == pytest.approx(before)


def test_actual_size_is_a_pixel_for_a_pixel():
    assert actual_size(WIDE, (500, 500)).scale == pytest.approx(1)
    assert actual_size(SMALL, (500, 500)).scale == pytest.approx(1)


def test_a_picture_is_dragged_to_its_edge_and_no_farther():
    close = zoomed(WIDE, 8, (500, 500))
    left, *_ = dragged(close, (100_000, 0)).rectangle
    assert left == pytest.approx(0)
    left, _, width, _ = dragged(close, (-100_000, 0)).rectangle
    assert left + width == pytest.approx(1000)


@given(places, st.lists(st.tuples(st.floats(0.1, 10), points), max_size=8))
def test_however_it_is_zoomed_no_space_is_left_that_it_could_fill(place, steps):
    for factor, at in steps:
        place = zoomed(place, factor, at)
    assert place.zoom >= 1
    assert place.scale <= MOST * 1.001 or place.zoom == 1
    left, top, width, height = place.rectangle
    for begin, length, space in ((left, width, place.across), (top, height, place.down)):
        if length > space:
            assert begin <= 0.5
            assert begin + length >= space - 0.5
        else:
            assert begin + length / 2 == pytest.approx(space / 2, abs=0.5)


@given(places, st.integers(50, 4000), st.integers(50, 4000))
def test_a_fitted_picture_stays_fitted_on_another_canvas(place, across, down):
    left, top, width, height = resized(place, across, down).rectangle
    assert left >= -0.5
    assert top >= -0.5
    assert width <= across + 0.5
    assert height <= down + 0.5
