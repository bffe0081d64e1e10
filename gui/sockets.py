"""Sockets to a share, plain or under TLS, that can be given up while a read waits."""

import errno
import os
import select
import selectors
import socket
import ssl
import struct
import time
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from gui.errors import Unreachable, Untrusted, WrongCertificate
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


class SecureSocket(ssl.SSLSocket):
    """A socket as `Socket`, under TLS."""

    watch: Watch

    def getpeername(self) -> Any:
        """Tell who is at the other end; if nobody is any more, close.

        ssl asks it first of all, and leaves a socket open that has been reset before that.
        """
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "gone") from None

    def recv_into(self, *arguments: Any) -> int:
        read = super().recv_into
        return patiently(self.watch, lambda: read(*arguments))


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
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
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


def secured(plain: Socket, watch: Watch, fingerprint: str | None) -> SecureSocket:
    """Encrypt a connection to whoever has the certificate with the *fingerprint*, and nobody else.

    No authority has any say: none of them can know a share on a local network.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = SecureSocket
    try:
        secure = context.wrap_socket(plain, do_handshake_on_connect=False)
    except OSError as error:
        raise Unreachable(f"{watch.address} does not answer.") from error
    assert isinstance(secure, SecureSocket)  # noqa: S101 - what the context was told
    secure.watch = watch
    try:
        _shake(secure, watch)
        _compare(secure.getpeercert(binary_form=True) or b"", watch.address, fingerprint)
    except OSError as error:
        secure.close()
        raise Unreachable(f"{watch.address} does not speak HTTPS.") from error
    except BaseException:
        secure.close()
        raise
    return secure


def _shake(secure: SecureSocket, watch: Watch) -> None:
    until = time.monotonic() + CONNECT
    while True:
        watch.check()
        try:
            secure.do_handshake()
        except TimeoutError:
            if time.monotonic() > until:
                raise
        else:
            return


def _compare(certificate: bytes, address: str, fingerprint: str | None) -> None:
    """Raise unless the certificate is the one with the *fingerprint*."""
    found = sha256(certificate).hexdigest()
    if fingerprint is None:
        raise Untrusted(
            f"Nobody vouches for {address}. Compare the fingerprint that it shows there: {found}",
            found,
        )
    if not compare_digest(found, fingerprint):
        raise WrongCertificate(
            f"{address} has another certificate than the share that you know, "
            "so it may be another computer.",
            found,
        )
