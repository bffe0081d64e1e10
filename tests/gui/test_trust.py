"""The window and a share by HTTPS: what it trusts, what it asks, what it warns of."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gui.fingerprint import spelt
from gui.local_share import LocalShare
from gui.nearby import Nearby
from server import certificate
from server.access import Access
from server.address import Address
from server.discovery.announced import Announced, FoundShare
from server.discovery.announcement import Announcement
from server.discovery.nearby import Nearby as Finder
from server.identity import Identity

PIN, SECRET, SEED = "123456", "s" * 22, b"n" * 32
HOST = "127.0.0.3"
# Announcing takes a second; only ever waited out when something is broken.
PATIENCE_MS = 15_000


class Neighbour:
    """Another computer's share; *certificate* is that of the user there."""

    def __init__(self, folder: Path, own: certificate.Certificate) -> None:
        self.folder = folder
        self.certificate = own
        self.guesses = 0
        self.access = Access(PIN, SECRET, is_free=lambda _: False)
        self._share: LocalShare | None = None
        self.address = ""

    def begin(self, *, encrypts=True, host=HOST, announce=False, seed=SEED, port=0) -> None:
        self._share = LocalShare(
            port,
            lambda: [Address(host, "test1")],
            access=self.access,
            keeps_pin=True,
            name="Ann",
            seed=seed,
            announce=Announcement if announce else None,
            encrypts=encrypts,
            certificate=lambda _: self.certificate,
        )
        self._share.open(self.folder)
        (self.address,) = self._share.open_to_network()

    @property
    def id(self) -> str:
        return self._share.id

    @property
    def link(self) -> str:
        return self._share.link(self.address)

    def encrypt(self, encrypts: bool) -> None:
        self._share.encrypt(encrypts)
        (self.address,) = (one.url for one in self._share.network_addresses())

    def as_found(self, fingerprint: str | None = None) -> FoundShare:
        """Give what an announcement says; the *fingerprint* in it may be anybody's."""
        tls = self.address.startswith("https")
        return FoundShare(self.id, "Ann", (self.address,), True, tls, fingerprint)

    def stop(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            share.close()


@pytest.fixture
def neighbour(holiday, own_certificate):
    made = Neighbour(holiday, own_certificate)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def other_certificate():
    return certificate.drawn()


@pytest.fixture
def ways(browsing):
    return browsing.browsing


def names(window):
    return [entry.name for entry in window.files.entries()]


def wait_for(qtbot, holds):
    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def wait_for_folder(window, qtbot):
    wait_for(qtbot, lambda: "uploads" in names(window))


def go_home(window, qtbot):
    window.browsing.go_home()
    wait_for(qtbot, lambda: "img30.png" in names(window))


def type_address(window, qtbot, text):
    window._menus.open_address.trigger()
    dialog = window.browsing.questions.address
    wait_for(qtbot, dialog.isVisible)
    dialog.field.setText(text)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    return dialog


def trust(window, qtbot, *, remember=True):
    dialog = window.browsing.questions.trust
    wait_for(qtbot, dialog.isVisible)
    dialog.remember.setChecked(remember)
    dialog.trust_button.setFocus()
    qtbot.keyClick(dialog.trust_button, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def give_pin(window, qtbot, pin=PIN, *, remember=False):
    dialog = window.browsing.questions.pin
    wait_for(qtbot, dialog.isVisible)
    dialog.field.setText(pin)
    dialog.remember.setChecked(remember)
    qtbot.mouseClick(dialog.open_button, Qt.MouseButton.LeftButton)
    return dialog


def get_to_know(window, neighbour, qtbot, **remember):
    """Open the share for the first time, and go home again."""
    type_address(window, qtbot, neighbour.address)
    trust(window, qtbot)
    give_pin(window, qtbot, **remember)
    wait_for_folder(window, qtbot)
    go_home(window, qtbot)


@pytest.mark.parametrize("has_scheme", [True, False])
def test_a_typed_address_asks_to_compare_the_fingerprint_and_then_for_the_pin(
    browsing, ways, neighbour, qtbot, has_scheme, own_certificate
):
    neighbour.begin()
    text = neighbour.address if has_scheme else urlsplit(neighbour.address).netloc
    address_dialog = type_address(browsing, qtbot, text)
    dialog = ways.questions.trust
    wait_for(qtbot, dialog.isVisible)
    assert not address_dialog.isVisible()
    assert urlsplit(neighbour.address).netloc in dialog.lead.replace("\u200b", "")
    assert dialog.fingerprint.toPlainText() == spelt(own_certificate.fingerprint)
    assert neighbour.access.visitors() == ()
    trust(browsing, qtbot)
    give_pin(browsing, qtbot)
    wait_for_folder(browsing, qtbot)
    assert browsing._client.address == neighbour.address


def test_who_is_not_trusted_gets_nothing_and_nothing_is_kept(
    browsing, ways, neighbour, settings, qtbot, own_certificate
):
    neighbour.begin()
    type_address(browsing, qtbot, neighbour.address)
    wait_for(qtbot, ways.questions.trust.isVisible)
    # A key that is pressed too soon trusts nobody.
    qtbot.keyClick(ways.questions.trust.focusWidget(), Qt.Key.Key_Return)
    assert ways.questions.trust.isVisible()
    qtbot.keyClick(ways.questions.trust, Qt.Key.Key_Escape)
    assert not ways.questions.trust.isVisible()
    assert not settings.known_shares.trusts(own_certificate.fingerprint)
    assert "img1.png" in names(browsing)


def test_a_link_is_trusted_without_a_question(browsing, ways, neighbour, qtbot):
    neighbour.begin()
    type_address(browsing, qtbot, neighbour.link)
    wait_for_folder(browsing, qtbot)
    assert browsing._client.address == neighbour.address


@pytest.mark.parametrize("remember", [True, False])
def test_what_was_compared_is_remembered_if_wanted(
    browsing, ways, neighbour, settings, qtbot, remember, own_certificate
):
    neighbour.begin()
    type_address(browsing, qtbot, neighbour.address)
    trust(browsing, qtbot, remember=remember)
    give_pin(browsing, qtbot)
    wait_for_folder(browsing, qtbot)
    kept = own_certificate.fingerprint if remember else None
    assert settings.known_shares.fingerprint_of(neighbour.id) == kept
    go_home(browsing, qtbot)
    ways.open_found(neighbour.as_found())
    if not remember:
        trust(browsing, qtbot)
    give_pin(browsing, qtbot)
    wait_for_folder(browsing, qtbot)


def test_another_folder_of_the_same_user_needs_no_comparing(browsing, ways, neighbour, qtbot):
    neighbour.begin()
    get_to_know(browsing, neighbour, qtbot)
    before = neighbour.id
    neighbour.stop()
    neighbour.begin(seed=b"m" * 32)
    assert neighbour.id != before
    ways.open_found(neighbour.as_found())
    give_pin(browsing, qtbot)
    wait_for_folder(browsing, qtbot)


def test_an_announced_fingerprint_is_no_proof(browsing, ways, neighbour, qtbot, own_certificate):
    neighbour.begin()
    ways.open_found(neighbour.as_found(own_certificate.fingerprint))
    wait_for(qtbot, ways.questions.trust.isVisible)
    assert ways.questions.trust.lead == "Is this “Ann”?"
    ways.questions.trust.reject()


@pytest.fixture
def impostor(neighbour, other_certificate, qtbot, browsing):
    """Another computer in the place of a share that is known, announced as it is."""
    neighbour.begin()
    get_to_know(browsing, neighbour, qtbot, remember=True)
    port = urlsplit(neighbour.address).port
    neighbour.stop()
    neighbour.certificate = other_certificate
    neighbour.begin(port=port)
    return neighbour


def test_another_certificate_is_warned_of_and_leads_nowhere(
    browsing, ways, impostor, settings, qtbot, own_certificate, other_certificate
):
    ways.open_found(impostor.as_found(other_certificate.fingerprint))
    warning = ways.questions.warning
    wait_for(qtbot, warning.isVisible)
    assert warning.lead == "This may not be “Ann”."
    assert warning.known.toPlainText() == spelt(own_certificate.fingerprint)
    assert warning.found.toPlainText() == spelt(other_certificate.fingerprint)
    ready = [one for one in warning.findChildren(QPushButton) if one.isEnabled()]
    assert ready == [warning.close_button]
    qtbot.keyClick(warning, Qt.Key.Key_Return)
    assert not warning.isVisible()
    assert "img1.png" in names(browsing)
    assert impostor.access.visitors() == ()
    assert settings.known_shares.fingerprint_of(impostor.id) == own_certificate.fingerprint


def test_by_a_typed_address_it_is_warned_of_as_soon_as_it_says_who_it_is(
    browsing, ways, impostor, qtbot
):
    type_address(browsing, qtbot, impostor.address)
    # Whose address it is nobody can know.
    trust(browsing, qtbot)
    wait_for(qtbot, ways.questions.warning.isVisible)
    assert not ways.questions.pin.isVisible()
    ways.questions.warning.reject()


def test_the_old_certificate_is_forgotten_deliberately_and_the_new_one_compared(
    browsing, ways, impostor, settings, qtbot, other_certificate
):
    ways.open_found(impostor.as_found())
    wait_for(qtbot, ways.questions.warning.isVisible)
    ways.questions.warning.is_renewed.click()
    ways.questions.warning.forget_button.click()
    assert not ways.questions.warning.isVisible()
    assert settings.known_shares.fingerprint_of(impostor.id) is None
    trust(browsing, qtbot)
    # The PIN that is kept goes to who is trusted now.
    wait_for_folder(browsing, qtbot)
    assert settings.known_shares.fingerprint_of(impostor.id) == other_certificate.fingerprint


def test_a_link_of_another_certificate_is_warned_of(
    browsing, ways, neighbour, qtbot, own_certificate
):
    neighbour.begin()
    type_address(browsing, qtbot, neighbour.link.replace(own_certificate.fingerprint, "0" * 64))
    wait_for(qtbot, ways.questions.warning.isVisible)
    assert ways.questions.warning.forget_button.isHidden()
    assert neighbour.access.visitors() == ()
    ways.questions.warning.close_button.click()


def test_another_computer_in_its_place_is_warned_of_while_it_is_browsed(
    browsing, ways, neighbour, qtbot, other_certificate
):
    neighbour.begin()
    type_address(browsing, qtbot, neighbour.address)
    trust(browsing, qtbot)
    give_pin(browsing, qtbot)
    wait_for_folder(browsing, qtbot)
    port = urlsplit(neighbour.address).port
    neighbour.stop()
    neighbour.certificate = other_certificate
    neighbour.begin(port=port)
    browsing.navigation.reload()
    wait_for(qtbot, ways.questions.warning.isVisible)
    ways.questions.warning.reject()


def test_without_encryption_a_known_share_gets_no_pin_by_itself(
    browsing, ways, neighbour, settings, qtbot
):
    neighbour.begin()
    get_to_know(browsing, neighbour, qtbot, remember=True)
    neighbour.encrypt(False)
    ways.open_found(neighbour.as_found())
    wait_for(qtbot, ways.questions.pin.isVisible)
    assert ways.questions.pin.problem.text().startswith("This share was encrypted before")
    assert neighbour.access.visitors() == ()
    ways.questions.pin.reject()
    neighbour.access.is_open = True
    ways.open_found(neighbour.as_found())
    wait_for_folder(browsing, qtbot)
    assert browsing.message_bar.text == "This share was encrypted before and is not now."


def test_the_first_of_several_addresses_may_be_another_computers(
    browsing, ways, neighbour, qtbot, holiday, other_certificate
):
    neighbour.begin()
    get_to_know(browsing, neighbour, qtbot, remember=True)
    stranger = Neighbour(holiday, other_certificate)
    stranger.begin(host="127.0.0.4", seed=b"o" * 32)
    urls = (stranger.address, neighbour.address)
    try:
        ways.open_found(FoundShare(neighbour.id, "Ann", urls, True, True, "0" * 64))
        wait_for_folder(browsing, qtbot)
        assert browsing._client.address == neighbour.address
    finally:
        stranger.stop()


def test_who_is_trusted_as_somebody_gets_nobody_elses_pin(
    browsing, ways, neighbour, qtbot, holiday, other_certificate
):
    neighbour.begin(encrypts=False)
    type_address(browsing, qtbot, neighbour.address)
    give_pin(browsing, qtbot, remember=True)
    wait_for_folder(browsing, qtbot)
    go_home(browsing, qtbot)
    stranger = Neighbour(holiday, other_certificate)
    stranger.begin(host="127.0.0.4", seed=b"o" * 32)
    try:
        get_to_know(browsing, stranger, qtbot)
        ways.open_found(FoundShare(neighbour.id, "Ann", (stranger.address,), True, True, None))
        wait_for(qtbot, ways.questions.trust.isVisible)
        ways.questions.trust.reject()
    finally:
        stranger.stop()


class TestFound:
    @pytest.fixture
    def nearby(self, own_share, qapp):
        made = Nearby(lambda changed: Finder(changed, lambda: [own_share.id], ["127.0.0.1"]))
        made.begin()
        yield made
        made.stop()

    def test_a_share_that_moves_to_https_opens_again_once_it_is_compared(
        self, browsing, ways, neighbour, qtbot
    ):
        neighbour.begin(encrypts=False, announce=True)
        wait_for(qtbot, lambda: browsing.sidebar.nearby.list.count() == 1)
        ways.open_found(browsing._nearby.shares[0])
        give_pin(browsing, qtbot)
        wait_for_folder(browsing, qtbot)
        neighbour.encrypt(True)
        trust(browsing, qtbot)
        wait_for(qtbot, lambda: browsing._client.address == neighbour.address)
        wait_for_folder(browsing, qtbot)

    def test_one_that_is_known_opens_again_without_a_question_when_it_is_back(
        self, browsing, ways, neighbour, qtbot
    ):
        neighbour.begin(announce=True)
        wait_for(qtbot, lambda: browsing.sidebar.nearby.list.count() == 1)
        ways.open_found(browsing._nearby.shares[0])
        trust(browsing, qtbot)
        give_pin(browsing, qtbot)
        wait_for_folder(browsing, qtbot)
        with qtbot.waitSignal(ways.lost, timeout=PATIENCE_MS):
            neighbour.stop()
        neighbour.begin(host="127.0.0.4", announce=True)
        wait_for(qtbot, lambda: browsing._client.address == neighbour.address)
        wait_for_folder(browsing, qtbot)

    def test_who_pretends_to_be_a_share_that_went_away_gets_nothing(
        self, browsing, ways, neighbour, qtbot, scripted
    ):
        neighbour.begin(announce=True)
        wait_for(qtbot, lambda: browsing.sidebar.nearby.list.count() == 1)
        ways.open_found(browsing._nearby.shares[0])
        trust(browsing, qtbot)
        give_pin(browsing, qtbot)
        wait_for_folder(browsing, qtbot)
        identifier = neighbour.id
        body = b'{"id": "%s", "name": "Ann", "needs_pin": true}' % identifier.encode()
        trap = scripted(lambda exchange: exchange.reply(body))
        with qtbot.waitSignal(ways.lost, timeout=PATIENCE_MS):
            neighbour.stop()
        port = int(trap.address.rpartition(":")[2])
        announcement = Announcement(
            Announced(Identity("Ann", identifier), port, ("127.0.0.1",), needs_pin=True)
        )
        try:
            wait_for(qtbot, ways.questions.pin.isVisible)
            assert trap.heads
            assert not [head for head in trap.heads if "Authorization" in head or "Cookie" in head]
            assert "encrypted before" in ways.questions.pin.problem.text()
            ways.questions.pin.reject()
        finally:
            announcement.close()
