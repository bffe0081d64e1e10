"""What devices do, as lines for a terminal or a log."""

import threading
import time
from typing import TextIO

from server.activity import Activity
from server.happenings import Happening
from server.names import shown
from server.words import USUAL, words

# Seconds between two looks, so that much at once is written at once.
_EVERY = 0.25
# Lines for one look; nobody reads a thousand in a second, and they would cost more than the files.
MOST_AT_ONCE = 100
# Seconds that the last lines may take; whoever reads them may have stopped reading.
_ENDS_IN = 1

_WAYS = {"link": "came in by link", "pin": "came in by PIN", "": "is here"}


def line(happening: Happening) -> str:
    """Return *happening* in one line, with nothing in it that a terminal would obey."""
    when = time.strftime("%H:%M:%S", time.localtime(happening.when))
    said = f"{happening.name} ({happening.address}) {_sentence(happening)}"
    return f"{when} {shown(said)}"


def _sentence(one: Happening) -> str:
    sent, size = _size(one.sent), _size(one.size)
    thing = f'"{one.path}"' if one.path else "everything"
    if one.files:
        count = f"{one.files:,} file{'' if one.files == 1 else 's'}"
        thing = f"{thing} as a zip of {count}"
    match one.what:
        case "came":
            return _WAYS[one.by]
        case "looked":
            return f'looked at "{one.path}"' if one.path else "looked at the shared folder"
        case "viewed":
            return f"viewed {thing}"
        case "took":
            return f"took {thing} ({sent})"
        case "broke":
            return f"broke {thing} off after {sent} of {size}"
        case "part":
            return f"took a part of {thing} ({sent} of {size})"
        case "wrong":
            return f"gave {one.tries} wrong PINs" if one.tries > 1 else "gave a wrong PIN"
        case _:
            return f"was {one.what}"


def _size(number: int | None) -> str:
    return words(USUAL).size(number) if number is not None else "an unknown size"


class ActivityLines:
    """Writes a line for each happening, on a thread of its own; nobody waits for the terminal.

    What comes faster than `MOST_AT_ONCE` four times a second is counted instead.
    """

    def __init__(self, activity: Activity, stream: TextIO) -> None:
        self._activity, self._stream = activity, stream
        self._written = 0
        self._has_more = threading.Event()
        self._is_over = threading.Event()
        activity.observe(self._has_more.set)
        self._thread = threading.Thread(target=self._write, name="activity-lines", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write the last lines."""
        self._is_over.set()
        self._has_more.set()
        self._thread.join(_ENDS_IN)

    def _write(self) -> None:
        while not self._is_over.is_set():
            self._has_more.wait()
            self._has_more.clear()
            self._write_new()
            self._is_over.wait(_EVERY)
        self._write_new()

    def _write_new(self) -> None:
        found = self._activity.happenings(self._written)[-MOST_AT_ONCE:]
        if not found:
            return
        missed = found[0].number - self._written - 1
        lines = [f"({missed:,} more in between)"] if missed else []
        lines += map(line, found)
        self._written = found[-1].number
        self._stream.write("".join(f"{one}\n" for one in lines))
        self._stream.flush()
