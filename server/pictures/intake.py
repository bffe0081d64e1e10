"""A decoder process's end of `handover`: how it takes a request, and the open file with it."""

import socket
import sys

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

else:

    def connection() -> socket.socket:
        """Give this process's end of the connection."""
        return socket.socket(fileno=sys.stdin.fileno())

    def receive(connection: socket.socket) -> tuple[bytes, int] | None:
        """Wait for a line and an open file; None if no more will come."""
        line, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 1)
        return (line, descriptors[0]) if descriptors else None
