"""Saves files and folders of a share, several at a time.

One thread walks the folders (gui/walk.py) while a few others already fetch what it has found
(gui/transfer.py), each file through a part (gui/part.py), so that nothing incomplete ever has a
final name, and no name is taken away from anyone (gui/names.py). A last one sees to it that they
are on the disk before they have their names (gui/finishing.py). What a journal (gui/journal.py)
knows of a save is gone on with when the same is saved again.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gui import disk_problem
from gui.client import Client
from gui.errors import BadAnswer, Cancelled, ClientError, Missing, Unavailable, Unreachable
from gui.finishing import Finishing
from gui.halting import Halting
from gui.identity import Identity
from gui.journal import Journal
from gui.journal_page import Page
from gui.lanes import Lanes
from gui.listing import Entry
from gui.names import safe_name
from gui.outcomes import Outcomes
from gui.progress import Failure, FileView, Pace, Progress, View, pace
from gui.road import Away, Find, Road
from gui.save_lock import Busy
from gui.save_record import Record, Source, State
from gui.transfer import Means, Policy, Transfer
from gui.walk import HERE, Walk

__all__ = [
    "HERE",
    "Away",
    "Failure",
    "FileView",
    "Pace",
    "Policy",
    "Save",
    "Summary",
    "View",
    "pace",
    "safe_name",
]

TRANSFERS = 4


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a save.

    Attributes:
        saved: Files.
        skipped: Files that were here already, or were left out by the user's wish.
        unverified: Saved files of which the share told no digest.
        bytes: Of the saved files.
        failed: Files and folders; `failures` has the first of them.
        left: Files found and not tried, as the save ended early.
        cancelled: By the user.
        stopped: Why going on was pointless, as a sentence; else empty.
        folder: Where everything is.
        paths: Of the first saved files.

    """

    saved: int
    skipped: int
    unverified: int
    bytes: int
    failed: int
    left: int
    failures: tuple[Failure, ...]
    cancelled: bool
    stopped: str
    folder: Path
    paths: tuple[Path, ...]


class Save:
    """Saves *wanted*, files and folders with all that is in them, into *folder*.

    `run` does it all and belongs on a worker thread, once. Meanwhile any thread may ask for a
    `view`, and call everything else.
    """

    def __init__(
        self,
        client: Client,
        wanted: Sequence[Entry],
        folder: Path,
        *,
        name: str | None = None,
        transfers: int = TRANSFERS,
        choose: Callable[[Path], Policy] = lambda _: Policy.KEEP_BOTH,
        find: Find = lambda _: (),
        patience: float = math.inf,
        journal: Journal | None = None,
        share: str = "",
        is_gentle: bool = False,
    ) -> None:
        """Begin nothing yet.

        With *name*, the only file of *wanted* is saved under that name, which a person chose; or,
        if that is `HERE`, what is in the only folder of *wanted* goes directly into *folder*.
        *choose* is asked about each different file that has the name of one that comes, on a
        thread of the save. *find* tells where else the share may be; it may be away for
        *patience* seconds. Without a *journal* nothing is left to go on with. If *share* is given,
        nothing is taken from a share with another id. With *is_gentle* a window is disturbed less.
        """
        is_here = name == HERE and len(wanted) == 1 and wanted[0].is_folder
        if name is not None and not is_here and (len(wanted) != 1 or not _is_one_name(name)):
            raise ValueError("A name is for one file, and is no path.")
        self._client, self._wanted, self._folder = client, wanted, folder.absolute()
        self._name, self._transfers = name, transfers
        self._choose, self._find, self._patience = choose, find, patience
        self._journal, self._share, self._is_gentle = journal, share, is_gentle
        self._progress, self._halting = Progress(), Halting()
        self._outcomes = Outcomes(folder, self._progress, self._halting)
        self._lanes = Lanes(transfers, self._halting.end, is_gentle=is_gentle)
        self._road: Road | None = None
        self._is_left = False
        self._record: Record | None = None

    @property
    def record(self) -> Record | None:
        """What the journal knew of it when it began, if that was told."""
        return self._record

    @property
    def is_paused(self) -> bool:
        """Whether it fetches nothing just now, by the user's wish."""
        return self._halting.is_paused

    def view(self) -> View:
        """Give how far it is."""
        away = self._road.away if self._road is not None else None
        return self._progress.view(is_paused=self.is_paused, away=away)

    def cancel(self) -> None:
        """Make `run` end at once; whole files stay, and with a journal what is worth going on."""
        self._halting.end.set()

    def leave(self) -> None:
        """End as `cancel` does, but for the program's sake: the journal has it as waiting then."""
        self._is_left = True
        self.cancel()

    def look_now(self) -> None:
        """Look at once for a share that is away."""
        if self._road is not None:
            self._road.look_now()

    def cancel_file(self, path: str) -> None:
        """Leave out one file of the share."""
        self._halting.give_up(path)

    def pause(self) -> None:
        """Fetch nothing until `go_on`."""
        self._halting.pause()

    def go_on(self) -> None:
        """Fetch again after `pause`."""
        self._halting.go_on()

    def again(self) -> "Save":
        """Give a save of the same; what is here already is not fetched again."""
        return Save(
            self._client,
            self._wanted,
            self._folder,
            name=self._name,
            transfers=self._transfers,
            choose=self._choose,
            find=self._find,
            patience=self._patience,
            journal=self._journal,
            share=self._share,
            is_gentle=self._is_gentle,
        )

    def run(self) -> Summary:
        """Save everything that can be saved and tell what became of it."""
        page = None
        road = self._road = Road(self._client, self._find, self._halting, self._patience)
        try:
            source = self._source(road)
            page = self._page(source)
            self._run(road, page)
        except Cancelled:
            self.cancel()
        except (ClientError, Busy) as error:
            self._outcomes.give_up(str(error))
        finally:
            road.close()
            self._progress.walking = False
            summary = self._summary()
            if page is not None:
                _close(page, summary, is_left=self._is_left)
        return summary

    def _source(self, road: Road) -> Source:
        """Ask which share it is, if anybody is going to need that."""
        road.share = self._share
        while self._journal is not None or self._share or self._patience > 0:
            returns = road.returns
            try:
                told = road.client.identity(self._halting.end)
            except (Unreachable, Unavailable) as error:
                road.wait(returns, error)
            except (BadAnswer, Missing):
                if not self._share:
                    break  # one of another kind, which has no id
                road.wait(returns, _another(road.client))
            else:
                if told.id == (self._share or told.id):
                    road.share = told.id
                    return source_of(road.client, told)
                road.wait(returns, _another(road.client))
        return source_of(self._client, None)

    def _page(self, source: Source) -> Page | None:
        """Open the save's page in the journal; a journal that takes none costs no file."""
        if self._journal is None:
            return None
        with suppress(OSError):
            page = self._journal.begin(source, self._wanted, self._folder, self._name)
            self._record = page.record
            return page
        return None

    def _run(self, road: Road, page: Page | None) -> None:
        finishing = Finishing(self._progress, self._outcomes, page)
        walk = Walk(road, self._lanes, self._progress, self._outcomes, self._halting, page)
        try:
            with ThreadPoolExecutor(self._transfers, thread_name_prefix="save") as pool:
                means = Means(
                    road,
                    self._lanes,
                    self._halting,
                    self._progress,
                    finishing,
                    page,
                    self._choose,
                )
                workers = [pool.submit(self._work, means) for _ in range(self._transfers)]
                try:
                    self._walk(walk)
                except BaseException:
                    self.cancel()
                    raise
        finally:
            finishing.close()
        for worker in workers:
            worker.result()

    def _walk(self, walk: Walk) -> None:
        try:
            walk.run(self._wanted, self._folder, self._name)
        except OSError as error:
            self._outcomes.give_up(disk_problem.in_words(error, self._folder))
        except Cancelled:
            self.cancel()
        finally:
            self._progress.walking = False
            self._lanes.complete()

    def _work(self, means: Means) -> None:
        transfer = Transfer(means)
        try:
            while job := self._lanes.take():
                try:
                    transfer.save(job)
                except Cancelled:
                    if self._halting.end.is_set() or not self._halting.has_given_up(job.entry.path):
                        raise
                    self._progress.failed(job.entry, "You left it out.")
                except ClientError as error:
                    self._outcomes.share_failed(job.entry, error)
                except OSError as error:
                    self._outcomes.disk_failed(job.entry, job.place.folder, error)
                finally:
                    self._lanes.done(job)
        except Cancelled:
            self.cancel()
        except BaseException:
            self.cancel()
            raise

    def _summary(self) -> Summary:
        progress, stopped = self._progress, self._outcomes.stopped
        return Summary(
            saved=progress.files_done,
            skipped=progress.files_skipped,
            unverified=progress.files_unverified,
            bytes=progress.bytes_saved,
            failed=progress.files_failed,
            left=progress.files_total - progress.files_tried,
            failures=tuple(progress.failures),
            cancelled=self._halting.end.is_set() and not stopped,
            stopped=stopped,
            folder=self._folder,
            paths=tuple(map(Path, progress.paths)),
        )


def _another(client: Client) -> Unreachable:
    return Unreachable(f"Another share is at {client.address} now.")


def source_of(client: Client, told: Identity | None) -> Source:
    """Give what the journal has of a share, which tells nothing of itself if it is another kind."""
    return Source(
        told.id if told is not None else "",
        told.name if told is not None else "",
        client.address,
        client.fingerprint,
    )


def _close(page: Page, summary: Summary, *, is_left: bool) -> None:
    """Note in the journal how it ended."""
    is_done = not (summary.cancelled or summary.stopped or summary.failed)
    if is_done:
        page.sweep()
    ended: State = "waiting" if is_left else "cancelled"
    page.note(
        state="done" if is_done else ended if summary.cancelled else "incomplete",
        saved=summary.saved,
        skipped=summary.skipped,
        failed=summary.failed,
        bytes=summary.bytes,
        reason=summary.stopped,
    )
    page.close()


def _is_one_name(name: str) -> bool:
    return name not in ("", "..") and Path(name).name == name
