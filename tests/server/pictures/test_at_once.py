"""Thumbnails are answered without the application, and as it answers them."""

from concurrent.futures import Future
from pathlib import Path

import pytest

from server.application import Application
from server.folder import SharedFolder
from server.open_file import OpenFile
from server.pictures.neutral import NEUTRAL
from server.pictures.replies import at_once
from server.pictures.version import version


@pytest.fixture
def gallery(gallery, samples):
    (gallery / "sub").mkdir()
    for name in ("a.jpg", "sub/ä b.jpg"):
        (gallery / name).write_bytes(samples["picture.jpg"])
    (gallery / "broken.jpg").write_bytes(samples["picture.jpg"][:60])
    (gallery / "notes.txt").write_text("Sun, sea and sand.")
    return gallery


def now(gallery, name):
    return version(Path(name).name, (gallery / name).stat())


@pytest.fixture
def asked(gallery, pictures):
    """Ask for what can be answered at once, of a share with these pictures."""
    at_once = Application(SharedFolder(gallery), pictures=pictures).at_once

    def ask(path, query="", **fields):
        environ = {
            "REQUEST_METHOD": "GET",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "5000",
            "HTTP_HOST": "localhost:5000",
            "PATH_INFO": path,
            "QUERY_STRING": query,
        }
        return at_once(environ | fields)

    return ask


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "a.jpg", {}),
        ("HEAD", "a.jpg", {}),
        ("GET", "a.jpg", {"Accept": "image/webp"}),
        ("GET", "a.jpg", {"If-None-Match": "*"}),
        ("GET", "a.jpg", {"If-None-Match": '"other"'}),
        ("GET", "a.jpg", {"Range": "bytes=0-3"}),
        ("GET", "a.jpg", {"Sec-Fetch-Site": "cross-site"}),
        ("GET", "a.jpg", {"Host": "evil.example"}),
        ("GET", "sub/%C3%A4%20b.jpg", {}),
        ("GET", "broken.jpg", {}),
        ("GET", "notes.txt", {}),
        ("GET", "nothing.jpg", {}),
        ("GET", "sub", {}),
    ],
)
@pytest.mark.parametrize("query", ["", "v", "v=0", "sharp=1"])
def test_a_thumbnail_is_the_same_by_either_road(
    share, connect, gallery, method, path, query, fields
):
    plain = path.replace("%C3%A4%20", "ä ")
    if query == "v":
        query = f"v={now(gallery, plain) if (gallery / plain).exists() else 0}"
    target = f"/thumb/grid/{path}{query and '?'}{query}"
    heads = {"Host": f"localhost:{share.port}"} | fields
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in heads.items())]
    request = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    # The first is made. With a line before it, which is allowed, the last one is not plain.
    replies = []
    for before in (b"", b"", b"\r\n"):
        client = connect(share, before + request)
        reply = b"".join(iter(lambda client=client: client.recv(1 << 16), b""))
        head, _, body = reply.partition(b"\r\n\r\n")
        fields_sent = sorted(line for line in head.split(b"\r\n") if not line.startswith(b"Date: "))
        replies.append((fields_sent, body))
    assert replies[0] == replies[1] == replies[2]


def test_what_is_kept_is_answered_at_once_and_the_rest_as_soon_as_it_is_made(asked, gallery, thumb):
    query = f"v={now(gallery, 'a.jpg')}"
    made = asked("/thumb/large/a.jpg", query)
    assert isinstance(made, Future)
    kept = asked("/thumb/large/a.jpg", query) if made.result() else None
    assert kept.body.read() == made.result().body.read()
    assert kept.headers["ETag"] == made.result().headers["ETag"]
    assert asked("/thumb/large/a.jpg").headers["Cache-Control"] == "no-cache"
    assert asked("/thumb/large/a.jpg", query).headers["Cache-Control"].endswith("immutable")
    for other in ("sharp", f"{query}&sharp", f"{query}&", "v=0", query.upper()):
        assert asked("/thumb/large/a.jpg", other) is None
    for path in ("huge/a.jpg", "large/sub", "large/", "large/.a.jpg", "large/../a.jpg", "large"):
        assert asked(f"/thumb/{path}", query) is None


def test_nobody_is_answered_at_once_who_would_be_refused(asked, gallery, thumb):
    thumb("a.jpg")
    query = f"v={now(gallery, 'a.jpg')}"
    assert asked("/thumb/grid/a.jpg", query) is not None
    for fields in ({"HTTP_HOST": "evil.example:5000"}, {"HTTP_SEC_FETCH_SITE": "cross-site"}):
        assert asked("/thumb/grid/a.jpg", query, **fields) is None


def test_a_picture_that_changed_is_not_answered_with_the_old_one(asked, gallery, thumb, samples):
    old = thumb("a.jpg").reply.headers["ETag"]
    before = f"v={now(gallery, 'a.jpg')}"
    (gallery / "a.jpg").write_bytes(samples["picture.png"])
    assert asked("/thumb/grid/a.jpg", before) is None
    kept = thumb("a.jpg").reply.headers["ETag"]
    assert asked("/thumb/grid/a.jpg").headers["ETag"] == kept != old


@pytest.mark.parametrize("name", ["a.jpg", "broken.jpg", "notes.txt"])
def test_the_file_is_closed_once_its_picture_is_made_or_cannot_be(gallery, pictures, name):
    closed = []

    class Watched(OpenFile):
        def close(self):
            closed.append(self.name)
            super().close()

    folder = SharedFolder(gallery)
    file = folder.open(name)
    watched = Watched(file.name, file.descriptor, file.status)
    environ = {"REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1"}
    made = at_once(watched, lambda: folder.open(name), "grid", environ, pictures)
    if isinstance(made, Future):
        made.result()
    assert closed == [name]
    assert isinstance(made, Future) == (name != "notes.txt")


def test_that_there_is_no_picture_is_kept_too(asked, thumb):
    thumb("broken.jpg")
    found = asked("/thumb/grid/broken.jpg")
    assert found.headers["X-Lanslide-Picture"] == "none"
    assert found.body.read() == NEUTRAL
