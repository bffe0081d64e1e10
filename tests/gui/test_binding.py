"""Qt's binding itself, where a fault of it would end the program."""

import sys

from PySide6.QtCore import QObject, Signal


class Sender(QObject):
    sent = Signal(object)


def test_a_signal_gives_back_no_reference_that_it_did_not_take(qapp):
    """PySide6 6.12.0 does; under Python 3.11 None and True are then freed, which is fatal."""
    sender = Sender()
    sender.sent.connect(lambda _: None)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(1000):
        sender.sent.emit(None)
    after = sys.getrefcount(None), sys.getrefcount(True)
    assert min(now - then for now, then in zip(after, before, strict=True)) > -100
