"""A file of the shared folder, opened."""

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Self


class Held:
    """Something that holds an open file; `close` it, or let a `with` do that."""

    __slots__ = ()

    descriptor: int

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class OpenFile(Held):
    """A file of the shared folder, opened; what *status* says is true of what was opened."""

    name: str
    descriptor: int
    status: os.stat_result
