"""The share and its panel, switched between HTTP and HTTPS, with another device that looks."""

import errno
import socket
import ssl
import stat
import sys
import tempfile
import threading
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from gui.app import keep_encryption
from gui.client import Client
from gui.fingerprint import spelt
from gui.local_share import LocalShare
from gui.own_share import NotShareable
from gui.typed_address import typed_address
from server import certificate
from server.address import Address

PATIENCE = 20
HOST = "127.0.0.2"


class Announcing:
    """Notes what is announced."""

    def __init__(self):
        self.said = []

    def __call__(self, announced):
        self.said.append(announced)
        return self

    def update(self, announced):
        self.said.append(announced)

    def close(self):
        self.said.append(None)


@pytest.fixture
def announcing():
    return Announcing()


@pytest.fixture
def own_share(tmp_path, decoders, announcing):
    made = LocalShare(
        0,
        lambda: [Address(HOST, "wlan0")],
        pictures=decoders,
        announce=announcing,
        certificate=lambda hosts: certificate.kept(tmp_path / "data", hosts),
    )
    yield made
    made.close()


@pytest.fixture
def panel(browsing, qtbot):
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    return browsing.share_switching.panel


@pytest.fixture
def switch(panel, browsing, qtbot):
    """Press the switch for HTTPS, and wait until it has done what it does."""

    def press():
        with qtbot.waitSignal(browsing._sharing.encrypted):
            qtbot.keyClick(panel.https.switch, Qt.Key.Key_Space)

    return press


def certificate_at(url):
    """Give the fingerprint of the certificate that is shown there."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((parts.hostname, parts.port), PATIENCE) as client,
        context.wrap_socket(client) as secure,
    ):
        return sha256(secure.getpeercert(binary_form=True)).hexdigest()


def test_it_is_off_at_first_and_says_what_that_means(panel):
    assert not panel.https.switch.isChecked()
    assert panel.code.link.startswith("http://")
    assert panel.https.meaning.startswith("Not encrypted: whoever can listen")
    assert panel.https.fingerprint.isHidden()


def test_switched_on_everything_is_https_at_once_on_the_same_port(
    panel, switch, browsing, announcing
):
    before = panel.addresses
    switch()
    assert panel.addresses == [one.replace("http:", "https:") for one in before]
    address, fingerprint = panel.addresses[0], certificate_at(panel.addresses[0])
    assert panel.code.link.startswith(f"{address}/?key=")
    assert panel.code.link.endswith(f"#fp={fingerprint}")
    assert panel.link.copies == panel.code.link
    assert panel.https.fingerprint.toPlainText() == spelt(fingerprint)
    assert "browsers warn" in panel.https.meaning
    assert announcing.said[-1].fingerprint == fingerprint
    public = browsing._sharing.public_link("http://127.0.0.1:1/files/img1.png")
    assert public == f"{address}/files/img1.png"
    switch()
    assert panel.addresses == before
    assert panel.code.link.startswith("http://")
    assert announcing.said[-1].fingerprint is None


def test_another_lanslide_comes_in_by_the_link_without_a_question(panel, switch):
    switch()
    told = typed_address(panel.code.link)
    client = Client(told.address, key=told.key, fingerprint=told.fingerprint)
    assert "img1.png" in [entry.name for entry in client.entries("").entries]
    client.close()


def test_the_fingerprint_is_copied_as_it_is_shown(panel, switch, qtbot):
    switch()
    qtbot.mouseClick(panel.https.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == panel.https.fingerprint.toPlainText()


@pytest.mark.parametrize("keeps", [False, True])
def test_what_was_sent_in_the_clear_lets_nobody_in_any_more(panel, switch, own_share, keeps):
    own_share.keep_pin(keeps)
    access = own_share._access
    token = access.enter_by_key(access.secret, "10.0.0.5", "Lanslide/1")
    assert token is not None
    pin, secret = access.pin, access.secret
    switch()
    assert access.visitors() == ()
    # Unless the user keeps them: then it is the user's own decision.
    assert ((access.pin, access.secret) == (pin, secret)) is keeps
    pin, secret = access.pin, access.secret
    switch()
    assert (access.pin, access.secret) == (pin, secret)


def test_the_address_that_the_user_chose_stays_chosen(panel, switch, own_share, monkeypatch):
    found = [Address(HOST, "wlan0"), Address("127.0.0.4", "tun0", "vpn")]
    own_share._network._follow(own_share._network.share, found)
    second = own_share._network.share.url("127.0.0.4")
    panel._sharing.choose(second)
    switch()
    assert panel._sharing.chosen == second.replace("http:", "https:")


def test_the_certificate_is_made_when_it_is_needed_first_and_off_the_guis_thread(
    browsing, own_share, tmp_path, qtbot, monkeypatch
):
    threads = []
    made = own_share._network._certificate

    def noting(hosts):
        threads.append((threading.current_thread(), tuple(hosts)))
        return made(hosts)

    monkeypatch.setattr(own_share._network, "_certificate", noting)
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    assert not (tmp_path / "data").exists()
    with qtbot.waitSignal(browsing._sharing.encrypted):
        browsing.share_switching.panel.https.switch.click()
    ((thread, hosts),) = threads
    assert thread is not threading.current_thread()
    assert hosts[0] == HOST
    mode = (tmp_path / "data" / "certificate.pem").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600 or sys.platform == "win32"


def test_what_cannot_be_had_is_said_and_the_share_goes_on(
    panel, browsing, qtbot, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with qtbot.waitSignal(browsing._sharing.problem) as problem:
        panel.https.switch.click()
    assert problem.args == ["HTTPS needs a temporary file, and none can be written."]
    assert not panel.https.switch.isChecked()
    assert panel.code.link.startswith("http://")


def test_it_is_remembered_for_the_next_start(settings):
    assert not settings.encrypts
    for encrypts in (True, False):
        keep_encryption(settings, encrypts)
        assert settings.encrypts is encrypts


def test_what_is_remembered_holds_from_the_start(tmp_path, pictures):
    share = LocalShare(
        0,
        lambda: [Address(HOST, "wlan0")],
        encrypts=True,
        certificate=lambda hosts: certificate.kept(tmp_path / "data", hosts),
    )
    try:
        assert share.open(pictures).startswith("http://127.0.0.1:")
        assert share.fingerprint is None
        (address,) = share.open_to_network()
        assert certificate_at(address) == share.fingerprint
        share.close_to_network()
        assert share.fingerprint is None
        share.encrypt(False)
        (address,) = share.open_to_network()
        assert address.startswith("http://")
    finally:
        share.close()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ((socket.socket, "dup"), OSError(errno.EMFILE, "Too many open files")),
        ((threading.Thread, "start"), RuntimeError("can't start new thread")),
    ],
)
def test_a_switch_that_the_system_has_no_room_for_leaves_all_as_it_was(
    tmp_path, pictures, monkeypatch, what, error
):
    def none(_):
        raise error

    share = LocalShare(
        0,
        lambda: [Address(HOST, "wlan0")],
        certificate=lambda hosts: certificate.kept(tmp_path / "data", hosts),
    )
    try:
        share.open(pictures)
        (address,) = share.open_to_network()
        pin = share.admission().pin
        with monkeypatch.context() as patch:
            patch.setattr(*what, none)
            with pytest.raises(NotShareable, match="no room"):
                share.encrypt(True)
        assert (share.fingerprint, share.admission().pin) == (None, pin)
        share.choose()
        assert [one.url for one in share.network_addresses() if one.is_used] == [address]
        with socket.create_connection((HOST, urlsplit(address).port)) as client:
            client.sendall(b"GET /api/share HTTP/1.0\r\n\r\n")
            assert client.recv(4) == b"HTTP"
    finally:
        share.close()


def test_without_a_network_the_switch_stays_on_and_says_so(own_share, browsing, qtbot, monkeypatch):
    found = []
    monkeypatch.setattr(own_share._network, "_find_addresses", lambda: list(found))
    with qtbot.waitSignal(browsing._sharing.switched_on):
        browsing.tool_bar.share.click()
    panel = browsing.share_switching.panel
    assert browsing.tool_bar.share.isChecked()
    assert panel.isVisible()
    assert panel.lead.startswith("This computer is on no network now. Sharing stays on")
    assert panel.code.isHidden()
    found.append(Address(HOST, "wlan0"))
    # Its turn comes by itself in two seconds at most.
    qtbot.waitUntil(lambda: not panel.code.isHidden())
    assert urlsplit(panel.addresses[0]).hostname == HOST
    assert panel.lead == "Scan with a phone’s camera, or type the address."
