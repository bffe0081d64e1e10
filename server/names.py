"""Names of files as text: which ones are shared, how they sort, how they are shown."""

import os
import re
import unicodedata
from typing import TypeAlias

Names: TypeAlias = tuple[str, ...]
"""The way to something from the shared folder, name by name."""

JUNK = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"}
)
UNFINISHED = ".part"

_NUMBER = re.compile(r"0*(\d+)")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\..*)?", re.IGNORECASE
)
_ON_WINDOWS = os.name == "nt"
# Categories that a screen obeys instead of showing: controls, formats (the bidirectional
# ones among them), lone surrogates, line and paragraph separators.
_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joins emoji and letters of several scripts; it only ever changes how its neighbours look.
_JOINERS = frozenset("\u200c\u200d")


def components(path: str) -> Names | None:
    """Split *path* at its slashes; None if the text alone says that it is not shared."""
    if not path:
        return ()
    names = tuple(path.split("/"))
    return names if all(map(is_shared, names)) else None


def is_shared(name: str) -> bool:
    """Tell whether a file called *name* may be listed and served.

    Looks at the text alone: hidden and junk files, `.` and `..`, and whatever any system takes
    for more than a name are refused before a system call sees them.
    """
    if not name or name[0] == "." or "\\" in name or "/" in name or "\0" in name:
        return False
    folded = name.casefold()
    if folded in JUNK or folded.endswith(UNFINISHED):
        return False
    return not _ON_WINDOWS or is_plain_on_windows(name)


def is_plain_on_windows(name: str) -> bool:
    """Tell whether Windows takes *name* for just that: no stream, device or trimmed ending."""
    return ":" not in name and name[-1] not in ". " and not _DEVICE.fullmatch(name)


def natural(name: str) -> str:
    """Give the key that sorts `img2` before `img10`, whatever the case.

    A number is written as NUL (in no name, and before all else), how many digits it has, and the
    digits; so keys are plain text, which sorts several times faster than lists of parts.
    """
    return _NUMBER.sub(_sortable, name.casefold())


def _sortable(number: re.Match[str]) -> str:
    digits = number[1]
    return f"\0{chr(len(digits))}{digits}"


def shown(name: str) -> str:
    """Give *name* with what a screen would obey, or could not show, spelled out."""
    if name.isascii() and name.isprintable():
        return name
    return "".join(map(_shown, name))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _OBEYED or character in _JOINERS:
        return character
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\u{number:04x}"
