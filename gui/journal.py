"""What is being saved, on disk: so that it goes on after a crash, and can be offered again.

Each save has five files in the journal's folder: `<id>.json`, which tells what it is and how it
ended; `<id>.wanted`, with a line for every file and folder that it is to save; `<id>.parts`, with a
line for every unfinished file: where it is, and which version of what; and `<id>.made`, with a line
for every folder that it made directly in the one that it saves into. These two are only added to,
so that a program that is killed leaves them whole but for the last line. They are lost when power
fails, at worst, and then files come from their beginning. `<id>.lock` is empty, and locked by the
program that is at the save or has it in line. PINs and keys are in none of them.
"""

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from platformdirs import user_data_path

from gui.journal_files import read_made, read_parts, read_wanted, write_wanted
from gui.journal_page import Page
from gui.listing import Entry
from gui.save_lock import Busy, locked
from gui.save_record import Record, Source, State, read

MOST_RECORDS = 100
"""Saves that are remembered; the oldest that nothing is left of go first."""


def usual_folder() -> Path:
    """Give the place for the journal in the user's data folder."""
    return user_data_path("lanslide", appauthor=False) / "saves"


class Journal:
    """Remembers saves in a folder. From any thread, and from several programs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def records(self) -> list[Record]:
        """Give what is remembered, the newest first; what cannot be read is left out."""
        found = [read(path) for path in self._folder.glob("*.json")]
        records = [record for record in found if record is not None]
        return sorted(records, key=lambda record: record.began, reverse=True)

    def wanted(self, record: Record) -> list[Entry]:
        """Give the files and folders that a save is to save; none if they are not known any more.

        They are not part of the record, for there may be a hundred thousand of them.
        """
        found = read_wanted(self._folder / f"{record.id}.wanted")
        return found if len(found) == record.count else []

    def made(self, record: Record) -> dict[str, str]:
        """Give the names of the folders that a save made, by their paths in the share."""
        return read_made(self._folder / f"{record.id}.made")

    def is_held(self, record: Record) -> bool:
        """Tell whether some program, this one too, is at a save or has it in line."""
        try:
            with locked(self._folder / f"{record.id}.lock"):
                return False
        except Busy:
            return True
        except OSError:
            return False  # whoever begins it sees that nothing can be kept here

    def begin(
        self,
        source: Source,
        wanted: Sequence[Entry],
        folder: Path,
        name: str | None = None,
        state: State = "running",
    ) -> Page:
        """Open the page of a save: what it left when it ran before, if it did.

        *folder* is absolute. Raises Busy, and OSError if nothing can be kept there.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        page_id = _id(source, [entry.path for entry in wanted], folder, name)
        made: dict[str, str] = {}
        for known in reversed(self.records()):
            if known.folder == folder and known.source.id == source.id:
                made |= self.made(known)
        record = Record(
            page_id,
            source,
            folder,
            len(wanted),
            wanted[0].name,
            wanted[0].is_folder,
            name,
            state,
            began=time.time(),
        )
        page = Page(self._folder, record, made)
        write_wanted(self._folder / f"{page_id}.wanted", wanted)
        page.note()
        self._shorten()
        return page

    def forget(self, record: Record) -> None:
        """Remember a save no longer, and remove its unfinished files; raises Busy."""
        with locked(self._folder / f"{record.id}.lock"):
            for left in read_parts(self._folder / f"{record.id}.parts").values():
                with suppress(OSError):
                    (record.folder / left.part).unlink()
            for kind in ("json", "wanted", "parts", "made"):
                (self._folder / f"{record.id}.{kind}").unlink(missing_ok=True)
        (self._folder / f"{record.id}.lock").unlink(missing_ok=True)

    def _shorten(self) -> None:
        old = [record for record in self.records()[MOST_RECORDS:] if record.state == "done"]
        for record in old:
            with suppress(Busy, OSError):
                self.forget(record)


def _id(source: Source, paths: Iterable[str], folder: Path, name: str | None) -> str:
    """Give the same id for the same save, so that it finds what it left."""
    share = source.id or source.address
    told = json.dumps([share, str(folder), name, sorted(paths)])
    return sha256(told.encode()).hexdigest()[:24]
