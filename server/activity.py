"""What other devices do: who is here, what each looks at and takes, and what happened lately.

Nothing is counted while bytes are sent: whoever wants to know how far a reply is asks the reply.
What it has sent is with the system, which may hold a few megabytes for a client that has left.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from server.access import Access, Whom
from server.body import Body
from server.deeds import Deed, deed
from server.environment import FILES
from server.guest import Device, Guest
from server.guests import Guests
from server.happenings import Happening, Happenings, What
from server.transfer import Counted, Part, Transfer, place

# Seconds after which nobody is expected to ask for the rest of what was asked for in part.
SETTLES_AFTER = 10
# What was asked for in part and is not settled, whoever looks.
_MOST_UNSETTLED = 256
_GIVEN = frozenset({"200", "206", "304"})
# Bytes of a reply that is with the system as soon as it is made, so that nobody has to follow it.
_AT_ONCE = 1 << 15


class Activity:
    """Who is here and what they do; from any thread.

    Args:
        access: who may come in; also who is blocked.
        leaves_out: tells of an address that what is done from there is nobody's business.

    """

    def __init__(self, access: Access, leaves_out: Whom = lambda _: False) -> None:
        self._access, self._guests = access, Guests(access, leaves_out)
        self._lock = threading.Lock()
        self._happenings = Happenings()
        # Taken in part, and when the rest is not expected any more, on the monotonic clock.
        self._unsettled: dict[Transfer, tuple[Guest, float]] = {}

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
        return self._happenings.after(after)

    def observe(self, happened: Callable[[], None]) -> None:
        """Have *happened* called after each happening, on whichever thread; it must not wait."""
        self._happenings.observe(happened)

    def block(self, number: int) -> None:
        """Cut a device off, and refuse its addresses until it is unblocked; see `Access.block`."""
        guest = self._guests.get(number)
        if guest is not None:
            self._access.block(guest.addresses, guest.visitor)
            guest.era = -1
            if self._guests.is_blocked(guest):
                self._happenings.add(guest, "blocked")

    def unblock(self, number: int) -> None:
        """Refuse it no longer; it has to come in anew."""
        guest = self._guests.get(number)
        if guest is not None and self._guests.is_blocked(guest):
            self._access.unblock(guest.addresses)
            self._happenings.add(guest, "unblocked")

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
            counted.follower = part = Part(done, counted, None, partial(self._zip_ended, guest))
            part.files = environ.get(FILES, 0)
            with self._lock:
                guest.last = done
                guest.parts[part] = None
        return counted

    def guessed_wrong(self, address: str, agent: str) -> None:
        """Take note of a wrong PIN; `server.pin` allows few of them, so nobody floods by this."""
        if self._guests.leaves_out(address):
            return
        number = self._guests.number_of(address, agent)
        self._happenings.add_wrong(number, address, agent)

    def _guest(self, environ: Mapping[str, Any]) -> Guest | None:
        """Tell who sends a request; None for whom it is nobody's business."""
        guest = self._guests.who_sends(environ)
        if guest is not None and guest.is_new:
            with self._lock:
                is_new, guest.is_new = guest.is_new, False
            if is_new:
                self._happenings.add(guest, "came", by=guest.by)
        return guest

    # What it does

    def _look(self, guest: Guest, done: Deed) -> None:
        """Note what is looked at, once, however often and in how many parts it is asked for."""
        with self._lock:
            guest.last = done
            if not guest.looks_at(done, time.monotonic()):
                return
            guest.viewed += done.kind == "viewed"
        self._happenings.add(guest, "viewed" if done.kind == "viewed" else "looked", done.path)

    def _looked(self, guest: Guest, part: Part) -> None:
        with self._lock:
            del guest.parts[part]
            guest.moved += part.sent

    def _take_at_once(self, guest: Guest, done: Deed, length: int, files: int) -> None:
        """Note what is taken whole by a reply so short that it is as good as sent."""
        with self._lock:
            guest.moved += length
            guest.taken += files or 1
        self._happenings.add(guest, "took", done.path, length, length, files)

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
        self._happenings.add(guest, what, part.deed.path, sent, part.size, part.files)

    def _zip_ended(self, guest: Guest, part: Part) -> None:
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
        self._happenings.add(
            guest, what, part.deed.path, sent, sent if is_whole else None, part.files
        )

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
            self._happenings.add(guest, "part", path, transfer.sent, transfer.size, transfer.files)
