"""Who may come in: this computer; everybody, if the share is open; else by the link, or the PIN.

What is refused whoever sends it (`server.refusal`) has been refused by then.
"""

import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from hmac import compare_digest
from typing import Any, Literal, TypeAlias

from server.crowd import device
from server.pin import Outcome, Pin
from server.refusal import is_secure
from server.sessions import LONGEST_AGENT, Sessions, Visitor

Whom: TypeAlias = Callable[[str], bool]
"""Tells of a client's address whether it is meant."""

SHORTEST_SECRET = 22
"""Letters; of those that are safe in a URL they hold 128 bits."""


def drawn_secret() -> str:
    """Draw what a link holds: 128 bits."""
    return secrets.token_urlsafe(16)


def is_this_computer(address: str) -> bool:
    """Tell whether a client's address is a loopback one."""
    return device(address) is None


class Access:
    """Who may come in, by PIN, link, cookie, or because the share is open; from any thread.

    What it knows is in memory: another start has another PIN and another link, unless they are
    given.

    Args:
        pin: 6 to 12 digits; raises `server.pin.NotAPin`.
        secret: what the link holds; at least `SHORTEST_SECRET` letters that are safe in a URL.
        is_open: whether everybody may come in without anything.
        is_free: tells whose address needs nothing.

    Attributes:
        era: another number each time that everybody who has no session is cut off.

    """

    def __init__(
        self,
        pin: str | None = None,
        secret: str | None = None,
        *,
        is_open: bool = False,
        is_free: Whom = is_this_computer,
    ) -> None:
        if secret is not None and len(secret) < SHORTEST_SECRET:
            raise ValueError(f"A secret has at least {SHORTEST_SECRET} letters.")
        self.is_free = is_free
        self.era = 0
        self._pin = Pin(pin)
        self._secret = secret or drawn_secret()
        self._is_open = is_open
        self._was_reached = False
        self._sessions = Sessions()
        # The devices, as `device` tells them, that are refused whatever they know.
        self._blocked: frozenset[str] = frozenset()
        # Held while somebody comes in, so that nobody does with what has just been replaced.
        self._lock = threading.Lock()
        self._observers: list[Callable[[], None]] = []
        self._cutters: list[Callable[[Whom], None]] = []

    # For whoever shares

    @property
    def pin(self) -> str:
        """What a device types."""
        return self._pin.text

    @property
    def secret(self) -> str:
        """What the link holds."""
        return self._secret

    def link(self, address: str, fingerprint: str | None = None) -> str:
        """Give the link that lets a device in; *address* as in `Share.address`.

        The *fingerprint* of the certificate is for another Lanslide, which compares it. It stands
        where no browser sends it from.
        """
        link = f"{address}/?key={self._secret}"
        return f"{link}#fp={fingerprint}" if fingerprint else link

    @property
    def is_open(self) -> bool:
        """Whether everybody may come in; who came in only by that is cut off when it ends."""
        return self._is_open

    @is_open.setter
    def is_open(self, is_open: bool) -> None:
        with self._lock:
            if is_open == self._is_open:
                return
            self._is_open = is_open
            known = {visitor.address for visitor in self._sessions.visitors()}
            self.era += not is_open
        if not is_open:
            self._cut_off(lambda address: address not in known and not self.is_free(address))
        self._tell()

    @property
    def paused(self) -> bool:
        """Whether so many PINs were wrong that none is looked at until `resume` or `new_pin`."""
        return self._pin.is_paused

    @property
    def was_reached(self) -> bool:
        """Whether another device has asked for anything since everybody was cut off last."""
        return self._was_reached

    def resume(self) -> None:
        """Look at PINs again."""
        with self._lock:
            self._pin.resume()
        self._tell()

    def new_pin(self) -> None:
        """Draw another PIN and another link, and cut everybody off who is in by those before."""
        with self._lock:
            self._pin.renew()
            self._secret = drawn_secret()
            self._end_all()
        self._cut_off(lambda address: not self.is_free(address))
        self._tell()

    def end_sessions(self) -> None:
        """Cut everybody off, running transfers included; PIN and link stay."""
        with self._lock:
            self._end_all()
            self._was_reached = False
        self._cut_off(lambda address: not self.is_free(address))
        self._tell()

    def block(self, addresses: Collection[str], visitor: Visitor | None = None) -> None:
        """Refuse whoever comes from *addresses*, even if the share is open, and cut them off.

        The sessions that began there, and that of *visitor*, are over. It ends with `unblock`,
        with another PIN, and with `end_sessions`. Of IPv6, whoever is in the same network (/64) is
        refused, for a device there has any number of addresses. This computer cannot be blocked.
        """
        blocked = frozenset(_device(one) for one in addresses if not self.is_free(one))
        with self._lock:
            self._blocked |= blocked
            self._sessions.end_of(lambda one: one == visitor or _device(one.address) in blocked)
        self._cut_off(lambda address: _device(address) in blocked and not self.is_free(address))
        self._tell()

    def unblock(self, addresses: Collection[str]) -> None:
        """Refuse *addresses* no longer."""
        with self._lock:
            self._blocked -= set(map(_device, addresses))
        self._tell()

    @property
    def has_blocked(self) -> bool:
        """Whether anybody is blocked."""
        return bool(self._blocked)

    def is_blocked(self, address: str) -> bool:
        """Tell whether whoever comes from *address* is refused."""
        return (
            bool(self._blocked) and not self.is_free(address) and _device(address) in self._blocked
        )

    def is_in(self, visitor: Visitor | None) -> bool:
        """Tell whether *visitor* has come in and is not sent away yet."""
        return visitor is not None and visitor in self._sessions.visitors()

    def visitors(self) -> tuple[Visitor, ...]:
        """Give the browsers that have come in by PIN or link, first who came first."""
        return self._sessions.visitors()

    def observe(self, changed: Callable[[], None]) -> None:
        """Have *changed* called after every change, on whichever thread made it."""
        self._observers.append(changed)

    def when_ended(self, cut_off: Callable[[Whom], None]) -> None:
        """Have *cut_off* (as `Share.cut_off`) called when sessions end, after they have."""
        self._cutters.append(cut_off)

    # For requests

    def lets_in(self, environ: Mapping[str, Any]) -> bool:
        """Tell whether a request needs nothing (more)."""
        address = environ["REMOTE_ADDR"]
        if self.is_free(address):
            return True
        if self.is_blocked(address):
            return False
        if not self._was_reached:
            self._was_reached = True
            self._tell()
        return self._is_open or self.visitor(environ) is not None

    def visitor(self, environ: Mapping[str, Any]) -> Visitor | None:
        """Tell who sends a request, by its cookie."""
        for token in cookies(environ, cookie_name(environ)):
            visitor = self._sessions.visitor(token)
            if visitor is not None:
                return visitor
        return None

    def standing(self, address: str) -> Outcome | None:
        """Tell why a PIN from *address* would not be looked at; None if it would be."""
        with self._lock:
            return self._pin.standing(_device(address))

    def guess(self, pin: str, address: str) -> Outcome:
        """Look whether *pin* is right, if whoever is at *address* may still try."""
        with self._lock:
            outcome, has_paused = self._guessed(pin, address)
        if has_paused:
            self._tell()
        return outcome

    def enter_by_pin(self, pin: str, address: str, agent: str) -> tuple[Outcome, str | None]:
        """Do as `guess`; if it is right, give also a token for a cookie."""
        with self._lock:
            outcome, has_changed = self._guessed(pin, address)
            token = None
            if outcome.kind == "right":
                token, has_changed = self._begin("pin", address, agent), True
        if has_changed:
            self._tell()
        return outcome, token

    def enter_by_key(self, key: str, address: str, agent: str) -> str | None:
        """Give a token for a cookie if *key* is the secret."""
        with self._lock:
            if not compare_digest(key.encode(errors="replace"), self._secret.encode()):
                return None
            token = self._begin("link", address, agent)
        self._tell()
        return token

    def _guessed(self, pin: str, address: str) -> tuple[Outcome, bool]:
        was_paused = self._pin.is_paused
        outcome = self._pin.guess(_device(address), pin)
        return outcome, self._pin.is_paused != was_paused

    def _begin(self, by: Literal["link", "pin"], address: str, agent: str) -> str:
        visitor = Visitor(address, agent[:LONGEST_AGENT], by, time.time())
        return self._sessions.begin(visitor, _device(address))

    def _end_all(self) -> None:
        self._sessions.end()
        self._blocked = frozenset()
        self.era += 1

    def _cut_off(self, whom: Whom) -> None:
        for cut_off in self._cutters:
            cut_off(whom)

    def _tell(self) -> None:
        for changed in self._observers:
            changed()


def cookie_name(environ: Mapping[str, Any]) -> str:
    """Name the cookie of this share: browsers give a computer's cookies to all of its ports.

    One that came by HTTPS cannot be replaced by HTTP, and HTTPS may be switched off again.
    """
    return f"lanslide-{environ['SERVER_PORT']}{'-secure' if is_secure(environ) else ''}"


def cookies(environ: Mapping[str, Any], name: str) -> Iterator[str]:
    """Give the values of the cookies called *name*; of several paths there may be several."""
    for cookie in environ.get("HTTP_COOKIE", "").split(";"):
        found, _, value = cookie.strip().partition("=")
        if found == name:
            yield value


def _device(address: str) -> str:
    """Tell what has a budget of its own; a loopback address is one where it is not free."""
    return device(address) or address
