"""`lanslide-get` as a program of its own, on a real share."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from server.access import Access
from server.application import Application
from server.folder import SharedFolder
from server.share import Share
from tests.conftest import tree_of

ROOT = Path(__file__).parents[2]
PATIENCE = 60
PIN = "123456"


def command(*arguments):
    return [sys.executable, "-m", "gui.get", *map(os.fspath, arguments)]


@pytest.fixture
def get(tmp_path):
    """Run the command to its end; give its status, and what it prints."""

    def run(*arguments, **environment):
        done = subprocess.run(
            [*command(*arguments), "--into", str(tmp_path / "saved")],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def locked_share(holiday):
    """A share that asks everybody, this computer too, for its PIN."""
    access = Access(PIN, is_free=lambda _: False)
    with Share(Application(SharedFolder(holiday), access=access), port=0) as running:
        running.access = access
        yield running


def test_everything_is_saved_and_the_second_time_nothing(get, share, holiday, tmp_path):
    assert get(share.address) == (0, f"Saved 4 files (220 bytes) in {tmp_path / 'saved'}.\n", "")
    assert tree_of(tmp_path / "saved") == tree_of(holiday)
    status, said, _ = get(share.address)
    assert status == 0
    assert "Not fetched, as it was there: 4 files." in said
    assert tree_of(tmp_path / "saved") == tree_of(holiday)


def test_files_and_folders_can_be_picked(get, share, tmp_path):
    assert get(share.address, "notes.txt", "uploads/img1.png", "uploads")[0] == 0
    assert set(tree_of(tmp_path / "saved")) == {"notes.txt", "img1.png", "uploads/img1.png"}


def test_the_address_of_a_folder_means_what_is_in_it(get, share, tmp_path):
    assert get(f"{share.address}/files/uploads/")[0] == 0
    assert set(tree_of(tmp_path / "saved")) == {"img1.png"}


@pytest.mark.parametrize("road", ["files", "download2"])
def test_the_address_of_a_file_means_that_file(get, share, tmp_path, road):
    assert get(f"{share.address}/{road}/uploads/img1%2Epng")[0] == 0
    assert set(tree_of(tmp_path / "saved")) == {"img1.png"}


def test_what_is_not_there_is_said(get, share):
    status, _, said = get(share.address, "nothing.png")
    assert (status, said) == (2, "lanslide-get: “nothing.png” is not there.\n")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "ftp://x", "no such computer"])
def test_where_no_share_is_one_is_told(get, address):
    status, _, said = get(address)
    assert status == 2
    assert said.startswith("lanslide-get: ")


def test_the_pin_comes_by_option_or_by_the_environment(get, locked_share, tmp_path):
    status, _, said = get(locked_share.address, "notes.txt")
    assert status == 2
    assert "asks for a PIN" in said
    assert get(locked_share.address, "notes.txt", "--pin", "999999")[0] == 2
    assert get(locked_share.address, "notes.txt", "--pin", PIN)[0] == 0
    assert get(locked_share.address, "uploads", LANSLIDE_PIN=PIN)[0] == 0
    assert set(tree_of(tmp_path / "saved")) == {"notes.txt", "uploads/img1.png"}


def test_a_link_lets_in(get, locked_share, holiday, tmp_path):
    link = locked_share.access.link(locked_share.address)
    assert get(link)[0] == 0
    assert tree_of(tmp_path / "saved") == tree_of(holiday)


def test_a_link_brings_the_fingerprint_along(get, secure_share, own_certificate, tmp_path):
    assert get(secure_share.address, "notes.txt")[0] == 2
    assert get(f"{secure_share.address}/#fp={'0' * 64}", "notes.txt")[0] == 2
    assert get(f"{secure_share.address}/#fp={own_certificate.fingerprint}", "notes.txt")[0] == 0
    assert set(tree_of(tmp_path / "saved")) == {"notes.txt"}


def test_what_to_do_with_other_files_of_the_name_can_be_chosen(get, share, tmp_path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "notes.txt").write_text("mine")
    assert get(share.address, "notes.txt", "--if-different", "skip")[0] == 0
    assert (tmp_path / "saved" / "notes.txt").read_text() == "mine"
    assert get(share.address, "notes.txt")[0] == 0
    assert (tmp_path / "saved" / "notes (2).txt").read_text() == "Sun, sea and sand.\n"


def test_a_share_that_is_gone_too_long_is_told(get, share, holiday, tmp_path):
    (holiday / "gone").mkdir()
    status, _, said = get(f"{share.address}/files/gone2/", "--wait", "0")
    assert status == 1
    assert "is not there any more" in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal.")
def test_ctrl_c_leaves_what_the_same_command_goes_on_with(share, holiday, get, tmp_path):
    with (holiday / "big.bin").open("wb") as file:
        for _ in range(200):
            file.write(os.urandom(1 << 20))
    into = tmp_path / "saved"
    program = subprocess.Popen(
        [*command(share.address), "--into", str(into)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = into / "big.bin.part"
    while program.poll() is None and not (part.exists() and part.stat().st_size > 2_000_000):
        pass
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130, said
    assert said.endswith("Interrupted. The same command goes on from here.\n")
    assert part.stat().st_size >= 2_000_000
    assert not (into / "big.bin").exists()
    assert get(share.address)[0] == 0
    assert tree_of(into) == tree_of(holiday)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal.")
def test_ctrl_c_ends_the_wait_for_an_answer_without_another_word(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        program = subprocess.Popen(
            [*command(address), "--into", str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with silent.accept()[0] as connection:
            assert connection.recv(1)
            program.send_signal(signal.SIGINT)
            said, _ = program.communicate(timeout=PATIENCE)
    assert (program.returncode, said) == (130, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminal.")
def test_the_question_for_the_pin_can_be_left_unanswered(locked_share, tmp_path):
    import pty

    terminal, its_end = pty.openpty()
    program = subprocess.Popen(
        [*command(locked_share.address), "--into", str(tmp_path)],
        cwd=ROOT,
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    said = b""
    with suppress(OSError):  # Linux's end of a terminal
        while more := os.read(terminal, 4096):
            said += more
            if said.endswith(b"PIN: "):
                os.write(terminal, b"\4")  # Ctrl+D
    os.close(terminal)
    assert program.wait(PATIENCE) == 2, said
    assert said.endswith(b"asks for a PIN (--pin, or LANSLIDE_PIN).\r\n")


def test_a_plain_save_loads_nothing_that_only_others_need(share, holiday, tmp_path):
    into = tmp_path / "saved"
    code = "import sys, gui.get; print(gui.get.main(), *sys.modules)"
    command = [sys.executable, "-c", code, share.address, "--into", into]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    status, *loaded = said.splitlines()[-1].split()
    assert status == "0"
    assert tree_of(into) == tree_of(holiday)
    assert not {"PySide6", "asyncio", "flask", "getpass", "requests", "ssl", "zeroconf"} & {*loaded}
