"""How an open file gets from the program into a decoder process, on either kind of system.

The decoder reads exactly the file that came through the gate, whatever has taken its name since.
POSIX sends descriptors through a local socket, which is the process's standard input. Windows
lets a process put handles into another one; its socket is shared through standard input.
`intake` is the decoder's end.
"""

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

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

    def send(connection: socket.socket, line: bytes, descriptor: int, process: object) -> None:
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

    def send(connection: socket.socket, line: bytes, descriptor: int, process: object) -> None:
        """Send a line and an open file to *process*."""
        socket.send_fds(connection, [line], [descriptor])
