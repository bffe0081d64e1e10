"""Who may come into this computer's own share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admission:
    """What a device needs to come in.

    Attributes:
        pin: what it types; digits.
        secret: what the link holds.
        is_kept: whether PIN and secret are the same at the next start, and for another folder.
        is_open: whether everybody comes in without anything.
        is_paused: whether so many PINs were wrong that none is looked at until the user acts.
        was_reached: whether another device has asked for anything since others may look.

    """

    pin: str
    secret: str
    is_kept: bool = False
    is_open: bool = False
    is_paused: bool = False
    was_reached: bool = False
