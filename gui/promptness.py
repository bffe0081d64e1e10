"""How soon the GUI thread gets on when there is something for it to do.

It shares the interpreter with the threads of the share and of saving, and the processors with the
decoders as well.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds that a thread which wants the interpreter leaves it to another one. Where the window may
# be the one that waits it is little: Python's own 5 ms can be seen.
SHORT_TURN, LONG_TURN = 0.0005, 0.005

# Of `sched_setattr`, which libraries of C have had for a short time only.
_NUMBERS = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
# `struct sched_attr`: its size, policy, flags, nice, priority; turn, deadline, period in ns.
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
_OTHERS_DO_NOT_INHERIT = 1
# The shortest there is.
_TURN = 100_000


def share_fairly() -> None:
    """Have every thread leave the interpreter to others after a short while; before a window."""
    sys.setswitchinterval(SHORT_TURN)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let the GUI thread, which is at work now, have the interpreter for longer than others.

    Work of a millisecond or two would otherwise be interrupted once or twice, and each time the
    thread would have to be woken up again, behind whatever the system lets run meanwhile.
    """
    sys.setswitchinterval(LONG_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(SHORT_TURN)


def go_first() -> None:
    """Have the calling thread run as soon as it is woken, where Linux has a say for that.

    Linux leaves whoever runs, however nice, the rest of a turn: up to 4 ms, which a decoder takes
    again and again. Since 6.12 who asks for shorter turns than others is not made to wait for
    theirs; that takes no right, and gives no more of the processor.
    """
    number = _NUMBERS.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wish = _ATTRIBUTES.pack(
        _ATTRIBUTES.size, os.SCHED_OTHER, _OTHERS_DO_NOT_INHERIT, nice, 0, _TURN, 0, 0
    )
    # Whether it was granted makes no difference to anybody: then all is as it was.
    ctypes.CDLL(None).syscall(number, 0, wish, 0)
