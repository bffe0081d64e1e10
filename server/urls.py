"""Paths in URLs, and what they mean: names on disk are bytes, and need not be UTF-8."""

import os
import re
from collections.abc import Mapping
from typing import Any

# How the paths of URLs begin: of pictures made smaller, and of listings.
THUMBNAILS, LISTINGS = "/thumb/", "/api/folder/"


def path_of(environ: Mapping[str, Any]) -> str:
    """Give the path of a URL as a name on disk is given; WSGI has it as Latin-1."""
    return os.fsdecode(environ["PATH_INFO"].encode("latin-1"))


def without_dots(path: str) -> str:
    """Leave out components that are one dot, which RFC 3986 has mean nothing.

    Programs that build URLs by its rules, as rclone does, write them before names with a colon.
    """
    return re.sub(r"(?<![^/])(?:\./)+", "", path)


def folder_path(path: str) -> str:
    """Take the slash off the end of a folder's path; one alone is no name, so it stays."""
    return path.removesuffix("/") or path
