"""Streams of events (server-sent ones): whoever looks at a folder is told when it changes."""

import json
import threading
from collections import Counter
from collections.abc import Callable

from flask import Request, Response
from werkzeug.exceptions import ServiceUnavailable

from server.crowd import device
from server.entry import Listing
from server.environment import OPENER
from server.feed import Push
from server.watching import Watching

# Streams in all, and for one device. Whoever gets none asks now and then instead.
MOST = 512
MOST_FOR_ONE = 64
# Seconds after which to ask for a stream again.
ASK_AGAIN = 60

# Milliseconds after which a client that lost its stream asks for another.
_RETRY = b"retry: 3000\n\n"
_BEAT = b":\n\n"
_TOO_MANY = "So many are told of changes already that you have to look yourself."


def event(path: str, version: str | None) -> bytes:
    """Give the event for the version that a folder has now; None if it cannot be had any more."""
    if version is None:
        return f"event: gone\ndata: {json.dumps({'path': path})}\n\n".encode()
    # One line: JSON escapes line breaks, and what is no valid text.
    return f"event: folder\ndata: {json.dumps({'path': path, 'version': version})}\n\n".encode()


class Stream:
    """The events of one folder on their way to one client: a `Feed` and a `Listener`."""

    def __init__(self, folder: Listing, watching: Watching, at_end: Callable[[], None]) -> None:
        self._folder, self._watching, self._at_end = folder, watching, at_end
        self._lock = threading.Lock()
        self._push: Push | None = None
        self._leave: Callable[[], None] | None = None
        self._is_over = False

    def begin(self, push: Push) -> None:
        """Listen; the client knows the folder's first version already."""
        with self._lock:
            if not self._is_over:
                self._push = push
                self._leave = self._watching.listen(self._folder.path, self._folder.version, self)

    def end(self) -> None:
        """Listen no more."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            if self._leave is not None:
                self._leave()
        self._at_end()

    def tell(self, version: str | None) -> None:
        """Send the folder's version."""
        if self._push is not None:
            self._push(event(self._folder.path, version))

    def beat(self) -> None:
        """Let the client, and the system, see that the other side is still there."""
        if self._push is not None:
            self._push(_BEAT, keep=False)


class Streams:
    """All streams of one share."""

    def __init__(self, watching: Watching) -> None:
        self._watching = watching
        self._lock = threading.Lock()
        self._of_device: Counter[str | None] = Counter()

    def reply(self, folder: Listing, request: Request) -> Response:
        """Begin a stream for *folder*, or answer that there are too many."""
        headers = {"Cache-Control": "no-cache", "Content-Type": "text/event-stream; charset=utf-8"}
        if request.method == "HEAD":
            return Response(iter(()), headers=headers)
        take = request.environ.get(OPENER)
        whose = device(request.environ["REMOTE_ADDR"])
        with self._lock:
            is_crowded = whose is not None and self._of_device[whose] >= MOST_FOR_ONE
            if take is None or is_crowded or self._of_device.total() >= MOST:
                raise ServiceUnavailable(_TOO_MANY, retry_after=ASK_AGAIN)
            self._of_device[whose] += 1
        take(Stream(folder, self._watching, lambda: self._ended(whose)))
        begun = iter([_RETRY + event(folder.path, folder.version)])  # of no length
        return Response(begun, headers=headers)

    def _ended(self, whose: str | None) -> None:
        with self._lock:
            self._of_device[whose] -= 1
            if not self._of_device[whose]:
                del self._of_device[whose]
