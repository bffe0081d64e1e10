"""The way to a share that may go away and come back, somewhere else even."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gui.client import Client
from gui.errors import (
    BadAddress,
    BadAnswer,
    ClientError,
    Missing,
    Refused,
    Unavailable,
    Unreachable,
    Untrusted,
)
from gui.halting import Halting

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before one looks again; the last one from then on."""

Find = Callable[[str], Sequence[str]]
"""Gives the addresses of the share with an id, best first; none if it is announced nowhere."""


@dataclass(frozen=True, slots=True)
class Away:
    """A share that is waited for.

    Attributes:
        reason: Why, as a sentence.
        since: When it was lost, on the monotonic clock.
        next_look: When it is looked for again, on the same clock.

    """

    reason: str
    since: float
    next_look: float


class Road:
    """Knows by which client the share is reached; for several threads at once.

    Args:
        client: The way there at first. It stays the caller's; others are closed by `close`.
        find: Where else it may be.
        patience: Seconds that it may be away in all before this gives up.

    Attributes:
        share: The share's id, once it is known; until then, whatever answers will do.

    """

    def __init__(self, client: Client, find: Find, halting: Halting, patience: float) -> None:
        self.share = ""
        self._client, self._find = client, find
        self._halting, self._patience = halting, patience
        self._others: list[Client] = []
        self._looking = threading.Lock()
        self._returns = 0
        self._was_away = False
        self._tries = 0
        self._since: float | None = None
        self._away: Away | None = None
        self._is_hurried = threading.Event()

    @property
    def client(self) -> Client:
        """Whom to ask."""
        return self._client

    @property
    def returns(self) -> int:
        """How often the share has come back; to be told to `wait`."""
        return self._returns

    @property
    def away(self) -> Away | None:
        """What is told while the share is waited for."""
        return self._away

    def arrived(self) -> None:
        """Note that something has come all the way."""
        self._tries, self._since = 0, None

    def wait(self, returns: int, error: ClientError) -> bool:
        """Return when the share can be asked again; tells whether it had been away.

        *error* says how it was lost, and *returns* was `returns` when it was asked. Raises
        Cancelled when that is no longer wanted, and *error* or a newer one when there is no hope.
        """
        while not self._looking.acquire(timeout=0.1):
            self._halting.check()
        try:
            if self._returns == returns:  # else another thread has found it meanwhile
                self._was_away = self._look(error)
                self._returns += 1
            return self._was_away
        finally:
            self._away = None
            self._looking.release()

    def look_now(self) -> None:
        """Wait no longer before looking again."""
        self._is_hurried.set()

    def close(self) -> None:
        """Close the clients that were made here."""
        for client in self._others:
            client.close()

    def _look(self, error: ClientError) -> bool:
        since = self._since = self._since or time.monotonic()
        # What is there, and has nothing, gets time before it is asked again.
        may_look, was_away = not isinstance(error, Unavailable), False
        while not (may_look and self._is_there()):
            pause = PAUSES[min(self._tries, len(PAUSES) - 1)]
            if time.monotonic() + pause - since > self._patience:
                raise Unreachable(str(error)) from error
            self._tries += 1
            self._away = Away(str(error), since, time.monotonic() + pause)
            self._halting.wait(self._is_hurried.is_set, pause)
            self._is_hurried.clear()
            may_look = was_away = True
        return was_away

    def _is_there(self) -> bool:
        """Look where the share was, then where it may be."""
        if self._answers(self._client):
            return True
        for address in self._find(self.share) if self.share else ():
            # Whoever announces the share of before in the clear is not given its PIN.
            is_bare = self._client.fingerprint is not None and not address.startswith("https:")
            if address == self._client.address or is_bare:
                continue
            try:
                there = self._client.elsewhere(address)
            except BadAddress:
                continue
            if self._answers(there):
                self._others.append(there)
                self._client = there
                return True
            there.close()
        return False

    def _answers(self, client: Client) -> bool:
        """Tell whether the share is there; raises Refused if it does not let us in any more."""
        try:
            found = client.identity(self._halting.end)
        except Refused:
            raise
        except (BadAnswer, Missing):
            return not self.share  # one of another kind, which has no id
        except (Unreachable, Unavailable, Untrusted):
            return False
        return not self.share or found.id == self.share
