"""Names for saved files: safe on every system, and nobody else's."""

import re
import threading
import unicodedata
from collections.abc import Iterable

from gui.listing import steers

PART = ".part"
"""Ends the name of a file that is not complete, and never that of one that is."""

LONGEST = 255 - len(" (99999)") - len(PART)
"""Bytes: what the usual file systems take, with room for a number and `PART`."""

LONGEST_SUFFIX = 20

_RESERVED = frozenset('<>:"/\\|?*')
_DEVICE = re.compile(
    r"(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE
)
_OBEYED = frozenset({"autorun.inf", "desktop.ini", "thumbs.db"})


def safe_name(name: str) -> str:
    r"""Give *name*, or where that would do harm on any system, the nearest that does none.

    - What no system takes in a name, or Windows gives a meaning (``<>:"/\|?*``), control
      characters, bytes that are no text, and what turns the direction of writing (behind which
      an ending hides) become "_".
    - Dots and spaces at the end go: Windows cuts them off, and another name would come out.
    - A dot at the start becomes "_". No share offers hidden files, so only a hostile one has any,
      and `.bashrc` or `.git` in the right place are programs that start by themselves.
    - Names of devices, and files that a file manager obeys (`desktop.ini`), get "_" in front.
    - `PART` at the end gets "_" behind, or the file would be taken for one that is not complete.
    - What is longer than `LONGEST` is cut before its suffix.
    """
    safe = _safer(name)
    return safe if safe == name else safe_name(safe)


def _safer(name: str) -> str:
    name = "".join("_" if each in _RESERVED or steers(each) else each for each in name)
    name = name.rstrip(". ") or "_"
    if name.startswith("."):
        name = "_" + name[1:]
    if _DEVICE.fullmatch(name) or name.lower() in _OBEYED:
        name = "_" + name
    if name.lower().endswith(PART):
        name += "_"
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    stem, dot, suffix = name.rpartition(".")
    ending = dot + suffix
    if not stem or len(ending.encode()) > LONGEST_SUFFIX:
        stem, ending = name, ""
    room = LONGEST - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending


def numbered(name: str, number: int) -> str:
    """Give the name of another file that would be called *name* too, as "name (2).jpg"."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem} ({number}){dot}{suffix}" if stem else f"{name} ({number})"


class Taken:
    """The names that a folder has, seen as by a system that ignores case and composition.

    May be used from several threads.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {_folded(name) for name in names}
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def free(self, name: str) -> str:
        """Give *name*, numbered if need be, so that nobody has it; from now on it is taken."""
        with self._lock:
            number = self._numbers.get(_folded(name), 1)
            candidate = name if number == 1 else numbered(name, number)
            while _folded(candidate) in self._names:
                number += 1
                candidate = numbered(name, number)
            if number > 1:  # else there is nothing to remember, and this is so for most
                self._numbers[_folded(name)] = number + 1
            self._names.add(_folded(candidate))
            return candidate


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
