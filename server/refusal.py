"""Requests refused whoever sends them: not meant for this share, or sent by a foreign page.

A page that the user visits can make the browser send requests to this computer, under a name of the
page's own (DNS rebinding) or across sites. Both are told by their headers.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from server.address import own_name

_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE
)


def refusal(environ: Mapping[str, Any], announced: str = "") -> int | None:
    """Give the status that a request is refused with, or None to let it in.

    `SERVER_NAME` and `SERVER_PORT` must tell the address that the connection came in on.
    *announced* is the name that mDNS has for it beside this computer's own.
    """
    host, target = environ.get("HTTP_HOST"), environ.get("REQUEST_URI", "")
    bound, port = environ["SERVER_NAME"], environ["SERVER_PORT"]
    usual = 443 if is_secure(environ) else 80
    if host is not None:
        status = host_refusal(host, bound, port, announced, usual)
    else:
        status = 400 if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" else None
    if status != 400 and "://" in target[:8]:
        # A full address in the request line counts instead of the Host field.
        status = host_refusal(_host_in(target), bound, port, announced, usual)
    return status or site_refusal(environ)


def is_host(field: str) -> bool:
    """Tell whether a Host field can be read at all; of two fields, joined, none can."""
    return _HOST.fullmatch(field) is not None


def is_secure(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request came by HTTPS."""
    return environ.get("wsgi.url_scheme") == "https"


def host_refusal(
    host: str, bound: str, port: str, announced: str = "", usual: int = 80
) -> int | None:
    """Judge a Host field on a connection to *bound*: 400, 421, or None if it is ours.

    *bound* is the address that the client is connected to, so addresses that come and go need no
    list here. This computer's name may change, too: some networks give it another. *usual* is the
    port of a field that tells none.
    """
    return _host_refusal(host, bound, port, usual, own_name(), announced)


@lru_cache(maxsize=256)
def _host_refusal(
    host: str, bound: str, port: str, usual: int, own: str, announced: str
) -> int | None:
    found = _HOST.fullmatch(host)
    if not found:
        return 400
    name = found["name"].lower().removesuffix(".").strip("[]")
    if int(found["port"] or usual) != int(port):
        return 421
    if name in {"localhost", bound.lower(), f"{own}.local", announced or "localhost"}:
        return None
    asked = _address(name)
    if asked is not None and (asked.is_loopback or asked == _address(bound)):
        return None
    return 421


def site_refusal(environ: Mapping[str, Any]) -> int | None:
    """Refuse what another site's page asks for, unless the user only followed a link.

    Browsers tell by Sec-Fetch-Site only over HTTPS and on loopback; of a form they tell by Origin
    everywhere.
    """
    is_plain = environ["REQUEST_METHOD"] in {"GET", "HEAD"}
    origin = environ.get("HTTP_ORIGIN")
    is_ours = origin is None or _host_in(origin) == environ.get("HTTP_HOST")
    if not is_plain and not is_ours:
        return 403
    if environ.get("HTTP_SEC_FETCH_SITE") != "cross-site":
        return None
    navigation = environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
    document = environ.get("HTTP_SEC_FETCH_DEST") == "document"
    return None if navigation and document and is_plain else 403


def _host_in(url: str) -> str:
    """Give the host in a URL, with its port; nobody's if it cannot be read."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        # An IPv6 address that is begun and not ended, for one.
        return ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
