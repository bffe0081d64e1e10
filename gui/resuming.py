"""Going on with saves of before: back into their shares, wherever these are now."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui import words
from gui.background import Background
from gui.browsing import Browsing
from gui.client import Client
from gui.errors import (
    BadAddress,
    BadAnswer,
    ClientError,
    TooManyTries,
    Unreachable,
    Untrusted,
    WrongPin,
)
from gui.identity import Identity
from gui.journal import Journal
from gui.known_shares import KnownShares
from gui.listing import Entry
from gui.nearby import Nearby
from gui.pin_dialog import PinDialog
from gui.place import Place, reach
from gui.queued import Order
from gui.save_record import Record


@dataclass(frozen=True, slots=True)
class Reached:
    """The share of a save, and what is to be saved from it."""

    client: Client
    identity: Identity
    wanted: Sequence[Entry]


class Resuming(QObject):
    """Gets into one share after the other, with the PIN that is kept or asked for.

    A share that is not there is waited for, and none is taken for it that is another. Its
    certificate must be the one that it had. A PIN is told only to what says that it is the share.

    Signals:
        ready: a save can go on; carries its `Order`.
        changed: others are waited for than before.
        told: something the user should know; carries a sentence.
        problem: a save cannot go on; carries a sentence.
    """

    ready = Signal(object)
    changed = Signal()
    told = Signal(str)
    problem = Signal(str)

    def __init__(
        self,
        background: Background,
        journal: Journal,
        shares: KnownShares,
        browsing: Browsing,
        nearby: Nearby | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._journal = journal
        self._shares = shares
        self._browsing = browsing
        self._nearby = nearby
        self._records: deque[Record] = deque()
        self._away: dict[str, Record] = {}
        # The save whose share is being reached, whether that is known to have been away, and where
        # it is as far as that is known.
        self._record: Record | None = None
        self._was_away = False
        self._place = Place(())
        self._known: dict[str, Client] = {}
        self._window = parent
        if nearby is not None:
            nearby.changed.connect(self._look_for_others)

    @cached_property
    def pin_dialog(self) -> PinDialog:
        """Asks for a PIN; made when it first does."""
        dialog = PinDialog(self._window)
        dialog.given.connect(self._take_pin)
        dialog.rejected.connect(self._leave_be)
        return dialog

    @property
    def awaited(self) -> Collection[str]:
        """The ids of the saves that go on as soon as their shares are there."""
        return self._away.keys()

    def resume(self, records: Sequence[Record], known: Client | None = None) -> None:
        """Go on with *records*, the first one first; *known* was let in to their share before."""
        for record in records:
            self._away.pop(record.id, None)  # who asks for it is told once more
            if known is not None:
                self._known[record.source.id] = known
        self._put(records)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._records.clear()
        self._away.clear()
        self._record = None
        self._end_asking()

    def _put(self, records: Sequence[Record]) -> None:
        self._records += records
        if self._record is None:
            self._next()

    def _next(self) -> None:
        self._record = self._records.popleft() if self._records else None
        if self._record is None:
            return
        self._was_away = self._away.pop(self._record.id, None) is not None
        self.changed.emit()
        source = self._record.source
        known = self._shares.fingerprint_of(source.id) or source.fingerprint
        urls = dict.fromkeys((source.address, *self._browsing.own_urls, *self._found(source.id)))
        # What was encrypted and is not any more may be somebody else.
        safe = tuple(url for url in urls if known is None or url.startswith("https:"))
        self._go(Place(safe, source.name, source.id, fingerprint=known))

    def _found(self, share: str) -> Sequence[str]:
        return self._nearby.find(share) if self._nearby is not None else ()

    def _go(self, place: Place) -> None:
        record, self._place = self._record, place
        if record is not None:
            share = record.source.id
            clients = (self._browsing.client_of(share), self._known.get(share))
            known = [client for client in clients if client is not None]
            self._background.run(
                lambda: _reach(self._journal, record, place, known),
                then=lambda reached: self._reached(record, reached),
                failed=lambda error: self._failed(record, error),
            )

    def _reached(self, record: Record, reached: Reached) -> None:
        if record is not self._record:
            reached.client.close()
            return
        there = replace(self._place, urls=(reached.client.address,))
        if reached.identity.needs_pin:
            reached.client.close()
            self._come_in(record.source.id, there)
            return
        if there.pin is not None:
            self._remember(record.source.id, there, there.pin)
        self._end_asking()
        self._hand_on(record, reached)
        self._next()

    def _come_in(self, share: str, there: Place) -> None:
        """Give the share the PIN that is known for it, or ask for one."""
        known = self._shares.pin_of(share)
        if known is not None and there.pin is None:
            self._go(replace(there, pin=known))
        else:
            self._ask(replace(there, pin=None))

    def _remember(self, share: str, there: Place, pin: str) -> None:
        # For the other saves from there, and for whoever looks at the share itself.
        self._shares.note_pin(share, pin)
        if self.pin_dialog.remembers:
            self._shares.keep_pin(share, pin)
            self._shares.name_share(share, there.name, there.urls[0])

    def _hand_on(self, record: Record, reached: Reached) -> None:
        client, wanted, source = reached.client, reached.wanted, record.source
        if wanted:
            order = Order(client, wanted, record.folder, record.name, source, source.name)
            self.ready.emit(order)
        else:
            client.close()
            self.problem.emit("It is not known any more what was to be saved.")

    def _failed(self, record: Record, error: Exception) -> None:
        if record is not self._record:
            return
        if isinstance(error, WrongPin):
            self._shares.forget_pin(record.source.id)
            self._ask(replace(self._place, pin=None), self.pin_dialog.refusal)
        elif isinstance(error, TooManyTries):
            self._ask(replace(self._place, pin=None), words.sentence(error))
        else:
            self._leave_out(record, error)
            self._end_asking()
            self._next()

    def _leave_out(self, record: Record, error: Exception) -> None:
        """Tell why a save cannot go on, or not yet."""
        shown = _shown(record)
        if isinstance(error, Unreachable | BadAnswer | BadAddress):
            self._away[record.id] = record
            self.changed.emit()
            if not self._was_away:  # else it was only announced, as for hours after a crash
                self.told.emit(
                    f"“{shown}” is not there just now. Saving goes on by itself when it is nearby."
                )
        elif isinstance(error, Untrusted):
            self.problem.emit(f"{words.sentence(error)} Open “{shown}” first, then go on.")
        else:
            self.problem.emit(words.sentence(error))

    def _ask(self, place: Place, problem: str = "") -> None:
        self._place = place
        self.pin_dialog.ask(place.shown, problem)

    def _end_asking(self) -> None:
        if "pin_dialog" in vars(self):  # else it has not been made
            self.pin_dialog.hide()  # not rejected: that would leave out what has just been reached

    def _take_pin(self, pin: str) -> None:
        self._go(replace(self._place, pin=pin))

    def _leave_be(self) -> None:
        """Go on with nothing from the share whose PIN the user does not give."""
        record = self._record
        if record is None:
            return
        share = record.source.id
        self._records = deque(one for one in self._records if one.source.id != share)
        shown = _shown(record)
        self.told.emit(f"Nothing is fetched from “{shown}” for now. File › Saves… goes on with it.")
        self._next()

    def _look_for_others(self) -> None:
        """Go on with those whose shares have come."""
        self._put(
            [
                record
                for record in self._away.values()
                if record not in self._records and self._found(record.source.id)
            ]
        )


def _shown(record: Record) -> str:
    return words.breakable(record.source.name or record.source.address)


def _reach(journal: Journal, record: Record, place: Place, known: Sequence[Client]) -> Reached:
    """Find the share, and what was wanted of it; on a thread. Raises ClientError."""
    wanted = journal.wanted(record)
    for before in known if place.pin is None else ():
        client = before.elsewhere(before.address)
        with suppress(ClientError):
            told = client.identity()
            if told.id == place.id and not told.needs_pin:
                return Reached(client, told, wanted)
        client.close()
    if not place.id:
        # A share of another kind, which cannot be told from others.
        client = Client(place.urls[0], fingerprint=place.fingerprint)
        return Reached(client, Identity("", place.name, needs_pin=False), wanted)
    return Reached(*reach(place), wanted)
