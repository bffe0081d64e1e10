"""A save in line: in the journal from the moment that it waits, until it has ended."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gui.choice import Choice
from gui.client import Client
from gui.errors import ClientError
from gui.journal import Journal
from gui.journal_page import Page
from gui.listing import Entry
from gui.road import Find
from gui.save_lock import Busy
from gui.save_record import Source, State
from gui.saving import Save, Summary, source_of


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to have saved.

    Attributes:
        client: The save's own, which is closed with it.
        wanted: Files and folders of the share; at least one.
        name: As for `Save`.
        source: The share, if it has to be that one.
        share: What to call it.

    """

    client: Client
    wanted: Sequence[Entry]
    folder: Path
    name: str | None = None
    source: Source | None = None
    share: str = ""


class Queued:
    """A save that waits, runs or has ended.

    Attributes:
        save: The one of its last run.
        choice: What to do with files whose names others have.
        summary: How it ended; None before that.
        is_cancelled: Whether the user does not want it any more.

    """

    def __init__(
        self, order: Order, journal: Journal | None, find: Find, ask: Callable[[Path], None]
    ) -> None:
        self.order = order
        self.choice = Choice(ask)
        self.summary: Summary | None = None
        self.is_cancelled = False
        self.save = Save(
            order.client,
            order.wanted,
            order.folder,
            name=order.name,
            choose=self.choice,
            find=find,
            journal=journal,
            share=order.source.id if order.source is not None else "",
            is_gentle=True,
        )
        self._journal = journal
        self._lock = threading.Lock()
        self._page: Page | None = None
        self._is_over = False

    @property
    def is_worth_another_try(self) -> bool:
        """Whether it has ended, and something is missing."""
        ended = self.summary
        return ended is not None and bool(ended.cancelled or ended.stopped or ended.failed)

    @property
    def is_stopped(self) -> bool:
        """Whether it has ended early, by no wish of the user's."""
        return self.summary is not None and bool(self.summary.stopped)

    def hold(self) -> None:
        """Have the journal keep it while it waits; on a thread."""
        with self._lock:
            if self._journal is None or self._is_over or self._page is not None:
                return
            order = self.order
            with suppress(ClientError, OSError, Busy):
                self._page = self._journal.begin(
                    order.source or source_of(order.client, order.client.identity()),
                    order.wanted,
                    order.folder.absolute(),
                    order.name,
                    state="waiting",
                )

    def run(self) -> Summary:
        """Save; on a thread."""
        self._let_go()
        return self.save.run()

    def cancel(self) -> None:
        """End it, or let it not begin. What is there can be gone on with."""
        self.is_cancelled = True
        self.save.cancel()
        self.choice.withdraw()

    def forgo(self) -> None:
        """Have the journal know that it was cancelled before it began; on a thread."""
        self._let_go("cancelled")

    def leave(self) -> None:
        """End it for the program's sake; the journal keeps it as one that waits."""
        self.save.leave()
        self.choice.withdraw()
        self.order.client.close()
        self._let_go()

    def renew(self) -> None:
        """Make it ready to run once more."""
        self.save = self.save.again()
        self.choice.renew()
        self.summary = None
        self._is_over = self.is_cancelled = False

    def _let_go(self, state: State | None = None) -> None:
        with self._lock:
            self._is_over = True
            page, self._page = self._page, None
            if page is not None:
                if state is not None:
                    page.note(state=state)
                page.close()
