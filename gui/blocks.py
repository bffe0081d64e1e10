"""Blocks of neighbouring rows, which Qt is told of more quickly than of each row."""

from __future__ import annotations

from collections.abc import Sequence


def blocks(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return first and last of each run of neighbours in *rows*, which are sorted.

    Qt compares every block of a selection with every other: a hundred thousand single rows would
    take it minutes.
    """
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
