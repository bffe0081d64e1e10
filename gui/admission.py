"""Who may come into this computer's own share, and who has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that has come in by link or PIN.

    Attributes:
        name: what people call such a device ("iPhone, Safari").
        address: the one that it came from at first.
        by: what it came in with.
        since: when, in seconds since the epoch.

    """

    name: str
    address: str
    by: Literal["link", "pin"]
    since: float


@dataclass(frozen=True, slots=True)
class Admission:
    """What a device needs to come in, and which have.

    Attributes:
        pin: what it types; digits.
        secret: what the link holds.
        is_kept: whether PIN and secret are the same at the next start, and for another folder.
        is_open: whether everybody comes in without anything.
        is_paused: whether so many PINs were wrong that none is looked at until the user acts.
        was_reached: whether another device has asked for anything since others may look.
        visitors: first who came first.

    """

    pin: str
    secret: str
    is_kept: bool = False
    is_open: bool = False
    is_paused: bool = False
    was_reached: bool = False
    visitors: tuple[Visitor, ...] = ()
