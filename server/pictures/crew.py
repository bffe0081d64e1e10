"""The threads that hand jobs to decoder processes, one process each; and who waits for them."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from server.folder_problem import FolderProblem
from server.pictures.cache import Kept
from server.pictures.decoder import Decoder, Hindered, Hopeless, NoDecoder
from server.pictures.nursery import IS_POSSIBLE, Nursery
from server.pictures.protocol import DAMAGED, Answer
from server.pictures.queue import Dropped, Job, Queue
from server.pictures.waiting_room import WaitingRoom

# Seconds after which a process with nothing to do is ended.
IDLE = 60
# How often a file may hinder a decoder before it is given up for this run of the program.
TRIES = 3
# Seconds between looks whether an asker who may leave has left.
LOOK_EVERY = 0.25


class Busy(Exception):
    """The picture cannot be made at the moment."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who waits for a picture.

    Attributes:
        has_left: tells whether the answer would reach nobody.
        waiting: entered while there is nothing to do but wait.
        device: where they are, as `server.crowd.device` tells it; None is this computer.

    """

    has_left: Callable[[], bool] = bool
    waiting: Callable[[], AbstractContextManager[object]] = nullcontext
    device: str | None = None


class Crew:
    """Does the jobs of a queue, on threads and processes that come and go with the work."""

    def __init__(self, queue: Queue, at_once: int) -> None:
        self._queue = queue
        # As many again take over from those that turn out to be slow.
        self._most = at_once * 2
        self._nursery = Nursery() if at_once > 1 and IS_POSSIBLE else None
        self._lock = threading.Lock()
        self._threads: dict[threading.Thread, Decoder] = {}
        self._hindered: Counter[str] = Counter()
        self._room = WaitingRoom()
        self._is_closed = False

    def made(self, job: Job, asker: Asker, *, may_leave: bool = False) -> Kept:
        """Have a job done, and wait for the end. Raises `Busy`.

        An asker who may leave is not kept to the end. The job must not need anything of theirs.
        """
        if not self._room.enter(asker.device):
            raise Busy
        try:
            future = self._queue.ask(job, asker.has_left, asker.device)
            self.attend()
            with asker.waiting():
                while may_leave and not wait([future], LOOK_EVERY).done:
                    if asker.has_left():
                        raise Busy
                return future.result()
        except Dropped as error:
            raise Busy from error
        finally:
            self._room.leave(asker.device)

    def ask(self, job: Job, asker: Asker) -> "Future[Kept]":
        """Have a job done, without waiting for it. Raises `Busy`; `Dropped` comes later."""
        if not self._room.enter(asker.device):
            raise Busy
        try:
            future = self._queue.ask(job, asker.has_left, asker.device)
        except Dropped as error:
            self._room.leave(asker.device)
            raise Busy from error
        future.add_done_callback(lambda _: self._room.leave(asker.device))
        self.attend()
        return future

    def attend(self) -> None:
        """See to it that there is a thread for what is in the queue, or that nothing is in it."""
        with self._lock:
            if self._is_closed or len(self._threads) >= self._most or self._queue.is_attended:
                return
            if self._begin_thread() or self._threads:
                return
        self._queue.drop()

    def expect(self) -> None:
        """Have a decoder started before there is anything for it, unless there is one."""
        with self._lock:
            if not self._is_closed and not self._threads:
                self._begin_thread(is_expected=True)

    def processes(self) -> list[int]:
        """Give the numbers of the decoder processes."""
        with self._lock:
            return [decoder.pid for decoder in self._threads.values() if decoder.pid is not None]

    def close(self) -> None:
        """End it all, at once, and wait until it has ended."""
        with self._lock:
            self._is_closed = True
            threads = dict(self._threads)
        self._queue.close()
        for decoder in threads.values():
            decoder.end()
        if self._nursery is not None:
            self._nursery.end()
        for thread in threads:
            thread.join()
        if self._nursery is not None:
            self._nursery.close()

    def _begin_thread(self, *, is_expected: bool = False) -> bool:
        """Begin another thread; False if the system has no more of them."""
        decoder = Decoder(self._nursery)
        thread = threading.Thread(
            target=self._work, args=(decoder, is_expected), name="pictures", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            return False
        self._threads[thread] = decoder
        return True

    def _work(self, decoder: Decoder, is_expected: bool) -> None:
        try:
            is_ready = is_expected and decoder.begin()
            if is_ready:
                self._queue.begin_ready()
            while (job := self._queue.take(IDLE, is_ready=is_ready)) is not None:
                is_ready = self._do(job, decoder)
        finally:
            decoder.close()
            with self._lock:
                del self._threads[threading.current_thread()]
                if self._nursery is not None and not self._threads:
                    self._nursery.close()
            # Something may have come in just when this thread had waited long enough.
            self.attend()

    def _do(self, job: Job, decoder: Decoder) -> bool:
        """Do a job; tells whether the decoder runs now."""
        kept, problem = None, None
        try:
            kept = job.look() or self._decoded(job, decoder)
        except (Hindered, FolderProblem, OSError) as error:
            problem = error
        is_ready = decoder.pid is not None
        self._queue.done(job, is_ready=is_ready)
        if kept is not None:
            job.future.set_result(kept)
        else:
            busy = Busy()
            busy.__cause__ = problem
            job.future.set_exception(busy)
        return is_ready

    def _decoded(self, job: Job, decoder: Decoder) -> Kept:
        try:
            with job.open() as file, job.sink() as sink:
                return job.keep(decoder.ask(job.request, file.descriptor, sink))
        except Hopeless:
            return job.keep(Answer("none", data=DAMAGED))
        except NoDecoder:
            # That says nothing about the file.
            raise
        except Hindered:
            self._hindered[job.key] += 1
            if self._hindered[job.key] < TRIES:
                raise
            return Kept(Answer("none"), "")
