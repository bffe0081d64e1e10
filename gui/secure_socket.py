"""A connection to a share under TLS, which can be given up while a read waits."""

import errno
import ssl
import time
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from gui.errors import Unreachable, Untrusted, WrongCertificate
from gui.sockets import CONNECT, Socket
from gui.watch import Watch, patiently


class SecureSocket(ssl.SSLSocket):
    """A socket as `Socket`, under TLS."""

    watch: Watch
    all_at_once = 0

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
