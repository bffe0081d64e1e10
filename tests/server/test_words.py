"""The pages speak the reader's language, and every word of it is translated."""

import importlib.util
import json
from datetime import date
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo

from server.words import FOLDER, LANGUAGES, USUAL, language, words

MAKER = Path(__file__).parent.parent / "translations.py"


@pytest.fixture(scope="module")
def maker():
    """The program that makes the catalogues."""
    spec = importlib.util.spec_from_file_location("translations", MAKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=sorted(set(LANGUAGES) - {USUAL}))
def catalogue(request, maker):
    """A language's catalogue, with what is said now."""
    path = dict(maker.languages())[request.param]
    return maker.translated(request.param, path), path


def pairs(catalogue):
    def plain(text):
        return text if isinstance(text, str) else tuple(text)

    return {plain(message.id): plain(message.string) for message in catalogue if message.id}


def test_every_sentence_is_translated(catalogue, maker):
    assert maker.untranslated(catalogue[0]) == []


def test_a_translation_keeps_the_places_for_values(catalogue):
    for message in catalogue[0]:
        both = [one if isinstance(one, tuple) else (one,) for one in (message.id, message.string)]
        for place in ("%(num)s", "%(name)s", "%(total)s"):
            kept = [[place in text for text in texts] for texts in both]
            assert len({frozenset(one) for one in kept}) == 1, message.id


def test_what_is_read_is_what_was_translated(catalogue, maker):
    now, path = catalogue
    with path.with_suffix(".mo").open("rb") as file:
        read = read_mo(file)
    assert pairs(read) == pairs(now)
    script = (path.parent.parent / "script.json").read_text(encoding="utf-8")
    assert script == maker.script(now)


def test_every_language_has_a_catalogue(maker):
    assert {name for name, _ in maker.languages()} | {USUAL} == set(LANGUAGES)
    assert {path.name for path in FOLDER.iterdir()} | {USUAL} == set(LANGUAGES)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, en;q=0.8", "de"),
        ("DE-de", "de"),
        ("fr, de;q=0.7, en;q=0.3", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("de;q=0.5, en;q=0.9", "en"),
        ("de;q=0", "en"),
        ("fr, es", "en"),
        ("*", "en"),
        ("de;q=7, x" * 1000, "en"),
        ("\x00;;;q=,de;q=1.", "de"),
    ],
)
def test_the_language_that_is_liked_best_is_spoken(field, expected):
    assert language(field) == expected


def test_a_page_says_what_language_it_is_in(browser):
    german, english = browser("/files/", Accept_Language="de"), browser("/files/")
    assert b'<html lang="de">' in german.body
    assert "Ordner herunterladen" in german.body.decode()
    assert b'<html lang="en">' in english.body
    assert "Accept-Language" in german.headers["Vary"]
    assert german.headers["ETag"] != english.headers["ETag"]


def test_a_problem_is_told_in_the_readers_language(browser):
    reply = browser("/files/nothing", Accept_Language="de-AT")
    assert "Das wird hier nicht geteilt." in reply.body.decode()
    assert "Accept-Language" in reply.headers["Vary"]
    problem = json.loads(browser("/api/folder/nothing", Accept_Language="de").body)
    assert problem == {"error": "This is not shared here."}


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "0 B", "0 B"),
        (999, "999 B", "999 B"),
        (1234, "1.2 kB", "1,2 kB"),
        (999_499, "999 kB", "999 kB"),
        (999_500, "1.0 MB", "1,0 MB"),
        (14_200_000, "14.2 MB", "14,2 MB"),
        (1_234_000_000_000_000, "1,234 TB", "1.234 TB"),
    ],
)
def test_sizes_are_written_as_people_do(number, english, german):
    assert (words("en").size(number), words("de").size(number)) == (english, german)


def test_numbers_and_days_are_written_as_people_do():
    assert words("en").counted("%(num)s file", "%(num)s files", 1) == "1 file"
    assert words("de").counted("%(num)s file", "%(num)s files", 1234) == "1.234 Dateien"
    assert words("en").date(date(2026, 7, 5)) == "2026-07-05"
    assert words("de").date(date(2026, 7, 5)) == "05.07.2026"
