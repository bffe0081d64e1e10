"""What a share serves, as a WSGI application by which two roads lead in."""

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
    """The share of a folder. May be used from several threads.

    Both roads lead past `refusal.refusal` first, then past *access*. The short one answers what is
    asked for most, and is asked first; whatever it leaves, Flask's routes answer (`server.app`).
    These are loaded when they are first needed: a window has its first pictures before that.

    Whoever gives *digests* closes it, before stopping what serves the application. Without it
    digests are kept in memory only, and their thread ends by itself when it has no work.
    Whoever gives *pictures* closes it, too; without it no file has a thumbnail.
    An *identity* that is asked for each time has the same id each time.
    Without *access* everybody may come in whom the port can be reached by.
    *activity* is told what everybody does who is in.

    Attributes:
        at_once: the short road; see `ShortRoad.answer`.
        bodies: for each path that takes a body by POST, its most bytes.

    """

    def __init__(
        self,
        folder: SharedFolder,
        digests: Digests | None = None,
        pictures: Pictures | None = None,
        access: Access | None = None,
        identity: Identity | Callable[[], Identity] | None = None,
        activity: Activity | None = None,
    ) -> None:
        told = identity or Identity()
        tell: Callable[[], Identity] = told if callable(told) else lambda: told
        digests = digests or Digests(folder)
        self._parts = (folder, digests, pictures, access, tell, activity)
        self._making = threading.Lock()
        self._routes: Flask | None = None
        host = tell().host
        self.at_once = ShortRoad(folder, digests, pictures, access, host, activity).answer
        self.bodies = bodies(has_pin=access is not None)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer by Flask's routes."""
        return (self._routes or self.routes())(environ, start_response)

    def routes(self) -> Flask:
        """Give Flask's routes, made the first time."""
        with self._making:
            if self._routes is None:
                from server.app import create_app

                self._routes = create_app(*self._parts)
            return self._routes
