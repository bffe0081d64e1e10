"""Keeps the bytes of a big file: one thread writes them and another one hashes, while more come.

All three take about as long, and none of them holds the interpreter meanwhile.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from threading import Thread

from gui.part import Part


class Keeping:
    """Has what comes written and added to the digest, in the order in which it comes.

    For one thread, which fills the rooms one after the other.
    """

    def __init__(self, part: Part, rooms: Iterable[memoryview]) -> None:
        self._free = deque(rooms)
        self._busy: deque[memoryview] = deque()
        self.steps = (_Step(part.write, "save-write"), _Step(part.digest.update, "save-hash"))

    def room(self) -> memoryview:
        """Give memory to fill; waits until there is some."""
        if not self._free:
            self._wait_for_first()
        return self._free.popleft()

    def keep(self, room: memoryview, count: int) -> None:
        """Take the first *count* bytes of *room*, which is the caller's no more."""
        data = room[:count]
        self._busy.append(room)
        for step in self.steps:
            step.take(data)

    def settle(self) -> None:
        """Wait until all is kept."""
        while self._busy:
            self._wait_for_first()

    def _wait_for_first(self) -> None:
        room = self._busy.popleft()
        for problem in [step.wait_for_one() for step in self.steps]:
            if problem is not None:
                raise problem
        self._free.append(room)


@contextmanager
def keeping(part: Part, rooms: Iterable[memoryview]) -> Iterator[Keeping]:
    """Have what comes kept in *part*, through *rooms* for bytes; at the end all of it is.

    Whatever goes wrong with that is raised there, if not before.
    """
    made = Keeping(part, rooms)
    with ExitStack() as at_end:
        at_end.callback(made.settle)
        for step in made.steps:
            step.start()
            at_end.callback(step.end)
        yield made


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
