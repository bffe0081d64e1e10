"""What the window's share serves: the short road from the start, Flask's routes when needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from server.access import Access
from server.activity import Activity
from server.bodies import bodies
from server.digests import Digests
from server.folder import SharedFolder
from server.identity import Identity
from server.pictures.service import Pictures
from server.short_road import ShortRoad

if TYPE_CHECKING:  # takes as long to load as all else of the server
    from flask import Flask


class Application:
    """The share as `server.app.create_app` makes it, but for that Flask is loaded later.

    May be used from several threads.

    Attributes:
        at_once: the short road; see `ShortRoad.answer`.
        bodies: for each path that takes a body by POST, its most bytes.

    """

    def __init__(
        self,
        folder: SharedFolder,
        digests: Digests,
        pictures: Pictures | None,
        access: Access,
        identity: Callable[[], Identity],
        activity: Activity,
    ) -> None:
        self._parts = (folder, digests, pictures, access, identity, activity)
        self._making = threading.Lock()
        self._flask: Flask | None = None
        host = identity().host
        self.at_once = ShortRoad(folder, digests, pictures, access, host, activity).answer
        self.bodies = bodies(has_pin=True)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer by the application's routes."""
        return (self._flask or self._made())(environ, start_response)

    def _made(self) -> Flask:
        """Make the routes, once."""
        with self._making:
            if self._flask is None:
                from server.app import create_app

                self._flask = create_app(*self._parts)
            return self._flask
