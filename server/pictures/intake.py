"""A decoder process's end of `handover`: how it takes a request, and the open file with it."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_REQUEST = 4096

if sys.platform == "win32":
    import msvcrt
    import os

    def connection() -> socket.socket:
        """Give this process's end of the connection."""
        return socket.fromshare(sys.stdin.buffer.read())

    def receive(connection: socket.socket) -> tuple[bytes, int] | None:
        """Wait for a line and an open file; None if no more will come."""
        data = b""
        while not data.endswith(b"\n"):
            more = connection.recv(_LONGEST_REQUEST)
            if not more:
                return None
            data += more
        handle, _, line = data.partition(b" ")
        return line, msvcrt.open_osfhandle(int(handle), os.O_RDONLY | os.O_BINARY)

    @contextmanager
    def tied(connection: socket.socket) -> Iterator[None]:
        """Do nothing."""
        yield

else:
    import fcntl
    import os

    def connection() -> socket.socket:
        """Give this process's end of the connection."""
        return socket.socket(fileno=sys.stdin.fileno())

    def receive(connection: socket.socket) -> tuple[bytes, int] | None:
        """Wait for a line and an open file; None if no more will come."""
        line, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 1)
        return (line, descriptors[0]) if descriptors else None

    @contextmanager
    def tied(connection: socket.socket) -> Iterator[None]:
        """End this process if the program hangs up inside, whatever it is doing then.

        That is the system's own way to say that something has happened on a connection, a signal;
        nothing else can happen to one whose other end waits for an answer. macOS ends nobody by
        that signal; there it is a matter of the limits.
        """
        flags = fcntl.fcntl(connection, fcntl.F_GETFL)
        fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(connection, fcntl.F_SETFL, flags | os.O_ASYNC)
        if _is_hung_up(connection):
            raise SystemExit
        yield
        fcntl.fcntl(connection, fcntl.F_SETFL, flags)

    def _is_hung_up(connection: socket.socket) -> bool:
        try:
            return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
