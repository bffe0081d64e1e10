"""Which share is browsed: this computer's own, or another one, and how one gets into that."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from gui import words
from gui.background import Background
from gui.client import Client
from gui.errors import (
    BadAddress,
    BadAnswer,
    Blocked,
    PinNeeded,
    TooManyTries,
    Unreachable,
    Untrusted,
    WrongCertificate,
    WrongPin,
)
from gui.identity import Identity
from gui.known_shares import KnownShares
from gui.nearby import FoundShare, Nearby
from gui.place import Place, reach
from gui.questions import Questions

# Milliseconds between two looks whether a share whose PIN is asked for wants one still.
LOOKS_AGAIN_MS = 2_000
ANOTHER_PIN = "It has another PIN now."
NOT_ENCRYPTED = "This share was encrypted before and is not now."
ASK_FIRST = f"{NOT_ENCRYPTED} Ask whoever shares it before you give the PIN."


class Browsing(QObject):
    """Opens shares and asks for what they want; finds one again that has gone away.

    A share by HTTPS is trusted by the fingerprint of its certificate: one that a link has told, or
    that the user has compared, which is remembered if they want it. What mDNS says of it is taken
    for neither: whoever pretends to be a share announces a fingerprint of their own.

    Attributes:
        questions: asks the user for what a share wants.

    Signals:
        changed: another share is browsed, or the same at another address; carries a `Client` and
            the path of the folder to look at. What had the client before lets go of it.
        opening: the user waits for a share; carries what it is called.
        problem: a share could not be opened; carries a sentence.
        lost: the share that is browsed does not answer any more; carries a sentence.

    """

    changed = Signal(object, str)
    opening = Signal(str)
    problem = Signal(str)
    lost = Signal(str)

    def __init__(
        self, background: Background, shares: KnownShares, nearby: Nearby | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._shares = shares
        self._nearby = nearby
        self._client: Client | None = None
        self._own: Place | None = None
        self._place = Place(())
        # What the user waits for; an answer to anything before it comes too late.
        self._wanted: Place | None = None
        self._is_lost = False
        # Whether it gave the folder that it was asked for last.
        self._answers = False
        self._is_checking = False
        self._looking_again = QTimer(self)
        self._looking_again.setInterval(LOOKS_AGAIN_MS)
        self._looking_again.timeout.connect(self._look_again)
        self._looks_again = False
        self.questions = Questions(parent)
        self.questions.address_given.connect(self.open_typed)
        self.questions.pin_given.connect(self._take_pin)
        self.questions.trusted.connect(self._trust)
        self.questions.forgotten.connect(self._forget)
        self.questions.left.connect(self._leave_be)
        if nearby is not None:
            nearby.changed.connect(self._return)

    @property
    def place(self) -> Place:
        """What is browsed."""
        return self._place

    @property
    def own_urls(self) -> tuple[str, ...]:
        """Where this computer's own share is."""
        return self._own.urls if self._own is not None else ()

    def client_of(self, share: str) -> Client | None:
        """Give the client of the share with an id, if that is what is browsed and answers."""
        is_browsed = bool(share) and share == self._place.id and self._answers
        return self._client if is_browsed else None

    def open_own(self, name: str, address: str) -> None:
        """Browse this computer's own share, which is at *address* now."""
        self._give_up()
        self._own = Place((address,), name, is_own=True)
        try:
            self._enter(Client(address), self._own)
        except BadAddress as error:
            self.problem.emit(str(error))

    def go_home(self) -> None:
        """Browse this computer's own share again."""
        if self._own is not None and not self._place.is_own:
            self.open_own(self._own.name, self._own.urls[0])

    def open_found(self, share: FoundShare) -> None:
        """Browse a share nearby."""
        if share.id == self._place.id and self._answers:
            self._give_up()
            return
        wanted = Place(share.urls, share.name, share.id, fingerprint=self._known(share.id))
        self.opening.emit(wanted.shown)
        self._go(self._with_pin(wanted))

    def ask_address(self) -> None:
        """Have the user type the address of a share to browse."""
        self.questions.address.ask()

    def open_typed(self, text: str) -> None:
        """Browse the share at an address, or by a link, as a person types it."""
        from gui.typed_address import typed_address

        try:
            typed = typed_address(text)
        except BadAddress as error:
            self.questions.address.refuse(str(error))
            return
        self._go(
            Place((typed.address,), path=typed.path, key=typed.key, fingerprint=typed.fingerprint)
        )

    def check(self) -> None:
        """Find out what has become of the share; to be called when it gave no folder."""
        client, self._answers = self._client, False
        if client is None or self._place.is_own or self._is_checking or self._wanted is not None:
            return
        self._is_checking = True
        self._background.run(
            client.identity,
            then=lambda identity: self._checked(client, identity),
            failed=lambda error: self._check_failed(client, error),
        )

    def arrived(self, path: str) -> None:
        """Note that the share answers; to be called when it gave the folder *path*."""
        self._is_lost, self._answers = False, True
        self._place = replace(self._place, path=path)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._wanted = None
        self._looking_again.stop()
        if self._client is not None:
            self._client.close()

    # On the way

    def _go(self, wanted: Place) -> None:
        self._wanted = wanted
        self._background.run(
            lambda: reach(wanted),
            then=lambda found: self._reached(wanted, *found),
            failed=lambda error: self._failed(wanted, error),
        )

    def _reached(self, wanted: Place, client: Client, identity: Identity) -> None:
        if wanted is not self._wanted:
            client.close()
            return
        # The PIN goes to this address alone: on the way to another it might be read by anybody.
        there = replace(wanted, urls=(client.address,), name=identity.name, id=identity.id)
        known = self._shares.fingerprint_of(there.id)
        if there.is_encrypted and known is not None and known != there.fingerprint:
            client.close()
            self._warn(replace(there, fingerprint=known), there.fingerprint or "")
            return
        if there.is_encrypted and there.is_to_be_known and there.fingerprint is not None:
            self._shares.keep_fingerprint(there.id, there.fingerprint)
        if there.pin is not None and not identity.needs_pin and self.questions.pin.remembers:
            self._shares.keep_pin(there.id, there.pin)
        self._shares.name_share(there.id, there.name, there.urls[0])
        if identity.needs_pin:
            client.close()
            self._come_in(there)
            return
        self.questions.end()
        self._wanted = None
        is_bare = self._was_encrypted(there)
        self._enter(client, there)
        if is_bare:
            self.problem.emit(NOT_ENCRYPTED)

    def _come_in(self, there: Place) -> None:
        """Give the share the PIN that is kept for it, or ask for one."""
        known = self._with_pin(there)
        if known.pin is not None and there.pin is None:
            self._go(known)
            return
        problem = "This link is not valid any more." if there.key is not None else ""
        if self._was_encrypted(there):
            problem = ASK_FIRST
        self._ask(replace(there, key=None), problem)

    def _failed(self, wanted: Place, error: Exception) -> None:
        if wanted is not self._wanted:
            return
        if isinstance(error, WrongCertificate):
            self._warn(wanted, error.fingerprint)
        elif isinstance(error, Untrusted):
            self._compare(wanted, error.fingerprint)
        elif isinstance(error, WrongPin):
            self._shares.forget_pin(wanted.id)
            self._ask(replace(wanted, pin=None), self.questions.pin.refusal)
        elif isinstance(error, TooManyTries):
            self._ask(replace(wanted, pin=None), words.sentence(error))
        elif self.questions.address.isVisible():
            self._wanted = None
            self.questions.address.refuse(words.sentence(error))
        elif self.questions.pin.isVisible():
            self._ask(replace(wanted, pin=None), words.sentence(error))
        elif not self._is_lost or wanted.id != self._place.id:
            self._wanted = None
            self.problem.emit(words.sentence(error))
        else:
            self._wanted = None

    def _ask(self, wanted: Place, problem: str = "") -> None:
        self._wanted = wanted
        if self.questions.address.isVisible():
            self.questions.address.hide()
        self.questions.pin.ask(wanted.shown, problem)
        self._looking_again.start()

    def _look_again(self) -> None:
        """Find out whether everybody may come in now, while the user is asked for the PIN."""
        wanted = self._wanted
        if wanted is None or not self.questions.pin.isVisible():
            self._looking_again.stop()
        elif not self._looks_again:
            self._looks_again = True
            self._background.run(
                lambda: reach(replace(wanted, pin=None, key=None)),
                then=lambda found: self._looked_again(wanted, *found),
                failed=lambda _: self._look_later(),
            )

    def _look_later(self) -> None:
        self._looks_again = False

    def _looked_again(self, wanted: Place, client: Client, identity: Identity) -> None:
        self._looks_again = False
        if wanted is self._wanted and not identity.needs_pin:
            self._reached(wanted, client, identity)
        else:
            client.close()

    def _compare(self, wanted: Place, fingerprint: str) -> None:
        """Have the user compare a fingerprint that nothing is known of."""
        if self._shares.trusts(fingerprint) and wanted.pin is None:
            # Of another folder that the same user shares. A PIN is not given away by that alone.
            self._go(replace(wanted, fingerprint=fingerprint))
            return
        self._wanted = wanted
        self.questions.end()
        self.questions.trust.ask(wanted.shown, fingerprint)

    def _trust(self, fingerprint: str) -> None:
        if self._wanted is not None:
            remembers = self.questions.trust.remember.isChecked()
            self._go(
                replace(self._wanted, fingerprint=fingerprint, is_to_be_known=remembers),
            )

    def _warn(self, wanted: Place, found: str) -> None:
        """Warn of a share that has the certificate *found* instead of its own."""
        self._wanted = wanted
        self.questions.end()
        is_remembered = self._shares.fingerprint_of(wanted.id) is not None
        self.questions.warning.warn(
            wanted.shown, wanted.fingerprint or "", found, can_forget=is_remembered
        )

    def _forget(self) -> None:
        """Have the new certificate compared as one that nothing is known of."""
        if self._wanted is not None:
            self._shares.forget_fingerprint(self._wanted.id)
            self._go(replace(self._wanted, fingerprint=None))

    def _known(self, identifier: str) -> str | None:
        """Give the fingerprint that a share is known by, remembered or not."""
        kept = self._shares.fingerprint_of(identifier)
        is_here = bool(identifier) and identifier == self._place.id
        return kept or (self._place.fingerprint if is_here else None)

    def _was_encrypted(self, place: Place) -> bool:
        """Tell whether somebody may have put a share in the clear in the place of one by HTTPS."""
        return not place.is_encrypted and self._known(place.id) is not None

    def _take_pin(self, pin: str) -> None:
        if self._wanted is not None:
            self._go(replace(self._wanted, pin=pin))

    def _leave_be(self) -> None:
        """Do what the user wants who closes a dialog: nothing, and not again by itself either."""
        self._wanted, self._is_lost = None, False

    def _give_up(self) -> None:
        self._wanted = None
        self.questions.end()

    def _with_pin(self, place: Place) -> Place:
        kept = self._shares.pin_of(place.id)
        if kept is None or place.pin is not None or self._was_encrypted(place):
            return place
        return replace(place, pin=kept)

    def _enter(self, client: Client, place: Place) -> None:
        path = self._place.path if place.id and place.id == self._place.id else place.path
        self._client, self._place, self._is_lost = client, place, False
        self.changed.emit(client, path)

    # Away and back

    def _checked(self, client: Client, identity: Identity) -> None:
        self._is_checking = False
        if client is self._client and self._wanted is None and identity.needs_pin:
            self._ask(replace(self._place, pin=None, key=None))

    def _check_failed(self, client: Client, error: Exception) -> None:
        self._is_checking = False
        if client is not self._client or self._wanted is not None:
            return
        if isinstance(error, WrongCertificate):
            self._warn(self._place, error.fingerprint)
        elif isinstance(error, WrongPin | PinNeeded):
            self._shares.forget_pin(self._place.id)
            problem = ANOTHER_PIN if isinstance(error, WrongPin) else ""
            self._ask(replace(self._place, pin=None, key=None), problem)
        elif isinstance(error, Blocked):
            self.lost.emit(words.sentence(error))
        elif isinstance(error, Unreachable | BadAnswer):
            self._is_lost = True
            self.lost.emit(
                f"“{self._place.shown}” does not answer just now. It opens again by itself as soon "
                "as it is back."
            )
            self._return()

    def _return(self) -> None:
        """Go to where the share that went away is announced now."""
        if not self._is_lost or self._wanted is not None or self._nearby is None:
            return
        for share in self._nearby.shares:
            if share.id == self._place.id:
                wanted = replace(self._place, urls=share.urls, fingerprint=self._known(share.id))
                if self._was_encrypted(wanted):
                    wanted = replace(wanted, pin=None, key=None)
                self._go(wanted)
