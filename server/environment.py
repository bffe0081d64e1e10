"""What is in WSGI's environment of a request beside what WSGI says, and by which names.

Of what the share's own server adds there may be none: the application does without then.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

HAS_LEFT = "waitress.client_disconnected"
"""Tells whether nobody will read the answer; from any thread."""

WAITING = "lanslide.waiting"
"""A context for whoever answers and does nothing inside but wait: another thread works instead."""

LATER = "lanslide.later"
"""Has work done by a worker; only there for a plain request, which is answered at the loop."""

OPENER = "lanslide.feed"
"""Takes a `Feed`. The application calls it while it answers; what it answers is then only the
beginning."""

FILES = "lanslide.files"
"""How many files are in the zip that is the answer; set by what makes it."""


def has_left(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Give what tells whether nobody will read the answer."""
    found: Callable[[], bool] = environ.get(HAS_LEFT, bool)
    return found


def waiting(environ: Mapping[str, Any]) -> Callable[[], AbstractContextManager[None]]:
    """Give the context for waiting."""
    found: Callable[[], AbstractContextManager[None]] = environ.get(WAITING, nullcontext)
    return found
