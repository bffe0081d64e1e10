"""Steers this computer's own share: which folder it is, and who else can look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gui import words
from gui.admission import Admission
from gui.background import Background
from gui.own_share import Choice, NetworkAddress, NotShareable, OwnShare

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from gui.activity import Guest, Happening

# At most four times a second, however many come in at once.
LOOKS_AGAIN_MS = 250


@dataclass(frozen=True, slots=True)
class _Reach:
    """Where this computer can be reached, as the members of `OwnShare` with these names tell."""

    addresses: tuple[NetworkAddress, ...] = ()
    named: str | None = None
    fingerprint: str | None = None


class Sharing(QObject):
    """Opens folders and switches the network on and off, one after the other, off the GUI thread.

    Signals:
        opened: a folder is shared now; carries it and its address on this computer.
        refused: a folder cannot be shared; carries it and a sentence.
        switching: the network is being switched on or off.
        switched_on: others can look now.
        network_changed: others can look, or cannot any more, or at other addresses; carries these,
            none for off and while the computer is on no network.
        ended: other devices were cut off because another folder was opened.
        problem: the network could not be switched on; carries a sentence.
        admission_changed: carries an `Admission`.
        encrypted: the user has switched HTTPS on or off; carries which.
        chose: the user has chosen among the networks; carries a `Choice`.
        _stirred: the admission is another; from whichever thread changed it.
        _moved: the addresses are others; from whichever thread noticed.
    """

    opened = Signal(object, str)
    refused = Signal(object, str)
    switching = Signal()
    switched_on = Signal()
    network_changed = Signal(object)
    ended = Signal()
    problem = Signal(str)
    admission_changed = Signal(object)
    encrypted = Signal(bool)
    chose = Signal(object)
    _stirred = Signal()
    _moved = Signal()

    def __init__(
        self, own: OwnShare, parent: QObject | None = None, choice: Choice | None = None
    ) -> None:
        super().__init__(parent)
        self._own = own
        self._choice = choice or Choice()
        own.choose(self._choice.left_out, self._choice.preferred)
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(LOOKS_AGAIN_MS)
        self._looking.timeout.connect(self._tell_admission)
        self._has_stirred = False
        self._stirred.connect(self._tell_soon, Qt.ConnectionType.QueuedConnection)
        self._stopped = False
        own.observe_admission(self._stir)
        self._moved.connect(self._follow, Qt.ConnectionType.QueuedConnection)
        own.observe_addresses(self._move)
        # A thread of its own: what is asked for is done in that order, and cutting others off
        # waits for nothing else.
        self._background = Background(1, self)
        self._folder: Path | None = None
        self._is_on = False
        self._reach = _Reach()
        self._chosen = ""

    @property
    def folder(self) -> Path | None:
        """The folder shared now."""
        return self._folder

    @property
    def is_on(self) -> bool:
        """Whether other devices may look; also while the computer is on no network."""
        return self._is_on

    @property
    def addresses(self) -> Sequence[str]:
        """Where other devices can look, best first; none while the switch is off."""
        return tuple(one.url for one in self._reach.addresses if one.is_used)

    @property
    def network(self) -> Sequence[NetworkAddress]:
        """Every address of this computer while the switch is on, best first."""
        return self._reach.addresses

    @property
    def named(self) -> str | None:
        """The address by this computer's name, if it has one and the switch is on."""
        return self._reach.named

    @property
    def fingerprint(self) -> str | None:
        """Of the certificate, while others are spoken to by HTTPS; None for plain HTTP."""
        return self._reach.fingerprint

    @property
    def chosen(self) -> str:
        """The address to tell others: what the user chose, else the best; empty for none."""
        usable = self.addresses
        for address in (*usable, self.named or ""):
            # HTTP or HTTPS, it is the same address.
            if self._chosen and urlsplit(address).netloc == self._chosen:
                return address
        for one in self._reach.addresses:
            if one.is_used and one.interface == self._choice.preferred:
                return one.url
        return usable[0] if usable else ""

    def choose(self, address: str) -> None:
        """Tell others *address*, one of `addresses` or `named`, for as long as there is one."""
        self._chosen = urlsplit(address).netloc
        for one in self._reach.addresses:
            if one.url == address:
                # Their order stays: what the user is choosing from must not move.
                self._choose(replace(self._choice, preferred=one.interface))
        self.network_changed.emit(self.addresses)

    @property
    def left_out(self) -> frozenset[str]:
        """The interfaces that nobody is let in by, those that are not there now included."""
        return self._choice.left_out

    def let_in_by(self, interface: str, lets_in: bool) -> None:
        """Let other devices in by *interface*, or cut off those that came by it."""
        changed = self.left_out - {interface} if lets_in else self.left_out | {interface}
        self._choose(choice := replace(self._choice, left_out=changed))
        self._background.run(
            lambda: self._leave_out(choice), then=self._followed, failed=self._not_switched
        )
        # The box is as it was pressed; what else follows from it is told now.
        self.network_changed.emit(self.addresses)

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self.chose.emit(choice)

    def _leave_out(self, choice: Choice) -> _Reach:
        self._own.choose(choice.left_out, choice.preferred)
        return self._found()

    @property
    def shown_name(self) -> str:
        """What others see this share as."""
        return self._own.shown_name()

    @property
    def is_moving(self) -> bool:
        """Whether bytes are moving to or from other devices."""
        return self._own.is_moving()

    @property
    def admission(self) -> Admission:
        """Who may come in."""
        return self._own.admission()

    @property
    def guests(self) -> Sequence[Guest]:
        """The devices that are or were here, first who came first, and what they have done."""
        return self._own.guests()

    def look(self, then: Callable[[Sequence[Guest]], None]) -> None:
        """Give `guests` to *then*, soon; of hundreds it takes milliseconds to tell."""
        self._background.run(
            self._own.guests, then=then, failed=lambda error: self.problem.emit(_sentence(error))
        )

    def happenings(self, after: int) -> Sequence[Happening]:
        """Return what they did after the happening of that number."""
        return self._own.happenings(after)

    def link(self, address: str) -> str:
        """Return what leads to *address*, one of `addresses`, and lets in whoever follows it."""
        return self._own.link(address)

    def public_link(self, link: str) -> str:
        """Return *link* to something in this share as other devices can use it, if any can."""
        if not self.chosen:
            return link
        chosen = urlsplit(self.chosen)
        return urlunsplit(urlsplit(link)._replace(scheme=chosen.scheme, netloc=chosen.netloc))

    def open(self, folder: Path) -> None:
        """Share *folder* instead of the one before, with this computer alone at first.

        Another folder is other people's business anew: the user decides again who may look.
        """
        self._background.run(
            lambda: self._own.open(folder),
            then=lambda address: self._opened(folder, address),
            failed=lambda error: self.refused.emit(folder, _sentence(error)),
        )

    def switch(self, on: bool) -> None:
        """Let other devices in, or cut them off."""
        self.switching.emit()
        if on:
            self._background.run(self._opened_to, then=self._came_on, failed=self._not_switched)
        else:
            self._background.run(
                self._own.close_to_network,
                then=lambda _: self._went_off(),
                failed=self._not_switched,
            )

    def new_pin(self) -> None:
        """Draw another PIN and link, and cut off who came in by those before."""
        self._do(self._own.new_pin)

    def resume(self) -> None:
        """Look at PINs again after too many were wrong."""
        self._do(self._own.resume)

    def open_to_everyone(self, is_open: bool) -> None:
        """Let everybody in without anything, or nobody any more."""
        self._do(lambda: self._own.open_to_everyone(is_open))

    def keep_pin(self, keeps: bool) -> None:
        """Say whether PIN and link stay the same for another folder and at the next start."""
        self._do(lambda: self._own.keep_pin(keeps))

    def encrypt(self, encrypts: bool) -> None:
        """Speak HTTPS with others from now on, or plain HTTP, at once if others may look now."""
        self._background.run(
            lambda: self._encrypted_to(encrypts),
            then=lambda reach: self._encrypted(encrypts, reach),
            failed=self._not_switched,
        )

    def rename(self, name: str) -> None:
        """Have others see this share as *name* from now on; empty for a drawn one."""
        self._do(lambda: self._own.rename(name))

    def block(self, number: int) -> None:
        """Cut a device off, and refuse it until it is unblocked."""
        self._do(lambda: self._own.block(number))

    def unblock(self, number: int) -> None:
        """Refuse a device no longer."""
        self._do(lambda: self._own.unblock(number))

    def stop(self) -> None:
        """Wait for what has begun; nothing is told any more."""
        self._stopped = True
        self._looking.stop()
        self._background.stop()

    def _do(self, work: Callable[[], None]) -> None:
        self._background.run(
            work,
            then=lambda _: self.admission_changed.emit(self.admission),
            failed=lambda error: self.problem.emit(_sentence(error)),
        )

    def _stir(self) -> None:
        if not self._stopped:
            self._stirred.emit()

    def _tell_soon(self) -> None:
        """Tell a first change at once, and those that follow it together."""
        self._has_stirred = True
        if not self._looking.isActive():
            self._tell_admission()

    def _tell_admission(self) -> None:
        if self._has_stirred and not self._stopped:
            self._has_stirred = False
            self.admission_changed.emit(self.admission)
            self._looking.start()

    def _opened(self, folder: Path, address: str) -> None:
        self._folder = folder
        was_shared = self._is_on
        self._went_off()
        self.opened.emit(folder, address)
        if was_shared:
            self.ended.emit()

    def _came_on(self, reach: _Reach) -> None:
        was_on, self._is_on, self._reach = self._is_on, True, reach
        self.network_changed.emit(self.addresses)
        if not was_on:
            self.switched_on.emit()

    def _went_off(self) -> None:
        self._is_on, self._reach, self._chosen = False, _Reach(), ""
        self.network_changed.emit(())

    def _move(self, _: Sequence[str]) -> None:
        if not self._stopped:
            self._moved.emit()

    def _follow(self) -> None:
        self._background.run(self._found, then=self._followed, failed=self._not_switched)

    def _followed(self, reach: _Reach) -> None:
        # It may have been switched off meanwhile.
        if self._is_on and reach != self._reach:
            self._reach = reach
            self.network_changed.emit(self.addresses)

    def _opened_to(self) -> _Reach:
        self._own.open_to_network()
        return self._found()

    def _encrypted_to(self, encrypts: bool) -> _Reach:
        self._own.encrypt(encrypts)
        return self._found()

    def _encrypted(self, encrypts: bool, reach: _Reach) -> None:
        self._followed(reach)
        self.encrypted.emit(encrypts)

    def _found(self) -> _Reach:
        own = self._own
        return _Reach(tuple(own.network_addresses()), own.named_address(), own.fingerprint)

    def _not_switched(self, error: Exception) -> None:
        self.network_changed.emit(self.addresses)
        self.problem.emit(_sentence(error))


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, NotShareable) else words.sentence(error)
