"""A file, and a folder, that are swapped for links out of the share while they are asked for.

Two seconds of it here; for longer: LANSLIDE_RACE_SECONDS=30 pytest tests/server/test_race.py
"""

import os
import subprocess
import sys
import threading
import time

import pytest

SECONDS = float(os.environ.get("LANSLIDE_RACE_SECONDS", "2"))
SECRET = b"the secret outside"

# In a process of its own, so that it runs while the server does.
SWAP = """
import os, sys
inside, outside = sys.argv[1:]
os.chdir(inside)
while True:
    os.symlink(outside + "/a.txt", ".link")
    os.replace(".link", "a.txt")
    os.rename("folder", ".folder")
    os.symlink(outside, "folder")
    with open(".a.txt", "w") as file:
        file.write("fine")
    os.replace(".a.txt", "a.txt")
    os.unlink("folder")
    os.rename(".folder", "folder")
"""


@pytest.fixture
def swapped(holiday, tmp_path):
    """`holiday`, in which a.txt and folder/ lead out of it every other moment."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (holiday / "folder").mkdir()
    (holiday / "a.txt").write_text("fine")
    (holiday / "folder" / "a.txt").write_text("fine")
    (outside / "a.txt").write_bytes(SECRET)
    (outside / "only-outside.txt").write_bytes(SECRET)
    program = subprocess.Popen([sys.executable, "-c", SWAP, holiday, outside])
    yield holiday
    assert program.poll() is None
    program.kill()
    program.wait()


PATHS = [
    *["/download/a.txt", "/files/a.txt", "/download2/folder/a.txt", "/files/folder/a.txt"],
    *["/api/digest/a.txt", "/api/digest/folder/a.txt", "/thumb/grid/folder/a.txt"],
    *["/download2/folder/only-outside.txt", "/api/folder/folder", "/files/folder/"],
]


def test_a_link_that_takes_a_files_place_never_leads_out(share, browse, swapped):
    ends = time.monotonic() + SECONDS
    seen = {path: set() for path in PATHS}

    def look(browser):
        while time.monotonic() < ends:
            for path in PATHS:
                reply = browser(path)
                seen[path].add((reply.status, SECRET in reply.body or b"only-" in reply.body))

    looking = [threading.Thread(target=look, args=(browse(share),)) for _ in range(3)]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    for path in PATHS:
        # 503: a digest of what was gone before it could be read.
        assert seen[path] <= {(200, False), (404, False), (503, False), (302, False)}, path
    for path in PATHS[:4]:
        assert seen[path] >= {(200, False), (404, False)}, "The swaps were never met."
