"""The announcement of a share that comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # takes a while to load, and whoever begins one does it
    from server.discovery.announced import Announced
    from server.discovery.announcement import Announcement


class Announcing:
    """Announces what is so, for as long as there is something to announce; from any thread.

    Args:
        now: tells what is to be announced; None for nothing.
        begin: makes the announcement; without it there is none.

    """

    def __init__(
        self,
        now: Callable[[], Announced | None],
        begin: Callable[[Announced], Announcement] | None,
    ) -> None:
        self._now, self._begin = now, begin
        self._announcement: Announcement | None = None
        # Held while it is asked, too, so that what is announced last is what is so.
        self._lock = threading.Lock()

    def renew(self) -> None:
        """Announce what is so now, or nothing any more."""
        with self._lock:
            announced, announcement = self._now(), self._announcement
            if announced is None:
                self._announcement = None
                if announcement is not None:
                    announcement.close()
            elif announcement is not None:
                announcement.update(announced)
            elif self._begin is not None:
                self._announcement = self._begin(announced)
