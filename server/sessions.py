"""The devices that have come in, each known by a cookie."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

MOST = 1_000
MOST_OF_DEVICE = 50
LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that has come in.

    Attributes:
        address: the one it came from at first.
        agent: what it called itself then; anybody's text.
        by: what it came in with.
        since: when, in seconds since the epoch.

    """

    address: str
    agent: str
    by: Literal["link", "pin"]
    since: float


@dataclass(slots=True)
class _Session:
    """*seen* is on the monotonic clock."""

    visitor: Visitor
    device: str
    seen: float


class Sessions:
    """Who has come in; begun and ended by one thread at a time, looked at by any.

    When there is no room for one more, the one goes that was not seen for longest: of the same
    device if it has many, so that nobody can send the others away.
    """

    def __init__(self) -> None:
        # By a digest, for how long it takes to look a token up tells something about it.
        self._sessions: dict[bytes, _Session] = {}

    def begin(self, visitor: Visitor, device: str) -> str:
        """Let *visitor* in; give the token that it is known by from now on."""
        self._make_room(device)
        token = secrets.token_urlsafe(24)
        self._sessions[_key(token)] = _Session(visitor, device, time.monotonic())
        return token

    def visitor(self, token: str) -> Visitor | None:
        """Tell whose *token* it is; None if nobody's (any more)."""
        session = self._sessions.get(_key(token))
        if session is None:
            return None
        session.seen = time.monotonic()
        return session.visitor

    def visitors(self) -> tuple[Visitor, ...]:
        """Give everyone who is in, first who came first."""
        return tuple(session.visitor for session in self._sessions.copy().values())

    def end(self) -> None:
        """Let nobody in any more who was."""
        self._sessions = {}

    def end_of(self, is_meant: Callable[[Visitor], bool]) -> None:
        """Let those visitors in no more."""
        kept = {key: one for key, one in self._sessions.items() if not is_meant(one.visitor)}
        self._sessions = kept

    def _make_room(self, device: str) -> None:
        own = [key for key, session in self._sessions.items() if session.device == device]
        crowded = own if len(own) >= MOST_OF_DEVICE else list(self._sessions)
        if crowded is own or len(crowded) >= MOST:
            del self._sessions[min(crowded, key=lambda key: self._sessions[key].seen)]


def _key(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()
