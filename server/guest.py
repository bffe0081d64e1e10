"""A device that has been let in: what is remembered of it, and what others are told of that."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.deeds import Deed
from server.sessions import Visitor
from server.transfer import Key, Part, Transfer

Way: TypeAlias = Literal["link", "pin", ""]
"""What a device came in with; nothing where it needed nothing."""

# What a device looked at in the last minute it only goes on looking at: films are asked for part by
# part, and pictures first small, then whole.
_STILL_LOOKS = 60
_MOST_LOOKED_AT = 16
# Addresses of one device that are remembered, the last ones.
_MOST_ADDRESSES = 8
# Transfers to one device that were broken off and may go on.
_MOST_UNFINISHED = 64


@dataclass(frozen=True, slots=True)
class Taking:
    """What a device is being sent now; *sent* and *size* in bytes."""

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
        is_in: whether it has been let in and was not sent away since.
        by: what it came in with last.
        since: when that was, in seconds since the epoch.
        seen: when it asked for something last.
        last: what it did last.
        takings: what it is being sent now.
        viewed: how many pictures and other files it has been shown.
        taken: how many files it has taken, those in zips included.
        moved: bytes it has been sent in all.

    """

    number: int
    name: str
    address: str
    is_blocked: bool
    is_in: bool
    by: Way
    since: float
    seen: float
    last: Deed | None
    takings: tuple[Taking, ...]
    viewed: int
    taken: int
    moved: int


@dataclass(slots=True, eq=False)
class Guest:
    """What is remembered of a device; see `Device`. Changed by whoever holds the lock around it.

    Attributes:
        agent: what its browser calls itself.
        visitor: its session, if it has one.
        by, since: see `Device`.
        era: that of `Access` when it asked for something last; -1 if it was sent away since.
        is_new: whether nobody was told yet that it came.
        addresses: those it came from, the last one last.
        parts: the replies that are being sent to it.
        unfinished: what it takes in parts, or has broken off.

    """

    number: int
    agent: str
    name: str
    address: str
    visitor: Visitor | None
    seen: float
    by: Way = ""
    since: float = 0.0
    era: int = -1
    is_new: bool = True
    addresses: list[str] = field(default_factory=list)
    last: Deed | None = None
    viewed: int = 0
    taken: int = 0
    moved: int = 0
    parts: dict[Part, None] = field(default_factory=dict)
    unfinished: dict[Key, Transfer] = field(default_factory=dict)
    _looked_at: dict[Deed, float] = field(default_factory=dict)

    def comes_from(self, address: str) -> None:
        """Remember an address of it."""
        self.address = address
        if address in self.addresses:
            self.addresses.remove(address)
        self.addresses.append(address)
        del self.addresses[:-_MOST_ADDRESSES]

    def looks_at(self, deed: Deed, now: float) -> bool:
        """Remember what it looks at; False if it only goes on. *now* is on the monotonic clock."""
        before = self._looked_at.pop(deed, None)
        self._looked_at[deed] = now
        if len(self._looked_at) > _MOST_LOOKED_AT:
            del self._looked_at[next(iter(self._looked_at))]
        return before is None or now - before > _STILL_LOOKS

    def transfer(self, part: Part) -> Transfer | None:
        """Give what *part*, which begins now, is one of several parts of; None for no such thing.

        A whole file in one reply is not worth a `Transfer` unless it was broken off before, or is
        being sent in parts as well.
        """
        key = part.key
        transfer = self.unfinished.get(key)
        if transfer is not None:
            transfer.add(part)
            return transfer
        others = [one for one in self.parts if one.key == key]
        if not others and (part.start, part.size) == (0, part.length):
            return None
        transfer = self.keep(part)
        for one in others:
            transfer.add(one)
        return transfer

    def keep(self, part: Part) -> Transfer:
        """Have what *part* is of go on later."""
        while len(self.unfinished) >= _MOST_UNFINISHED:
            del self.unfinished[next(iter(self.unfinished))]
        transfer = self.unfinished[part.key] = Transfer(part)
        return transfer

    def shown(self, *, is_blocked: bool, is_in: bool) -> Device:
        """Give what others are told of it."""
        takings: dict[Transfer | Part, Taking] = {}
        moved = self.moved
        for part in self.parts:
            moved += part.sent
            one = part.transfer or part
            if one not in takings and one.deed.kind != "glanced":
                takings[one] = Taking(one.deed, one.sent, one.size)
        return Device(
            self.number,
            self.name,
            self.address,
            is_blocked,
            is_in,
            self.by,
            self.since,
            self.seen,
            self.last,
            tuple(takings.values()),
            self.viewed,
            self.taken,
            moved,
        )
