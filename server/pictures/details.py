"""What is known about a picture, as clean values: nothing in them that a screen would obey."""

import re
from dataclasses import dataclass

from server.names import shown
from server.pictures.protocol import Answer

_LONGEST = 100
_MOMENT = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Details:
    """What is known about a picture; None for what is not.

    Attributes:
        width, height: in pixels, as it is looked at.
        taken: the moment on the camera's own clock, as 2026-07-12T20:41:08.
        location: whether the file tells where it was taken. Where is told to nobody.

    """

    width: int | None = None
    height: int | None = None
    taken: str | None = None
    camera: str | None = None
    lens: str | None = None
    exposure: str | None = None
    aperture: str | None = None
    iso: int | None = None
    focal_length: str | None = None
    location: bool = False


def details(answer: Answer) -> Details:
    """Take what a decoder process says for what it is: text out of a stranger's file."""
    told = answer.details
    iso = told.get("iso", "")
    return Details(
        answer.width or None,
        answer.height or None,
        _moment(told.get("taken", "")),
        _text(told.get("camera", "")),
        _text(told.get("lens", "")),
        _text(told.get("exposure", "")),
        _text(told.get("aperture", "")),
        int(iso) if re.fullmatch("[0-9]{1,9}", iso) else None,
        _text(told.get("focal_length", "")),
        told.get("location") == "yes",
    )


def _moment(text: str) -> str | None:
    found = _MOMENT.match(text) if text.isascii() else None
    return f"{found[1]}-{found[2]}-{found[3]}T{found[4]}" if found else None


def _text(text: str) -> str | None:
    """Give a line of text that is safe to show, if there is any."""
    text = " ".join(text[: 2 * _LONGEST].split())
    return shown(text)[:_LONGEST] or None
