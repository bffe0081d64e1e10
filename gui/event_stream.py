"""A stream of events from a share about one folder, read and checked as it comes."""

import json
import time
from collections.abc import Iterable, Iterator

from gui.listing import version_of

LONGEST_LINE = 16 * 1024
"""Bytes; a path is at most 4096 of them, each of which JSON may write as six."""

MOST_BYTES = 256 * 1024
MOST_SECONDS = 10.0
"""No share has more to tell than so many bytes in so many seconds."""


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give the lines in *chunks*, as soon as they are whole; raise ValueError if there is too much.

    A chunk may end anywhere; a line ends with LF, or CR and LF.
    """
    rest = b""
    since, count = time.monotonic(), 0
    for chunk in chunks:
        now = time.monotonic()
        if now - since > MOST_SECONDS:
            since, count = now, 0
        count += len(chunk)
        if count > MOST_BYTES:
            raise ValueError("too many bytes")
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise ValueError("too long a line")
        for line in whole:
            yield line.removesuffix(b"\r")


def versions(chunks: Iterable[bytes]) -> Iterator[str | None]:
    """Give the versions that a stream tells of; None where it says that the folder is gone.

    Whatever is not as it must be raises ValueError, or RecursionError if it is too deep.
    """
    event, data = b"", b""
    for line in lines(chunks):
        name, _, text = line.partition(b":")
        text = text.removeprefix(b" ")
        if name == b"event":
            event = text
        elif name == b"data":
            data = text
        elif not line:
            if event == b"gone":
                yield None
            elif event == b"folder":
                version = version_of(json.loads(data.decode()))
                if not version:
                    raise ValueError("version")
                yield version
            event, data = b"", b""
