"""How a device comes in: by the link, by the PIN typed on a page, or by the PIN as a password.

Whoever is not in gets the same reply whatever was asked for, before anything looks at the folder.

A browser does not send the cookie along where another site, or another program, has led it. So
a link is answered by a page that moves on by itself: its request is this share's own, and has the
cookie. A second cookie, which says nothing and is sent always, tells that this is worth while.
"""

import json
import math
import re
from urllib.parse import unquote_plus, urlsplit

from flask import Flask, Response, g, render_template, request

from server.access import Access, cookie_name, cookies
from server.activity import Activity
from server.bodies import PIN_PATH
from server.guard import PAGE_POLICY, POLICY
from server.pin import Outcome
from server.words import USUAL, Words, language, marked, words

BLOCKED = marked("You have been blocked here. Whoever shares this folder can undo that.")

SHARE_PATH = "/api/share"
_STATIC = "/static/"
_START = "/files/"
_CHALLENGE = 'Basic realm="Lanslide", charset="UTF-8"'
_FRESH = {"Cache-Control": "no-store"}
_PAGE = {**_FRESH, POLICY: PAGE_POLICY}
# One slash at a time, so that no browser can read another host into it.
_LOCAL = re.compile(r"(?=/)(?:/[!-.0->@-\[\]-~]+)*/?(?:\?[!-\[\]-~]*)?")


class Entrance:
    """Stands before all routes of an application, and has one of its own.

    *activity* is told of wrong PINs.
    """

    def __init__(self, app: Flask, access: Access, activity: Activity | None = None) -> None:
        self._access, self._activity = access, activity
        app.before_request(self._knock)
        app.after_request(self._leave_sign)
        app.add_url_rule(PIN_PATH, "pin_form", self._form, methods=["GET"])
        app.add_url_rule(PIN_PATH, "pin", self._typed, methods=["POST"])

    # Before every route

    def _knock(self) -> Response | None:
        if self._access.is_blocked(_who()[0]):
            g.is_in = False
            return _blocked()
        target, key = _asked()
        is_plain = request.method in {"GET", "HEAD"}
        g.is_in = self._access.lets_in(request.environ)
        if key is not None and is_plain:
            token = None if g.is_in else self._access.enter_by_key(key, *_who())
            if g.is_in or token is not None:
                return self._moving(target, token)
            return self._refused(None, target, _said().gettext("This link is not valid any more."))
        if g.is_in:
            return None
        password = _password()
        if password is not None:
            outcome = self._access.guess(password, _who()[0])
            g.is_in = outcome.kind == "right"
            return None if g.is_in else self._refused(outcome, target)
        path = request.environ["PATH_INFO"]
        if path.startswith(_STATIC) or path in {PIN_PATH, SHARE_PATH}:
            return None
        if is_plain and _is_led_here():
            return self._moving(target, None)
        return self._refused(None, target)

    def _moving(self, target: str, token: str | None) -> Response:
        response = Response(render_template("moving.html", target=target), headers=_PAGE)
        if token is not None:
            _give_cookies(response, token)
        elif _is_led_here():
            # Once only: who has no cookie after all is asked for the PIN then.
            response.delete_cookie(_sign(), httponly=True, secure=request.is_secure, samesite="Lax")
        return response

    def _leave_sign(self, response: Response) -> Response:
        has_sign = any(cookies(request.environ, _sign()))
        if not has_sign and _wants_page() and self._access.visitor(request.environ):
            response.set_cookie(
                _sign(), "1", httponly=True, secure=request.is_secure, samesite="Lax"
            )
        return response

    # The routes

    def _form(self) -> Response:
        return _see(_START) if g.is_in else self._refused(None, _START)

    def _typed(self) -> Response:
        target = local(request.form.get("next", ""))
        if g.is_in:
            return _see(target)
        outcome, token = self._access.enter_by_pin(request.form.get("pin", ""), *_who())
        if token is None:
            return self._refused(outcome, target)
        response = _see(target)
        _give_cookies(response, token)
        return response

    # For who is not in

    def _refused(self, outcome: Outcome | None, target: str, problem: str = "") -> Response:
        if outcome and outcome.kind == "wrong" and not outcome.is_former and self._activity:
            self._activity.guessed_wrong(*_who())
        standing = outcome or self._access.standing(_who()[0])
        problem = problem or (sentence(standing, _said()) if standing else "")
        status = 429 if outcome and outcome.kind in {"wait", "paused"} else 401
        if _is_for_programs():
            body = json.dumps({"error": problem or "This share asks for a PIN."})
            response = Response(body, status, headers=_FRESH, content_type="application/json")
        else:
            takes_pin = standing is None or standing.left > 0
            page = render_template("pin.html", problem=problem, target=target, takes_pin=takes_pin)
            response = Response(page, status, headers=_PAGE)
            # With none at all, browsers do not tell where the form comes from.
            response.headers["Referrer-Policy"] = "same-origin"
        if standing and standing.wait:
            response.headers["Retry-After"] = str(standing.wait)
        if status == 401 and not _is_browser():
            response.headers["WWW-Authenticate"] = _CHALLENGE
        return response


def _blocked() -> Response:
    """Answer whoever the user has blocked, whatever was asked for."""
    if _is_for_programs():
        body = json.dumps({"error": BLOCKED})
        return Response(body, 403, headers=_FRESH, content_type="application/json")
    return Response(render_template("blocked.html", sentence=BLOCKED), 403, headers=_FRESH)


def local(target: str) -> str:
    """Give *target* if it is a path of this share, with a query or without; else the start."""
    return target if _LOCAL.fullmatch(target) else _START


def sentence(outcome: Outcome, said: Words) -> str:
    """Say why a PIN does not let anybody in."""
    if outcome.kind == "paused":
        return said.gettext("Too many wrong PINs came in, so none is taken for now.")
    if outcome.wait:
        return said.counted(
            "Too many wrong PINs. Try again in %(num)s minute.",
            "Too many wrong PINs. Try again in %(num)s minutes.",
            math.ceil(outcome.wait / 60),
        )
    return said.counted(
        "This is not the PIN. %(num)s more try.",
        "This is not the PIN. %(num)s more tries.",
        outcome.left,
    )


def _said() -> Words:
    """Give the words of who asks; programs are told in the usual language."""
    accepted = request.environ.get("HTTP_ACCEPT_LANGUAGE", "")
    return words(USUAL if _is_for_programs() else language(accepted))


def _is_for_programs() -> bool:
    return str(request.environ["PATH_INFO"]).startswith("/api/")


def _asked() -> tuple[str, str | None]:
    """Give the URL that is asked for, as it was sent but for the key in it, and the key."""
    target = request.environ["REQUEST_URI"]
    if not target.startswith("/"):
        parts = urlsplit(target)
        target = f"{parts.path}?{parts.query}"
    path, _, query = target.partition("?")
    named = [(part.partition("="), part) for part in query.split("&") if part]
    keys = [unquote_plus(value) for (name, _, value), _ in named if name == "key"]
    rest = "&".join(part for (name, _, _), part in named if name != "key")
    return local(f"{path}?{rest}" if rest else path), keys[0] if keys else None


def _who() -> tuple[str, str]:
    """Give the client's address and what it calls itself."""
    return request.environ["REMOTE_ADDR"], request.environ.get("HTTP_USER_AGENT", "")


def _password() -> str | None:
    """Give the password that comes with a request; None if there is none, or it is no text."""
    try:
        given = request.authorization
    except ValueError:  # letters that Base64 does not have
        return None
    if given is None or given.type != "basic":
        return None
    return given.password or ""


def _is_led_here() -> bool:
    """Tell whether this may be somebody who is in, led here by another site."""
    has_sign = any(cookies(request.environ, _sign()))
    return has_sign and _wants_page() and not any(cookies(request.environ, _session()))


def _wants_page() -> bool:
    return "text/html" in request.environ.get("HTTP_ACCEPT", "")


def _is_browser() -> bool:
    """Tell a browser, for which a challenge would mean a dialog of its own; also for a picture."""
    environ = request.environ
    return (
        _wants_page()
        or "HTTP_SEC_FETCH_MODE" in environ
        or environ.get("HTTP_USER_AGENT", "").startswith("Mozilla/")
    )


def _session() -> str:
    return cookie_name(request.environ)


def _sign() -> str:
    return f"{_session()}-here"


def _give_cookies(response: Response, token: str) -> None:
    # Without an age they end with the browser's own session.
    response.set_cookie(
        _session(), token, httponly=True, secure=request.is_secure, samesite="Strict"
    )
    response.set_cookie(_sign(), "1", httponly=True, secure=request.is_secure, samesite="Lax")


def _see(target: str) -> Response:
    return Response(status=303, headers={"Location": target, **_FRESH})
