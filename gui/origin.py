"""Tells the system that a file comes from elsewhere, so that it asks before it runs one.

Windows calls that the mark of the web, macOS quarantine; Linux has no such thing.
"""

import ctypes
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

_ZONE = b"[ZoneTransfer]\r\nZoneId=3\r\n"
"""As browsers write it for what comes from an address that is a number."""


def mark(path: str) -> None:
    """Mark the file; a disk that cannot hold the mark is no reason to lose the file."""
    with suppress(OSError):
        if sys.platform == "win32":
            with Path(f"{path}:Zone.Identifier").open("wb") as stream:
                stream.write(_ZONE)
        elif sys.platform == "darwin":
            _quarantine(path)


def _quarantine(path: str) -> None:
    value = f"0081;{int(time.time()):08x};Lanslide;".encode()
    name = b"com.apple.quarantine"
    ctypes.CDLL(None).setxattr(os.fsencode(path), name, value, ctypes.c_size_t(len(value)), 0, 0)
