"""Sockets to a share, that can be given up while a read waits."""

import os
import select
import selectors
import socket
import struct
import sys
import time
from typing import Any

from gui.errors import Unreachable
from gui.watch import TICK, Watch, patiently

CONNECT = 5.0
"""Seconds that a share has to take a connection."""


class Socket(socket.socket):
    """A connected socket whose reads wait, tick by tick, for as long as its watch allows.

    All reading of http.client ends in `recv_into`, so headers and bodies, dripping ones too, end
    soon after they are cancelled. (Shutting a socket down under another thread's read wakes that
    thread on some systems only.)
    """

    watch: Watch
    all_at_once = 0
    """The flag by which a read waits for all that it asks for, a tick at most; 0 for no such."""

    def recv_into(self, *arguments: Any) -> int:
        read = super().recv_into
        return patiently(self.watch, lambda: read(*arguments))

    def let_system_wait(self) -> None:
        """Have the system end each wait after a tick, which costs half as many calls of it.

        Where it can: elsewhere all stays as it is. What is read with no bytes there raises
        BlockingIOError then.
        """
        if os.name == "posix":
            tick = struct.pack("@ll", 0, int(TICK * 1e6))
            self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tick)
            self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, tick)
            self.settimeout(None)
        if sys.platform == "linux":
            self.all_at_once = socket.MSG_WAITALL


def has_news(connection: socket.socket) -> bool:
    """Tell whether there is something to be read, or the end; never waits."""
    if hasattr(select, "poll"):  # which, unlike select, takes any number of a descriptor
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([connection], [], [], 0)[0])


def connected(host: str, port: int, watch: Watch) -> Socket:
    """Connect to the first address of *host* that takes the connection."""
    reason: OSError | None = None
    try:
        # For text Python loads the tables of all the letters that a name may have.
        name = host.encode() if host.isascii() else host
        places = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"There is no computer called {host}.") from error
    for family, kind, protocol, _, place in places:
        connection = Socket(family, kind, protocol)
        try:
            _connect(connection, place, watch)
        except OSError as error:
            connection.close()
            reason = error
        except BaseException:
            connection.close()
            raise
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(TICK)
            connection.watch = watch
            return connection
    raise Unreachable(f"{watch.address} does not answer.") from reason


def _connect(connection: Socket, place: Any, watch: Watch) -> None:
    connection.setblocking(False)
    until = time.monotonic() + CONNECT
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_WRITE)
        connection.connect_ex(place)
        while not selector.select(TICK):
            watch.check()
            if time.monotonic() > until:
                raise TimeoutError
    if problem := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(problem, "connect")
    connection.getpeername()
