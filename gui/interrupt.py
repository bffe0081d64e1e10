"""Ctrl+C and SIGTERM end the program as closing the window does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier, QTimer


@contextmanager
def on_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call *end* from the event loop, now or once it runs, when the process is asked to end.

    Python's handlers run between two of its own instructions, and Qt's loop executes none while
    it waits. The interpreter writes a byte to a socket when a signal comes, which wakes the loop.
    """
    ours, interpreters = socket.socketpair()
    for one in (ours, interpreters):
        one.setblocking(False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: ours.recv(64))
    before = signal.set_wakeup_fd(interpreters.fileno(), warn_on_full_buffer=False)
    handlers = {
        number: signal.signal(number, lambda *_: QTimer.singleShot(0, end))
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
