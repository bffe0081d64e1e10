"""Pictures kept on disk: whole or not there, never too many, whoever else is at the folder."""

import os
import shutil
import threading
from hashlib import blake2b

import pytest

from server.pictures.cache import Cache
from server.pictures.protocol import Answer
from server.pictures.shelf import Shelf

PICTURE = Answer("full", "image/webp", 40, 30, opaque=False, data=b"pixels" * 100)
KEYS = [f"{number:032x}" for number in range(0, 2**40, 2**40 // 100)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "kept"


def kept_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "answer",
    [
        PICTURE,
        Answer("preview", "image/jpeg", 4000, 3000, opaque=True, data=b"x"),
        Answer("none"),
    ],
)
def test_what_is_put_in_comes_out_also_for_the_next_program(folder, answer):
    put = Cache(folder).put(KEYS[0], answer)
    assert Cache(folder).get(KEYS[0]) == put
    assert put.answer == answer
    assert Cache(folder).get(KEYS[1]) is None


def test_other_bytes_have_another_tag(folder):
    cache = Cache(folder)
    first = cache.put(KEYS[0], PICTURE)
    second = cache.put(KEYS[1], Answer("full", "image/webp", 40, 30, opaque=False, data=b"other"))
    assert first.tag != second.tag
    assert cache.put(KEYS[2], PICTURE).tag == first.tag


def test_only_the_user_may_look_into_it(folder):
    Cache(folder).put(KEYS[0], PICTURE)
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("left", [-1, 10, 0])
def test_what_is_not_whole_is_not_there(folder, left):
    cache = Cache(folder)
    cache.put(KEYS[0], PICTURE)
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    path.write_bytes(path.read_bytes()[:left])
    assert cache.get(KEYS[0]) is None
    cache.put(KEYS[0], PICTURE)
    assert cache.get(KEYS[0]).answer == PICTURE


def test_a_wrong_bit_is_noticed(folder):
    cache = Cache(folder)
    cache.put(KEYS[0], PICTURE)
    (path,) = (path for path in folder.rglob("*") if path.is_file())
    content = bytearray(path.read_bytes())
    for place in range(len(content)):
        content[place] ^= 1
        path.write_bytes(content)
        assert cache.get(KEYS[0]) is None, place
        content[place] ^= 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="No such files here.")
def zeros(path):
    path.symlink_to("/dev/zero")


def endless(path):
    path.touch()
    os.truncate(path, 1 << 40)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="No such files here.")
@pytest.mark.parametrize("make", [getattr(os, "mkfifo", None), os.mkdir, zeros, endless])
def test_what_is_no_file_of_ours_is_not_read(folder, make):
    folder.mkdir(parents=True)
    make(folder / KEYS[0])
    cache = Cache(folder)
    assert cache.get(KEYS[0]) is None
    assert Shelf(folder, 1000).open(KEYS[0]) is None
    assert cache.put(KEYS[0], PICTURE).answer == PICTURE


@pytest.mark.parametrize("kind", [b"\3\0", b"\0\3", b"\xff\xff"])
def test_what_a_later_release_keeps_is_not_there_for_this_one(folder, kind):
    cache = Cache(folder)
    cache.put(KEYS[0], PICTURE)
    content = (folder / KEYS[0]).read_bytes()
    rest = kind + content[14:]
    digest = blake2b(rest, digest_size=8).digest()
    (folder / KEYS[0]).write_bytes(content[:4] + digest + rest)
    assert cache.get(KEYS[0]) is None


def test_files_of_others_are_not_deleted(folder):
    """Where the folder has become a link to somewhere else."""
    folder.mkdir(parents=True)
    (folder / "holiday.jpg").write_bytes(bytes(30_000))
    os.utime(folder / "holiday.jpg", (0, 0))
    cache = Cache(folder, 20_000)
    for key in KEYS:
        cache.put(key, PICTURE)
    assert (folder / "holiday.jpg").stat().st_size == 30_000
    assert cache.get(KEYS[-1])


def test_what_a_killed_program_left_unfinished_goes(folder):
    folder.mkdir(parents=True)
    left, fresh = folder / f"{KEYS[0]}.17-0", folder / f"{KEYS[0]}.18-0"
    for path in (left, fresh):
        path.write_bytes(b"LSP1")
    os.utime(left, (0, 0))
    Cache(folder).put(KEYS[1], PICTURE)
    assert {path.name for path in folder.iterdir()} == {fresh.name, KEYS[1]}


def test_it_is_never_larger_than_it_may_be(folder):
    limit = 20_000
    cache = Cache(folder, limit)
    for key in KEYS:
        cache.put(key, PICTURE)
        assert kept_bytes(folder) <= limit
    assert kept_bytes(folder) > limit / 2


def test_what_was_used_longest_ago_goes_first(folder):
    cache = Cache(folder, 20_000)
    for number, key in enumerate(KEYS[:20]):
        cache.put(key, PICTURE)
        os.utime(folder / key, (number, number))
    # Being looked at counts as being used.
    assert cache.get(KEYS[0])
    for key in KEYS[20:35]:
        cache.put(key, PICTURE)
    assert cache.get(KEYS[0])
    assert cache.get(KEYS[34])
    assert not cache.get(KEYS[1])


def test_it_can_be_deleted_at_any_time(folder):
    cache = Cache(folder)
    cache.put(KEYS[0], PICTURE)
    shutil.rmtree(folder)
    assert cache.get(KEYS[0]) is None
    assert cache.put(KEYS[1], PICTURE).answer == PICTURE
    assert cache.get(KEYS[1]).answer == PICTURE


def test_without_a_place_nothing_is_kept(tmp_path):
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file" / "kept")
    assert cache.put(KEYS[0], PICTURE).answer == PICTURE
    assert cache.get(KEYS[0]) is None


def test_several_programs_share_it(folder):
    """Each with a limit that makes it delete what the others have just written."""
    wrong = []

    def use(number):
        cache = Cache(folder, 20_000)
        for key in KEYS * 3:
            cache.put(key, PICTURE)
            kept = cache.get(key)
            if kept is not None and kept.answer != PICTURE:
                wrong.append((number, key))

    programs = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert not wrong
    assert all(len(path.name) == 32 for path in folder.rglob("*") if path.is_file())
