"""What a person types or pastes to get to a share."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

from gui.errors import BadAddress
from gui.listing import plain

PORT = 5000
"""Where shares are if nobody says otherwise."""

LONGEST = 4000
_SHOWN = 60
_KEY = re.compile("[0-9A-Za-z_-]{1,200}")
_HOST = re.compile(r"[^\W_]([\w.-]*[^\W_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_FILES = "/files/"


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """Where a share is, and what lets one in.

    Attributes:
        address: As `Client` wants it.
        path: Of the folder to begin with.
        key: Of a link; None without one.
        fingerprint: Of the certificate, as a link of HTTPS tells it; None if it does not.

    """

    address: str
    path: str = ""
    key: str | None = None
    fingerprint: str | None = None


def typed_address(text: str) -> TypedAddress:
    """Read an address (`192.168.1.5`, `host.local:5001`) or a link; raises BadAddress."""
    text = text.strip()
    try:
        found = _read(text)
    except ValueError:
        found = None
    if found is None:
        shown = plain(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
        wrong = f"“{shown}” is not the address of a share." if text else "There is no address yet."
        raise BadAddress(f"{wrong} One looks like 192.168.1.5:{PORT}.")
    return found


def _read(text: str) -> TypedAddress | None:
    if not text or len(text) > LONGEST or not text.isprintable():
        return None
    has_scheme = "://" in text
    parts = urlsplit(text if has_scheme else f"http://{_bracketed(text)}")
    host, port = parts.hostname or "", parts.port
    if parts.scheme not in ("http", "https") or parts.username is not None:
        return None
    if not _HOST.fullmatch(host) or port == 0:
        return None
    if port is None and not has_scheme:
        port = PORT
    place = f"[{host}]" if ":" in host else host
    keys = [key for key in parse_qs(parts.query).get("key", []) if _KEY.fullmatch(key)]
    prints = [one for one in parse_qs(parts.fragment).get("fp", []) if _FINGERPRINT.fullmatch(one)]
    return TypedAddress(
        f"{parts.scheme}://{place}" + (f":{port}" if port else ""),
        _folder(parts.path),
        keys[0] if keys else None,
        prints[0] if prints and parts.scheme == "https" else None,
    )


def _bracketed(text: str) -> str:
    """Put an address of IPv6 that is typed alone into the brackets that it has in a URL."""
    try:
        return f"[{IPv6Address(text)}]"
    except ValueError:
        return text


def _folder(path: str) -> str:
    """Give the folder that a page shows, if *path* is that of a folder's page."""
    if not path.startswith(_FILES) or not path.endswith("/"):
        return ""
    return unquote_to_bytes(path[len(_FILES) : -1]).decode(errors="surrogateescape")
