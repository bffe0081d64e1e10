"""Brings the pages' words up to date: what is said now, and what the program reads of it.

``uv run python tests/translations.py`` after a sentence was added or changed in a template, in
``server`` or in the page's script; then translate what is empty in ``page.po`` and run it again.
"""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SERVER = Path(__file__).parent.parent / "server"
TRANSLATIONS = SERVER / "translations"
METHODS = [("static/**.js", "javascript"), ("templates/**.html", "jinja2"), ("**.py", "python")]
STILL = datetime(2026, 1, 1, tzinfo=UTC)
# Each with the places of its texts; `marked` translates nothing, it only names what will be.
KEYWORDS = {"gettext": None, "_": None, "ngettext": (1, 2), "counted": (1, 2), "marked": None}


def said() -> Catalog:
    """Everything that the pages say."""
    catalog = Catalog()
    found = extract_from_dir(SERVER, METHODS, keywords=KEYWORDS, strip_comment_tags=True)
    for name, _, message, _, _ in sorted(found, key=lambda one: (one[0], one[1])):
        catalog.add(message, locations=[(Path(name).as_posix(), 0)])
    return catalog


def languages() -> Iterator[tuple[str, Path]]:
    """Every language with its catalogue."""
    for path in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/page.po")):
        yield path.parent.parent.name, path


def translated(language: str, path: Path) -> Catalog:
    """The translations that there are, of what is said now."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    # Guesses would look like translations.
    catalog.update(said(), no_fuzzy_matching=True)
    # The same words are the same file, whenever it is written.
    catalog.creation_date = catalog.revision_date = STILL
    return catalog


def written(catalog: Catalog) -> bytes:
    """The catalogue as people edit it."""
    file = io.BytesIO()
    write_po(file, catalog, width=100, omit_header=False, ignore_obsolete=True, no_location=True)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as `gettext` reads it."""
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def script(catalog: Catalog) -> str:
    """What of the catalogue the page's script says, as the script reads it."""
    words = {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in catalog
        if message.id and any(name.endswith(".js") for name, _ in message.locations)
    }
    return json.dumps(words, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def untranslated(catalog: Catalog) -> list[str]:
    """What still has to be translated."""
    return [
        str(message.id)
        for message in catalog
        if message.id
        and not all(message.string if isinstance(message.string, tuple) else [message.string])
    ]


def main() -> None:
    """Write every language's files."""
    for language, path in languages():
        catalog = translated(language, path)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        (path.parent.parent / "script.json").write_text(script(catalog), encoding="utf-8")
        missing = untranslated(catalog)
        sys.stdout.write(f"{language}: {len(missing)} missing: {missing}\n" if missing else "")


if __name__ == "__main__":
    main()
