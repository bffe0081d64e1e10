"""`lanslide-serve`, started as a program of its own."""

import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from server.__main__ import main
from server.share import PortTaken, listen

SERVE = [sys.executable, "-m", "server"]


@pytest.fixture
def serve():
    """Start the program; it ends with the test."""
    running = []

    def start(*arguments, cwd=None):
        program = subprocess.Popen(
            [*SERVE, *map(os.fspath, arguments)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(program)
        return program

    yield start
    for program in running:
        program.kill()
        program.communicate()


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own
        return answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_line_is_an_address_that_answers(serve, holiday, number):
    program = serve(holiday, "--port", "0")
    address = program.stdout.readline().strip()
    assert get(f"{address}/download/notes.txt") == b"Sun, sea and sand.\n"
    program.send_signal(number)
    rest, errors = program.communicate(timeout=20)
    assert (program.returncode, rest, errors) == (0, "", "")


def test_the_current_folder_is_shared_if_none_is_named(serve, holiday):
    address = serve("--port", "0", cwd=holiday).stdout.readline().strip()
    assert get(f"{address}/download/notes.txt") == b"Sun, sea and sand.\n"


def test_a_taken_usual_port_means_the_next_free_one_said_aloud(serve, holiday):
    try:
        taken = listen("127.0.0.1", 5000)
    except PortTaken:
        taken = None
    try:
        program = serve(holiday)
        address = program.stdout.readline().strip()
        port = int(address.rpartition(":")[2])
        assert port > 5000
        said = program.stderr.readline()
        assert said.startswith("Port 5000 is taken")
        assert str(port) in said
        assert get(f"{address}/download/notes.txt") == b"Sun, sea and sand.\n"
    finally:
        if taken:
            taken.close()


def test_the_whole_network_means_addresses_for_others_too(serve, holiday):
    program = serve(holiday, "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - asked for
    address = program.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    assert get(f"{address}/download/notes.txt") == b"Sun, sea and sand.\n"
    program.terminate()
    others = program.communicate(timeout=20)[0].split()
    port = address.rpartition(":")[2]
    assert all(other.startswith("http://") and other.endswith(f":{port}") for other in others)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no folder nothing."),
        (["notes.txt"], "notes.txt is a file, not a folder."),
        (["notes.txt/x"], "is a file, not a folder."),
        (["--port", "65536"], "a port is 0 to 65535."),
        (["--port", "-1"], "a port is 0 to 65535."),
        (["--port", "http"], "a port is 0 to 65535."),
        (["--port", ""], "a port is 0 to 65535."),
        (["--port", "9" * 5000], "a port is 0 to 65535."),
        (["--host", "192.0.2.1"], "192.0.2.1 is not an address of this computer."),
        (["--host", "nowhere.invalid"], "There is no address 'nowhere.invalid'."),
        (["--host", ""], "There is no address ''."),
        (["a", "b"], "unrecognized arguments: b"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(serve, holiday, arguments, sentence):
    program = serve(*arguments, cwd=holiday)
    out, errors = program.communicate(timeout=20)
    assert (program.returncode, out) == (2, "")
    assert errors.rstrip().endswith(sentence)
    assert errors.count("lanslide-serve: ") == 1
    assert "Traceback" not in errors


def test_a_taken_port_that_was_asked_for_is_not_replaced(serve, holiday):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        program = serve(holiday, "--port", str(port))
        out, errors = program.communicate(timeout=20)
    assert (program.returncode, out) == (2, "")
    assert errors == f"lanslide-serve: Port {port} is taken by another program.\n"


def test_a_folder_that_may_not_be_read_is_not_shared(public, as_nobody, capsys):
    closed = public / "closed"
    closed.mkdir()
    closed.chmod(0)
    with as_nobody():
        assert main([str(closed)]) == 2
    assert capsys.readouterr().err == (
        f"lanslide-serve: The folder {closed} may not be read by this user.\n"
    )


def test_the_version_is_told(serve):
    assert serve("--version").communicate(timeout=20)[0].startswith("lanslide-serve ")
