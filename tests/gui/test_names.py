from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.names import LONGEST, PART, Taken, numbered, safe_name

SAFE = ["img.jpg", "日本.jpg", "é", "e\u0301", " a b ", "a.tar.gz", "-rf", "~", "100%.txt", "a..b"]
SAFE = [
    name.rstrip() for name in [*SAFE, "👩\u200d🔬.png", "x" * LONGEST, "console", "com", "com10"]
]


@pytest.mark.parametrize("name", SAFE)
def test_a_name_that_every_system_takes_is_kept(name):
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("...", "_"),
        (" . . ", "_"),
        ("a/b", "a_b"),
        ("/etc/passwd", "_etc_passwd"),
        ("../../x", "_._.._x"),
        ("..\\..\\x", "_._.._x"),
        ("C:\\x", "C__x"),
        ("\\\\host\\share", "__host_share"),
        ("a:stream", "a_stream"),
        ('<>:"|?*', "_______"),
        ("a\0b", "a_b"),
        ("a\r\nb", "a__b"),
        ("a\x7f\x9b", "a__"),
        ("a\u2028b\u2029", "a_b_"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("\u2066a\u2069\u200f", "_a__"),
        ("\ufeffa", "_a"),
        ("\udcff.bin", "_.bin"),
        (chr(0xD800), "_"),
        ("a.", "a"),
        ("a. . ", "a"),
        ("a ", "a"),
        (".bashrc", "_bashrc"),
        (".git", "_git"),
        ("..a", "_.a"),
        ("._a", "__a"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("Nul .txt", "_Nul .txt"),
        ("nul.", "_nul"),
        ("aux.tar.gz", "_aux.tar.gz"),
        ("com1", "_com1"),
        ("COM0.x", "_COM0.x"),
        ("lpt9.a", "_lpt9.a"),
        ("COM¹", "_COM¹"),
        ("LPT³.x", "_LPT³.x"),
        ("CONIN$", "_CONIN$"),
        ("conout$.x", "_conout$.x"),
        ("clock$", "_clock$"),
        ("desktop.ini", "_desktop.ini"),
        ("Desktop.INI", "_Desktop.INI"),
        ("autorun.inf", "_autorun.inf"),
        ("Thumbs.db", "_Thumbs.db"),
        ("a.jpg.part", "a.jpg.part_"),
        ("a.PART", "a.PART_"),
        ("a.part.", "a.part_"),
        ("x" * 300, "x" * LONGEST),
        ("x" * 300 + ".jpeg", "x" * (LONGEST - 5) + ".jpeg"),
        ("é" * 300 + ".jpg", "é" * ((LONGEST - 4) // 2) + ".jpg"),
        ("x." + "y" * 300, "x." + "y" * (LONGEST - 2)),
        ("x" * (LONGEST - 1) + ". " + "y" * 30, "x" * (LONGEST - 1)),
        ("x" * (LONGEST - 5) + ".part" + "x" * 30, "x" * (LONGEST - 6) + ".part_"),
        ("nul." + "x" * 300, "_nul." + "x" * (LONGEST - 5)),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert safe_name(name) == safe


any_text = st.text(st.characters(exclude_categories=()) | st.sampled_from("./\\: pat~\u202e"))


@given(any_text, st.integers(0, 300))
def test_a_safe_name_is_safe_whatever_came(text, repeated):
    safe = safe_name(text + "x" * repeated + text)
    assert safe_name(safe) == safe
    assert len(f"{numbered(safe, 99999)}{PART}".encode()) <= 255
    assert Path(safe).name == safe
    assert not safe.startswith(".")
    assert not safe.lower().endswith(PART)
    assert not set(safe) & set('<>:"/\\|?*\0\n')


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("a.jpg", "a (2).jpg"),
        ("a.tar.gz", "a.tar (2).gz"),
        ("a", "a (2)"),
        (".a", ".a (2)"),
        ("a (2).jpg", "a (2) (2).jpg"),
    ],
)
def test_the_second_of_a_name_has_a_number(name, second):
    assert numbered(name, 2) == second


@pytest.mark.parametrize(
    ("existing", "names", "expected"),
    [
        ([], ["a", "b"], ["a", "b"]),
        ([], ["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a"], ["a"], ["a (2)"]),
        (["a", "a (2)"], ["a", "a"], ["a (3)", "a (4)"]),
        (["A.JPG"], ["a.jpg"], ["a (2).jpg"]),
        ([], ["Photos", "photos", "PHOTOS"], ["Photos", "photos (2)", "PHOTOS (3)"]),
        ([], ["a (2)", "a", "a"], ["a (2)", "a", "a (3)"]),
        ([], ["STRASSE", "straße"], ["STRASSE", "straße (2)"]),
        ([], ["é", "e\u0301"], ["é", "e\u0301 (2)"]),
        ([], ["É", "e\u0301"], ["É", "e\u0301 (2)"]),
        ([], ["a:b", "a?b"], ["a_b", "a_b (2)"]),
        (["a.jpg.part"], ["a.jpg"], ["a.jpg"]),
    ],
)
def test_no_two_files_get_the_same_name_on_any_system(existing, names, expected):
    taken = Taken(existing)
    assert [taken.free(safe_name(name)) for name in names] == expected


def test_names_made_to_be_alike_are_numbered_without_trying_all(monkeypatch):
    tries = []
    monkeypatch.setattr("gui.names.numbered", lambda *name: tries.append(name) or numbered(*name))
    taken = Taken()
    assert len({taken.free("_") for _ in range(1000)}) == 1000
    assert len(tries) < 2000
