"""What of the program is loaded when, and why: first whatever the first pictures take.

All of it is loaded by ordinary imports; here are those that are not at the head of a module because
of the time at which they come.
"""

from __future__ import annotations

import gc
from importlib import import_module

# Knows no Qt. Of whatever is imported after Qt, Qt for Python reads the source, to see whether it
# is mentioned there, which takes half as long as the import.
BEFORE_QT = ("server.application", "server.share", "gui.client")
# What looks for other shares, and what others than the window are answered by; `server.application`
# loads Flask itself should anybody come before.
WHEN_SEEN = ("ifaddr", "server.discovery.nearby", "server.app")


def load_before_qt() -> None:
    """Load what of the program knows no Qt."""
    # What is loaded stays, so there is nothing to look for; `gui.app.prepare` goes on with it.
    gc.disable()
    _load(BEFORE_QT)


def load_the_rest() -> None:
    """Load what the first screen does not show; from any thread."""
    _load(WHEN_SEEN)


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        import_module(name)
