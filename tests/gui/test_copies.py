"""Copies of a share's files: fetched once, whole or not at all, and never too much."""

import stat
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from gui import copies
from gui.copies import Batch, FetchedCopies, spared
from gui.fetch_notes import FetchNotes
from gui.fetching import NoRoom, check_room
from gui.kinds import may_be_obeyed
from gui.listing import Entry
from gui.message_bar import MessageBar
from gui.temporary import TemporaryFolder

FILES = {
    "a.png": b"a" * 1000,
    "A.PNG": b"A" * 500,
    "more/b.png": b"b" * 300,
    "more/deep/c.png": b"c" * 200,
}


@pytest.fixture
def share(honest):
    return honest(FILES)


@pytest.fixture
def client(client_of, share):
    return client_of(share)


@pytest.fixture
def fetched_copies(background, tmp_path):
    made = FetchedCopies(background, TemporaryFolder(tmp_path / "copies"))
    yield made
    made.close()


@pytest.fixture
def fetch(fetched_copies, client, qtbot):
    """Fetches, and gives the copies."""

    def do(*entries, **options) -> list[Path]:
        fetching = fetched_copies.fetch(client, entries, **options)
        with qtbot.waitSignal(fetching.came) as came:
            pass
        return came.args[0]

    return do


def file(path, modified=1.7e9):
    name = path.rpartition("/")[2]
    return Entry(path, name, "file", len(FILES[path]), modified, "image/png")


MORE = Entry("more", "more", "folder", None, 1.7e9)


def test_names_that_differ_in_case_alone_are_told_apart(fetch):
    paths = fetch(file("a.png"), file("A.PNG"))
    assert [path.read_bytes() for path in paths] == [FILES["a.png"], FILES["A.PNG"]]
    assert len({path.name.casefold() for path in paths}) == 2


def test_a_folder_comes_with_its_tree(fetch):
    (folder,) = fetch(MORE)
    assert (folder / "b.png").read_bytes() == FILES["more/b.png"]
    assert (folder / "deep" / "c.png").read_bytes() == FILES["more/deep/c.png"]


def test_what_is_here_is_not_fetched_again(fetch, fetched_copies, client, share):
    (first,) = fetch(file("a.png"))
    assert fetched_copies.here(client, [file("a.png")]) == [first]
    assert fetched_copies.here(client, [file("a.png"), file("A.PNG")]) is None
    sent = share.sent
    assert fetch(file("a.png"), file("A.PNG"))[0] == first
    assert share.sent == sent + len(FILES["A.PNG"])


def test_what_has_changed_is_fetched_again(fetch, fetched_copies, client):
    (first,) = fetch(file("a.png"))
    assert fetched_copies.here(client, [file("a.png", modified=1.8e9)]) is None
    first.write_bytes(b"drawn over")
    assert fetched_copies.here(client, [file("a.png")]) is None
    (second,) = fetch(file("a.png"))
    assert (first.read_bytes(), second.read_bytes()) == (b"drawn over", FILES["a.png"])


def test_read_only_copies_are_others(fetch, fetched_copies, client):
    (copy,) = fetch(file("a.png"), is_read_only=True)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o400
    assert fetched_copies.here(client, [file("a.png")]) is None
    (other,) = fetch(file("a.png"))
    assert other.stat().st_mode & stat.S_IWUSR


def test_a_failure_says_what_is_missing_and_keeps_what_came(fetched_copies, client, share, qtbot):
    share.tricks["A.PNG"] = lambda exchange: exchange.reply(b"", "404 NOT FOUND")
    fetching = fetched_copies.fetch(client, [file("a.png"), file("A.PNG")])
    with qtbot.waitSignal(fetching.ended), qtbot.waitSignal(fetching.failed) as failed:
        pass
    assert "A.PNG" in failed.args[0]
    assert fetched_copies.here(client, [file("a.png")]) is not None


def test_a_folder_that_lacks_something_is_none(fetched_copies, client, share, qtbot):
    share.tricks["more/b.png"] = lambda exchange: exchange.reply(b"", "404 NOT FOUND")
    fetching = fetched_copies.fetch(client, [MORE])
    with qtbot.waitSignal(fetching.failed):
        pass
    assert fetched_copies.here(client, [MORE]) is None


def test_a_cancelled_one_leaves_nothing(fetched_copies, client, share, qtbot, tmp_path):
    begun = threading.Event()

    def stall(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\naaa")
        begun.set()
        exchange.stall()

    share.tricks["a.png"] = stall
    fetching = fetched_copies.fetch(client, [file("a.png")])
    fetching.came.connect(pytest.fail)
    fetching.failed.connect(pytest.fail)
    qtbot.waitUntil(begun.is_set)
    assert fetching.brings(client, [file("a.png")])
    assert not fetching.brings(client, [file("A.PNG")])
    with qtbot.waitSignal(fetching.ended):
        fetching.cancel()
        assert not fetching.brings(client, [file("a.png")])  # whoever wants it now begins another
    assert not [path for path in (tmp_path / "copies").rglob("*") if path.suffix == ".png"]


@pytest.mark.parametrize("way", ["cancel", "another message"])
def test_what_takes_long_is_told_of(fetched_copies, client, share, qtbot, way):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    def stall(exchange):
        exchange.send(head + b"a" * 400)
        exchange.stall()

    share.tricks["a.png"] = stall
    bar = MessageBar()
    qtbot.addWidget(bar)
    fetching = fetched_copies.fetch(client, [file("a.png")])
    FetchNotes(bar, bar).watch(fetching, "to open it", "Then it opens.")
    assert bar.isHidden()
    told = "Fetching “a.png” to open it: 400 bytes of 1.0 kB. Then it opens."
    qtbot.waitUntil(lambda: bar.text == told)
    with qtbot.waitSignal(fetching.ended):
        if way == "cancel":
            qtbot.mouseClick(bar._button, Qt.MouseButton.LeftButton)
        else:
            bar.problem("The cat is out.")
            fetching.cancel()
    assert bar.isHidden() is (way == "cancel")


def test_who_leaves_the_share_is_told_of_no_failure(fetched_copies, client, share, qtbot):
    share.tricks["a.png"] = lambda exchange: exchange.stall()
    fetching = fetched_copies.fetch(client, [file("a.png")])
    fetching.failed.connect(pytest.fail)
    qtbot.waitUntil(lambda: fetching.bytes_found > 0)
    with qtbot.waitSignal(fetching.ended):
        client.close()


def test_a_folder_that_grows_too_large_is_given_up(
    fetched_copies, client, share, qtbot, monkeypatch, tmp_path
):
    monkeypatch.setattr(copies, "MOST_BYTES", 400)
    share.tricks["more/b.png"] = lambda exchange: exchange.stall()
    fetching = fetched_copies.fetch(client, [MORE])
    with qtbot.waitSignal(fetching.failed) as failed:
        pass
    assert failed.args == ["“more” is too large for a temporary copy. Save it instead."]
    assert not list((tmp_path / "copies").rglob("more"))


def test_more_than_fits_is_not_begun():
    with pytest.raises(NoRoom):
        check_room([file("a.png"), file("A.PNG")], 1499)
    check_room([file("a.png"), file("A.PNG"), MORE], 1500)


@pytest.mark.parametrize(
    ("ages", "needed", "given_up"),
    [
        ([3600, 60], 5e9, []),  # it fits
        ([3600, 60], 6e9, [0]),
        ([60, 3600], 6e9, [1]),
        ([3600, 7200], 8e9, [1, 0]),  # longest unused first
        ([60, 60], 8e9, []),  # another program may be at them just now
    ],
)
def test_what_was_long_unused_makes_room(ages, needed, given_up):
    batches = [Batch(Path(str(n)), {}, int(1.5e9), 10_000 - age) for n, age in enumerate(ages)]
    assert spared(batches, int(needed), 10_000) == [batches[number] for number in given_up]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("img1.JPG", False),
        ("Sun, sea & sand.txt", False),
        ("a.tar.gz", False),
        ("setup.exe", True),
        ("photo.jpg.exe", True),
        ("photo.jpg.", False),  # the dot goes
        ("photo.exe.jpg", False),
        ("photo.exe .", True),
        ("gpj.\u202eexe", True),
        ("photo.jpg:x.exe", True),
        ("photo.{00021401-0000-0000-c000-000000000046}", True),
        ("Holiday.desktop", True),
        ("go.sh", True),
        ("page.html", True),
        ("drawing.svg", True),
        ("macro.xlsm", True),
        ("shortcut.lnk", True),
        ("README", True),
        (".jpg", True),
        ("jpg", True),
    ],
)
def test_what_a_program_may_obey_is_told_by_its_name(name, may):
    assert may_be_obeyed(name) is may
