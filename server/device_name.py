"""What people call the device and the browser that a User-Agent field tells of."""

import re

UNKNOWN = "Unknown device"

# In this order, for many pretend to be others, too.
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    (r"Edg(?:A|iOS)?/", "Edge"),
    (r"OPR/|OPT/", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"(?:Firefox|FxiOS)/", "Firefox"),
    (r"(?:Chrome|Chromium|CriOS)/", "Chrome"),
    (r"Safari/", "Safari"),
)
# What comes first in the field of anything but a browser; the only text of theirs that is shown.
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}(?=/|$)")


def device_name(agent: str) -> str:
    """Give a name for people ("iPhone, Safari", "curl"), whatever *agent* is.

    A guess: browsers tell what suits them, an iPad often that it is a Mac.
    """
    if not agent.startswith("Mozilla/"):
        program = _PROGRAM.match(agent)
        return program[0] if program else UNKNOWN
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    browser = next((name for sign, name in _BROWSERS if re.search(sign, agent)), "")
    return ", ".join(filter(None, (system, browser))) or UNKNOWN
