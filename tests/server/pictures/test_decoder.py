"""A decoder process from outside: whatever it does, the program goes on; and what binds it."""

import errno
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from server.folder import SharedFolder
from server.pictures import crew, decoder, handover
from server.pictures.crew import Asker, Busy
from server.pictures.decoder import Decoder, Hindered, Hopeless
from server.pictures.protocol import LONGEST_PICTURE, Request
from server.pictures.service import Pictures, Taken
from server.pictures.sizes import Size

REQUEST = Request("jpeg", 256)
CONVERSION = Request("jpeg", 256, is_conversion=True)
# A decoder that a hostile file has taken over.
TAKEN_OVER = """
import os, socket, sys, time
ours = socket.socket(fileno=0)
ours.sendall(b"\\n")
while socket.recv_fds(ours, 4096, 1)[0]:
    {}
"""
# A real one with something else in place of reading.
WITH = """
import sys
sys.path.append({root!r})
from server.pictures import child, limits, reading
from server.pictures.protocol import Answer
limits.PROCESSOR = limits.PROCESSOR_TO_CONVERT = 1
def answer(request, file):
    {what}
    return Answer("full")
reading.answer = answer
child.main()
"""
ROOT = str(Path(decoder.__file__).parents[2])
# Only ever waited out when something is broken.
PATIENCE = 20


@pytest.fixture
def run(monkeypatch):
    """Have decoders run some other code."""

    def use(code):
        monkeypatch.setattr(decoder, "_COMMAND", (sys.executable, "-P", "-c", code))

    return use


@pytest.fixture
def process():
    one = Decoder()
    yield one
    one.close()


def test_a_decoder_decodes(process, file):
    answer = process.ask(REQUEST, file)
    assert (answer.kind, answer.width, answer.height) == ("full", 480, 320)
    assert process.ask(REQUEST, file) == answer


@pytest.mark.parametrize(
    "deed",
    [
        "os.abort()",
        "sys.exit()",
        "ours.close(); time.sleep(3600)",
        r"ours.sendall(b'nonsense\n')",
        r"ours.sendall(b'[]\n')",
        r"ours.sendall(b'{}\n')",
        r"ours.sendall(b'null\n')",
        r"ours.sendall(b'[' * 60000 + b'\n')",
        r"ours.sendall(b'\xff\n')",
        r"""ours.sendall(b'["full","text/html",1,1,true,0,{}]\n')""",
        r"""ours.sendall(b'["best","image/jpeg",1,1,true,0,{}]\n')""",
        r"""ours.sendall(b'["full","image/jpeg",1,1,true,99999999999,{}]\n')""",
        r"""ours.sendall(b'["full","image/jpeg",1,1,true,-1,{}]\n')""",
        r"""ours.sendall(b'["full","image/jpeg",1e999,1,true,0,{}]\n')""",
        r"""ours.sendall(b'["full","image/jpeg",1,1,true,0,{"camera":1}]\n')""",
        r"""ours.sendall(b'["full","image/jpeg",1,1,true,9,{}]\n1234'); sys.exit()""",
        r"""ours.sendall(b'["full","image/jpeg",1,1,true,2,{}]\n1234'); time.sleep(3600)""",
        r"while True: ours.sendall(b'x' * 100000)",
    ],
)
def test_nonsense_and_an_end_cost_one_file(process, file, run, deed):
    run(TAKEN_OVER.format(deed))
    with pytest.raises(Hopeless):
        process.ask(REQUEST, file)
    assert process.pid is None
    run(TAKEN_OVER.format(r"""ours.sendall(b'["full","",1,1,true,0,{}]\n')"""))
    assert process.ask(REQUEST, file).width == 1


@pytest.mark.parametrize("deed", ["time.sleep(3600)", r"ours.sendall(b'['); time.sleep(3600)"])
def test_what_hangs_is_ended(process, file, run, monkeypatch, deed):
    monkeypatch.setattr(decoder, "TIME_LIMIT", 0.2)
    run(TAKEN_OVER.format(deed))
    with pytest.raises(Hindered):
        process.ask(REQUEST, file)
    assert process.pid is None


def test_only_a_conversion_may_be_large(process, file, run, tmp_path):
    head = f'["full","image/jpeg",1,1,true,{LONGEST_PICTURE + 1},{{}}]\\n'
    run(TAKEN_OVER.format(f"ours.sendall(b'{head}' + b'x' * {LONGEST_PICTURE + 1})"))
    with pytest.raises(Hopeless):
        process.ask(REQUEST, file)
    with (tmp_path / "sink").open("wb", buffering=0) as sink:
        assert process.ask(CONVERSION, file, sink).data == b""
    assert (tmp_path / "sink").stat().st_size == LONGEST_PICTURE + 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="No disk that is full here.")
def test_a_full_disk_is_not_the_files_fault_and_the_next_one_is_not_affected(process, file):
    conversion = Request("jpeg", 300, is_conversion=True)
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(Hindered):  # noqa: PTH123
        process.ask(conversion, file, full)
    with io.BytesIO() as sink:
        assert process.ask(conversion, file, sink).width == 300
        assert sink.getvalue().startswith(b"\xff\xd8\xff")
    assert process.ask(REQUEST, file).kind == "full"


@pytest.mark.skipif(sys.platform == "win32", reason="There is no such signal.")
def test_nothing_is_left_of_what_a_killed_decoder_had_begun(process, file, run, tmp_path):
    mark = tmp_path / "mark"
    run(
        TAKEN_OVER.format(
            f"""
    if not os.path.exists({str(mark)!r}):
        open({str(mark)!r}, "w")
        ours.sendall(b'["full","image/jpeg",1,1,true,9,{{}}]\\nwrong')
        os.kill(os.getpid(), 9)
    ours.sendall(b'["full","image/jpeg",1,1,true,4,{{}}]\\ngood')"""
        )
    )
    with io.BytesIO() as sink:
        process.ask(CONVERSION, file, sink)
        assert sink.getvalue() == b"good"


def test_a_decoder_that_cannot_start_says_so(process, file, run):
    run("")
    with pytest.raises(Hindered):
        process.ask(REQUEST, file)
    assert process.pid is None


def test_no_decoder_can_be_started_where_there_is_no_python(process, file, monkeypatch):
    monkeypatch.setattr(decoder, "_COMMAND", ("/nowhere/python",))
    with pytest.raises(Hindered):
        process.ask(REQUEST, file)


def test_a_decoder_makes_place_for_a_fresh_one(process, file, monkeypatch):
    monkeypatch.setattr(decoder, "MOST_FILES", 2)
    numbers = []
    for _ in range(4):
        process.ask(REQUEST, file)
        numbers.append(process.pid)
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


# What binds it


@pytest.mark.parametrize(
    "what",
    [
        "while True: pass",
        "bytearray(1 << 30)",
        "x = []\n    while True: x.append(bytearray(1 << 20))",
        "open({written!r}, 'wb', 0).write(b'x')",
        "x = [open('/dev/null') for _ in range(100)]",
        "raise ValueError",
        "import warnings\n    warnings.warn('large', RuntimeWarning)",
        "import ctypes\n    ctypes.string_at(0)",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="Not every system has all of the limits.")
def test_a_decoder_may_not(process, file, run, what, monkeypatch, tmp_path):
    # By its own limits, however slow this computer is just now.
    monkeypatch.setattr(decoder, "TIME_LIMIT", PATIENCE)
    written = tmp_path / "written"
    run(WITH.format(root=ROOT, what=what.format(written=str(written))))
    try:
        assert process.ask(REQUEST, file).kind == "none"
    except Hopeless:
        assert process.pid is None
    assert not written.exists() or written.stat().st_size == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Not every system has all of the limits.")
def test_a_conversion_has_more_memory_and_time_but_not_without_end(process, file, run):
    run(WITH.format(root=ROOT, what="import mmap; mmap.mmap(-1, 700 << 20)"))
    assert process.ask(REQUEST, file).kind == "none"
    assert process.ask(CONVERSION, file).kind == "full"
    assert process.ask(REQUEST, file).kind == "none"
    process.close()
    run(WITH.format(root=ROOT, what="import mmap; mmap.mmap(-1, 1100 << 20)"))
    assert process.ask(CONVERSION, file).kind == "none"
    process.close()
    run(WITH.format(root=ROOT, what="while True: pass"))
    with pytest.raises(Hopeless):
        process.ask(CONVERSION, file)


@pytest.mark.skipif(sys.platform == "win32", reason="It has no such numbers.")
def test_a_conversion_lets_thumbnails_go_first(process, file):
    process.ask(REQUEST, file)
    usual = os.getpriority(os.PRIO_PROCESS, process.pid)
    for _ in range(2):
        process.ask(CONVERSION, file)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > usual


def test_a_decoder_reads_the_open_file_and_knows_no_path(process, file, tmp_path, samples):
    (tmp_path / "picture.jpg").rename(tmp_path / "moved.jpg")
    (tmp_path / "picture.jpg").write_bytes(b"another")
    assert process.ask(REQUEST, file).kind == "full"
    arguments = Path(f"/proc/{process.pid}/cmdline")
    if arguments.exists():
        assert str(tmp_path).encode() not in arguments.read_bytes()
        held = [str(one.readlink()) for one in Path(f"/proc/{process.pid}/fd").iterdir()]
        assert len(held) == 3
        assert not any("jpg" in path for path in held)


# Remembering


@pytest.fixture
def picture(tmp_path, samples):
    """Ask for the thumbnail of a file as often as wanted, each time of a program just started."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "picture.jpg").write_bytes(samples["picture.jpg"])

    def ask(pictures=None):
        opened = SharedFolder(folder).open("picture.jpg")
        ours = pictures or Pictures(tmp_path / "kept", workers=1)
        try:
            with opened:
                kept = ours.picture(opened, Size.GRID, Taken(), Asker())
        finally:
            if pictures is None:
                ours.close()
        return None if kept.answer.kind == "none" else kept.answer.kind

    return ask


def test_a_picture_is_not_made_again_after_a_restart(picture, run):
    assert picture() == "full"
    run("")
    assert picture() == "full"


def test_what_crashed_a_decoder_is_not_tried_again_until_it_changes(picture, run, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        code = TAKEN_OVER.format("os.abort()")
        patch.setattr(decoder, "_COMMAND", (sys.executable, "-P", "-c", code))
        assert picture() is None
    assert picture() is None
    path = tmp_path / "shared" / "picture.jpg"
    path.write_bytes(path.read_bytes() + b"\0")
    assert picture() == "full"


def test_what_was_hindered_is_tried_again_but_not_for_ever(picture, monkeypatch, tmp_path):
    pictures = Pictures(tmp_path / "kept", workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder, "TIME_LIMIT", 0.05)
        code = TAKEN_OVER.format("time.sleep(3600)")
        patch.setattr(decoder, "_COMMAND", (sys.executable, "-P", "-c", code))
        for _ in range(crew.TRIES - 1):
            with pytest.raises(Busy):
                picture(pictures)
        assert picture(pictures) is None
    pictures.close()
    # The next program tries anew: it may have been the computer.
    assert picture() == "full"


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (socket, OSError(errno.EMFILE, "Too many open files")),
        (threading.Thread, RuntimeError("can't start new thread")),
    ],
)
def test_that_the_system_has_no_room_is_never_the_files_fault(
    picture, tmp_path, monkeypatch, what, error
):
    def none(*_):
        raise error

    pictures = Pictures(tmp_path / "kept", workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(what, "socketpair" if what is socket else "start", none)
        for _ in range(crew.TRIES + 1):
            with pytest.raises(Busy):
                picture(pictures)
    assert picture(pictures) == "full"
    pictures.close()


def test_nothing_is_left_after_many_starts_and_stops(picture, tmp_path):
    def there():
        return threading.active_count(), len(os.listdir("/dev/fd"))  # noqa: PTH208 - never looked at

    picture()
    before = there()
    for number in range(50):
        if number % 5 == 0:
            # One that has to be made starts a process.
            shutil.rmtree(tmp_path / "kept")
        picture()
    # Fewer if idle threads of what other tests share have ended meanwhile; ten would stand out.
    assert all(now <= then for now, then in zip(there(), before, strict=True))


def test_the_files_that_a_folder_holds_are_not_taken_for_modules(tmp_path, samples):
    """The command is started in the folder that is shared, as it is without an argument."""
    (tmp_path / "picture.jpg").write_bytes(samples["picture.jpg"])
    mark = tmp_path / "mark"
    for name in ("PIL", "json", "socket", "server", "warnings", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')")
    code = (
        "import os, sys; sys.path[:] = [one for one in sys.path if one]\n"
        "from server.pictures.decoder import Decoder\n"
        "from server.pictures.protocol import Request\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "one = Decoder()\n"
        "print(one.ask(Request('jpeg', 256), os.open('picture.jpg', os.O_RDONLY)).kind)\n"
        "one.close()"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "full\n"
    assert not mark.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems end nobody by that signal.")
def test_a_decoder_ends_with_the_program_whatever_it_is_doing():
    """However the program ends, somebody's picture is not worked on for a minute more."""
    code = """
import sys, time
sys.path.append(sys.argv[1])
from server.pictures import intake
connection = intake.connection()
with intake.tied(connection):
    connection.sendall(b"!")
    while True:
        time.sleep(60)
"""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = handover.start((sys.executable, "-c", code, ROOT), Path(ROOT), theirs)
        assert ours.recv(1) == b"!"
        assert process.poll() is None
    assert process.wait(PATIENCE) == -signal.SIGIO
