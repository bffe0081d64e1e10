"""The words of the pages, in the reader's language."""

import gettext
import json
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "translations"
DOMAIN = "page"
# The language that the program is written in; it needs no catalogue.
USUAL = "en"

_PART = re.compile(r"\s*([a-z]{1,8})(?:-[a-z0-9-]*)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", re.I)


@dataclass(frozen=True, slots=True)
class Style:
    """How a language writes numbers and dates."""

    decimal: str
    thousands: str
    date: str


_STYLES = {"en": Style(".", ",", "%Y-%m-%d"), "de": Style(",", ".", "%d.%m.%Y")}
LANGUAGES = tuple(_STYLES)


class Words:
    """The words of one language; for any number of threads.

    Attributes:
        language: its code, as `lang` in HTML takes it.

    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._style = _STYLES[language]
        self._words = gettext.translation(DOMAIN, FOLDER, [language], fallback=True)

    def gettext(self, text: str) -> str:
        """Translate *text*."""
        return self._words.gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Translate what is said of *number* things."""
        return self._words.ngettext(one, many, number)

    def counted(self, one: str, many: str, number: int) -> str:
        """Translate what is said of *number* things, with the number in place of `%(num)s`."""
        return self.ngettext(one, many, number) % {"num": self.number(number)}

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number as the language does."""
        text = f"{value:,.{digits}f}"
        return text.translate({ord(","): self._style.thousands, ord("."): self._style.decimal})

    def size(self, number: int) -> str:
        """Write a number of bytes as people do."""
        amount, unit = float(number), "B"
        for unit in ("B", "kB", "MB", "GB", "TB"):
            if amount < 999.5 or unit == "TB":
                break
            amount /= 1000
        return f"{self.number(amount, 0 if unit == 'B' or amount >= 99.5 else 1)} {unit}"

    def date(self, day: date) -> str:
        """Write a day."""
        return day.strftime(self._style.date)

    def script(self) -> dict[str, Any]:
        """Give what the page's script says: for each text its translation, or one for each number.

        Empty for the language that the script is written in.
        """
        if self.language == USUAL:
            return {}
        path = FOLDER / self.language / "script.json"
        words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return words


def marked(text: str) -> str:
    """Name a text that is translated later, where it is shown."""
    return text


@cache
def words(language: str) -> Words:
    """Give the words of one of `LANGUAGES`."""
    return Words(language)


def language(accepted: str) -> str:
    """Choose the language that an Accept-Language field likes best of those there are."""
    best, most = USUAL, 0.0
    for part in accepted.split(","):
        found = _PART.fullmatch(part)
        weight = float(found[2] or 1) if found else 0.0
        if found and found[1].lower() in LANGUAGES and weight > most:
            best, most = found[1].lower(), weight
    return best
