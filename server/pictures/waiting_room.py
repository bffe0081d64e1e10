"""How many may wait for pictures at once, and that one device leaves room for the others."""

import threading
from collections import Counter

# Who may wait in all; each of them may take a thread.
MOST = 192
# From so many on, a device that has a few there already is sent away: a browser or a window asks
# for no more than that at once.
CROWDED = 128
FEW = 8
# Whoever has so many is sent away in any case.
MOST_FOR_ONE = 96


class WaitingRoom:
    """Counts who waits; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_device: Counter[str | None] = Counter()

    def enter(self, device: str | None) -> bool:
        """Have one more wait from *device*; False if there is no room for that."""
        with self._lock:
            own, total = self._of_device[device], self._of_device.total()
            if own >= MOST_FOR_ONE or total >= MOST or (total >= CROWDED and own >= FEW):
                return False
            self._of_device[device] += 1
            return True

    def leave(self, device: str | None) -> None:
        """Have one less wait."""
        with self._lock:
            self._of_device[device] -= 1
            if not self._of_device[device]:
                del self._of_device[device]
