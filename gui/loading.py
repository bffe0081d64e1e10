"""What of the program is loaded when, and why: first whatever the first pictures take.

All of it is loaded by ordinary imports; here are those that are not at the head of a module because
of the time at which they come. Other windows, dialogs and whatever takes files load their modules
where they are made: most of them when they are first opened, saving, dragging and the clipboard
right after the first pictures (`gui.main_window`), the meeting place of later copies a second after
the start (`gui.single_copy`), Flask when somebody asks for more than the short road has
(`server.application`).

Of Qt's classes Qt for Python makes each, with all its names, when it is first imported; and all
that there are of a kind when it is handed a thing that it has not made itself, to find out which it
is. So the views of the first screen are given a viewport instead of asking for their own, which
would have it make every class of widgets.
"""

from __future__ import annotations

import gc
from importlib import import_module

# Knows no Qt. Of whatever is imported after Qt, Qt for Python reads the source, to see whether it
# is mentioned there, which takes half as long as the import.
BEFORE_QT = ("server.application", "server.share", "gui.client", "gui.local_share")
# What looks for other shares, and what others than the window are answered by; `server.application`
# loads Flask itself should anybody come before.
WHEN_SEEN = ("ifaddr", "server.discovery.nearby", "server.app")


def load_before_qt() -> None:
    """Load what of the program knows no Qt."""
    # What is loaded stays, so there is no garbage to look for before `gui.app.load_the_rest`.
    gc.disable()
    _load(BEFORE_QT)


def load_the_rest() -> None:
    """Load what the first screen does not show; from any thread."""
    _load(WHEN_SEEN)


def _load(names: tuple[str, ...]) -> None:
    for name in names:
        import_module(name)
