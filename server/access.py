"""Who may come in: requests meant for this share, and none that a foreign page sends.

A page that the user visits can make the browser send requests to this computer, under a name
of the page's own (DNS rebinding) or across sites. Both are told by their headers.
"""

import re
import socket
from collections.abc import Mapping
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE
)


def refusal(environ: Mapping[str, Any]) -> int | None:
    """Give the status that a request is refused with, or None to let it in.

    `SERVER_NAME` and `SERVER_PORT` must tell the address that the connection came in on.
    """
    host, target = environ.get("HTTP_HOST"), environ.get("REQUEST_URI", "")
    if host is not None:
        status = host_refusal(host, environ["SERVER_NAME"], environ["SERVER_PORT"])
    else:
        status = 400 if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" else None
    if status != 400 and "://" in target[:8]:
        # A full address in the request line counts instead of the Host field.
        status = host_refusal(
            urlsplit(target).netloc, environ["SERVER_NAME"], environ["SERVER_PORT"]
        )
    return status or site_refusal(environ)


def is_host(field: str) -> bool:
    """Tell whether a Host field can be read at all; of two fields, joined, none can."""
    return _HOST.fullmatch(field) is not None


@lru_cache(maxsize=256)
def host_refusal(host: str, bound: str, port: str) -> int | None:
    """Judge a Host field on a connection to *bound*: 400, 421, or None if it is ours."""
    found = _HOST.fullmatch(host)
    if not found:
        return 400
    name = found["name"].lower().removesuffix(".").strip("[]")
    if int(found["port"] or 80) != int(port):
        return 421
    if name in {"localhost", bound.lower(), f"{own_name()}.local"}:
        return None
    asked = _address(name)
    if asked is not None and (asked.is_loopback or asked == _address(bound)):
        return None
    return 421


def site_refusal(environ: Mapping[str, Any]) -> int | None:
    """Refuse what another site's page asks for, unless the user only followed a link."""
    if environ.get("HTTP_SEC_FETCH_SITE") != "cross-site":
        return None
    navigation = environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
    document = environ.get("HTTP_SEC_FETCH_DEST") == "document"
    plain = environ["REQUEST_METHOD"] in {"GET", "HEAD"}
    return None if navigation and document and plain else 403


@cache
def own_name() -> str:
    """Give this computer's name on the local network, without `.local`."""
    return socket.gethostname().partition(".")[0].lower()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
