"""What other devices do: who is here, what each looks at and takes, and what happened lately.

Nothing is counted while bytes are sent: whoever wants to know how far a reply is asks the reply.
What it has sent is with the system, which may hold a few megabytes for a client that has left.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple, TypeAlias

from server.access import Access, Whom
from server.body import Body
from server.deeds import Deed, deed
from server.device_name import device_name
from server.environment import FILES
from server.guest import Device, Guest, Way
from server.guests import Guests
from server.transfer import Counted, Part, Transfer, place

MOST_HAPPENINGS = 1_000

# Seconds after which nobody is expected to ask for the rest of what was asked for in part.
SETTLES_AFTER = 10
# What was asked for in part and is not settled, whoever looks.
_MOST_UNSETTLED = 256
_GIVEN = frozenset({"200", "206", "304"})
# Bytes of a reply that is with the system as soon as it is made, so that nobody has to follow it.
_AT_ONCE = 1 << 15

What: TypeAlias = Literal[
    "came", "looked", "viewed", "took", "broke", "part", "blocked", "unblocked", "wrong"
]
"""It came in, looked at a folder, viewed a file, took a file or a zip; broke that off, or never
asked for more than a part of it; the user blocked it, or unblocked it; it gave a wrong PIN."""


class Happening(NamedTuple):
    """Something that a device did, or that was done to it.

    Attributes:
        number: counts them all, from 1.
        when: in seconds since the epoch.
        device: its number; 0 for one that has not been let in.
        name: what people call such a device.
        path: from the shared folder on; anybody's text.
        sent: bytes of it that were sent.
        size: how many bytes there are; None if nobody knows.
        files: how many were taken in one zip; 0 if it was no zip.
        by: what it came in with; "" for nothing.
        tries: how many wrong PINs came from its address; it is told of all of them together, the
            last time instead of the times before.

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
    by: Way = ""
    tries: int = 0


class Activity:
    """Who is here and what they do; from any thread.

    Args:
        access: who may come in; also who is blocked.
        leaves_out: tells of an address that what is done from there is nobody's business.

    """

    def __init__(self, access: Access, leaves_out: Whom = lambda _: False) -> None:
        self._access, self._guests = access, Guests(access, leaves_out)
        self._lock = threading.Lock()
        self._happenings: deque[Happening] = deque(maxlen=MOST_HAPPENINGS)
        self._happened = 0
        # Taken in part, and when the rest is not expected any more, on the monotonic clock.
        self._unsettled: dict[Transfer, tuple[Guest, float]] = {}
        self._observers: list[Callable[[], None]] = []

    # For whoever shares

    def devices(self) -> tuple[Device, ...]:
        """Give everyone who is or was here, first who came first."""
        self._settle()
        is_in, found = self._guests.who_is_in(), list[Device]()
        for one in self._guests.all():
            # One by one, so that no answer to anybody waits for hundreds to be told of.
            with self._lock:
                found.append(one.shown(is_blocked=self._guests.is_blocked(one), is_in=is_in(one)))
        return tuple(found)

    def happenings(self, after: int = 0) -> tuple[Happening, ...]:
        """Give what happened after the one of that number, at most the last `MOST_HAPPENINGS`."""
        self._settle()
        with self._lock:
            count = max(0, min(self._happened - after, len(self._happenings)))
            newest_first = islice(reversed(self._happenings), count)
            # Some numbers are missing: those of wrong PINs that more of them followed.
            return tuple(takewhile(lambda one: one.number > after, newest_first))[::-1]

    def observe(self, happened: Callable[[], None]) -> None:
        """Have *happened* called after each happening, on whichever thread; it must not wait."""
        self._observers.append(happened)

    def block(self, number: int) -> None:
        """Cut a device off, and refuse its addresses until it is unblocked; see `Access.block`."""
        guest = self._guests.get(number)
        if guest is not None:
            self._access.block(guest.addresses, guest.visitor)
            guest.era = -1
            if self._guests.is_blocked(guest):
                self._note(guest, "blocked")

    def unblock(self, number: int) -> None:
        """Refuse it no longer; it has to come in anew."""
        guest = self._guests.get(number)
        if guest is not None and self._guests.is_blocked(guest):
            self._access.unblock(guest.addresses)
            self._note(guest, "unblocked")

    # For what answers requests

    def answered(
        self,
        environ: Mapping[str, Any],
        path: str,
        status: str,
        headers: Mapping[str, str],
        body: Body | None,
    ) -> None:
        """Take note of an answer to who is in: *path* is the URL's, *body* about to be sent."""
        number = status[:3]
        if number not in _GIVEN or environ["REQUEST_METHOD"] != "GET":
            return
        done = deed(path, headers.get("Content-Disposition", "").startswith("attachment"))
        guest = self._guest(environ) if done is not None else None
        if done is None or guest is None:
            return
        length = body.length if body is not None else 0
        if done.kind == "took" or done.kind == "zipped":
            guest.last = done
            if number == "200" and length <= _AT_ONCE and not guest.unfinished:
                self._take_at_once(guest, done, length, environ.get(FILES, 0))
            elif number != "304":
                self._take(guest, done, environ, headers, body)
            return
        if done.kind != "glanced":
            self._look(guest, done)
        if length <= _AT_ONCE:
            with self._lock:
                guest.moved += length
        elif body is not None:
            body.follower = part = Part(done, body, body.length, partial(self._looked, guest))
            with self._lock:
                guest.parts[part] = None

    def made(self, environ: Mapping[str, Any], path: str, pieces: Iterable[bytes]) -> Counted:
        """Take note of a zip that is made of *pieces*, nobody knows how many, and count them."""
        counted = Counted(pieces)
        guest, done = self._guest(environ), deed(path, True)
        if guest is not None and done is not None:
            counted.follower = part = Part(done, counted, None, partial(self._made, guest))
            part.files = environ.get(FILES, 0)
            with self._lock:
                guest.last = done
                guest.parts[part] = None
        return counted

    def guessed_wrong(self, address: str, agent: str) -> None:
        """Take note of a wrong PIN; `server.pin` allows few of them, so nobody floods by this."""
        if self._guests.leaves_out(address):
            return
        number, name = self._guests.number_of(address, agent), device_name(agent)
        with self._lock:
            before = [
                one for one in self._happenings if one.what == "wrong" and one.address == address
            ]
            for one in before:
                self._happenings.remove(one)
            self._happened += 1
            tries = 1 + sum(one.tries for one in before)
            self._happenings.append(
                Happening(self._happened, time.time(), "wrong", number, name, address, tries=tries)
            )
        self._tell()

    def _guest(self, environ: Mapping[str, Any]) -> Guest | None:
        """Tell who sends a request; None for whom it is nobody's business."""
        guest = self._guests.who_sends(environ)
        if guest is not None and guest.is_new:
            with self._lock:
                is_new, guest.is_new = guest.is_new, False
            if is_new:
                self._note(guest, "came", by=guest.by)
        return guest

    # What it does

    def _look(self, guest: Guest, done: Deed) -> None:
        """Note what is looked at, once, however often and in how many parts it is asked for."""
        with self._lock:
            guest.last = done
            if not guest.looks_at(done, time.monotonic()):
                return
            guest.viewed += done.kind == "viewed"
        self._note(guest, "viewed" if done.kind == "viewed" else "looked", done.path)

    def _looked(self, guest: Guest, part: Part) -> None:
        with self._lock:
            del guest.parts[part]
            guest.moved += part.sent

    def _take_at_once(self, guest: Guest, done: Deed, length: int, files: int) -> None:
        """Note what is taken whole by a reply so short that it is as good as sent."""
        with self._lock:
            guest.moved += length
            guest.taken += files or 1
        self._note(guest, "took", done.path, length, length, files)

    def _take(
        self,
        guest: Guest,
        done: Deed,
        environ: Mapping[str, Any],
        headers: Mapping[str, str],
        body: Body | None,
    ) -> None:
        length = body.length if body is not None else 0
        part = Part(done, body, length, partial(self._taken, guest))
        part.tag, part.query = headers.get("ETag", ""), hash(environ.get("QUERY_STRING", ""))
        part.start, part.size = place(headers, length)
        part.files = environ.get(FILES, 0)
        with self._lock:
            transfer = guest.transfer(part)
            guest.parts[part] = None
            if transfer is not None:
                self._unsettled.pop(transfer, None)
        if body is None:
            part.end()
        else:
            body.follower = part

    def _taken(self, guest: Guest, part: Part) -> None:
        """Take note that a reply is over, to its end or not."""
        if len(self._unsettled) > _MOST_UNSETTLED:
            self._settle()
        sent, is_broken = part.sent, False
        with self._lock:
            del guest.parts[part]
            guest.moved += sent
            transfer = part.transfer
            if transfer is None and sent != part.length:
                transfer = guest.keep(part)
            if transfer is not None:
                transfer.end(part)
                if transfer.parts:
                    return
                if transfer.is_whole:
                    guest.unfinished.pop(transfer.key, None)
                elif sent == part.length:
                    self._unsettled[transfer] = (guest, time.monotonic() + SETTLES_AFTER)
                    return
                is_broken, sent = not transfer.is_whole, transfer.sent
            if is_broken:
                guest.last = Deed("broke", part.deed.path)
            else:
                guest.taken += part.files or 1
        what: What = "broke" if is_broken else "took"
        self._note(guest, what, part.deed.path, sent, part.size, part.files)

    def _made(self, guest: Guest, part: Part) -> None:
        """Take note that no more is made of a zip."""
        sent = part.sent
        is_whole = isinstance(part.body, Counted) and part.body.is_whole
        with self._lock:
            del guest.parts[part]
            guest.moved += sent
            if is_whole:
                guest.taken += part.files
            else:
                guest.last = Deed("broke", part.deed.path)
        what: What = "took" if is_whole else "broke"
        self._note(guest, what, part.deed.path, sent, sent if is_whole else None, part.files)

    def _settle(self) -> None:
        """Note what was taken in part by who has not asked for the rest."""
        if not self._unsettled:
            return
        now = time.monotonic()
        with self._lock:
            too_many = len(self._unsettled) - _MOST_UNSETTLED
            due = [
                (one, guest)
                for place, (one, (guest, then)) in enumerate(self._unsettled.items())
                if then <= now or place < too_many
            ]
            for transfer, _ in due:
                del self._unsettled[transfer]
        for transfer, guest in due:
            path = transfer.deed.path
            self._note(guest, "part", path, transfer.sent, transfer.size, transfer.files)

    def _note(
        self,
        guest: Guest,
        what: What,
        path: str = "",
        sent: int = 0,
        size: int | None = None,
        files: int = 0,
        by: Way = "",
    ) -> None:
        with self._lock:
            self._happened = number = self._happened + 1
            of = (guest.number, guest.name, guest.address)
            told = (number, time.time(), what, *of, path, sent, size, files, by, 0)
            # Faster than by its fields, which counts: there is one for every small file.
            self._happenings.append(Happening._make(told))
        self._tell()

    def _tell(self) -> None:
        for happened in self._observers:
            happened()
