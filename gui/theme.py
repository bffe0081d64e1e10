"""Colours of the window, light and dark, as a palette and a style sheet."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

W = TypeVar("W", bound=QWidget)

ICONS = Path(__file__).with_name("icons")
STYLE_SHEET = Template(Path(__file__).with_name("theme.qss").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours as ``#rrggbb``; text has a contrast of 4.5:1 or more to its ground."""

    background: str
    pane: str
    line: str
    text: str
    quiet: str
    faint: str  # not for text: what is disabled
    accent: str
    on_accent: str
    selected: str
    field: str
    hover: str
    problem: str
    problem_pane: str


LIGHT = Colours(
    background="#faf9f7",
    pane="#f3f1ed",
    line="#e3dfd8",
    text="#26231f",
    quiet="#6b645b",
    faint="#b9b2a8",
    accent="#c77a1a",
    on_accent="#1f1507",
    selected="#f6dfbd",
    field="#ffffff",
    hover="#ebe7e0",
    problem="#8f2d1c",
    problem_pane="#fbe6e1",
)

DARK = Colours(
    background="#1d1b19",
    pane="#252220",
    line="#45403a",
    text="#ece7df",
    quiet="#a89f96",
    faint="#5c554d",
    accent="#f0a94a",
    on_accent="#24190a",
    selected="#4a3a20",
    field="#2d2a27",
    hover="#332f2b",
    problem="#ffb4a3",
    problem_pane="#43251f",
)


def colours() -> Colours:
    """Return the colours in use now; ask while painting, so that a change of scheme shows.

    The application's palette is what knows: a dark scheme can be chosen here where the system has
    none, and then Qt's own `colorScheme` does not tell.
    """
    return DARK if QApplication.palette().window().color().lightness() < 128 else LIGHT


class Theme(QObject):
    """Gives the application its palette and style sheet, by the user's choice or the system's.

    The style sheet comes with the first choice, for which there is a window already: before that,
    every widget would be looked up in it each time it gets a parent or a layout.
    """

    def __init__(
        self, application: QApplication, scheme: Qt.ColorScheme = Qt.ColorScheme.Unknown
    ) -> None:
        """Begin with the colours of *scheme*, which is the one that will be chosen."""
        super().__init__(application)
        self._application = application
        self._chosen = scheme
        self._now: Colours | None = None
        application.styleHints().colorSchemeChanged.connect(self._apply)
        application.setPalette(palette(self._wanted()))

    def choose(self, scheme: Qt.ColorScheme) -> None:
        """Use *scheme*, or the system's own (`Qt.ColorScheme.Unknown`)."""
        self._chosen = scheme
        # Tells the system's parts of the window, its frame and dialogs, where that can be told.
        self._application.styleHints().setColorScheme(scheme)
        self._apply()

    def _apply(self) -> None:
        now = self._wanted()
        if now is self._now:
            return  # every widget there is would be drawn up anew, to look as it does
        self._now = now
        if now is not colours():
            self._application.setPalette(palette(now))
        self._application.setStyleSheet(style_sheet(now))

    def _wanted(self) -> Colours:
        scheme = self._chosen
        if scheme == Qt.ColorScheme.Unknown:
            scheme = self._application.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def styled(widget: W, look: str) -> W:
    """Return *widget* with the look that ``theme.qss`` has for the name *look*."""
    widget.setObjectName(look)
    return widget


def palette(now: Colours) -> QPalette:
    """Return the palette for *now*."""
    role = QPalette.ColorRole
    made = QPalette()
    for which, colour in {
        role.Window: now.background,
        role.WindowText: now.text,
        role.Base: now.background,
        role.AlternateBase: now.pane,
        role.Text: now.text,
        role.Button: now.field,
        role.ButtonText: now.text,
        role.BrightText: now.problem,
        role.ToolTipBase: now.pane,
        role.ToolTipText: now.text,
        role.PlaceholderText: now.quiet,
        role.Highlight: now.selected,
        role.HighlightedText: now.text,
        role.Accent: now.accent,
        role.Link: now.accent,
        role.Mid: now.line,
        role.Midlight: now.line,
        role.Light: now.field,
        role.Dark: now.line,
        role.Shadow: now.line,
    }.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(now.quiet))
    return made


def style_sheet(now: Colours) -> str:
    """Return the style sheet ``theme.qss`` in the colours of *now*."""
    return STYLE_SHEET.substitute(asdict(now), icons=ICONS.as_posix())
