"""Archives themselves: what is in them, byte for byte, and what other programs make of them."""

import errno
import io
import itertools
import os
import shutil
import struct
import subprocess
import threading
import zipfile

import pytest

import server.archive
from server import members, zip_format
from server.archive import Archive, Member
from server.body import EndedEarly
from server.checksums import Checksums
from server.digests import identity
from server.folder import SharedFolder

# Long ago, so that what was read of a file is remembered at once.
THEN = 1_500_000_000
ODD = [
    "plain.txt",
    "näive 日本 😀.txt",
    "two  spaces and a trailing one ",
    "%41#?;&'\".txt",
    "-rf",
    "a" * 250,
]


def never():
    return False


@pytest.fixture
def tree(tmp_path):
    """Folders in folders, an empty one, odd names, and files of every size that matters."""
    folder = tmp_path / "tree"
    (folder / "one" / "two" / "three").mkdir(parents=True)
    (folder / "empty" / "inside").mkdir(parents=True)
    for number, size in enumerate((0, 1, 65_536, 65_537, 300_000)):
        (folder / "one" / f"{size}.bin").write_bytes(os.urandom(size))
        (folder / "one" / "two" / f"{number}.txt").write_bytes(b"%d" % number)
    for name in ODD:
        (folder / "one" / "two" / "three" / name).write_bytes(name.encode())
    for path in folder.rglob("*"):
        os.utime(path, (THEN, THEN))
    return folder


@pytest.fixture
def shared(tree):
    return SharedFolder(tree)


def archived(shared, base="", paths=None):
    return Archive(members.members(shared, base, paths, never))


def sent(archive, shared, start=0, end=None, checksums=None):
    """Give the bytes of a part of an archive, as they are sent."""
    data = []
    end = archive.length if end is None else end
    for piece in archive.pieces([(start, end)], shared.open, checksums or Checksums(), never):
        if piece is not None:
            data += map(content, piece.parts)
            piece.close()
    return b"".join(data)


def content(part):
    if isinstance(part, bytes):
        return part
    return os.pread(part.descriptor, part.end - part.start, part.start)


@pytest.fixture
def file(tree, shared, tmp_path):
    """The archive of `tree` as a file."""
    path = tmp_path / "tree.zip"
    path.write_bytes(sent(archived(shared), shared))
    return path


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


# What is in it


def test_an_archive_is_as_long_as_it_was_said_to_be(file, shared):
    assert file.stat().st_size == archived(shared).length


def test_python_reads_every_file_its_time_and_the_empty_folder(file, tree):
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.flag_bits == 1 << 11
            assert info.extra == struct.pack("<2HBi", 0x5455, 5, 1, THEN)
            if not info.is_dir():
                assert archive.read(info) == (tree / info.filename).read_bytes()
        names = {info.filename for info in archive.infolist()}
    files = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert names == files | {"empty/inside/"}


READERS = {
    "unzip": ["unzip", "-q", "{file}", "-d", "{into}"],
    "7zz": ["7zz", "x", "-bd", "-o{into}", "{file}"],
    "bsdtar": ["bsdtar", "-xf", "{file}", "-C", "{into}"],
    # Takes the archive from a stream, and knows nothing of its end.
    "bsdtar from a pipe": ["bsdtar", "-xf", "-", "-C", "{into}"],
}


@pytest.mark.parametrize("reader", READERS)
def test_other_programs_unpack_the_same_tree(reader, file, tree, tmp_path):
    command = READERS[reader]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed.")
    into = tmp_path / "into"
    into.mkdir()
    done = subprocess.run(
        [part.format(file=file, into=into) for part in command],
        input=file.read_bytes(),
        capture_output=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(into) == contents(tree)
    unpacked = [path for path in into.rglob("*") if path.is_file()]
    assert {path.stat().st_mtime for path in unpacked} == {THEN}


def test_a_reader_from_a_stream_finds_size_and_checksum_before_every_file(file):
    data = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            fields = struct.unpack_from("<4s5H3I2H", data, info.header_offset)
            assert fields[6:9] == (info.CRC, info.file_size, info.file_size)


def test_an_archive_of_an_empty_folder_is_one(tmp_path):
    (tmp_path / "empty").mkdir()
    shared = SharedFolder(tmp_path / "empty")
    data = sent(archived(shared), shared)
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == []


# Parts


def test_any_part_is_the_same_part_of_the_whole(file, shared, monkeypatch):
    monkeypatch.setattr(server.archive, "_LINES", 3)
    whole, archive, checksums = file.read_bytes(), archived(shared), Checksums()
    with zipfile.ZipFile(file) as known:
        edges = {0, known.start_dir, len(whole)}
        for info in known.infolist():
            before = 30 + len(info.filename.encode()) + len(info.extra)
            start = info.header_offset
            edges |= {start, start + before, start + before + info.file_size}
    at = sorted({near for edge in edges for near in (edge - 1, edge, edge + 1)})
    at = [place for place in at if 0 <= place <= len(whole)]
    for start, end in itertools.pairwise(at):
        assert sent(archive, shared, start, end, checksums) == whole[start:end]
    for start in at:
        assert sent(archive, shared, start, checksums=checksums) == whole[start:]
        assert sent(archive, shared, 0, start, checksums=checksums) == whole[:start]


def test_a_part_of_one_file_reads_no_other(tree, shared):
    archive = archived(shared)
    opened = []

    def find(path):
        opened.append(path)
        return shared.open(path)

    data = sent(archive, shared)
    start = data.index((tree / "one" / "300000.bin").read_bytes())
    for piece in archive.pieces([(start + 5, start + 9)], find, Checksums(), never):
        if piece is not None:
            piece.close()
    assert opened == ["one/300000.bin"]


def test_a_big_file_is_read_while_the_one_before_it_is_sent(file, shared, monkeypatch):
    monkeypatch.setattr(server.archive, "BIG", 100_000)
    usual, readers = server.archive.crc32_of, {}

    def noted(descriptor, size, *asked):
        readers[size] = threading.current_thread().name
        return usual(descriptor, size, *asked)

    monkeypatch.setattr(server.archive, "crc32_of", noted)
    assert sent(archived(shared), shared) == file.read_bytes()
    assert readers == {65_537: threading.current_thread().name, 300_000: "archive"}


def test_a_disk_that_fails_ahead_is_remembered_as_well(shared, monkeypatch):
    monkeypatch.setattr(server.archive, "BIG", 100_000)
    usual = server.archive.crc32_of

    def failing(descriptor, size, *asked):
        if size == 300_000:
            raise OSError(errno.EIO, "Input/output error")
        return usual(descriptor, size, *asked)

    monkeypatch.setattr(server.archive, "crc32_of", failing)
    checksums = Checksums()
    with pytest.raises(OSError, match="Input/output error"):
        sent(archived(shared), shared, checksums=checksums)
    assert [given_up.path for given_up in checksums._given_up] == ["one/300000.bin"]


# Versions


def test_the_archive_of_unchanged_files_has_the_same_etag_and_bytes(shared, tree, file):
    again = archived(SharedFolder(tree))
    assert again.etag == archived(shared).etag
    assert sent(again, shared) == file.read_bytes()


def rewritten(tree):
    """Same size, and with its old time put back."""
    path = tree / "one" / "1.bin"
    path.write_bytes(b"!")
    os.utime(path, (THEN, THEN))


CHANGES = {
    "rewritten": rewritten,
    "touched": lambda tree: os.utime(tree / "one" / "1.bin"),
    "renamed": lambda tree: (tree / "one" / "1.bin").rename(tree / "one" / "l.bin"),
    "removed": lambda tree: (tree / "one" / "1.bin").unlink(),
    "added": lambda tree: (tree / "one" / "new").touch(),
    "an empty folder": lambda tree: (tree / "one" / "new").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_etag_tells_every_change(change, shared, tree):
    before = archived(shared).etag
    CHANGES[change](tree)
    assert archived(SharedFolder(tree)).etag != before


def test_what_is_hidden_changes_nothing(shared, tree):
    before = archived(shared).etag
    (tree / "one" / ".hidden").write_text("x")
    (tree / "one" / "film.mp4.part").write_text("x")
    assert archived(shared).etag == before


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_file_that_changes_after_the_plan_ends_it(size, shared, tree):
    path = tree / "one" / "0.bin"
    path.write_bytes(os.urandom(size))
    archive = archived(shared)
    path.write_bytes(os.urandom(size))
    with pytest.raises(EndedEarly):
        sent(archive, shared)


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_file_that_changes_while_it_is_read_ends_it(size, shared, tree, monkeypatch):
    path = tree / "one" / "0.bin"
    path.write_bytes(os.urandom(size))
    archive = archived(shared)

    def changed(*asked, read):
        data = read(*asked)
        path.write_bytes(os.urandom(size + 1))
        return data

    for name in ("crc32_of", "_read"):
        usual = getattr(server.archive, name)
        monkeypatch.setattr(
            server.archive, name, lambda *asked, usual=usual: changed(*asked, read=usual)
        )
    with pytest.raises(EndedEarly):
        sent(archive, shared)


# Checksums


def test_what_is_remembered_is_not_read_again(shared, monkeypatch):
    archive, checksums = archived(shared), Checksums()
    whole = sent(archive, shared, checksums=checksums)
    # Time enough for every file to have been changed long before it was read.
    monkeypatch.setattr(server.archive, "unsettled_for", lambda *_: 0)
    whole = sent(archive, shared, checksums=checksums)
    monkeypatch.setattr(server.archive, "crc32_of", pytest.fail)
    assert sent(archive, shared, checksums=checksums) == whole


def test_what_could_still_change_unseen_is_not_remembered(shared, monkeypatch):
    monkeypatch.setattr(server.archive, "unsettled_for", lambda *_: 1)
    archive, checksums = archived(shared), Checksums()
    sent(archive, shared, checksums=checksums)
    assert checksums._known == {}


def test_only_so_many_checksums_are_remembered(tree, monkeypatch):
    monkeypatch.setattr("server.checksums.MOST_KNOWN", 3)
    checksums = Checksums()
    files = [identity("", tree.stat())._replace(inode=number) for number in range(5)]
    for number, one in enumerate(files):
        checksums.keep(one, number)
    assert [checksums.get(one) for one in files] == [None, None, 2, 3, 4]


@pytest.mark.parametrize("name", ["1.bin", "300000.bin"])
def test_a_client_that_leaves_makes_no_file_unreadable(name, shared):
    archive, checksums = archived(shared, "one", [f"one/{name}"]), Checksums()
    with pytest.raises(EndedEarly):
        list(archive.pieces([(0, archive.length)], shared.open, checksums, lambda: True))
    assert checksums._given_up == {}


# Zip64


def test_numbers_go_into_zip64_fields_where_they_do_not_fit_and_only_there():
    full = zip_format.FULL
    for size in (0, 1, full - 1, full, full + 1, 1 << 40):
        header = zip_format.local_header(b"x", size, -1, 7)
        assert len(header) == zip_format.local_size(b"x", size, -1) == 31 + 20 * (size >= full)
        if size >= full:
            assert struct.unpack_from("<2I", header, 18) == (full, full)
            assert struct.unpack("<2H2Q", header[31:]) == (1, 16, size, size)
        for offset in (0, full - 1, full, 1 << 40):
            line = zip_format.central_header(b"x", size, -1, 7, offset)
            numbers = 2 * (size >= full) + (offset >= full)
            assert len(line) == 47 + (4 + 8 * numbers if numbers else 0)
            assert len(line) == zip_format.central_size(b"x", size, -1, offset)


def test_a_file_of_more_than_4_gib_is_read_back_from_the_ends_of_its_archive(tmp_path):
    folder = tmp_path / "big"
    folder.mkdir()
    size = (4 << 30) + 5
    with (folder / "a.bin").open("wb") as big:
        big.truncate(size)
    (folder / "b.txt").write_text("after it")
    shared = SharedFolder(folder)
    archive = archived(shared)
    # What the checksum of so many zeros is, so that nobody has to read them.
    checksums = Checksums()
    zeros = identity("a.bin", (folder / "a.bin").stat())
    checksums.keep(zeros, 0x1234)
    first = sent(archive, shared, 0, 100, checksums)
    assert struct.unpack_from("<3I", first, 14) == (0x1234, 0xFFFFFFFF, 0xFFFFFFFF)
    assert struct.unpack_from("<2H2Q", first, 30 + 5) == (1, 16, size, size)
    path = tmp_path / "big.zip"
    with path.open("wb") as file:
        file.write(first)
        file.seek(archive.length - 1000)
        file.write(sent(archive, shared, archive.length - 1000, checksums=checksums))
    with zipfile.ZipFile(path) as read:
        assert [info.file_size for info in read.infolist()] == [size, 8]
        assert read.getinfo("b.txt").header_offset > 4 << 30
        assert read.getinfo("a.bin").CRC == 0x1234
        assert read.read("b.txt") == b"after it"


@pytest.mark.parametrize("count", [65_534, 65_535, 65_536])
def test_more_files_than_the_old_ending_can_count(count, shared, tmp_path):
    archive = Archive([Member(b"%d" % number, 0, THEN, b"") for number in range(count)])
    data = sent(archive, shared)
    assert len(data) == archive.length
    assert len(zipfile.ZipFile(io.BytesIO(data)).namelist()) == count
    assert (b"PK\6\6" in data) == (count >= 65_535)


# Times


@pytest.mark.parametrize(
    ("seconds", "year"), [(-5, 1980), (0, 1980), (1 << 31, 2038), (1 << 33, 2107), (1 << 60, 2107)]
)
def test_times_that_do_not_fit_are_the_nearest_that_do(seconds, year):
    date, _ = zip_format.dos_time(seconds)
    # Of the last day of a year or the first of the next, wherever this runs.
    assert (date >> 9) + 1980 == year
    header = zip_format.local_header(b"x", 0, seconds, 0)
    assert (b"UT" in header) == (0 <= seconds < 1 << 31)
