"""How fast bytes move, from how many there have been so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

# Seconds that a rate is an average of; in a shorter time a device that empties its buffer now and
# then seems to stand still.
WINDOW = 4.0


class Rates:
    """Remembers the last totals of several counters, each known by a number."""

    def __init__(self) -> None:
        self._totals: dict[int, deque[tuple[float, int]]] = {}

    def update(self, totals: Mapping[int, int], now: float) -> dict[int, float]:
        """Return the rate of each, in bytes a second; *now* is on the monotonic clock."""
        if len(self._totals) > len(totals):
            self._totals = {number: one for number, one in self._totals.items() if number in totals}
        return {number: self._rate(number, total, now) for number, total in totals.items()}

    def _rate(self, number: int, total: int, now: float) -> float:
        known = self._totals.get(number)
        if known is None:
            known = self._totals[number] = deque()
        known.append((now, total))
        while len(known) > 2 and now - known[1][0] >= WINDOW:
            known.popleft()
        then, before = known[0]
        return (total - before) / (now - then) if now > then else 0.0
