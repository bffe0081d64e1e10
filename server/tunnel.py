"""A socket that encrypts what goes through it, for a loop that knows only sockets that do not."""

import errno
import os
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from server.reading import read_into, room

# The most that is encrypted as one.
_RECORD = 1 << 14
# Bytes that are handed over to be sent at once; they are kept if there is no room for all of them.
_PIECE = 1 << 16
# The same of a file. That is not kept, for it can be read again; and more of it would not fit into
# a processor's own memory from being read until it is encrypted.
_FILE_PIECE = 1 << 19

_Bytes: TypeAlias = bytes | bytearray | memoryview
_CORK: int | None = getattr(socket, "TCP_CORK", None)
_ENDED = getattr(select, "POLLRDHUP", 0)


class _Room(threading.local):
    """Memory for a piece of a file, for each thread that sends."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = room(_FILE_PIECE)


_room = _Room()


def _no_room() -> BlockingIOError:
    return BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


class Tunnel:
    """A connection under TLS, as `socket.socket` where the loop and waitress use that.

    It never waits: what is not possible yet is a `BlockingIOError`, whichever way round the
    encryption is waiting. OpenSSL wants one thread at a time, so there is a lock; nothing that may
    take long is done inside. The loop is told by the system what is there to be read, and the
    system knows nothing of what was decrypted already; so nothing of that is ever left inside.

    Args:
        plain: the connection; from now on it is the tunnel's.
        context: with the certificate.

    Attributes:
        awaits_reading: whether it cannot go on with the handshake until something comes.
        sends_after_reading: whether it cannot send before something has come.
        reads_after_sending: whether it cannot read before there is room for something to go.

    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        self._lock = threading.Lock()
        self._socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self.awaits_reading = True
        self.sends_after_reading = self.reads_after_sending = False
        # How long a piece is that was begun. OpenSSL wants to be given the very same again; so it
        # is kept, unless it can be read from its file again: who stalls holds no memory.
        self._begun_size = 0
        self._begun: bytes | None = None
        # Bytes that have gone but were not said to be; they will be given once more.
        self._gone = 0
        self._is_shaken = False
        self._is_broken = False

    def shake(self) -> bool:
        """Go on with the handshake; tell whether it is done. Raises `OSError`."""
        with self._lock:
            try:
                self._socket.do_handshake()
            except ssl.SSLWantReadError:
                self.awaits_reading = True
                return False
            except ssl.SSLWantWriteError:
                self.awaits_reading = False
                return False
            self._is_shaken = True
            return True

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Give what has come: *size* bytes or somewhat more; nothing means that it has ended.

        *flags* are there for the likeness alone.
        """
        self.reads_after_sending = False
        with self._lock:
            try:
                # A whole record fits, so that nothing is left inside.
                return self._socket.recv(max(size, _RECORD))
            except ssl.SSLWantReadError:
                raise _no_room() from None
            except ssl.SSLWantWriteError:
                self.reads_after_sending = True
                raise _no_room() from None
            except OSError:
                self._is_broken = True
                raise

    def send(self, data: _Bytes, flags: int = 0) -> int:
        """Send what there is room for, and give how many bytes; `BlockingIOError` if there is none.

        Who is not rid of all has to go on with the rest, but may cut it into other pieces. *flags*
        are there for the likeness alone.
        """
        view = memoryview(data)
        self.sends_after_reading = False
        with self._lock, self._joined(len(view)):
            taken = self._taken(len(view))
            while taken < len(view):
                piece = self._begun or view[taken : taken + _PIECE]
                try:
                    self._gone += self._sent(piece)
                except BlockingIOError:
                    self._begun = bytes(piece)
                    if not taken:
                        raise
                    break
                self._begun = None
                taken += self._taken(len(view) - taken)
        return taken

    def send_file(self, descriptor: int, start: int, size: int) -> int:
        """Send up to *size* bytes of a file from *start* on; give how many, and 0 at its end.

        `BlockingIOError` as for `send`; who is not rid of all has to go on from there.
        """
        self.sends_after_reading = False
        again = self._begun_size
        if again and not self._has_room():
            raise _no_room()
        if not self._gone:
            piece = _room.memory[: again or size]
            count = read_into(descriptor, piece, start)
            if count < max(again, 1):
                return 0
            with self._lock, self._joined(count):
                self._gone = self._sent(piece[:count])
        return self._taken(size)

    @contextmanager
    def _joined(self, size: int) -> Iterator[None]:
        """Have the system put the records of *size* bytes together.

        A packet for each costs both sides more than the encryption does.
        """
        if _CORK is None or size <= _RECORD:
            yield
            return
        self._socket.setsockopt(socket.IPPROTO_TCP, _CORK, 1)
        try:
            yield
        finally:
            # The other end may have cut it off meanwhile, which reading tells.
            with suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _CORK, 0)

    def _has_room(self) -> bool:
        """Tell whether the system takes more at the moment."""
        if hasattr(select, "poll"):
            return self._is(select.POLLOUT)
        return bool(select.select([], [self._socket], [], 0)[1])

    def _is(self, event: int) -> bool:
        looked = select.poll()
        looked.register(self._socket, event)
        return bool(looked.poll(0))

    def _taken(self, size: int) -> int:
        """Give how many of the next *size* bytes have gone already."""
        taken = min(self._gone, size)
        self._gone -= taken
        return taken

    def _sent(self, piece: _Bytes) -> int:
        try:
            sent = self._socket.send(piece)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            self.sends_after_reading = isinstance(error, ssl.SSLWantReadError)
            self._begun_size = len(piece)
            raise _no_room() from None
        except OSError:
            self._is_broken = True
            raise
        self._begun_size = 0
        return sent

    def has_ended(self) -> bool:
        """Tell whether the client has, whatever of it was not read yet; from any thread.

        Raises `OSError` or `ValueError` if we have.
        """
        if _ENDED:
            return self._is(_ENDED)
        try:
            # Past the encryption, whose own last words hide the end where there is no better way.
            return not socket.socket.recv(self._socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return False

    def shutdown(self, how: int) -> None:
        """End one direction, or at once both."""
        if how == socket.SHUT_WR:
            self._take_leave()
        self._is_broken = True
        # Its own would go on in the clear.
        socket.socket.shutdown(self._socket, how)

    def close(self) -> None:
        """End it, with the words that tell the client that nothing is missing if nothing is."""
        self._take_leave()
        with self._lock:
            self._socket.close()

    def _take_leave(self) -> None:
        with self._lock:
            if self._is_shaken and not self._is_broken and not self._begun_size:
                # That the client has not said the same yet is an exception, too.
                with suppress(OSError, ValueError):
                    self._socket.unwrap()

    def fileno(self) -> int:
        """Give the number of its descriptor; -1 if it is closed."""
        return self._socket.fileno()

    def getsockopt(self, level: int, option: int) -> int:
        """Ask the system about the connection."""
        return self._socket.getsockopt(level, option)

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """Tell the system about the connection."""
        self._socket.setsockopt(level, option, value)
