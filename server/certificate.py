"""The user's own certificate for HTTPS: made here, signed by itself, and kept.

No authority vouches for it. What another program can compare is its fingerprint, so it stays the
same for as long as it can, whatever addresses the computer has meanwhile.
"""

import os
import ssl
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from server.sockets import CannotEncrypt

if TYPE_CHECKING:
    from cryptography.x509 import GeneralName

# The longest that Apple's systems take of a certificate that no public authority has signed.
_LASTS = timedelta(days=825)
# Clocks of other devices may be behind.
_BEGAN = timedelta(days=1)
# Bytes; a certificate and its key are a tenth of it.
_MOST_BYTES = 65_536
# Names that are tried before the certificate is not kept.
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its private key.

    Attributes:
        der: the certificate alone, as it is sent.
        pem: the key and the certificate, as text; secret.

    """

    der: bytes
    pem: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate in hexadecimal digits: what another program compares."""
        return sha256(self.der).hexdigest()

    def context(self) -> ssl.SSLContext:
        """Give what a share needs to use it, as `server.share.Share` takes it.

        Raises `CannotEncrypt`.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A phone that is slow with AES says so by its order.
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        # A client that leaves at once has its connection reset by tickets that nobody reads.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        try:
            self._load_into(context)
        except OSError as error:
            sentence = "HTTPS needs a temporary file, and none can be written."
            raise CannotEncrypt(sentence) from error
        return context

    def _load_into(self, context: ssl.SSLContext) -> None:
        with tempfile.TemporaryDirectory(prefix="lanslide-") as private:
            # OpenSSL reads it from a file only. The folder is for this user alone, as is the file.
            file = Path(private) / "certificate.pem"
            file.touch(mode=0o600)
            file.write_bytes(self.pem)
            context.load_cert_chain(file)


def spelt(fingerprint: str) -> str:
    """Give a fingerprint as browsers and the window show it: in pairs of digits."""
    return bytes.fromhex(fingerprint).hex(" ").upper()


def usual_folder() -> Path:
    """Give the folder in which the user's certificate is kept."""
    return user_data_path("lanslide", appauthor=False)


def kept(folder: Path, hosts: Iterable[str] = ()) -> Certificate:
    """Give the certificate that is kept in *folder*, or a new one; two programs get the same.

    One that is damaged, has expired, or whose key others may read is not used any more. Where
    nothing can be kept, the new one is for this time alone.

    Args:
        folder: made if it is not there.
        hosts: addresses and names of this computer, for a new certificate.

    """
    made = None
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in _files(folder):
        # A file is never written to again, so everybody finds the same one to be the first.
        try:
            found = _read(file)
        except FileNotFoundError:
            made = made or drawn(hosts)
            try:
                _keep(made, file)
            except FileExistsError:
                # Another program has been faster.
                with suppress(OSError):
                    found = _read(file)
                    if found is not None:
                        return found
                continue
            except OSError:
                break
            return made
        except OSError:
            break
        if found is not None:
            return found
    return made or drawn(hosts)


def drawn(hosts: Iterable[str] = ()) -> Certificate:
    """Make a certificate for *hosts*: addresses, and names such as "computer.local"."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lanslide")])
    began = datetime.now(UTC) - _BEGAN
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + _LASTS)
        .add_extension(x509.SubjectAlternativeName(list(_alternatives(hosts))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return Certificate(certificate.public_bytes(serialization.Encoding.DER), secret + public)


def _alternatives(hosts: Iterable[str]) -> "Iterator[GeneralName]":
    from cryptography import x509

    for host in dict.fromkeys((*hosts, "localhost", "127.0.0.1", "::1")):
        try:
            yield x509.IPAddress(ip_address(host.partition("%")[0]))
        except ValueError:
            # Names that are not ASCII have no place in it.
            with suppress(ValueError):
                yield x509.DNSName(host)


def _files(folder: Path) -> Iterator[Path]:
    for number in range(1, _TRIES + 1):
        yield folder / ("certificate.pem" if number == 1 else f"certificate-{number}.pem")


def _read(file: Path) -> Certificate | None:
    """Read what is kept in a file; None if it is of no use. Raises `OSError`."""
    with file.open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        pem = opened.read(_MOST_BYTES)
    is_private = sys.platform == "win32" or not stat.S_IMODE(mode) & 0o077
    return _certificate(pem) if is_private else None


def _certificate(pem: bytes) -> Certificate | None:
    """Give the certificate if it can be used now, and with this key."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        with warnings.catch_warnings():
            # Of a certificate that is not ours, which is not used anyway.
            warnings.simplefilter("ignore")
            found = x509.load_pem_x509_certificate(pem)
            key = serialization.load_pem_private_key(pem, None)
            is_its_key = key.public_key() == found.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not is_its_key or not found.not_valid_before_utc <= datetime.now(UTC):
        return None
    if found.not_valid_after_utc <= datetime.now(UTC):
        return None
    return Certificate(found.public_bytes(serialization.Encoding.DER), pem)


def _keep(certificate: Certificate, file: Path) -> None:
    """Write it to *file*, whole or not at all, and for this user alone.

    Raises `FileExistsError` if the file is there already, or another `OSError`.
    """
    part = _written(certificate.pem, file)
    try:
        # Unlike renaming it replaces nothing.
        file.hardlink_to(part)
    finally:
        part.unlink()


def _written(data: bytes, beside: Path) -> Path:
    for number in count():
        part = beside.with_name(f".{beside.name}.{os.getpid()}-{number}.part")
        with suppress(FileExistsError):
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            break
    with open(descriptor, "wb") as opened:  # noqa: PTH123 - a descriptor
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    return part
