"""The share of this computer as the window sees it: what it can be asked, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from gui.admission import Admission

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from gui.activity import Guest, Happening


class NotShareable(Exception):
    """A folder cannot be shared; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """An address of this computer in a network.

    Attributes:
        url: what another device opens.
        interface: the name that the system calls the way into that network by.
        is_used: whether other devices can come in by it.
        problem: a sentence that says why it cannot be used though it should be; else empty.

    """

    url: str
    host: str
    interface: str
    kind: Literal["lan", "vpn", "virtual"]
    is_used: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user has chosen among the networks, by the names of their interfaces.

    Attributes:
        left_out: nobody is let in by these, which need not be there now.
        preferred: its address is told to others first; empty for the best.

    """

    left_out: frozenset[str] = frozenset()
    preferred: str = ""


class OwnShare(Protocol):
    """What the window needs of the server behind it. Its methods wait, so they run on threads."""

    def open(self, folder: Path) -> str:
        """Share *folder* with this computer alone and return the address; ends what was shared.

        Raises:
            NotShareable: *folder* cannot be read.

        """

    def open_to_network(self) -> Sequence[str]:
        """Let other devices in and return the addresses they can use, best first.

        There is none while the computer is on no network; they come with it.

        Raises:
            NotShareable: the port is taken there.

        """

    def close_to_network(self) -> None:
        """Cut every other device off, running transfers included."""

    def observe_addresses(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Have *changed* called with the addresses when these are others, on any thread."""

    def network_addresses(self) -> Sequence[NetworkAddress]:
        """Tell of every address while the network is on, best first."""

    def choose(self, left_out: Collection[str] = (), preferred: str | None = None) -> None:
        """Let others in by no interface of *left_out*, from now on; cuts off who is in by one.

        The addresses of the interface *preferred* are the first.
        """

    def named_address(self) -> str | None:
        """Give the address by this computer's name, if it has one for the local network."""

    @property
    def fingerprint(self) -> str | None:
        """Of the certificate, in hexadecimal digits, while others are spoken to by HTTPS."""

    def encrypt(self, encrypts: bool) -> None:
        """Speak HTTPS with others from now on, or plain HTTP; cuts off who is in.

        Raises:
            NotShareable: HTTPS cannot be had.

        """

    def is_moving(self) -> bool:
        """Tell whether bytes are moving to or from other devices; does not wait."""

    def close(self) -> None:
        """End the share and everything that it sends."""

    def admission(self) -> Admission:
        """Tell who may come in; does not wait."""

    def observe_admission(self, changed: Callable[[], None]) -> None:
        """Have *changed* called whenever `admission` is another, on any thread."""

    def link(self, address: str) -> str:
        """Give what leads to *address* and lets in whoever follows it; does not wait."""

    def new_pin(self) -> None:
        """Draw another PIN and link, and cut off who came in by those before."""

    def resume(self) -> None:
        """Look at PINs again after too many were wrong."""

    def open_to_everyone(self, is_open: bool) -> None:
        """Let everybody in without anything, or nobody any more."""

    def keep_pin(self, keeps: bool) -> None:
        """Say whether PIN and link are good for another folder, too."""

    def rename(self, name: str) -> None:
        """Have others see it as *name* from now on; empty for a drawn one."""

    def shown_name(self) -> str:
        """Tell what others see it as; does not wait."""

    def guests(self) -> Sequence[Guest]:
        """Tell what devices have done so far, first who came first; does not wait."""

    def happenings(self, after: int) -> Sequence[Happening]:
        """Tell what they did after the happening of that number; does not wait."""

    def block(self, number: int) -> None:
        """Cut a device off, and refuse it until it is unblocked."""

    def unblock(self, number: int) -> None:
        """Refuse it no longer."""
