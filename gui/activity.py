"""What other devices do in this computer's own share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Deed = Literal["looked", "viewed", "took", "zipped", "broke", "glanced", ""]
"""Looked at a folder, viewed a file, took a file, took a zip, broke that off, saw a small picture
of something; or nothing yet."""
Way = Literal["link", "pin", ""]
"""What a device came in with; nothing where it needed nothing."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What a device is being sent now.

    Attributes:
        path: from the shared folder on; anybody's text.
        sent: in bytes.
        size: in bytes; None if nobody knows.

    """

    deed: Deed
    path: str
    sent: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Guest:
    """A device that has been let in, and what it has done so far.

    Attributes:
        number: tells it from all others.
        name: what people call such a device ("iPhone, Safari").
        address: the one that it asked from last.
        is_in: whether it has been let in and was not sent away since.
        by: what it came in with last.
        since: when that was, in seconds since the epoch.
        seen: when it asked for something last.
        deed, path: what it did last, and to what.
        takings: what it is being sent now.
        viewed: how many pictures and other files it has been shown.
        taken: how many files it has taken, those in zips included.
        moved: bytes that it has been sent in all.

    """

    number: int
    name: str
    address: str
    is_blocked: bool
    is_in: bool
    by: Way
    since: float
    seen: float
    deed: Deed
    path: str
    takings: tuple[Taking, ...]
    viewed: int
    taken: int
    moved: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a device did, or that was done to it.

    Attributes:
        number: counts them all, from 1.
        when: in seconds since the epoch.
        what: "broke": it broke a transfer off; "part": it never asked for more than a part;
            "wrong": it gave a wrong PIN.
        device: its number; 0 for one that has not been let in.
        name: what people call such a device.
        path: from the shared folder on; anybody's text.
        sent: bytes of it that were sent.
        size: how many bytes there are; None if nobody knows.
        files: how many are in it if it was a zip; else 0.
        by: what it came in with.
        tries: how many wrong PINs came from its address; told of all of them together, the last
            time instead of the times before.

    """

    number: int
    when: float
    what: Literal[
        "came", "looked", "viewed", "took", "broke", "part", "blocked", "unblocked", "wrong"
    ]
    device: int
    name: str
    address: str
    path: str
    sent: int
    size: int | None
    files: int
    by: Way
    tries: int = 0
