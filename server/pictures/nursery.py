"""Where decoder processes come from if there are several: one process that all are copies of.

To load what decoders need takes as long as a dozen pictures. One process does so, once; it sees no
file, and each decoder is a fork of it, `forking` being what it runs. It stays their parent, so it
is the one to learn how they end, and tells it through a socket that each has for that alone.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from server.pictures import handover
from server.pictures.formats import Family

# Whether there can be one here. macOS has fork, too, but what its own libraries do in a copy that
# does not at once become another program is not safe: they may have begun threads, and locked.
IS_POSSIBLE = sys.platform == "linux"
ROOT = Path(__file__).parents[2]
_HERE = __name__.rpartition(".")[0]
# Seconds that it may take to begin, on a computer that is very busy.
START_LIMIT = 60
# Seconds in which it ends with its decoders.
_END_LIMIT = 2
_KILLED = -getattr(signal, "SIGKILL", 9)
# How a process ended is a number of a few digits.
_LONGEST_NUMBER = 16


def command(module: str) -> tuple[str, ...]:
    """Give the command that runs `main` of one of the modules beside this one.

    Safe from a module called like one of ours in the current folder, which may well be the one
    that is shared: `-P` keeps it off the path, and the program's own place comes last on it.
    In a bundle there is no Python, and a program for it instead.
    """
    if getattr(sys, "frozen", False):
        return str(Path(sys.executable).with_stem("lanslide-decoder")), module
    code = f"import sys; sys.path.append(sys.argv[1]); from {_HERE}.{module} import main; main()"
    return sys.executable, "-P", "-c", code, str(ROOT)


class Copy:
    """A decoder process that the nursery is the parent of; as `subprocess.Popen` shows its own.

    Attributes:
        pid: its number.

    """

    def __init__(self, pid: int, told: socket.socket) -> None:
        self.pid = pid
        self._told = told
        self._looking = threading.Lock()
        self._code: int | None = None

    def kill(self) -> None:
        """End it at once, if it has not ended; from any thread."""
        with self._looking:
            # Once it has ended its number may be another process's.
            if self._code is None and not self._has_ended(0):
                with suppress(ProcessLookupError):
                    os.kill(self.pid, -_KILLED)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and give its exit code, a signal as a negative number.

        Raises `subprocess.TimeoutExpired`.
        """
        if self._code is None:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired("decoder", timeout or 0)
            with self._looking:
                # Nothing if the nursery was killed itself. Then the copy ends with its connection.
                self._code = int(self._told.recv(_LONGEST_NUMBER) or _KILLED)
                self._told.close()
        return self._code

    def _has_ended(self, timeout: float | None) -> bool:
        # Unlike select() it takes a descriptor of any number: a thousand clients have as many.
        looked = select.poll()
        looked.register(self._told, select.POLLIN)
        return bool(looked.poll(timeout if timeout is None else timeout * 1000))


class Nursery:
    """Starts decoder processes; for any number of threads.

    `close` ends the process, and the next decoder begins another one; after `end` none does.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._is_ended = False

    @property
    def pid(self) -> int | None:
        """The number of the process, if there is one."""
        process = self._process
        return process.pid if process is not None else None

    def start(self, theirs: socket.socket, first: str) -> Copy:
        """Start a decoder that has *theirs*, its end of a connection. Raises OSError.

        Its *first* file is of that family.
        """
        told, tells = socket.socketpair()
        try:
            with tells, self._lock:
                try:
                    number = self._asked([theirs, tells], first)
                except OSError:
                    # It may have been killed since it was last asked.
                    self._close()
                    number = self._asked([theirs, tells], first)
            if not number:
                raise BlockingIOError("The system gives no more processes.")
        except OSError:
            told.close()
            raise
        return Copy(number, told)

    def _asked(self, ends: list[socket.socket], first: str) -> int:
        """Have a decoder begun; give its number, 0 if the system gives no more processes."""
        if self._socket is None:
            ours, theirs = socket.socketpair()
            # Here already, so that it is closed whatever happens.
            self._socket = ours
            with theirs:
                if self._is_ended:
                    raise ConnectionAbortedError("No decoders are wanted any more.")
                self._process = handover.start(command("forking"), ROOT, theirs)
            ours.settimeout(START_LIMIT)
        line = b"heif\n" if first == Family.HEIF else b"\n"
        socket.send_fds(self._socket, [line], [one.fileno() for one in ends])
        number = self._socket.recv(_LONGEST_NUMBER)
        if not number:
            raise ConnectionResetError("The nursery has ended.")
        return int(number)

    def end(self) -> None:
        """Hang up on the process whatever it is asked at this moment, and begin no other one."""
        self._is_ended = True
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the process, and wait until it is gone.

        It waits for its decoders to end, though not for long; those go on if they were not ended.
        """
        with self._lock:
            self._close()

    def _close(self) -> None:
        process, connection = self._process, self._socket
        self._process = self._socket = None
        if connection is not None:
            connection.close()
        if process is None:
            return
        try:
            process.wait(_END_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
