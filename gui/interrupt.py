"""Ctrl+C and SIGTERM end the program as closing the window does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication


@contextmanager
def quit_on_signals(application: QApplication) -> Iterator[None]:
    """Close all windows when the process is asked to end.

    Python's handlers run between two of its own instructions, and Qt's loop executes none while
    it waits. The interpreter writes a byte to a socket when a signal comes, which wakes the loop.
    """
    ours, interpreters = socket.socketpair()
    for end in (ours, interpreters):
        end.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: ours.recv(64))
    before = signal.set_wakeup_fd(interpreters.fileno(), warn_on_full_buffer=False)
    handlers = {
        number: signal.signal(number, lambda *_: application.quit())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        notifier.setEnabled(False)
        ours.close()
        interpreters.close()
