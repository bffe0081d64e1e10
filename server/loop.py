"""The loop that waits for every connection at once, and the threads around it.

What a connection does in its turn takes a fraction of a millisecond, less than it takes to wake
another thread. So the thread at the loop does it itself, unless it is known to take longer. But
it may touch a disk, and a disk may take its time, or hang. Then a second thread notices and takes
the loop over, and until the first is back, and a moment longer, workers do whatever may touch a
disk.
"""

import logging
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, Protocol

from waitress import wasyncore  # type: ignore[import-untyped]

# What can be waited for, as poll and epoll number it.
READABLE, WRITABLE = 1, 4
WORKERS = 4
# Seconds in which a turn is over, unless a disk holds it up.
HELD_UP = 0.02
# Seconds for which a disk that held up the loop is not trusted.
CAREFUL_FOR = 1
_TICK = 1.0
# Seconds in which the loop sees that it was stopped, unless a disk holds it up.
_ENDS_IN = 0.5

_log = logging.getLogger(__name__)


class Service(Protocol):
    """Something that waits for a worker; what waitress calls a task."""

    def service(self) -> None:
        """Do what there is to do."""


class Workers:
    """Threads that run the application; what waitress calls a task dispatcher.

    There are *count* of them, and one more for each that only waits for something.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._changing = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._waiting = 0
        self._is_finished = False
        with self._changing:
            self._fill_up()

    def add_task(self, task: Service) -> None:
        """Have `service` of *task* called by one of them."""
        self._work.put(task.service)

    def add(self, work: Callable[[], None]) -> None:
        """Have *work* done by one of them."""
        self._work.put(work)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Have another thread work in place of this one, which does nothing inside but wait."""
        with self._changing:
            self._waiting += 1
            self._fill_up()
        try:
            yield
        finally:
            with self._changing:
                self._waiting -= 1

    def finish(self) -> None:
        """Wait until everything is done and every thread has ended."""
        with self._changing:
            self._is_finished = True
            threads = [*self._threads]
        for _ in threads:
            self._work.put(None)
        for thread in threads:
            thread.join()

    def _fill_up(self) -> None:
        while not self._is_finished and len(self._threads) - self._waiting < self._count:
            thread = threading.Thread(target=self._run, name="share-worker", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The system has no more of them; those there are do the work.
                if not self._threads:
                    raise
                return
            self._threads.add(thread)

    def _run(self) -> None:
        while not self._is_one_too_many() and (work := self._work.get()) is not None:
            try:
                work()
            except Exception:
                # A worker outlives whatever one connection runs into.
                _log.exception("A request failed.")

    def _is_one_too_many(self) -> bool:
        """Tell whether this thread is not needed any more; then it is not counted either."""
        if len(self._threads) == self._count:
            return False
        with self._changing:
            if self._is_finished or len(self._threads) - self._waiting <= self._count:
                return False
            self._threads.discard(threading.current_thread())
            return True


class Loop:
    """Waits for connections and gives each its turn; two threads are there for it.

    Args:
        each_turn: called before every wait, by the thread at the loop.
        at_end: called once the loop was stopped, by the thread at the loop.

    Attributes:
        map: whatever is waited for, by the number of its descriptor.
        workers: for what takes longer than a turn.

    """

    def __init__(self, each_turn: Callable[[], None], at_end: Callable[[], None]) -> None:
        self.map: dict[int, Any] = {}
        self._each_turn, self._at_end = each_turn, at_end
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        self.workers = Workers(WORKERS)
        self._stopping = False
        self._changing = threading.Lock()
        self._threads = [
            threading.Thread(
                target=self._serve, args=(number,), name=f"share-{number}", daemon=True
            )
            for number in (0, 1)
        ]
        # Which of the threads is at the loop, and whether the other is held up by a disk.
        self._at_loop = 0
        self._is_held_up = False
        # How many pieces of work the thread at the loop began, and whether it is at one.
        self._begun = 0
        self._is_working = False
        self._careful_until = 0.0
        self._is_watched = threading.Event()
        self._is_stopped = threading.Event()
        self._is_ending = threading.Event()

    def start(self) -> None:
        """Begin, with what is in `map` already; it is read from. Raises as `Thread.start` does."""
        for descriptor in self.map:
            self.wait_for(descriptor, READABLE, is_new=True)
        # First the one that stands by: without the other it has nothing to take over.
        for thread in reversed(self._threads):
            thread.start()

    def abandon(self) -> None:
        """Let go of everything when it could not be started; what is in `map` is not looked at."""
        self._stopping = True
        for event in (self._is_ending, self._is_stopped, self._is_watched):
            event.set()
        self.workers.finish()
        self.close()

    def stop(self, wake: Callable[[], None]) -> None:
        """End, and wait for it; *wake* makes one of the descriptors readable."""
        self._stopping = True
        wake()
        self._is_stopped.set()
        self._is_watched.set()
        # Sockets are closed at once. Only a disk that does not answer can hold a thread
        # longer; it is left to end by itself.
        end = time.monotonic() + 5
        for thread in self._threads:
            thread.join(timeout=max(0, end - time.monotonic()))

    def close(self) -> None:
        """Let go of what the loop waits with; nothing is waited for any more."""
        if self._epoll is not None:
            self._epoll.close()

    # What is waited for; from any thread

    def wait_for(self, descriptor: int, events: int, *, is_new: bool = False) -> bool:
        """Wait for *events* from here on; False if the loop has to be woken up for that.

        An end of the connection is always waited for.
        """
        if self._epoll is None:
            # Asked for anew in every turn.
            return threading.current_thread() is self._threads[self._at_loop]
        if is_new:
            self._epoll.register(descriptor, events)
        else:
            self._epoll.modify(descriptor, events)
        return True

    def forget(self, descriptor: int) -> None:
        """Wait for nothing there any more, not even the end."""
        if self._epoll is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    # Work that may touch a disk; by the thread at the loop

    def work(self, work: Callable[[], None]) -> None:
        """Do *work* at once if it can be trusted not to take long, or have it done."""
        if self._is_held_up or (self._careful_until and not self._is_trusted()):
            self.workers.add(work)
            return
        self._begun += 1
        self._is_working = True
        if not self._is_watched.is_set():
            self._is_watched.set()
        mine = self._at_loop
        try:
            work()
        finally:
            with self._changing:
                if self._at_loop == mine:
                    self._is_working = False
                else:
                    self._is_held_up = False
                    self._careful_until = time.monotonic() + CAREFUL_FOR

    def _is_trusted(self) -> bool:
        if time.monotonic() < self._careful_until:
            return False
        self._careful_until = 0.0
        return True

    # The two threads

    def _serve(self, mine: int) -> None:
        while not self._stopping:
            try:
                if self._at_loop == mine:
                    self._turn(mine)
                else:
                    self._stand_by(mine)
            except Exception:
                # Whatever one turn runs into, the others go on being served.
                _log.exception("A turn of the share failed.")
        if self._at_loop != mine and self._is_ending.wait(_ENDS_IN):
            return
        with self._changing:
            if self._is_ending.is_set():
                return
            self._at_loop = mine
            self._is_ending.set()
        self._at_end()

    def _turn(self, mine: int) -> None:
        self._each_turn()
        if self._epoll is None:
            _portable_turn(self.map)
            return
        events = self._epoll.poll(_TICK)
        for descriptor, happened in _listeners_last(events, self.map):
            one = self.map.get(descriptor)
            if one is not None:
                _tell(one, happened)
            if self._at_loop != mine:
                # Held up meanwhile; the other thread is told about the rest again.
                return

    def _stand_by(self, mine: int) -> None:
        """Look whether the thread at the loop is held up, for as long as there is work."""
        self._is_watched.wait()
        begun = self._begun
        if self._is_stopped.wait(HELD_UP):
            return
        with self._changing:
            if self._begun == begun and self._is_working and not self._stopping:
                self._at_loop, self._is_held_up, self._is_working = mine, True, False
                return
        if self._begun == begun:
            self._is_watched.clear()
            if self._begun != begun or self._is_working:
                # It began just before it would have seen that nobody looks.
                self._is_watched.set()


def _tell(one: Any, happened: int) -> None:
    """Give *one* its turn; what else happened there is told again, if it still matters."""
    try:
        if happened & WRITABLE:
            one.handle_write_event()
        elif happened & READABLE:
            one.handle_read_event()
        else:
            one.handle_close()
    except Exception:
        # Whatever one connection runs into, the others go on being served.
        _log.exception("A connection failed.")
        if not one.accepting:
            one.handle_close()


def _portable_turn(waiting: dict[int, Any]) -> None:
    """Do with `poll`, or with `select` where there is none, what `epoll` does better."""
    poll = wasyncore.poll2 if hasattr(select, "poll") else wasyncore.poll
    poll(_TICK, waiting)


def _listeners_last(
    events: list[tuple[int, int]], waiting: dict[int, Any]
) -> Iterable[tuple[int, int]]:
    """Give connections their turn before new ones can take a number that they leave."""
    if len(events) < 2:
        return events
    return sorted(events, key=lambda event: getattr(waiting.get(event[0]), "accepting", False))
