"""The pages as replies: templates filled in the language of the one who asks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, render_template, request
from jinja2 import pass_context
from jinja2.runtime import Context

from server import guard, pages, responses
from server.entry import Listing
from server.words import Words, language, words

# Kept by the script, so that the page comes in the order last chosen.
ORDER_COOKIE = "lanslide-order"
# What a page depends on besides its address.
_VARY = "Accept-Language, Cookie"
# The parts of the script; each names the others, but a browser that knows all from the start
# asks for them at once.
_MODULES = tuple(
    f"{name}.js"
    for name in (
        *("cells", "details", "entries", "gestures", "live", "selection", "share", "slide"),
        *("taking", "viewer", "windowing", "words", "zoom"),
    )
)
_HEADERS = {
    guard.POLICY: guard.PAGE_POLICY,
    "Cache-Control": "no-cache",
    # Without it browsers do not say where the page's own form comes from.
    "Referrer-Policy": "same-origin",
}


def install(app: Flask, called: Callable[[], str]) -> None:
    """Let all templates of *app* speak the language of whoever asks.

    *called* tells what the share calls itself at the moment.
    """
    environment = app.jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    install_words: Any = environment
    install_words.install_gettext_callables(_gettext, _ngettext, newstyle=True)
    app.context_processor(lambda: {"words": _words(), "share": called()})


def order() -> pages.Order:
    """Read which order is wanted: by the address, else the last one, else by name."""
    for wanted in (request.args.get("sort"), request.cookies.get(ORDER_COOKIE)):
        if wanted in pages.SORTINGS:
            return wanted
    return "name"


def folder(listing: Listing, root: str, order: pages.Order) -> Response:
    """Give a folder of the share called *root* as a page."""
    said = _words()
    shown = pages.page(listing, root, order, said)
    data = {
        "path": shown.path,
        "counts": [
            len(part.first) + len(part.rest)
            for part in (shown.folders, shown.pictures, shown.files)
        ],
        "language": said.language,
        "words": said.script(),
    }
    text = render_template(
        "folder.html",
        page=shown,
        orders=_orders(said),
        modules=_MODULES,
        data=_in_html(data),
    )
    return responses.text(request, Response(text, headers=_HEADERS), vary=_VARY)


def problem(status: int, sentence: str) -> Response:
    """Give a page that says what went wrong."""
    text = render_template("problem.html", status=status, sentence=sentence)
    return Response(text, status, headers={**_HEADERS, "Vary": "Accept-Language"})


def _words() -> Words:
    return words(language(request.environ.get("HTTP_ACCEPT_LANGUAGE", "")))


def _orders(said: Words) -> list[tuple[pages.Order, str]]:
    return [
        ("name", said.gettext("Name")),
        ("name-down", said.gettext("Name, Z to A")),
        ("newest", said.gettext("Newest")),
        ("oldest", said.gettext("Oldest")),
        ("largest", said.gettext("Largest")),
        ("smallest", said.gettext("Smallest")),
    ]


def _in_html(data: Mapping[str, object]) -> str:
    """Write JSON that no HTML can end: names are a stranger's text."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


@pass_context
def _gettext(context: Context, text: str) -> str:
    said: Words = context["words"]
    return said.gettext(text)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    said: Words = context["words"]
    return said.ngettext(one, many, number)
