"""What the user may have to be asked before a share can be browsed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

if TYPE_CHECKING:  # what the first screen does not show; see `gui.loading`
    from gui.address_dialog import AddressDialog
    from gui.certificate_warning import CertificateWarning
    from gui.pin_dialog import PinDialog
    from gui.trust_dialog import TrustDialog


class Questions(QObject):
    """Has a dialog for each question, made when it is first asked.

    Signals:
        address_given: carries the text that the user has typed.
        pin_given: carries the PIN.
        trusted: the fingerprint is the right one; carries it.
        forgotten: the certificate known so far is to be forgotten.
        left: the user has closed a dialog without an answer.
    """

    address_given = Signal(str)
    pin_given = Signal(str)
    trusted = Signal(str)
    forgotten = Signal()
    left = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._made: list[QDialog] = []

    @cached_property
    def address(self) -> AddressDialog:
        """Asks for an address."""
        from gui.address_dialog import AddressDialog

        dialog = AddressDialog(self._window)
        dialog.given.connect(self.address_given)
        self._add(dialog)
        return dialog

    @cached_property
    def pin(self) -> PinDialog:
        """Asks for a PIN."""
        from gui.pin_dialog import PinDialog

        dialog = PinDialog(self._window)
        dialog.given.connect(self.pin_given)
        self._add(dialog)
        return dialog

    @cached_property
    def trust(self) -> TrustDialog:
        """Asks whether a fingerprint is the right one."""
        from gui.trust_dialog import TrustDialog

        dialog = TrustDialog(self._window)
        dialog.trusted.connect(self.trusted)
        self._add(dialog)
        return dialog

    @cached_property
    def warning(self) -> CertificateWarning:
        """Warns of another certificate than the share's own; nothing but the user closes it."""
        from gui.certificate_warning import CertificateWarning

        dialog = CertificateWarning(self._window)
        dialog.forgotten.connect(self.forgotten)
        dialog.rejected.connect(self.left)
        return dialog

    def end(self) -> None:
        """Ask nothing any more: it has been answered in another way."""
        # Hidden, not rejected: that would tell that the user has left it.
        for dialog in self._made:
            dialog.hide()

    def _add(self, dialog: QDialog) -> None:
        dialog.rejected.connect(self.left)
        self._made.append(dialog)
