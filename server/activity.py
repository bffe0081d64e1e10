"""What other devices do: who is here, what each looks at and takes, and what happened lately.

Nothing is counted while bytes are sent: whoever asks how far something is asks the reply itself.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeAlias

from server.access import Access, Whom
from server.body import Body
from server.crowd import device
from server.deeds import Deed, deed
from server.device_name import device_name
from server.sessions import LONGEST_AGENT, Visitor
from server.transfer import Part, Transfer, place

MOST_HAPPENINGS = 1_000
MOST_DEVICES = 500
MOST_OF_ADDRESS = 50
"""Devices behind one address; who asks under ever new names cannot push the others out."""

FILES = "lanslide.files"
"""The name in WSGI's environment of how many files are in a zip."""

# Seconds after which nobody is expected to ask for the rest of what was asked for in part.
SETTLES_AFTER = 10
# Addresses of one device that are remembered, the last ones.
_MOST_ADDRESSES = 8
# Takings of one device that were broken off and may go on.
_MOST_UNFINISHED = 64
# Ways to ask (address, browser and cookies) whose device is known without looking, and the most
# letters of one that is remembered.
_MOST_WAYS = 2048
_LONGEST_WAY = 2048
# What a device looked at in the last minute it only goes on looking at: films are asked for part by
# part, and pictures first small, then whole.
_STILL_LOOKS = 60
_MOST_LOOKED_AT = 16
_GIVEN = frozenset({200, 206, 304})

What: TypeAlias = Literal[
    "came", "looked", "viewed", "took", "broke", "part", "blocked", "unblocked"
]
"""It came in, looked at a folder, viewed a file, took a file or a zip; broke that off, or never
asked for more than a part of it; the user blocked it, or unblocked it."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a device did, or that was done to it.

    Attributes:
        number: counts them all, from 1.
        when: in seconds since the epoch.
        device: its number.
        name: what people call such a device.
        path: from the shared folder on; anybody's text.
        sent: bytes of it that were sent.
        size: how many bytes there are; None if nobody knows.
        files: how many were taken in one zip; 0 if it was no zip.
        by: what it came in with; "" for nothing.

    """

    number: int
    when: float
    what: What
    device: int
    name: str
    address: str
    path: str = ""
    sent: int = 0
    size: int | None = None
    files: int = 0
    by: Literal["link", "pin", ""] = ""


@dataclass(frozen=True, slots=True)
class Taking:
    """What a device is being sent now; *size* and *sent* in bytes."""

    deed: Deed
    sent: int
    size: int | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that has been let in, and what it has done so far.

    Attributes:
        number: tells it from all others.
        name: what people call it ("iPhone, Safari").
        address: the one it asked from last.
        seen: when that was, in seconds since the epoch.
        last: what it did last.
        takings: what it is being sent now.
        viewed: how many pictures and other files it has been shown.
        taken: how many files it has taken, those in zips included.
        moved: bytes it has been sent of all of that.

    """

    number: int
    name: str
    address: str
    is_blocked: bool
    seen: float
    last: Deed | None
    takings: tuple[Taking, ...]
    viewed: int
    taken: int
    moved: int


_Key: TypeAlias = tuple[Deed, str, str]
"""What is taken, which version of it, and in which form or selection."""


@dataclass(slots=True, eq=False)
class _Known:
    """What is remembered of a device; see `Device`. *visitor* is its session, if it has one."""

    number: int
    agent: str
    name: str
    address: str
    visitor: Visitor | None
    seen: float
    addresses: list[str] = field(default_factory=list)
    last: Deed | None = None
    looked_at: dict[Deed, float] = field(default_factory=dict)
    viewed: int = 0
    taken: int = 0
    moved: int = 0
    parts: dict[Part, None] = field(default_factory=dict)
    unfinished: dict[_Key, Transfer] = field(default_factory=dict)


class Activity:
    """Who is here and what they do; from any thread.

    A device is known by its session; without one by its address and what its browser calls itself.

    Args:
        access: who may come in; also who is blocked.
        leaves_out: tells of an address that what is done from there is nobody's business.

    """

    def __init__(self, access: Access, leaves_out: Whom = lambda _: False) -> None:
        self._access, self._leaves_out = access, leaves_out
        self._lock = threading.Lock()
        self._devices: dict[int, _Known] = {}
        self._count = 0
        self._by_request: dict[tuple[str, str, str], _Known | None] = {}
        self._happenings: deque[Happening] = deque(maxlen=MOST_HAPPENINGS)
        self._happened = 0
        # Taken in part, and when the rest is not expected any more, on the monotonic clock.
        self._unsettled: dict[Transfer, tuple[_Known, float]] = {}
        self._observers: list[Callable[[], None]] = []

    # For whoever shares

    def devices(self) -> tuple[Device, ...]:
        """Give everyone who is or was here, first who came first."""
        self._settle()
        with self._lock:
            known = list(self._devices.values())
        return tuple(map(self._shown, known))

    def happenings(self, after: int = 0) -> tuple[Happening, ...]:
        """Give what happened after the one of that number, at most the last `MOST_HAPPENINGS`."""
        self._settle()
        with self._lock:
            count = min(self._happened - after, len(self._happenings))
            newest_first = list(islice(reversed(self._happenings), max(0, count)))
        return tuple(reversed(newest_first))

    def observe(self, happened: Callable[[], None]) -> None:
        """Have *happened* called after each happening, on whichever thread; it must not wait."""
        self._observers.append(happened)

    def block(self, number: int) -> None:
        """Cut a device off, and refuse its addresses until it is unblocked; see `Access.block`."""
        with self._lock:
            known = self._devices.get(number)
        if known is not None:
            self._access.block(known.addresses, known.visitor)
            if self._is_blocked(known):
                self._note(known, "blocked")

    def unblock(self, number: int) -> None:
        """Refuse it no longer; it has to come in anew."""
        with self._lock:
            known = self._devices.get(number)
        if known is not None and self._is_blocked(known):
            self._access.unblock(known.addresses)
            self._note(known, "unblocked")

    # For what answers requests

    def answered(
        self,
        environ: Mapping[str, Any],
        path: str,
        status: int,
        headers: Mapping[str, str],
        body: Body | None,
    ) -> None:
        """Take note of an answer to who is in: *path* is the URL's, *body* about to be sent."""
        if status not in _GIVEN or environ["REQUEST_METHOD"] != "GET":
            return
        shown = headers.get("Content-Disposition", "")
        done = deed(path, is_attachment=shown.startswith("attachment"))
        known = self._who(environ) if done is not None else None
        if done is None or known is None:
            return
        if done.kind in {"took", "zipped"}:
            self._take(known, done, environ, status, headers, body)
            return
        self._see(known, done)
        if body is not None:
            self._follow(known, Part(done, body.tell, body.length), body)

    def made(self, environ: Mapping[str, Any], path: str, pieces: Iterable[bytes]) -> "Counted":
        """Take note of a zip that is made of *pieces*, nobody knows how many, and count them."""
        counted = Counted(pieces)
        known = self._who(environ)
        done = deed(path, is_attachment=True)
        if known is None or done is None:
            return counted
        transfer = Transfer(done, None, environ.get(FILES, 0))
        part = Part(done, counted.tell, None, 0, transfer)
        with self._lock:
            self._begin(known, part)
        counted.at_end = lambda is_whole: self._end(known, part, has_ended=is_whole)
        return counted

    # Who it is

    def _who(self, environ: Mapping[str, Any]) -> _Known | None:
        """Tell who sends a request; None for whom it is nobody's business."""
        field = environ.get
        way = (environ["REMOTE_ADDR"], field("HTTP_USER_AGENT", ""), field("HTTP_COOKIE", ""))
        known = self._by_request.get(way)
        if known is None:
            if way in self._by_request:
                return None
            known = self._identified(way, environ)
        if known is not None:
            known.address, known.seen = way[0], time.time()
        return known

    def _identified(self, way: tuple[str, str, str], environ: Mapping[str, Any]) -> _Known | None:
        address, agent, _ = way
        if self._leaves_out(address):
            known, is_new = None, False
        else:
            visitor = self._access.visitor(environ)
            with self._lock:
                known = self._found(address, agent[:LONGEST_AGENT], visitor)
                is_new = known is None
                if known is None:
                    known = self._added(address, agent[:LONGEST_AGENT], visitor)
                known.visitor = visitor or known.visitor
                known.addresses = [*{**dict.fromkeys(known.addresses), address: None}]
                del known.addresses[:-_MOST_ADDRESSES]
        if sum(map(len, way)) <= _LONGEST_WAY:
            with self._lock:
                if len(self._by_request) >= _MOST_WAYS:
                    self._by_request.clear()
                self._by_request[way] = known
        if known is not None and is_new:
            self._note(known, "came", by=known.visitor.by if known.visitor else "")
        return known

    def _found(self, address: str, agent: str, visitor: Visitor | None) -> _Known | None:
        """Find the device with this session; else one that can be the same without its session."""
        alike = None
        for known in self._devices.values():
            if visitor is not None and known.visitor == visitor:
                return known
            if known.agent == agent and address in known.addresses:
                alike = known
        if alike is not None and (visitor is None or not self._access.is_in(alike.visitor)):
            return alike
        return None

    def _added(self, address: str, agent: str, visitor: Visitor | None) -> _Known:
        self._make_room(address)
        self._count += 1
        known = _Known(self._count, agent, device_name(agent), address, visitor, time.time())
        self._devices[known.number] = known
        return known

    def _make_room(self, address: str) -> None:
        """Forget who was not seen for longest: of the same address if there are many of it."""
        all_known = list(self._devices.values())
        of = device(address)
        crowded = [known for known in all_known if device(known.address) == of]
        if len(crowded) < MOST_OF_ADDRESS:
            crowded = all_known
            if len(crowded) < MOST_DEVICES:
                return
        idle = [known for known in crowded if not known.parts and not self._is_blocked(known)]
        gone = min(idle or crowded, key=lambda known: known.seen)
        del self._devices[gone.number]
        self._by_request.clear()

    def _is_blocked(self, known: _Known) -> bool:
        return any(map(self._access.is_blocked, known.addresses))

    # What it does

    def _see(self, known: _Known, done: Deed) -> None:
        """Note what is looked at, once, however often and in how many parts it is asked for."""
        if done.kind == "glanced":
            return
        now = time.monotonic()
        with self._lock:
            known.last = done
            before = known.looked_at.pop(done, None)
            known.looked_at[done] = now
            if len(known.looked_at) > _MOST_LOOKED_AT:
                del known.looked_at[next(iter(known.looked_at))]
            if before is not None and now - before < _STILL_LOOKS:
                return
            known.viewed += done.kind == "viewed"
        self._note(known, "viewed" if done.kind == "viewed" else "looked", done.path)

    def _take(
        self,
        known: _Known,
        done: Deed,
        environ: Mapping[str, Any],
        status: int,
        headers: Mapping[str, str],
        body: Body | None,
    ) -> None:
        known.last = done
        if status == 304:
            return
        start, size = place(headers, body.length if body is not None else 0)
        key = (done, headers.get("ETag", ""), environ.get("QUERY_STRING", ""))
        with self._lock:
            transfer = known.unfinished.get(key)
            if transfer is None:
                transfer = Transfer(done, size if size >= 0 else None, environ.get(FILES, 0))
                while len(known.unfinished) >= _MOST_UNFINISHED:
                    del known.unfinished[next(iter(known.unfinished))]
                known.unfinished[key] = transfer
            self._unsettled.pop(transfer, None)
        position, length = (body.tell, body.length) if body is not None else (lambda: 0, 0)
        self._follow(known, Part(done, position, length, start, transfer), body)

    def _follow(self, known: _Known, part: Part, body: Body | None) -> None:
        with self._lock:
            self._begin(known, part)
        if body is None:
            self._end(known, part)
        else:
            body.follower = lambda: self._end(known, part)

    def _begin(self, known: _Known, part: Part) -> None:
        known.parts[part] = None
        if part.transfer is not None:
            part.transfer.parts[part] = None

    def _end(self, known: _Known, part: Part, *, has_ended: bool = False) -> None:
        """Take note that a reply is over, to its end or not; by whoever sent it."""
        sent, transfer = part.position(), part.transfer
        with self._lock:
            known.parts.pop(part, None)
            known.moved += sent
            if transfer is None:
                return
            transfer.end(part, has_ended=has_ended)
            if not transfer.is_whole:
                if transfer.parts:
                    return
                if sent == part.length:
                    self._unsettled[transfer] = (known, time.monotonic() + SETTLES_AFTER)
                    return
            else:
                known.taken += transfer.files or 1
                for key in [key for key, one in known.unfinished.items() if one is transfer]:
                    del known.unfinished[key]
        self._tell_of(known, transfer, "took" if transfer.is_whole else "broke")

    def _settle(self) -> None:
        """Note what was taken in part by who has not asked for the rest."""
        if not self._unsettled:
            return
        now = time.monotonic()
        with self._lock:
            due = [(one, known) for one, (known, then) in self._unsettled.items() if then <= now]
            for transfer, _ in due:
                del self._unsettled[transfer]
        for transfer, known in due:
            self._tell_of(known, transfer, "part")

    def _tell_of(self, known: _Known, transfer: Transfer, what: What) -> None:
        self._note(known, what, transfer.deed.path, transfer.sent, transfer.size, transfer.files)

    def _note(
        self,
        known: _Known,
        what: What,
        path: str = "",
        sent: int = 0,
        size: int | None = None,
        files: int = 0,
        by: Literal["link", "pin", ""] = "",
    ) -> None:
        with self._lock:
            self._happened += 1
            self._happenings.append(
                Happening(
                    self._happened,
                    time.time(),
                    what,
                    known.number,
                    known.name,
                    known.address,
                    path,
                    sent,
                    size,
                    files,
                    by,
                )
            )
        for happened in self._observers:
            happened()

    def _shown(self, known: _Known) -> Device:
        # Copies, for replies begin and end meanwhile.
        parts = list(known.parts)
        transfers = dict.fromkeys(part.transfer for part in parts if part.transfer is not None)
        takings = [Taking(one.deed, one.sent, one.size) for one in transfers]
        takings += [
            Taking(part.deed, part.position(), part.length)
            for part in parts
            if part.deed.kind == "viewed"
        ]
        return Device(
            known.number,
            known.name,
            known.address,
            self._is_blocked(known),
            known.seen,
            known.last,
            tuple(takings),
            known.viewed,
            known.taken,
            known.moved + sum(part.position() for part in parts),
        )


class Counted:
    """Pieces of bytes that are counted as they are taken.

    Attributes:
        at_end: called once when no more is taken, with whether that was all.

    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._sent = 0
        self._is_over = False
        self.at_end: Callable[[bool], None] = lambda _: None

    def tell(self) -> int:
        """Give how many bytes were taken."""
        return self._sent

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
        except StopIteration:
            self._end(is_whole=True)
            raise
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """Take no more."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        self._end(is_whole=False)

    def _end(self, *, is_whole: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self.at_end(is_whole)
