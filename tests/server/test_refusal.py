"""Which requests are refused whoever sends them, decided on plain values."""

import pytest

from server import address, refusal
from server.address import own_name


@pytest.mark.parametrize(
    ("host", "bound", "status"),
    [
        ("127.0.0.1:5000", "127.0.0.1", None),
        ("localhost:5000", "127.0.0.1", None),
        ("LOCALHOST.:5000", "127.0.0.1", None),
        ("127.1.2.3:5000", "127.0.0.1", None),
        ("[::1]:5000", "::1", None),
        ("[0:0:0:0:0:0:0:1]:5000", "::1", None),
        ("192.168.1.5:5000", "192.168.1.5", None),
        ("192.168.1.5:5000", "::ffff:192.168.1.5", None),
        ("[fd00::5]:5000", "fd00::5", None),
        ("[FD00:0::5]:5000", "fd00::5", None),
        ("192.168.1.6:5000", "192.168.1.5", 421),
        ("192.168.1.5:5000", "127.0.0.1", 421),
        ("127.0.0.1:5001", "127.0.0.1", 421),
        ("127.0.0.1", "127.0.0.1", 421),
        ("evil.example:5000", "127.0.0.1", 421),
        ("localhost.evil.example:5000", "127.0.0.1", 421),
        ("127.0.0.1.evil.example:5000", "127.0.0.1", 421),
        ("2130706433:5000", "127.0.0.1", 421),
        ("0.0.0.0:5000", "127.0.0.1", 421),
        ("", "127.0.0.1", 400),
        ("127.0.0.1:5000, 127.0.0.1:5000", "127.0.0.1", 400),
        ("127.0.0.1:5000 ", "127.0.0.1", 400),
        ("a b:5000", "127.0.0.1", 400),
        ("user@127.0.0.1:5000", "127.0.0.1", 400),
        ("127.0.0.1:5000/", "127.0.0.1", 400),
        ("127.0.0.1:http", "127.0.0.1", 400),
        ("::1:5000", "::1", 400),
    ],
)
def test_a_host_is_ours_or_it_is_refused(host, bound, status):
    assert refusal.host_refusal(host, bound, "5000") == status


def test_our_own_name_on_the_network_is_ours():
    name = own_name()
    assert refusal.host_refusal(f"{name}.local:5000", "192.168.1.5", "5000") is None
    assert refusal.host_refusal(f"{name}x.local:5000", "192.168.1.5", "5000") == 421


def test_a_name_that_the_network_changes_is_ours_at_once(monkeypatch):
    for name in ("ann", "ann-2"):
        monkeypatch.setattr(address.socket, "gethostname", lambda name=name: name)
        assert refusal.host_refusal(f"{name}.local:5000", "192.168.1.5", "5000") is None
    assert refusal.host_refusal("ann.local:5000", "192.168.1.5", "5000") == 421


def test_no_port_means_the_usual_one():
    assert refusal.host_refusal("127.0.0.1", "127.0.0.1", "80") is None


@pytest.mark.parametrize(
    ("method", "site", "mode", "dest", "status"),
    [
        ("GET", None, None, None, None),
        ("GET", "none", "navigate", "document", None),
        ("GET", "same-origin", "no-cors", "image", None),
        ("GET", "cross-site", "navigate", "document", None),
        ("GET", "cross-site", "no-cors", "image", 403),
        ("GET", "cross-site", "cors", "empty", 403),
        ("GET", "cross-site", "navigate", "iframe", 403),
        ("POST", "cross-site", "navigate", "document", 403),
    ],
)
def test_another_sites_page_may_link_here_and_no_more(method, site, mode, dest, status):
    environ = {"REQUEST_METHOD": method}
    fields = {"HTTP_SEC_FETCH_SITE": site, "HTTP_SEC_FETCH_MODE": mode, "HTTP_SEC_FETCH_DEST": dest}
    environ |= {name: value for name, value in fields.items() if value}
    assert refusal.site_refusal(environ) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, None),
        ("http://127.0.0.1:5000", None),
        ("http://127.0.0.1:5001", 403),
        ("null", 403),
        ("http://[", 403),
        ("http://127.0.0.1\u2100:5000", 403),
    ],
)
def test_a_form_is_of_this_site_or_it_is_refused(origin, status):
    # HTTP/1.0 needs no Host.
    for host in ("127.0.0.1:5000", None):
        fields = {"HTTP_ORIGIN": origin, "HTTP_HOST": host}
        environ = {name: value for name, value in fields.items() if value}
        expected = status if host or not origin else 403
        assert refusal.site_refusal({"REQUEST_METHOD": "POST", **environ}) == expected
        assert refusal.site_refusal({"REQUEST_METHOD": "GET", **environ}) is None


def test_a_full_address_that_cannot_be_read_is_refused():
    target = {"REQUEST_METHOD": "GET", "REQUEST_URI": "http://[/", "HTTP_HOST": "127.0.0.1:5000"}
    bound = {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "5000"}
    assert refusal.refusal({**bound, **target}) == 400
