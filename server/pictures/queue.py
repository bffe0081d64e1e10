"""Which picture is made next: mostly the one asked for last, never one that nobody waits for.

Devices take turns: one that asks for a thousand waits for them itself, and keeps no other one out.
What is to be saved is waited for in turn instead, and nobody who waits is sent away for another.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import IO

from server.open_file import OpenFile
from server.pictures.cache import Kept
from server.pictures.protocol import Answer, Request

# Jobs that may wait; beyond it the oldest is dropped.
MOST_WAITING = 64
# Every so many jobs the one that has waited longest is taken, not the newest.
OLDEST_EVERY = 4
# Jobs for when there is nothing else to do.
MOST_LATER = 256
# Devices of which it is known when they were served last.
_MOST_SERVED = 256
# Seconds without a request before one of those is begun.
PAUSE = 0.5
# Seconds after which a job counts as slow, and others need not wait for its end.
SLOW = 1.0


class Dropped(Exception):
    """So much was asked for since that this was left out."""


@dataclass(eq=False, slots=True)
class Job:
    """One picture to make, for everyone who has asked for it.

    Attributes:
        open: gives the file for as long as it is needed.
        look: gives the picture if somebody has made it meanwhile.
        keep: takes what the decoder has found out.
        sink: gives where the picture is written to, if it is too large to be handed on.
        leavers: tell, one for everyone who waits, whether that one has gone.
        devices: those that they wait on, as `server.crowd.device` tells them.
        since: when it was begun.

    """

    key: str
    request: Request
    open: Callable[[], AbstractContextManager[OpenFile]]
    look: Callable[[], Kept | None]
    keep: Callable[[Answer], Kept]
    sink: Callable[[], AbstractContextManager[IO[bytes] | None]] = nullcontext
    leavers: list[Callable[[], bool]] = field(default_factory=list)
    devices: set[str | None] = field(default_factory=set)
    future: "Future[Kept]" = field(default_factory=Future)
    since: float = 0.0

    def is_wanted(self) -> bool:
        """Tell whether anyone still waits for it."""
        return not all(has_left() for has_left in self.leavers)


class Queue:
    """Jobs that wait and jobs that run; for any number of threads.

    At most *at_once* jobs run, those not counted that have turned out to be slow.

    Args:
        in_turn: who asks first is served first, too many are not let in, and slow jobs count.

    """

    def __init__(self, at_once: int, *, in_turn: bool = False) -> None:
        self._at_once = at_once
        self._in_turn = in_turn
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, Job] = OrderedDict()
        self._running: dict[str, Job] = {}
        self._later: OrderedDict[str, Job] = OrderedDict()
        self._asked = 0.0
        # How many jobs of each device were taken; whose turn was longest ago comes first.
        self._served: OrderedDict[str | None, int] = OrderedDict()
        self._idle = 0
        # Who takes jobs, has a decoder that runs, and is not at a job.
        self._ready = 0
        self._is_closed = False

    @property
    def is_attended(self) -> bool:
        """Whether a thread is ready for the next job, or there is none."""
        with self._changed:
            return self._idle > 0 or not (self._waiting or self._later)

    def ask(
        self, wanted: Job, has_left: Callable[[], bool], device: str | None = None
    ) -> "Future[Kept]":
        """Put a job before all others, or join the one that does the same already.

        Whoever asks does so from *device*; None stands for this computer.
        """
        dropped: list[Job] = []
        with self._changed:
            if self._is_closed:
                raise Dropped
            self._asked = time.monotonic()
            self._later.pop(wanted.key, None)
            job = self._running.get(wanted.key)
            if job is None:
                job = self._waiting.setdefault(wanted.key, wanted)
                if not self._in_turn:
                    self._waiting.move_to_end(wanted.key)
                job.devices.add(device)
                dropped = self._overflow()
                if len(self._waiting) == 1 or self._quick(self._asked) < self._at_once:
                    # Otherwise nobody could take it, and everybody knows when to look again.
                    self._changed.notify_all()
            job.leavers.append(has_left)
        for one in dropped:
            one.future.set_exception(Dropped())
        return job.future

    def _overflow(self) -> list[Job]:
        """Take out what nobody waits for; if that is nothing, one of the device that has most."""
        if len(self._waiting) <= MOST_WAITING:
            return []
        newest = next(reversed(self._waiting))
        gone = [one for one in self._waiting.values() if one.key != newest and not one.is_wanted()]
        if not gone:
            counts = Counter(device for one in self._waiting.values() for device in one.devices)
            crowding = max(counts, key=counts.__getitem__)
            its = [one for one in self._waiting.values() if crowding in one.devices]
            gone = [its[-1] if self._in_turn else its[0]]
        for one in gone:
            del self._waiting[one.key]
        return gone

    def ask_later(self, job: Job) -> None:
        """Have a job done when nobody has asked for anything for a while."""
        with self._changed:
            if not self._later:
                self._changed.notify_all()
            self._later[job.key] = job
            self._later.move_to_end(job.key)
            if len(self._later) > MOST_LATER:
                self._later.popitem(last=False)

    def take(self, patience: float, *, is_ready: bool = False) -> Job | None:
        """Wait for the next job, and give it; None after *patience* seconds or at the end.

        Who has no decoder that runs is given none while there is somebody who has, and *is_ready*:
        to start a decoder takes as long as a dozen pictures. Whoever says so here has told it
        before: to `done`, or to `begin_ready` at first.
        """
        end = time.monotonic() + patience
        with self._changed:
            self._idle += 1
            try:
                while not self._is_closed:
                    now = time.monotonic()
                    job = self._next(now) if is_ready or not self._ready else None
                    if job is not None:
                        job.since = now
                        self._running[job.key] = job
                        return job
                    if now >= end:
                        return None
                    self._changed.wait(min(end, self._worth_a_look(now)) - now)
            finally:
                self._idle -= 1
                self._ready -= is_ready
        return None

    def _next(self, now: float) -> Job | None:
        if self._quick(now) >= self._at_once:
            return None
        while self._waiting:
            device = self._next_device()
            its = [one for one in self._waiting.values() if device in one.devices]
            count = self._served.get(device, 0)
            # A grid that is scrolled always asks for something newer than the picture that
            # somebody has opened meanwhile, so now and then whoever waits longest is served.
            is_oldest = self._in_turn or count % OLDEST_EVERY == OLDEST_EVERY - 1
            job = self._waiting.pop(its[0 if is_oldest else -1].key)
            if job.is_wanted():
                self._served[device] = count + 1
                self._served.move_to_end(device)
                if len(self._served) > _MOST_SERVED:
                    self._served.popitem(last=False)
                return job
            job.future.set_exception(Dropped())
        if self._later and not self._running and now >= self._asked + PAUSE:
            return self._later.popitem()[1]
        return None

    def _next_device(self) -> str | None:
        """Tell whose turn it is: of those that wait, the device that was served longest ago."""
        waiting = [device for one in self._waiting.values() for device in one.devices]
        asking = set(waiting)
        if asking <= self._served.keys():
            return next(device for device in self._served if device in asking)
        return next(device for device in waiting if device not in self._served)

    def _quick(self, now: float) -> int:
        if self._in_turn:
            return len(self._running)
        return sum(now < job.since + SLOW for job in self._running.values())

    def _worth_a_look(self, now: float) -> float:
        """Tell when there may be something to do though nothing was said about it."""
        moments = [now + 3600.0]
        if self._waiting:
            moments += [
                job.since + SLOW for job in self._running.values() if now < job.since + SLOW
            ]
        elif self._later and not self._running:
            moments.append(self._asked + PAUSE)
        return max(min(moments), now + 0.001)

    def begin_ready(self) -> None:
        """Note that somebody who has done no job yet takes one next, with a decoder that runs."""
        with self._changed:
            self._ready += 1

    def done(self, job: Job, *, is_ready: bool = False) -> None:
        """Note that a job has ended; whoever takes up its work next is not joined to it.

        Whoever did it and *is_ready* for another one, with a decoder that runs, takes that next.
        """
        with self._changed:
            self._running.pop(job.key, None)
            self._ready += is_ready
            if not is_ready:
                # Otherwise it is back in a moment, and nobody else has to be woken up.
                self._changed.notify_all()

    def close(self) -> None:
        """Send everyone away who waits, and every thread that wants a job."""
        with self._changed:
            self._is_closed = True
        self.drop()

    def drop(self) -> None:
        """Send everyone away who waits."""
        with self._changed:
            jobs = [*self._waiting.values()]
            self._waiting.clear()
            self._later.clear()
            self._changed.notify_all()
        for job in jobs:
            job.future.set_exception(Dropped())
