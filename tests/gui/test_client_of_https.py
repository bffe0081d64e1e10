"""A client of a share with a certificate that nobody vouches for: its fingerprint decides."""

import hashlib
import os
import select
import socket
import struct
import threading

import pytest

from gui import secure_socket, sockets
from gui.client import Client
from gui.errors import Cancelled, Interrupted, Unreachable, Untrusted, WrongCertificate
from gui.watch import Watch


def pieces(download):
    """Give the bytes of a download in the pieces in which they come."""
    buffer = memoryview(bytearray(64 * 1024))
    while count := download.read_into(buffer):
        yield bytes(buffer[:count])


@pytest.fixture
def client_of():
    clients = []

    def new(*arguments, **options):
        clients.append(Client(*arguments, **options))
        return clients[-1]

    yield new
    for client in clients:
        client.close()


@pytest.mark.parametrize("colons", ["", ":"])
def test_the_right_fingerprint_is_all_that_is_needed(
    colons, client_of, secure_share, own_certificate, holiday
):
    content = os.urandom(3_000_000)
    (holiday / "big.bin").write_bytes(content)
    digits = own_certificate.fingerprint.upper()
    spelt = colons.join(digits[at : at + 2] for at in range(0, 64, 2))
    client = client_of(secure_share.address, fingerprint=spelt)
    assert "big.bin" in [entry.name for entry in client.entries("").entries]
    with client.download("big.bin") as download:
        assert b"".join(pieces(download)) == content
    assert client.address == secure_share.address


def test_without_one_the_sentence_tells_which_to_compare(client_of, secure_share, own_certificate):
    with pytest.raises(Untrusted) as error:
        client_of(secure_share.address).entries("")
    assert own_certificate.fingerprint in str(error.value)
    assert error.value.fingerprint == own_certificate.fingerprint
    assert not isinstance(error.value, WrongCertificate)


@pytest.mark.parametrize("wrong", ["", "ab", "0" * 64, "ü"])
def test_another_certificate_is_refused_before_anything_is_asked(wrong, client_of, own_certificate):
    came = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer():
            tls = own_certificate.context()
            connection, _ = listening.accept()
            with connection, tls.wrap_socket(connection, server_side=True) as secure:
                came.append(secure.recv(100))

        other = threading.Thread(target=answer)
        other.start()
        address = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(WrongCertificate, match="another computer"):
            client_of(address, fingerprint=wrong, pin="123456").entries("")
        other.join()
    assert came == [b""]


def test_a_share_without_tls_is_unreachable_by_https(client_of, share):
    address = share.address.replace("http:", "https:")
    with pytest.raises(Unreachable):
        client_of(address, fingerprint="0" * 64).entries("")


def test_a_share_that_is_gone_before_the_handshake_leaves_nothing_open():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        watch = Watch(f"https://127.0.0.1:{listening.getsockname()[1]}", (), 20)
        plain = sockets.connected(*listening.getsockname(), watch)
        number = plain.fileno()
        with listening.accept()[0] as taken:
            at_once = struct.pack("ii", 1, 0)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        assert select.select([plain], [], [], 20)[0]
        with pytest.raises(Unreachable, match="does not answer"):
            secure_socket.secured(plain, watch, "0" * 64)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


def test_a_handshake_can_be_cancelled(client_of):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = client_of(f"https://127.0.0.1:{listening.getsockname()[1]}", fingerprint="")
        is_over = threading.Event()

        def take_and_close():
            with listening.accept()[0] as taken:
                assert taken.recv(1)  # it has begun to shake hands
                client.close()
                is_over.wait(20)

        closing = threading.Thread(target=take_and_close)
        closing.start()
        with pytest.raises(Cancelled):
            client.entries("")
        is_over.set()
        closing.join()


def test_a_share_that_stops_in_the_middle_has_broken_off(
    client_of, secure_share, own_certificate, holiday
):
    with (holiday / "big.bin").open("wb") as file:
        file.truncate(64 << 20)
    client = client_of(secure_share.address, fingerprint=own_certificate.fingerprint)
    with client.download("big.bin") as download:
        chunks = pieces(download)
        assert hashlib.sha256(next(chunks))
        secure_share.stop()
        with pytest.raises(Interrupted):
            list(chunks)
