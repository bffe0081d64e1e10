"""Whoever looks at a folder is told what happens in it, whether the system tells or not."""

import os
import threading
from collections import deque
from collections.abc import Iterator

import pytest

from server import notices, watching
from server.folder import SharedFolder
from server.watching import PAUSE, SETTLES_IN, TOLD, UNTOLD, Watching, _Folder, due

# Only ever waited out when something is broken.
PATIENCE = 20


class Ear:
    """Hears what a listener is told."""

    def __init__(self) -> None:
        self._heard: deque[str | None] = deque()
        self._something = threading.Condition()
        self.beats = threading.Semaphore(0)

    def tell(self, version: str | None) -> None:
        with self._something:
            self._heard.append(version)
            self._something.notify()

    def beat(self) -> None:
        self.beats.release()

    def next(self) -> str | None:
        with self._something:
            assert self._something.wait_for(lambda: self._heard, PATIENCE), "nothing was told"
            return self._heard.popleft()

    def wait_for(self, version: str | None) -> None:
        while self.next() != version:
            pass


def watchers() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one is not threading.main_thread()}


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = watchers()
    yield
    for thread in watchers() - before:
        thread.join(PATIENCE)
    assert watchers() <= before


@pytest.fixture(params=["told", "not told"])
def system(request, monkeypatch):
    """A system that tells what happens; and one that does not, as on a network disk."""
    if request.param == "not told":
        monkeypatch.setattr(notices, "MOST", 0)
        monkeypatch.setattr(watching, "UNTOLD", 0.02)


@pytest.fixture
def watched(holiday):
    """`holiday` shared, and a watching of it."""
    shared = SharedFolder(holiday)
    return shared, Watching(shared)


@pytest.fixture
def listen(watched):
    """Listen to a folder, from the version on that it has; until the end of the test."""
    shared, its_watching = watched
    leaving = []

    def new(path: str) -> Ear:
        ear = Ear()
        leaving.append(its_watching.listen(path, shared.look(path).version, ear))
        return ear

    yield new
    for leave in leaving:
        leave()


def grow(folder):
    with (folder / "notes.txt").open("a") as file:
        for _ in range(50):
            file.write("and so on\n")
            file.flush()


CHANGES = {
    "create": lambda folder: (folder / "new.png").touch(),
    "rename": lambda folder: (folder / "notes.txt").rename(folder / "other.txt"),
    "delete": lambda folder: (folder / "notes.txt").unlink(),
    "overwrite": lambda folder: (folder / "notes.txt").write_text("other than it was"),
    "replace": lambda folder: (folder / "img2.png").replace(folder / "img10.png"),
    "chmod": lambda folder: (folder / "notes.txt").chmod(0o600),
    "grow": grow,
    "move in": lambda folder: (folder / "uploads" / "img1.png").rename(folder / "img1.png"),
    "move out": lambda folder: (folder / "notes.txt").rename(folder.parent / "notes.txt"),
    "new folder": lambda folder: (folder / "new").mkdir(),
}


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_told_and_the_last_state_always(holiday, watched, listen, change):
    ear = listen("")
    change(holiday)
    ear.wait_for(watched[0].look("").version)


@pytest.mark.usefixtures("system")
def test_a_folder_behind_a_link_is_watched_too(holiday, watched, listen):
    (holiday / "link").symlink_to("uploads")
    ear = listen("link")
    (holiday / "uploads" / "new.png").touch()
    ear.wait_for(watched[0].look("link").version)


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("path", ["uploads", ""])
def test_a_folder_that_goes_is_told_and_so_is_its_return(
    holiday, watched, listen, path, monkeypatch
):
    monkeypatch.setattr(watching, "UNTOLD", 0.02)
    monkeypatch.setattr(watching, "TOLD", 0.02)
    ear, place = listen(path), holiday / path
    version = watched[0].look(path).version
    place.rename(holiday.parent / "elsewhere")
    ear.wait_for(None)
    (holiday.parent / "elsewhere").rename(place)
    ear.wait_for(version)
    (place / "new.png").touch()
    ear.wait_for(watched[0].look(path).version)


def test_a_folder_that_takes_the_place_of_another_is_watched_instead(
    holiday, watched, listen, monkeypatch
):
    ear = listen("uploads")
    (holiday / "uploads" / "img1.png").unlink()
    (holiday / "uploads").rmdir()
    (holiday / "uploads").mkdir()
    (holiday / "uploads" / "one.png").touch()
    ear.wait_for(watched[0].look("uploads").version)
    # From here on only the system can tell in time.
    monkeypatch.setattr(watching, "TOLD", 10_000)
    monkeypatch.setattr(watching, "UNTOLD", 10_000)
    (holiday / "uploads" / "two.png").touch()
    ear.wait_for(watched[0].look("uploads").version)


def test_hidden_things_happen_untold(holiday, watched, listen):
    ear = listen("")
    (holiday / ".hidden").touch()
    (holiday / "film.mp4.part").write_text("not yet")
    (holiday / "new.png").touch()
    expected = watched[0].look("").version
    heard = ear.next()
    # The files may have been looked at one by one, but only what is listed counts.
    assert heard == expected


def test_who_comes_with_an_old_version_is_told_the_new_one(holiday, watched):
    shared, its_watching = watched
    ear = Ear()
    leave = its_watching.listen("", "0123", ear)
    assert ear.next() == shared.look("").version
    leave()
    leave()


def test_what_the_system_failed_to_tell_is_found_and_looked_for_more_often(
    holiday, watched, listen, monkeypatch
):
    """The folder above is moved away and another takes its place: no system tells of that."""
    monkeypatch.setattr(watching, "TOLD", 0.1)
    monkeypatch.setattr(watching, "UNTOLD", 0.1)
    (holiday / "a" / "b").mkdir(parents=True)
    ear = listen("a/b")
    (holiday / "a").rename(holiday / "c")
    ear.wait_for(None)
    (holiday / "a" / "b").mkdir(parents=True)
    ear.wait_for(watched[0].look("a/b").version)


def test_many_listeners_are_one_watch_and_go_with_the_last(holiday, watched, monkeypatch):
    shared, its_watching = watched
    asked = []
    ask = notices.Notices.ask

    def counted(self, place, ring):
        asked.append(place)
        return ask(self, place, ring)

    monkeypatch.setattr(notices.Notices, "ask", counted)
    before = watchers()
    ears = [Ear() for _ in range(200)]
    leaving = [its_watching.listen("uploads", "", ear) for ear in ears]
    for ear in ears:
        ear.wait_for(shared.look("uploads").version)
    (holiday / "uploads" / "new.png").touch()
    for ear in ears:
        ear.wait_for(shared.look("uploads").version)
    assert asked == [holiday / "uploads"]
    # Ours, and watchdog's own three.
    assert len(watchers() - before) <= 4
    for leave in leaving:
        leave()


def test_two_ways_to_one_folder_do_not_end_each_other(holiday, watched, monkeypatch):
    (holiday / "link").symlink_to("uploads")
    shared, its_watching = watched
    one, other = Ear(), Ear()
    leave_one = its_watching.listen("uploads", "", one)
    leave_other = its_watching.listen("link", "", other)
    for number in range(2):
        (holiday / "uploads" / f"{number}.png").touch()
        one.wait_for(shared.look("uploads").version)
        other.wait_for(shared.look("link").version)
    monkeypatch.setattr(watching, "TOLD", 10_000)
    monkeypatch.setattr(watching, "UNTOLD", 10_000)
    leave_one()
    (holiday / "uploads" / "new.png").touch()
    other.wait_for(shared.look("link").version)
    leave_other()


def test_listeners_are_given_signs_of_life(listen, monkeypatch):
    monkeypatch.setattr(watching, "BEAT", 0.01)
    ear = listen("")
    for _ in range(3):
        assert ear.beats.acquire(timeout=PATIENCE)


def test_nothing_of_watchdog_is_imported_before_somebody_listens(holiday):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from server.application import Application;"
        "from server.folder import SharedFolder;"
        "Application(SharedFolder(Path(sys.argv[1]))).routes();"
        "sys.exit('watchdog' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, holiday], check=False).returncode == 0


# When to look


def looked(at: float, **changes: object) -> _Folder:
    folder = _Folder("", looked=at, notice=object())  # type: ignore[arg-type]
    for name, value in changes.items():
        setattr(folder, name, value)
    return folder


@pytest.mark.parametrize(
    ("folder", "cost", "when"),
    [
        (_Folder(""), 0, float("-inf")),
        (looked(100), 0, 100 + TOLD),
        (looked(100, notice=None), 0, 100 + UNTOLD),
        (looked(100, missed=True), 0, 100 + UNTOLD),
        (looked(100, rung=110), 0, 110 + SETTLES_IN),
        (looked(100, rung=100), 0, 100 + PAUSE),
        # A hundred thousand files: looking takes half a second.
        (looked(100), 0.5, 150),
        (looked(100, notice=None), 0.5, 112.5),
        (looked(100, rung=100), 0.5, 105),
    ],
)
def test_the_next_look_waits_for_what_the_last_ones_cost(folder, cost, when):
    assert due(folder, cost) == pytest.approx(when)


def test_a_system_that_refuses_is_done_without(holiday, watched, listen, monkeypatch):
    """As when a user has no watches left."""

    def refused(*_, **__):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(notices.Observer, "schedule", refused)
    monkeypatch.setattr(watching, "UNTOLD", 0.02)
    ear = listen("")
    (holiday / "new.png").touch()
    ear.wait_for(watched[0].look("").version)
