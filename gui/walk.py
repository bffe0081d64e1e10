"""Looks through the wanted folders of a share, makes them here, and puts their files in line."""

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gui.errors import Cancelled, ClientError, Interrupted, Unavailable, Unreachable
from gui.halting import Halting
from gui.journal_page import Page
from gui.lanes import Job, Lanes, Place
from gui.listing import Entry
from gui.names import Taken, safe_name
from gui.outcomes import Outcomes
from gui.progress import Progress
from gui.road import Road

DEEPEST = 100
"""Folders in folders: beyond, a share has no end."""

TRIES = 3
"""Times that one page of a listing may break off, while the share is there."""

HERE = "."
"""The name of a folder whose content goes directly into the folder that is saved into."""


@dataclass(frozen=True, slots=True)
class Found:
    """A folder to look through.

    Attributes:
        place: Where it will be.
        name: What it is called there, unless that is taken by something else.
        depth: How many folders it is in.
        may_be_there: Whether a folder that is there already is the same one, saved before.

    """

    entry: Entry
    place: Place
    name: str
    base: str
    depth: int
    may_be_there: bool


class Walk:
    """Goes through everything that is wanted, on one thread."""

    def __init__(
        self,
        road: Road,
        lanes: Lanes,
        progress: Progress,
        outcomes: Outcomes,
        halting: Halting,
        page: Page | None,
    ) -> None:
        self._road, self._lanes = road, lanes
        self._progress, self._outcomes, self._halting = progress, outcomes, halting
        self._page = page

    def run(self, wanted: Sequence[Entry], folder: Path, name: str | None) -> None:
        """Go through *wanted*; raises Cancelled, and OSError if nothing can be in *folder*."""
        os.scandir(folder).close()
        place = Place(folder, Taken())
        if name == HERE:
            (entry,) = wanted
            folders = self._look_through(entry, place, 0, is_old=False)
        else:
            folders = self._take_up(wanted, place, 0, is_old=False, name=name)
            folders.reverse()
        while folders:
            found = folders.pop()
            if made := self._made(found):
                inside, is_old = made
                below = self._look_through(found.entry, inside, found.depth + 1, is_old=is_old)
                folders += reversed(below)

    def _take_up(
        self,
        entries: Iterable[Entry],
        place: Place,
        depth: int,
        *,
        is_old: bool,
        name: str | None = None,
    ) -> list[Found]:
        """Put the files in line and give the folders; raises Cancelled."""
        folders = []
        for entry in entries:
            self._halting.check()  # a hostile page takes seconds
            base = name or safe_name(entry.name)
            known = self._page.made(entry.path) if self._page and depth == 0 else None
            chosen = place.taken.free(known or base)
            if entry.is_folder:
                may_be_there = is_old or chosen == known
                folders.append(Found(entry, place, chosen, base, depth, may_be_there))
            else:
                self._progress.found(entry.size or 0)
                self._lanes.put(Job(entry, place, chosen, base))
        return folders

    def _made(self, found: Found) -> tuple[Place, bool] | None:
        """Make the folder; give it, and whether it was there. None if that failed."""
        try:
            if found.depth >= DEEPEST:
                self._progress.failed(found.entry, "It is too deep in folders.")
                return None
            return self._place(found)
        except OSError as error:
            self._outcomes.disk_failed(found.entry, found.place.folder, error)
            return None

    def _place(self, found: Found) -> tuple[Place, bool]:
        name = found.name
        while True:
            path = found.place.folder / name
            if found.may_be_there and _is_real_folder(path):
                return Place(path, Taken()), True
            if not os.path.lexists(path):
                if self._page is not None and found.depth == 0:
                    self._page.make(found.entry.path, name)
                try:
                    path.mkdir()
                except FileExistsError:
                    pass
                else:
                    return Place(path, Taken()), False
            name = found.place.taken.free(found.base)

    def _look_through(self, entry: Entry, place: Place, depth: int, *, is_old: bool) -> list[Found]:
        """Take up what is in a folder, which is *depth* folders deep; give the folders in it."""
        seen: set[str] = set()
        folders: list[Found] = []
        offset, tries = 0, 0
        while True:
            client, returns = self._road.client, self._road.returns
            try:
                for page in client.pages(entry.path, self._halting.end, offset):
                    # An entry comes twice if the folder changes meanwhile.
                    new = [each for each in page.entries if each.name not in seen]
                    seen.update(each.name for each in new)
                    folders += self._take_up(new, place, depth, is_old=is_old)
                    offset, tries = page.next or offset, 0
                self._road.arrived()
            except Cancelled:
                raise
            except (Unreachable, Unavailable) as error:
                try:
                    tries += not self._road.wait(returns, error)
                except Cancelled:
                    raise
                except ClientError as final:
                    self._outcomes.share_failed(entry, final)
                    return folders
                if tries > TRIES:
                    self._outcomes.share_failed(entry, Interrupted(str(error)))
                    return folders
            except ClientError as error:
                self._outcomes.share_failed(entry, error)
                return folders
            else:
                return folders


def _is_real_folder(path: Path) -> bool:
    """Tell whether there is a folder, and no link to one, which may lead anywhere."""
    try:
        status = path.lstat()
    except OSError:
        return False
    reparse = getattr(status, "st_reparse_tag", 0)
    return stat.S_ISDIR(status.st_mode) and not reparse
