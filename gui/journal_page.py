"""The part of the journal about a save that runs."""

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gui.journal_files import LeftPart, made_line, part_line, read_parts
from gui.save_lock import locked
from gui.save_record import Record, written

MOST_BYTES = 1 << 20
"""After which the file of parts is written anew with those that there still are."""


class Page:
    """Keeps what a save that runs would need to go on; from any thread.

    What cannot be written is not worth losing a file for: it is not remembered then.
    """

    def __init__(self, folder: Path, record: Record, made: Mapping[str, str]) -> None:
        """*made* are the names of folders that this and other saves made, by their paths.

        Raises Busy.
        """
        self.record = record
        self._before = str(record.folder / "_")[:-1]
        self._made = dict(made)
        self._made_file = folder / f"{record.id}.made"
        self._file = folder / f"{record.id}.json"
        self._parts = folder / f"{record.id}.parts"
        self._lock = threading.Lock()
        self._holding = ExitStack()
        self._holding.enter_context(locked(folder / f"{record.id}.lock"))
        self._live = read_parts(self._parts)
        self._left = {left.path: left for left in self._live.values()}
        self._log: int | None = None
        self._written = 0
        self._write_anew()

    def left(self, path: str) -> LeftPart | None:
        """Give what was left of the file *path* of the share; once."""
        with self._lock:
            return self._left.pop(path, None)

    def path_of(self, left: LeftPart) -> str:
        """Give where a part is."""
        return self._before + left.part

    def begin(self, path: str, part: str, size: int, etag: str | None) -> None:
        """Note a part that is about to be made, or about to be filled with another version."""
        relative = self._relative(part)
        left = LeftPart(path, relative, size, etag)
        with self._lock:
            self._live[relative] = left
            line = part_line(left).encode("ascii")
            if self._log is not None:
                with suppress(OSError):
                    os.write(self._log, line)
            self._written += len(line)
            if self._written > MOST_BYTES:
                self._write_anew()

    def end(self, part: str) -> None:
        """Note that there is no such part any more."""
        with self._lock:
            self._live.pop(self._relative(part), None)

    def made(self, path: str) -> str | None:
        """Give the name of the folder that was made for the folder *path* of the share."""
        return self._made.get(path)

    def make(self, path: str, name: str) -> None:
        """Note that the folder *name* is about to be made for the folder *path* of the share."""
        self._made[path] = name
        with suppress(OSError), self._made_file.open("a", encoding="ascii") as file:
            file.write(made_line(path, name))

    def note(self, **changes: Any) -> None:
        """Change the record."""
        with self._lock:
            self.record = replace(self.record, **changes)
            new = self._file.with_suffix(".new")
            with suppress(OSError):
                new.write_text(written(self.record), encoding="utf-8")
                new.replace(self._file)

    def sweep(self) -> None:
        """Remove the parts that were left and are of no use any more."""
        with self._lock:
            for left in self._left.values():
                if self._live.pop(left.part, None) is not None:
                    with suppress(OSError):
                        (self.record.folder / left.part).unlink()
            self._left.clear()

    def close(self) -> None:
        """Let another program have it."""
        with self._lock:
            self._write_anew()
            if self._log is not None:
                os.close(self._log)
                self._log = None
            if not self._live:
                with suppress(OSError):
                    self._parts.unlink(missing_ok=True)
        self._holding.close()

    def _relative(self, part: str) -> str:
        return part.removeprefix(self._before)

    def _write_anew(self) -> None:
        """Begin the file of parts anew with those that there are; it is whole at any moment."""
        new = self._parts.with_suffix(".anew")
        if self._log is not None:
            os.close(self._log)
            self._log = None
        with suppress(OSError):
            new.write_text("".join(map(part_line, self._live.values())), encoding="ascii")
            new.replace(self._parts)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._log = os.open(self._parts, flags, 0o600)
        self._written = 0
