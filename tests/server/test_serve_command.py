"""`lanslide-serve`, started as a program of its own."""

import base64
import hashlib
import io
import json
import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
import segno

from server.__main__ import main
from server.address import addresses
from server.sockets import PortTaken, listen

SERVE = [sys.executable, "-m", "server"]


@pytest.fixture
def serve(start):
    """Start the program; it ends with the test."""
    return lambda *arguments, cwd=None: start(*SERVE, *arguments, cwd=cwd, stderr=subprocess.PIPE)


EVERYWHERE = ["--host", "0.0.0.0", "--port", "0"]  # noqa: S104 - asked for


TOOK = re.compile(
    r"(\d\d:\d\d:\d\d) Python-urllib \(127\.0\.0\.1\) is here\n"
    r'(\d\d:\d\d:\d\d) Python-urllib \(127\.0\.0\.1\) took "notes\.txt" \(19 B\)\n'
)


def ended(program):
    """Give all that the program has said, once it answers and is told to end."""
    first = program.stdout.readline()
    assert get(f"{first.strip()}/download/notes.txt") == b"Sun, sea and sand.\n"
    program.terminate()
    # Not by communicate(), which misses what was read ahead of the first line.
    rest, errors = program.stdout.read(), program.stderr.read()
    assert program.wait(timeout=20) == 0
    assert TOOK.fullmatch(errors)
    return first + rest


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
    assert (program.returncode, rest) == (0, "")
    assert TOOK.fullmatch(errors)


def test_what_devices_do_is_told_line_by_line_as_it_happens(serve, holiday):
    (holiday / "a\nb\x1b[31m.bin").write_bytes(b"x" * 100)
    program = serve(holiday, "--port", "0")
    address = program.stdout.readline().strip()
    get(f"{address}/files/uploads/")
    said = [program.stderr.readline() for _ in range(2)]
    assert said[1].endswith(' looked at "uploads"\n')
    get(f"{address}/download/a%0Ab%1B%5B31m.bin")
    line = program.stderr.readline()
    assert line.endswith(" (100 B)\n")
    assert line.rstrip("\n").isprintable()
    assert str(holiday) not in line
    size = len(get(f"{address}/zip/uploads"))
    said = program.stderr.readline()
    assert said.endswith(f' took "uploads" as a zip of 1 file ({size} B)\n')


def test_nothing_is_told_if_that_is_wanted(serve, holiday):
    program = serve(holiday, "--port", "0", "--quiet")
    address = program.stdout.readline().strip()
    get(f"{address}/download/notes.txt")
    program.terminate()
    assert program.communicate(timeout=20)[1] == ""


def test_nobody_who_reads_no_lines_holds_up_the_share(serve, holiday):
    """What nobody takes fills the pipe; files are sent all the same, and the end comes."""
    program = serve(holiday, "--port", "0")
    address = program.stdout.readline().strip()
    for number in range(1500):
        (holiday / f"{number:04}{'x' * 100}.txt").touch()
    for number in range(1500):
        assert get(f"{address}/download/{number:04}{'x' * 100}.txt") == b""
    program.terminate()
    assert program.wait(timeout=20) == 0


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
    address, *others, pin, link = ended(serve(holiday, *EVERYWHERE)).splitlines()
    assert address.startswith("http://127.0.0.1:")
    port = address.rpartition(":")[2]
    assert all(other.startswith("http://") and other.endswith(f":{port}") for other in others)
    assert re.fullmatch("PIN: [0-9]{6}", pin)
    best = others[0] if others else address
    assert re.fullmatch(re.escape(f"Link: {best}/?key=") + r"[\w-]{22}", link)


def test_addresses_are_said_anew_when_the_network_changes(computers, serve, holiday):
    here, _ = computers
    program = here(lambda: serve(holiday, "--host", "0.0.0.0", "--port", "5000"))  # noqa: S104
    lines = iter(program.stdout.readline, "")
    said = [next(lines) for _ in range(4)]
    assert said[:2] == ["http://127.0.0.1:5000\n", "http://10.77.0.1:5000\n"]
    link = said[3].rstrip()
    here.ip("address", "add", "10.88.0.1/24", "dev", "cable")
    assert next(lines) == "Now at: http://10.77.0.1:5000 http://10.88.0.1:5000\n"
    assert next(lines).rstrip() == link
    here.ip("address", "delete", "10.77.0.1/24", "dev", "cable")
    assert next(lines) == "Now at: http://10.88.0.1:5000\n"
    assert next(lines).rstrip() == link.replace("10.77.", "10.88.")
    here.ip("link", "set", "cable", "down")
    assert next(lines) == "This computer is on no network now.\n"


def test_https_is_told_with_the_fingerprint_of_the_certificate(serve, holiday):
    program = serve(holiday, *EVERYWHERE, "--https", "--pin", "123456")
    address = program.stdout.readline().strip()
    assert address.startswith("https://127.0.0.1:")
    certificate = ssl.get_server_certificate(("127.0.0.1", int(address.rpartition(":")[2])))
    found = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
    trusting = ssl.create_default_context(cadata=certificate)
    # It is made for this address, so who trusts it needs nothing else.
    url = f"{address}/download/notes.txt"
    with urllib.request.urlopen(url, timeout=20, context=trusting) as answer:  # noqa: S310
        assert answer.read() == b"Sun, sea and sand.\n"
    program.terminate()
    said = program.stdout.read().splitlines()
    assert f"Fingerprint (SHA-256): {bytes.fromhex(found).hex(' ').upper()}" in said
    links = [line for line in said if line.startswith("Link: https://")]
    assert len(links) == 1
    assert links[0].endswith(f"#fp={found}")


def test_a_certain_pin_can_be_asked_for(serve, holiday, monkeypatch):
    assert "PIN: 654321\n" in ended(serve(holiday, *EVERYWHERE, "--pin", "654321"))
    monkeypatch.setenv("LANSLIDE_PIN", "987654")
    assert "PIN: 987654\n" in ended(serve(holiday, *EVERYWHERE))
    assert "PIN: 654321\n" in ended(serve(holiday, *EVERYWHERE, "--pin", "654321"))


def test_an_open_share_has_no_pin(serve, holiday):
    said = ended(serve(holiday, *EVERYWHERE, "--open"))
    assert "PIN:" not in said
    assert "key=" not in said
    assert said.endswith("Everybody on this network may look, without a PIN.\n")


def test_an_open_share_has_a_link_for_its_fingerprint_only(serve, holiday):
    assert "Link: " not in ended(serve(holiday, *EVERYWHERE, "--open"))
    program = serve(holiday, *EVERYWHERE, "--open", "--https")
    link = next(line for line in program.stdout if line.startswith("Link: "))
    assert re.search("#fp=[0-9a-f]{64}$", link)


def test_the_link_is_drawn_if_that_is_wanted(serve, holiday, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    said = ended(serve(holiday, *EVERYWHERE, "--qr"))
    link = said.partition("Link: ")[2].partition("\n")[0]
    drawing = io.StringIO()
    segno.make(link, error="m", micro=False).terminal(out=drawing, compact=True)
    assert drawing.getvalue() in said


def test_without_letters_for_a_drawing_there_is_none(serve, holiday, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    program = serve(holiday, *EVERYWHERE, "--qr")
    assert program.stderr.readline() == "This terminal has no letters for a QR code.\n"


def test_the_share_has_the_name_that_it_is_given(serve, holiday):
    address = serve(holiday, "--port", "0", "--name", "Ann’s").stdout.readline().strip()
    assert json.loads(get(f"{address}/api/share"))["name"] == "Ann’s"


def test_another_device_needs_the_pin(serve, holiday):
    """This computer's own address in its network is no loopback address, so it counts as one."""
    own = [one.host for one in addresses() if "." in one.host]
    if not own:
        pytest.skip("This computer is in no network.")
    program = serve(holiday, "--host", own[0], "--port", "0", "--pin", "123456")
    address = program.stdout.readline().strip()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        get(f"{address}/download/notes.txt")
    guess = urllib.request.Request(f"{address}/download/notes.txt")  # noqa: S310 - our own
    guess.add_header("Authorization", "Basic " + base64.b64encode(b":123456").decode())
    with urllib.request.urlopen(guess, timeout=20) as answer:  # noqa: S310 - our own
        assert answer.read() == b"Sun, sea and sand.\n"


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
        (["--pin", "12345"], "A PIN has 6 to 12 digits."),
        (["--pin", "123456", "--open"], "argument --open: not allowed with argument --pin"),
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
