"""What is said between the program and a decoder process, and in which bytes.

A request is one line of JSON, with the open file beside it. An answer is one line of JSON, and
after it as many bytes as the line says. Nothing is unpickled: a decoder that a hostile file has
taken over can send a wrong picture, and no more.

The values are tuples, as in all that a decoder begins with: to load what makes dataclasses takes
as long as to make a picture of a phone's preview or two.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["none", "preview", "full"]
"""No picture can be had; a small one from inside the file; as sharp as the size allows."""

# Why there is no picture; what is not installed is told as "needs-" and the extra's name.
TOO_LARGE, DAMAGED, NOT_SUPPORTED = b"too-large", b"damaged", b"not-supported"

# What a decoder says once it can be asked.
READY = b"\n"
LONGEST_LINE = 65_536
LONGEST_PICTURE = 32 << 20
LONGEST_CONVERSION = 128 << 20


class Request(NamedTuple):
    """What a decoder is to do with a file.

    Attributes:
        side: the pixels of the longer side wanted; 0 if only the details are.
        webp: whether a picture with transparent parts may be sent as WebP.
        jpeg: whether the client takes JPEG at all.
        preview: whether a preview from inside the file will do even if it is too small.
        is_conversion: whether a JPEG to keep is wanted, with all of the picture's pixels if there
            is no *side*. There is more time and memory for it.

    """

    family: str
    side: int = 0
    webp: bool = True
    jpeg: bool = True
    preview: bool = False
    is_conversion: bool = False

    @property
    def most(self) -> int:
        """How many bytes the answer may have after its line."""
        return LONGEST_CONVERSION if self.is_conversion else LONGEST_PICTURE

    def line(self) -> bytes:
        """Give the request as it is sent."""
        fields = [self.family, self.side, self.webp, self.jpeg, self.preview]
        return json.dumps([*fields, self.is_conversion]).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> "Request":
        """Read a request that was sent by `line`."""
        return cls(*json.loads(line))


class Answer(NamedTuple):
    """What a decoder found out.

    Attributes:
        width: of the whole picture as it is looked at, in pixels; 0 if not known.
        opaque: whether nothing of it can be seen through.
        data: the picture; of none a word that says why, or nothing.
        details: text about it, as it stands in the file.

    """

    kind: Kind
    media_type: str = ""
    width: int = 0
    height: int = 0
    opaque: bool = True
    data: bytes = b""
    details: Mapping[str, str] = MappingProxyType({})

    def line(self) -> bytes:
        """Give the answer as it is sent; `data` follows it."""
        fields: list[Any] = [self.kind, self.media_type, self.width, self.height, self.opaque]
        return json.dumps([*fields, len(self.data), dict(self.details)]).encode() + b"\n"


def read_answer(line: bytes, most: int = LONGEST_PICTURE) -> tuple[Answer, int]:
    """Read an answer and how many bytes follow it, at most *most*. Raises ValueError for none."""
    try:
        fields = json.loads(line)
    except RecursionError as error:
        raise ValueError("This is no answer.") from error
    if not isinstance(fields, list) or len(fields) != 7:
        raise ValueError("This is no answer.")
    kind, media_type, width, height, opaque, length, details = fields
    if kind not in {"none", "preview", "full"} or media_type not in _MEDIA_TYPES:
        raise ValueError("There is no such answer.")
    for number, limit in ((width, 1 << 31), (height, 1 << 31), (length, most)):
        if type(number) is not int or not 0 <= number <= limit:
            raise ValueError("This number cannot be.")
    if not isinstance(details, dict) or not all(isinstance(one, str) for one in details.values()):
        raise ValueError("These details cannot be.")
    return Answer(kind, media_type, width, height, opaque is True, b"", details), length


_MEDIA_TYPES = frozenset({"", "image/jpeg", "image/webp"})
