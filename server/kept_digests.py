"""Digests on disk: a small SQLite file that may be lost at any time, and fails nobody."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded at the first use, which is not the start
    import sqlite3

# Some 15 MB. The oldest go first.
MOST_KEPT = 100_000
# How many are written at once; each write waits for the disk.
_AT_ONCE = 100
# Seconds to wait for another program that writes.
_LOCKED_FOR = 0.25

_TABLE = "CREATE TABLE IF NOT EXISTS digests (key BLOB PRIMARY KEY, digest BLOB NOT NULL)"
_FIND = "SELECT digest FROM digests WHERE key = ?"
_ADD = "INSERT OR REPLACE INTO digests VALUES (?, ?)"
_SHORTEN = "DELETE FROM digests WHERE rowid <= (SELECT max(rowid) FROM digests) - ?"


class KeptDigests:
    """Finds and keeps digests by keys. For one thread at a time.

    The file is open only from the first use to `close`, so that whoever deletes it meanwhile
    loses nothing that is found out later. One that cannot be read, written or had to itself is
    left alone until then; one that is no database any more is begun anew.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._is_useless = False
        self._new: dict[bytes, bytes] = {}

    def find(self, key: bytes) -> bytes | None:
        """Give the digest that was kept under *key*."""
        rows: list[tuple[object]] = []
        self._use(lambda connection: rows.extend(connection.execute(_FIND, (key,))))
        digest = rows[0][0] if rows else None
        return digest if isinstance(digest, bytes) and len(digest) == 32 else None

    def add(self, key: bytes, digest: bytes) -> None:
        """Keep a digest; on disk at the latest when this is closed."""
        self._new[key] = digest
        if len(self._new) >= _AT_ONCE:
            self._write()

    def close(self) -> None:
        """Write what is new, and let go of the file."""
        if self._new:
            self._write()
        self._let_go()
        self._is_useless = False

    def _write(self) -> None:
        new, self._new = self._new, {}

        def write(connection: "sqlite3.Connection") -> None:
            with connection:
                connection.executemany(_ADD, new.items())
                connection.execute(_SHORTEN, (MOST_KEPT,))

        self._use(write)

    def _use(self, use: "Callable[[sqlite3.Connection], None]") -> None:
        import sqlite3

        for is_last in (False, True):
            if self._file is None or self._is_useless:
                return
            try:
                use(self._open(self._file))
            except (sqlite3.OperationalError, OSError):
                self._is_useless = True
            except sqlite3.DatabaseError:
                self._is_useless = is_last
                self._begin_anew(self._file)
            else:
                return

    def _open(self, file: Path) -> "sqlite3.Connection":
        import sqlite3

        if self._connection is None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(file, timeout=_LOCKED_FOR)
            self._connection.execute(_TABLE)
        return self._connection

    def _begin_anew(self, file: Path) -> None:
        """Delete the file, and the journal that would be taken for that of the next one."""
        self._let_go()
        for path in (file, file.with_name(f"{file.name}-journal")):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        import sqlite3

        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
