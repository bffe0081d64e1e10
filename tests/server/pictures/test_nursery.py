"""Decoder processes that are copies of one: as separate, and as easy to end, as any others."""

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest

from server.folder import SharedFolder
from server.pictures import crew, handover
from server.pictures import nursery as nursery_module
from server.pictures.crew import Asker
from server.pictures.decoder import Decoder, Hopeless, NoDecoder
from server.pictures.nursery import IS_POSSIBLE, ROOT, Nursery
from server.pictures.protocol import Request
from server.pictures.service import Pictures, Taken
from server.pictures.sizes import Size
from server.serving import room_for_connections

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="Processes have no copies here.")
REQUEST = Request("jpeg", 256)
# Seconds, only ever waited out when something is broken.
PATIENCE = 20
# A nursery on a system that gives it one more process, and then no other.
SHORT = """
import os, sys
sys.path.append(sys.argv[1])
from server.pictures import forking
from server.pictures.crew import Asker
fork, left = os.fork, [1]
def fork_once():
    if not left:
        raise BlockingIOError
    left.pop()
    return fork()
os.fork = fork_once
forking.main()
"""


@pytest.fixture
def nursery():
    one = Nursery()
    yield one
    one.close()


@pytest.fixture
def decoders(nursery):
    several = [Decoder(nursery) for _ in range(3)]
    yield several
    for one in several:
        one.close()


@pytest.fixture
def sent(monkeypatch):
    """Is set once a decoder has been sent a request and its file."""
    is_sent, send = threading.Event(), handover.send

    def sending(*request):
        send(*request)
        is_sent.set()

    monkeypatch.setattr(handover, "send", sending)
    return is_sent


@pytest.fixture
def ended_with(sent, file):
    """Give what becomes of a request during which its decoder is sent a signal."""

    def asked(decoder, deadly):
        decoder.ask(REQUEST, file)
        sent.clear()
        number = decoder.pid
        os.kill(number, signal.SIGSTOP)
        with ThreadPoolExecutor() as thread:
            answer = thread.submit(decoder.ask, REQUEST, file)
            # One that ended before it is sent anything is replaced, and nobody's fault.
            assert sent.wait(PATIENCE)
            os.kill(number, deadly)
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)
            return answer.result()

    return asked


def test_each_is_a_process_of_its_own_with_nothing_open_but_its_connection(decoders, file):
    for decoder in decoders:
        assert decoder.ask(REQUEST, file).kind == "full"
    numbers = {decoder.pid for decoder in decoders}
    assert len(numbers) == 3
    if Path("/proc/self/fd").exists():
        for number in numbers:
            assert len([*Path(f"/proc/{number}/fd").iterdir()]) == 3
            assert os.getpriority(os.PRIO_PROCESS, number) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.parametrize("family", ["heif", "jpeg"])
def test_all_decode_whatever_the_first_file_is(decoders, tmp_path, samples, family):
    names = {"heif": "picture.heic", "jpeg": "picture.jpg"}
    for first in (family, "jpeg", "heif"):
        (tmp_path / first).write_bytes(samples[names[first]])
        with (tmp_path / first).open("rb") as file:
            for decoder in decoders:
                assert decoder.ask(Request(first, 256), file.fileno()).kind == "full"


def test_a_crash_costs_one_file(decoders, file, ended_with):
    with pytest.raises(Hopeless):
        ended_with(decoders[0], signal.SIGABRT)
    assert decoders[0].pid is None
    assert decoders[0].ask(REQUEST, file).kind == "full"


def test_one_that_is_killed_is_replaced(decoders, file, ended_with):
    before = decoders[0].ask(REQUEST, file)
    number = decoders[0].pid
    assert ended_with(decoders[0], signal.SIGKILL) == before
    assert decoders[0].pid != number


def test_copies_go_on_without_the_nursery_and_there_is_another_one_for_the_next(
    nursery, decoders, file
):
    first, second, third = decoders
    first.ask(REQUEST, file)
    second.ask(REQUEST, file)
    number = first.pid
    nursery.close()
    assert first.ask(REQUEST, file).kind == "full"
    assert first.pid == number
    assert third.ask(REQUEST, file).kind == "full"
    second.close()
    assert second.ask(REQUEST, file).kind == "full"


def test_a_nursery_that_was_killed_is_begun_again(nursery, decoders, file):
    decoders[0].ask(REQUEST, file)
    os.kill(nursery.pid, signal.SIGKILL)
    assert decoders[1].ask(REQUEST, file).kind == "full"


def test_where_no_more_processes_are_given_those_there_are_go_on(
    nursery, decoders, file, monkeypatch
):
    command = (sys.executable, "-P", "-c", SHORT, str(ROOT))
    monkeypatch.setattr(nursery_module, "command", lambda _: command)
    first, second, _ = decoders
    first.ask(REQUEST, file)
    numbers = first.pid, nursery.pid
    with pytest.raises(NoDecoder):
        second.ask(REQUEST, file)
    assert first.ask(REQUEST, file).kind == "full"
    assert (first.pid, nursery.pid) == numbers


def test_whoever_waits_for_one_whose_nursery_was_killed_is_told_of_the_end(
    nursery, decoders, file, sent
):
    one = decoders[0]
    one.ask(REQUEST, file)
    sent.clear()
    number = one.pid
    os.kill(number, signal.SIGSTOP)
    with ThreadPoolExecutor() as thread:
        asked = thread.submit(one.ask, REQUEST, file)
        assert sent.wait(PATIENCE)
        os.kill(nursery.pid, signal.SIGKILL)
        nursery.close()
        one.end()
        with pytest.raises(NoDecoder):
            asked.result()
    # It hears of it now.
    os.kill(number, signal.SIGCONT)


def test_nobody_waits_for_a_nursery_that_is_ended(nursery, decoders, file):
    decoders[0].ask(REQUEST, file)
    os.kill(nursery.pid, signal.SIGSTOP)
    ours, theirs = socket.socketpair()
    with ours, theirs, ThreadPoolExecutor() as thread:
        waiting = thread.submit(nursery.start, theirs, "jpeg")
        nursery.end()
        with pytest.raises(OSError):
            waiting.result()
        with pytest.raises(OSError):
            nursery.start(theirs, "jpeg")


def test_whoever_waits_for_the_end_of_one_that_goes_on_is_told(nursery):
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            copy = nursery.start(theirs, "jpeg")
        with pytest.raises(subprocess.TimeoutExpired):
            copy.wait(0)
        copy.kill()
        assert copy.wait() == -signal.SIGKILL
        # Its number may be another process's by now.
        copy.kill()


def test_a_decoder_ends_with_its_connection(nursery):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        copy = nursery.start(theirs, "jpeg")
        ours.recv(1)
    assert copy.wait() == 1


def test_as_many_descriptors_as_a_thousand_clients_have_are_no_matter(nursery, file):
    if room_for_connections() < 1000:
        pytest.skip("This system does not allow enough descriptors.")
    with ExitStack() as opened:
        for _ in range(1100):
            opened.enter_context(open(os.devnull, "rb"))  # noqa: PTH123 - as plain as can be
        one = Decoder(nursery)
        assert one.ask(REQUEST, file).kind == "full"
        one.close()


def test_nothing_is_left_of_many(nursery, file):
    def there():
        return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208

    def use():
        one = Decoder(nursery)
        one.ask(REQUEST, file)
        one.close()

    use()
    before = there()
    for _ in range(30):
        use()
    assert there() == before


def test_a_decoder_that_is_begun_ahead_reads_the_first_file(decoders, file):
    ahead, *_ = decoders
    assert ahead.begin()
    number = ahead.pid
    assert ahead.ask(REQUEST, file).kind == "full"
    assert ahead.pid == number


def test_what_is_expected_and_never_comes_ends_with_the_pictures(tmp_path):
    pictures = Pictures(tmp_path / "cache", workers=2)
    pictures.expect()
    pictures.close()
    assert pictures.processes() == []


def test_pictures_are_made_after_the_decoder_that_was_expected_has_ended(
    gallery, samples, own_pictures, of_pictures, monkeypatch
):
    (gallery / "picture.jpg").write_bytes(samples["picture.jpg"])
    monkeypatch.setattr(crew, "IDLE", 0)
    others = of_pictures()
    own_pictures.expect()
    for thread in set(of_pictures()).difference(others):
        thread.join(PATIENCE)
    folder = SharedFolder(gallery)
    with folder.open("picture.jpg") as file:
        again = partial(folder.open, "picture.jpg")
        made = own_pictures.ask(file, again, Size.GRID, Taken(), Asker())
        assert made.result(PATIENCE).answer.kind == "full"
