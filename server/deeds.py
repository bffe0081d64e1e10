"""What a request was for, as people tell it: looked at a folder, viewed a picture, took a file."""

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from server.urls import folder_path, without_dots

Kind: TypeAlias = Literal["looked", "viewed", "took", "zipped", "broke", "glanced"]
"""Looked at a folder, viewed or took a file, took a zip, broke that off; or saw a small picture of
something."""

# The size of `/thumb/` that fills a screen; all others are tiles.
_SCREEN = "screen"


class Deed(NamedTuple):
    """What was done, and to what: a path from the shared folder on, "" for all of it."""

    kind: Kind
    path: str


# The same few folders and pictures are asked for by everybody.
@lru_cache(maxsize=1024)
def deed(path: str, is_attachment: bool) -> Deed | None:
    """Tell what somebody did who was given what is at the *path* of a URL.

    None for what tells nothing about anybody: pages' own parts, what is known of a picture.
    """
    road, _, rest = path[1:].partition("/")
    if road == "thumb":
        size, _, name = rest.partition("/")
        is_viewed = size == _SCREEN and not name.endswith("/")
        return Deed("viewed" if is_viewed else "glanced", name)
    if road in {"download", "download2"}:
        return Deed("took", rest)
    if road == "files":
        return _shown(without_dots(rest), is_attachment)
    if road == "zip":
        return Deed("zipped", folder_path(rest))
    if road == "api":
        road, _, rest = rest.partition("/")
        return Deed("looked", folder_path(rest)) if road == "folder" else None
    return None


def _shown(path: str, is_attachment: bool) -> Deed:
    if not path or path.endswith("/"):
        return Deed("looked", folder_path(path))
    return Deed("took" if is_attachment else "viewed", path)
