"""Types by name, and by name and content together."""

import mimetypes
import subprocess
import sys

import pytest

from server import media_types
from server.media_types import inline_type, media_type

JPEG, PNG, GIF = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"
WEBP, AVIF = b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x20ftypavif"
HTML = b"<!doctype html><script>"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.heic", "image/heic"),
        ("a.heif", "image/heif"),
        ("a.jxl", "image/jxl"),
        ("a.CR2", "image/x-canon-cr2"),
        ("a.nef", "image/x-nikon-nef"),
        ("a.dng", "image/x-adobe-dng"),
        ("a.svg", "image/svg+xml"),
        ("a.mp4", "video/mp4"),
        ("a.txt", "text/plain"),
        ("a.tar.gz", "application/gzip"),
        ("a", "application/octet-stream"),
        (".jpg", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
    ],
)
def test_a_name_has_a_type(name, kind):
    assert media_type(name) == kind


def test_the_systems_own_table_is_left_out(tmp_path):
    (tmp_path / "mime.types").write_text("text/evil jpg unheard\n")
    mimetypes.init([str(tmp_path / "mime.types")])
    try:
        assert mimetypes.guess_type("a.unheard")[0] == "text/evil"
        assert mimetypes.MimeTypes(filenames=()).guess_type("a.unheard")[0] is None
        assert media_type("a.unheard") == media_types.UNKNOWN
        assert media_type("a.jpg") == "image/jpeg"
    finally:
        mimetypes.init()


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.jpg", JPEG, "image/jpeg"),
        ("a.png", PNG, "image/png"),
        ("a.gif", GIF, "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.avif", AVIF, "image/avif"),
        ("a.bmp", b"BM\0\0", "image/bmp"),
        ("a.jpg", PNG, "image/png"),
        ("a.png", HTML, None),
        ("a.jpg", b"", None),
        ("a.svg", b"<svg xmlns=", None),
        ("a.html", HTML, None),
        ("a.xml", b"<?xml", None),
        ("a.pdf", b"%PDF-1.7", None),
        ("a.heic", b"\0\0\0\x20ftypheic", None),
        ("a.mp4", b"\0\0\0\x20ftypisom", "video/mp4"),
        ("a.mov", b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        ("a.webm", b"\x1a\x45\xdf\xa3", "video/webm"),
        ("a.mp3", b"ID3\x04", "audio/mpeg"),
        ("a.mp3", b"\xff\xfb\x90", "audio/mpeg"),
        ("a.ogg", b"OggS", "audio/ogg"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        ("a.flac", b"fLaC", "audio/flac"),
        ("a.mp4", HTML, None),
        ("a.mp3", HTML, None),
        ("a.txt", b"hello", "text/plain; charset=utf-8"),
        ("a.txt", HTML, "text/plain; charset=utf-8"),
        ("a.txt", b"", "text/plain; charset=utf-8"),
        ("a.txt", b"MZ\0\0", None),
        ("a.py", b"import os", "text/plain; charset=utf-8"),
        ("a.js", b"alert(1)", None),
        ("a.png", b"GIF89a", "image/gif"),
        ("a", JPEG, None),
        ("a.exe", JPEG, None),
    ],
)
def test_a_browser_shows_only_what_name_and_content_agree_on(name, head, kind):
    assert inline_type(name, head) == kind


def test_what_the_system_says_does_not_count(tmp_path):
    (tmp_path / "mime.types").write_text("text/html jpg\n")
    program = (
        "import mimetypes; mimetypes.knownfiles[:] = ['mime.types']; mimetypes.init(); "
        "from server.media_types import media_type; "
        "print(mimetypes.guess_type('a.jpg')[0], media_type('a.jpg'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["text/html", "image/jpeg"]
