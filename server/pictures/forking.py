"""The process that decoders are copies of: forks whenever it is asked, and tells how they end.

It has one thread and reads no file of anybody's.
"""

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress

from server.pictures import child, intake, reading

if sys.platform == "win32":
    raise ImportError("Processes have no copies here.")

# How many bytes a request may have, and its open files: the decoder's connection, and the one to
# tell on how it ended.
_LONGEST, _FILES = 16, 2


def main() -> None:
    """Fork until the program hangs up."""
    connection = intake.connection()
    reading.prepare()
    gc.freeze()
    ended, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listeners: dict[int, int] = {}
    while True:
        ready = select.select([connection, ended], [], [])[0]
        if connection in ready:
            line, descriptors, _, _ = socket.recv_fds(connection, _LONGEST, _FILES)
            if len(descriptors) < _FILES:
                # No more are wanted. Those there are end, too, and nobody else would see to it.
                _tell(listeners, 0)
                return
            if line.strip():
                # What other families need may begin threads, which no copy would have.
                reading.prepare_for_heif()
            number = _forked(descriptors[0])
            if number:
                listeners[number] = descriptors[1]
            else:
                os.close(descriptors[1])
            connection.sendall(b"%d" % number)
        if ended in ready:
            ended.recv(_LONGEST)
        _tell(listeners, os.WNOHANG)


def _forked(theirs: int) -> int:
    """Begin a decoder whose connection is *theirs*; give its number, 0 if there can be none now."""
    try:
        number = os.fork()
    except OSError:
        # So many processes, or so little memory. The decoders there are need their parent.
        os.close(theirs)
        return 0
    if number:
        os.close(theirs)
        return number
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(theirs, 0)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        child.main()
    finally:
        # Whatever happened, it must not go on as the nursery.
        os._exit(1)


def _tell(listeners: dict[int, int], how: int) -> None:
    """Tell about all decoders that have ended, or, if *how* is 0, as they end."""
    while listeners:
        number, status = os.waitpid(-1, how)
        if not number:
            return
        told = listeners.pop(number)
        # Few bytes into an empty socket; the program may be gone.
        with suppress(OSError):
            os.write(told, b"%d" % os.waitstatus_to_exitcode(status))
        os.close(told)
