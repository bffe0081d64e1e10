"""Keeps the bytes of a big file: one thread writes them and another one hashes, while more come.

All three take about as long, and none of them holds the interpreter meanwhile.
"""

from collections import deque
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from gui.part import Part


class Keeping:
    """Has what comes written into a part and added to its digest, in the order in which it comes.

    Used in a `with`, by one thread, which fills the *rooms* for bytes one after the other. At its
    end all that came is kept. Whatever goes wrong with that is raised there, if not before.
    """

    def __init__(self, part: Part, rooms: Iterable[memoryview]) -> None:
        self._free = deque(rooms)
        self._busy: deque[memoryview] = deque()
        self._steps = (_Step(part.write, "save-write"), _Step(part.digest.update, "save-hash"))

    def room(self) -> memoryview:
        """Give memory to fill; waits until there is some."""
        if not self._free:
            self._wait_for_first()
        return self._free.popleft()

    def keep(self, room: memoryview, count: int) -> None:
        """Take the first *count* bytes of *room*, which is the caller's no more."""
        data = room[:count]
        self._busy.append(room)
        for step in self._steps:
            step.take(data)

    def _wait_for_first(self) -> None:
        room = self._busy.popleft()
        for problem in [step.wait_for_one() for step in self._steps]:
            if problem is not None:
                raise problem
        self._free.append(room)

    def __enter__(self) -> Self:
        for step in self._steps:
            step.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for step in self._steps:
            step.end()
        while self._busy:
            self._wait_for_first()


class _Step(Thread):
    """Does the same with one piece after the other; after one that failed, with none."""

    def __init__(self, act: Callable[[memoryview], None], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._act = act
        self._waiting: SimpleQueue[memoryview | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()

    def take(self, data: memoryview) -> None:
        """Do it with *data* when it is its turn."""
        self._waiting.put(data)

    def wait_for_one(self) -> BaseException | None:
        """Wait until it was done with the next piece; gives what was wrong with it, if anything."""
        return self._done.get()

    def end(self) -> None:
        """Take nothing any more, and return when all is done."""
        self._waiting.put(None)
        self.join()

    def run(self) -> None:
        problem: BaseException | None = None
        while (data := self._waiting.get()) is not None:
            if problem is None:
                try:
                    self._act(data)
                except BaseException as error:
                    problem = error
            self._done.put(problem)
