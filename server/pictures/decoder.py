"""A decoder process as the program sees it: started when needed, asked, ended when it hangs."""

import io
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

from server.pictures import handover
from server.pictures.formats import Family
from server.pictures.nursery import ROOT, START_LIMIT, Copy, Nursery, command
from server.pictures.protocol import LONGEST_LINE, READY, Answer, Request, read_answer

# Seconds that one file may take, a little less than people are made to wait.
TIME_LIMIT = 4.7
# The same for a conversion; browsers wait longer for a file to come.
CONVERSION_LIMIT = 60
# After so many files a process makes place for a fresh one, whatever it has piled up.
MOST_FILES = 1000
_PIECE = 1 << 18
# Seconds until a process that has hung up has ended.
_END_LIMIT = 2

_COMMAND = command("child")
_KILLED = -getattr(signal, "SIGKILL", 9)


# DecoderProblem
#  ├─ Hopeless  it is the file's fault, and trying again would end the same
#  └─ Hindered  the computer was too busy, the disk too slow, or somebody ended the process
#      └─ NoDecoder  it did not come to the file at all
class DecoderProblem(Exception):
    """A decoder gave no answer."""


class Hopeless(DecoderProblem):
    """The decoder crashed on the file, or spent all of its time on it."""


class Hindered(DecoderProblem):
    """The decoder did not get to the end, through no fault of the file's."""


class NoDecoder(Hindered):
    """No decoder can be started: the system has no more processes, or connections."""


class Decoder:
    """One process that decodes one file after another; for one thread, but for `end`.

    Args:
        nursery: starts the process; without it the process starts by itself.

    """

    def __init__(self, nursery: Nursery | None = None) -> None:
        self._nursery = nursery
        self._process: subprocess.Popen[bytes] | Copy | None = None
        self._socket: socket.socket | None = None
        self._files = 0
        self._starting = threading.Lock()
        self._is_ended = False

    @property
    def pid(self) -> int | None:
        """The number of the process, if there is one."""
        process = self._process
        return process.pid if process is not None else None

    def begin(self) -> bool:
        """Start the process before there is a file for it; tells whether it runs."""
        try:
            self._start(Family.JPEG)
        except Hindered:
            return False
        return True

    def ask(self, request: Request, descriptor: int, sink: IO[bytes] | None = None) -> Answer:
        """Have an open file decoded. Raises `DecoderProblem`; the next file is not affected.

        With a *sink* the picture is written there, and is not in the answer.
        """
        if self._files >= MOST_FILES:
            self.close()
        try:
            answer = self._ask(request, descriptor, sink)
        except TimeoutError as error:
            # What spins is ended earlier, by its own limit on processor time, where there is
            # one. What is left was waiting for something.
            self.close()
            problem = Hopeless if sys.platform == "win32" else Hindered
            raise problem("The decoder took too long.") from error
        except ValueError as error:
            self.close()
            raise Hopeless("The decoder talks nonsense.") from error
        except OSError as error:
            if not self._was_killed():
                raise Hopeless("The decoder ended.") from error
            # By somebody from outside, so the file may well be good.
            answer = self._once_more(request, descriptor, sink)
        self._files += 1
        return answer

    def _once_more(self, request: Request, descriptor: int, sink: IO[bytes] | None) -> Answer:
        try:
            if sink is not None:
                # The one that was killed may have begun to write.
                sink.seek(0)
                sink.truncate()
            return self._ask(request, descriptor, sink)
        except (OSError, ValueError) as error:
            self.close()
            raise Hindered("The decoder ended again.") from error

    def _ask(self, request: Request, descriptor: int, sink: IO[bytes] | None) -> Answer:
        connection = self._asked(request, descriptor)
        try:
            return _answer(connection, request, sink)
        except Hindered:
            # The rest of the answer is still on its way.
            self.close()
            raise

    def _asked(self, request: Request, descriptor: int) -> socket.socket:
        """Send a request to the process, or to a new one; give the connection to it."""
        line = request.line()
        if self._socket is not None and self._process is not None:
            try:
                handover.send(self._socket, line, descriptor, self._process)
            except OSError:
                # It had ended while there was nothing to do, so this file is not to blame.
                self.close()
            else:
                return self._socket
        process, connection = self._start(request.family)
        try:
            handover.send(connection, line, descriptor, process)
        except OSError as error:
            self.close()
            raise NoDecoder("No file can be handed over.") from error
        return connection

    def _start(self, first: str) -> tuple[subprocess.Popen[bytes] | Copy, socket.socket]:
        try:
            ours, theirs = socket.socketpair()
            # Here already, so that it is closed whatever happens.
            self._socket, self._files = ours, 0
            with theirs:
                # Not while anybody would have to wait to end it, for this may take a moment.
                copy = self._nursery.start(theirs, first) if self._nursery is not None else None
                with self._starting:
                    self._process = process = copy or handover.start(_COMMAND, ROOT, theirs)
                    if self._is_ended:
                        raise ConnectionAbortedError("No decoders are wanted any more.")
            _received(ours, len(READY), time.monotonic() + START_LIMIT)
        except OSError as error:
            self.close()
            raise NoDecoder("No decoder can be started.") from error
        return process, ours

    def _was_killed(self) -> bool:
        """Tell whether a process that has hung up was killed, and not by us."""
        process = self._process
        try:
            return process is not None and process.wait(_END_LIMIT) == _KILLED
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.close()

    def close(self) -> None:
        """End the process, at once and whatever it is doing, and wait until it is gone."""
        process, connection = self._process, self._socket
        self._process = self._socket = None
        if process is not None:
            process.kill()
            process.wait()
        if connection is not None:
            connection.close()

    def end(self) -> None:
        """End the process from another thread, and start no more; whoever waits is told."""
        with self._starting:
            self._is_ended = True
            process, connection = self._process, self._socket
        if process is not None:
            process.kill()
        if connection is not None:
            # A nursery that is gone cannot tell whether the process still is, so it was not killed.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _answer(connection: socket.socket, request: Request, sink: IO[bytes] | None) -> Answer:
    limit = CONVERSION_LIMIT if request.is_conversion else TIME_LIMIT
    deadline = time.monotonic() + limit
    begun = b""
    while b"\n" not in begun:
        if len(begun) > LONGEST_LINE:
            raise ValueError("This is no answer.")
        begun += _received(connection, LONGEST_LINE, deadline)
    line, _, data = begun.partition(b"\n")
    answer, missing = read_answer(line, request.most)
    here = io.BytesIO()
    into = sink or here
    _write(into, data)
    missing -= len(data)
    if missing < 0:
        raise ValueError("This is more than was announced.")
    while missing > 0:
        data = _received(connection, min(missing, _PIECE), deadline)
        _write(into, data)
        missing -= len(data)
    # Nothing is copied until somebody writes to it again.
    return answer if sink else answer._replace(data=here.getvalue())


def _write(sink: IO[bytes], data: bytes) -> None:
    try:
        is_whole = sink.write(data) == len(data)
    except OSError as error:
        raise Hindered("There is no room for the picture.") from error
    if not is_whole:
        raise Hindered("There is no room for the picture.")


def _received(connection: socket.socket, most: int, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
    data = connection.recv(most)
    if not data:
        raise ConnectionResetError("The decoder has hung up.")
    return data
