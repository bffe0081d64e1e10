"""How an open file gets from the program into a decoder process, on either kind of system.

The decoder reads exactly the file that came through the gate, whatever has taken its name since.
POSIX sends descriptors through a local socket, which is the process's standard input. Windows
lets a process put handles into another one; its socket is shared through standard input.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_LONGEST_REQUEST = 4096

if sys.platform == "win32":
    import _winapi
    import msvcrt

    _FLAGS = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS

    def start(
        command: Sequence[str], folder: Path, theirs: socket.socket
    ) -> subprocess.Popen[bytes]:
        """Start a process that has *theirs*, its end of a connection."""
        process = subprocess.Popen(  # noqa: S603 - our own
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=_FLAGS,
        )
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(theirs.share(process.pid))
        return process

    def connection() -> socket.socket:
        """Give this process's end of the connection."""
        return socket.fromshare(sys.stdin.buffer.read())

    def send(
        connection: socket.socket, line: bytes, descriptor: int, process: subprocess.Popen[bytes]
    ) -> None:
        """Send a line and an open file to *process*."""
        handle = _winapi.DuplicateHandle(
            _winapi.GetCurrentProcess(),
            msvcrt.get_osfhandle(descriptor),
            int(vars(process)["_handle"]),  # as multiprocessing does
            0,
            False,
            _winapi.DUPLICATE_SAME_ACCESS,
        )
        connection.sendall(b"%d " % handle + line)

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

    def start(
        command: Sequence[str], folder: Path, theirs: socket.socket
    ) -> subprocess.Popen[bytes]:
        """Start a process that has *theirs*, its end of a connection."""
        return subprocess.Popen(  # noqa: S603 - our own
            command,
            cwd=folder,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl+C in the terminal is for the program, which ends its decoders itself. Not a
            # session of its own: Linux gives sessions equal shares of the processor, and niceness
            # counts within one only (sched(7), autogroup), so the window would wait for decoders.
            process_group=0,
        )

    def connection() -> socket.socket:
        """Give this process's end of the connection."""
        return socket.socket(fileno=sys.stdin.fileno())

    def send(
        connection: socket.socket, line: bytes, descriptor: int, process: subprocess.Popen[bytes]
    ) -> None:
        """Send a line and an open file to *process*."""
        socket.send_fds(connection, [line], [descriptor])

    def receive(connection: socket.socket) -> tuple[bytes, int] | None:
        """Wait for a line and an open file; None if no more will come."""
        line, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_REQUEST, 1)
        return (line, descriptors[0]) if descriptors else None
