"""What goes into an archive: everything under a folder, or under what was selected in it."""

import errno
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import NamedTuple

from server.archive import Member
from server.body import EndedEarly
from server.digests import Identity, identity
from server.directory import is_same
from server.entry import Item
from server.folder import SharedFolder
from server.folder_problem import FolderProblem, NotReadable, NotShared
from server.names import shown
from server.way import Way
from server.words import marked
from server.zip_format import LONGEST_NAME

# An archive of as many takes some 60 MB of memory while it is sent.
MOST_MEMBERS = 100_000
# Seconds; only a slow disk, or one far away, takes that long to name its files.
PATIENCE = 60
MISSING = "not-in-this-archive.txt"

_HEADLINE = "These are not in the archive:"
_NOT_READABLE = "may not be read"
_GONE = "is not there any more"
_RING = "is a link to a folder that it is in"
_TOO_LONG = "has too long a path for an archive"
_OUT_OF_REACH = "could not be read"

# What a program may obey instead of taking it for a part of a name, or cannot write down: control
# characters, and bytes that are no text. On Windows a letter and a colon are a disk.
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DISK = re.compile(r"[A-Za-z]:")


class TooMuch(Exception):
    """More than an archive may hold, or than can be found in time; says so in a sentence."""


class _Folder(NamedTuple):
    """A folder to go through; *name* is what its files' names in the archive begin with."""

    path: str
    name: str
    item: Item
    above: "_Folder | None"


def members(
    folder: SharedFolder,
    base: str,
    paths: Iterable[str] | None,
    has_left: Callable[[], bool],
    is_given_up: Callable[[Identity], bool] = lambda _: False,
) -> list[Member]:
    """Give everything under *paths*, or under all of *base*, with names relative to *base*.

    A folder with nothing in it is a member, too. What is shared but cannot be read is named in a
    text file among the members; *is_given_up* tells what was found to be so while it was sent.
    Raises `FolderProblem` if *base* cannot be listed, `TooMuch`, and `EndedEarly` soon after
    *has_left* tells that nobody wants them any more.
    """
    with closing(Way()) as way:
        finding = _Finding(folder, way, has_left, is_given_up)
        if paths is None:
            finding.under(_Folder(base, "", folder.item(base), None))
        else:
            for path in paths:
                finding.at(base, path)
    if finding.missing:
        lines = [f"{shown(name)} {reason}." for name, reason in finding.missing]
        finding.found.append(text_file(MISSING, _HEADLINE, lines, finding.found))
    return finding.found


class _Finding:
    """Finds members.

    Attributes:
        found: in the order of the archive.
        missing: names of what could not be had, and why.

    """

    def __init__(
        self,
        folder: SharedFolder,
        way: Way,
        has_left: Callable[[], bool],
        is_given_up: Callable[[Identity], bool],
    ) -> None:
        self.found: list[Member] = []
        self.missing: list[tuple[str, str]] = []
        self._folder, self._way = folder, way
        self._has_left, self._is_given_up = has_left, is_given_up
        self._until = time.monotonic() + PATIENCE

    def at(self, base: str, path: str) -> None:
        """Find what was selected below *base*, and everything in it."""
        self._check()
        above, name = base, ""
        try:
            item = self._folder.item(path)
            for part in path[len(base) :].lstrip("/").split("/"):
                name += ("/" if name else "") + self._name(above, part)
                above = _joined(above, part)
        except FolderProblem as problem:
            self._miss(path[len(base) :].lstrip("/"), problem)
            return
        if item.is_folder:
            self.under(_Folder(path, f"{name}/", item, None))
        else:
            self._file(path, name, item)

    def under(self, first: _Folder) -> None:
        """Find everything in a folder, at whatever depth."""
        waiting = [first]
        while waiting:
            folder = waiting.pop()
            try:
                waiting += reversed(self._in(folder))
            except FolderProblem as problem:
                if not folder.name:
                    raise
                self._miss(folder.name, problem)

    def _in(self, folder: _Folder) -> list[_Folder]:
        """Find the files in a folder, and give the folders in it."""
        folders: list[_Folder] = []
        is_empty = True
        for number, item in enumerate(self._folder.items(folder.path, self._way)):
            if number % 100 == 0:
                self._check()
            is_empty = False
            path = _joined(folder.path, item.name)
            name = folder.name + self._name(folder.path, item.name)
            if not item.is_folder:
                self._file(path, name, item)
            elif _is_in_itself(item, folder):
                self.missing.append((f"{name}/", _RING))
            else:
                folders.append(_Folder(path, f"{name}/", item, folder))
        self._check()
        if is_empty and folder.name:
            self._add(Member(folder.name.encode(), 0, _modified(folder.item), b""))
        return folders

    def _file(self, path: str, name: str, item: Item) -> None:
        content = identity(path, item.status)
        if not item.readable:
            self.missing.append((name, _NOT_READABLE))
        elif self._is_given_up(content):
            self.missing.append((name, _OUT_OF_REACH))
        else:
            self._add(Member(name.encode(), content.size, _modified(item), content))

    def _add(self, member: Member) -> None:
        if len(member.name) > LONGEST_NAME:
            self.missing.append((member.name.decode(), _TOO_LONG))
        else:
            self.found.append(member)

    def _miss(self, name: str, problem: FolderProblem) -> None:
        words = {NotReadable: _NOT_READABLE, NotShared: _GONE}
        self.missing.append((name, words.get(type(problem), _OUT_OF_REACH)))

    def _check(self) -> None:
        if self._has_left():
            raise EndedEarly(errno.EPIPE, "Nobody wants it any more.")
        if len(self.found) + len(self.missing) > MOST_MEMBERS:
            raise TooMuch(f"There are more than {MOST_MEMBERS:,} files, too many for one archive.")
        if time.monotonic() > self._until:
            raise TooMuch(marked("To find all the files takes too long. Take fewer at once."))

    def _name(self, above: str, name: str) -> str:
        """Give the archive's name for what is called *name* in the folder *above*."""
        safe = spelled(name)
        while safe != name and self._is_there(_joined(above, safe)):
            # No spelling begins like that, so it is nobody's but this one's.
            safe = f"%_{safe}"
        return safe

    def _is_there(self, path: str) -> bool:
        try:
            self._folder.item(path)
        except FolderProblem:
            return False
        return True


def spelled(name: str) -> str:
    """Spell the name of a file so that every program takes it for just that.

    Most names stay as they are. No two names get the same spelling, unless it is one's own.
    """
    if name.isascii() and name.isprintable() and name[1:2] != ":":
        return name
    if _ODD.search(name):
        return "".join(_encoded(one) if one == "%" or _ODD.match(one) else one for one in name)
    return f"{name[0]}%3A{name[2:]}" if _DISK.match(name) else name


def _encoded(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(character))


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _modified(item: Item) -> int:
    return item.status.st_mtime_ns // 1_000_000_000


def _is_in_itself(item: Item, folder: _Folder | None) -> bool:
    """Tell whether *item* is *folder* or one above it, so that the way through it has no end."""
    while folder is not None:
        if is_same(item.status, folder.item.status):
            return True
        folder = folder.above
    return False


def text_file(name: str, headline: str, lines: Iterable[str], found: Sequence[Member]) -> Member:
    """Give a text file called *name*, or like it if one of those *found* is, to go with them."""
    text = "\n".join([headline, "", *lines, ""]).encode()
    taken = {member.name.split(b"/", 1)[0].decode().casefold() for member in found}
    stem, number, free = name.removesuffix(".txt"), 1, name
    while free in taken:
        number += 1
        free = f"{stem} ({number}).txt"
    modified = max((member.modified for member in found), default=0)
    return Member(free.encode(), len(text), modified, text)
