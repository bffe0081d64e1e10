"""The user's own certificate: who may read it, and that it stays the same while it can."""

import stat
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509

from server import certificate
from server.certificate import drawn, kept
from server.sockets import CannotEncrypt


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_it_is_for_the_addresses_and_tells_nothing_else(own_certificate):
    made = drawn(["192.168.1.5", "fe80::1%eth0", "anna.local", "anna.local", "ünläute.local"])
    found = x509.load_der_x509_certificate(made.der)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["anna.local", "localhost"]
    addresses = ["192.168.1.5", "fe80::1", "127.0.0.1", "::1"]
    assert names.get_values_for_type(x509.IPAddress) == [*map(ip_address, addresses)]
    assert found.subject.rfc4514_string() == found.issuer.rfc4514_string() == "CN=Lanslide"
    assert found.not_valid_after_utc - found.not_valid_before_utc <= timedelta(days=825)
    assert len(made.fingerprint) == 64
    assert made.fingerprint != own_certificate.fingerprint
    assert "PRIVATE" not in repr(made)


def test_it_is_kept_for_the_user_alone(tmp_path):
    folder = tmp_path / "new" / "lanslide"
    made = kept(folder, ["10.0.0.1"])
    assert kept(folder, ["10.0.0.2"]) == made
    assert files(folder) == ["certificate.pem"]
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / "certificate.pem").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes to ask about.")
def test_nobody_can_read_it_while_it_is_written(tmp_path, monkeypatch):
    modes = []
    link = certificate.Path.hardlink_to

    def look(file, part):
        modes.append(stat.S_IMODE(part.stat().st_mode))
        link(file, part)

    monkeypatch.setattr(certificate.Path, "hardlink_to", look)
    kept(tmp_path)
    assert modes == [0o600]


def test_programs_that_begin_at_once_have_the_same(tmp_path):
    with ThreadPoolExecutor(8) as programs:
        found = {one.fingerprint for one in programs.map(kept, [tmp_path / "new"] * 8)}
    assert len(found) == 1
    assert files(tmp_path / "new") == ["certificate.pem"]


def expired(_made, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(certificate, "_LASTS", timedelta(hours=1))
        return drawn().pem


def another_ones_key(made, _):
    return (
        drawn().pem.partition(b"-----BEGIN CERT")[0]
        + made.pem[made.pem.index(b"-----BEGIN CERT") :]
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda made, _: made.pem[:-100],
        lambda made, _: made.pem[300:],
        lambda *_: b"",
        lambda *_: b"\xff" * 100,
        expired,
        another_ones_key,
    ],
    ids=["cut", "without its key", "empty", "not text", "expired", "another key"],
)
def test_what_is_of_no_use_is_made_anew(damage, tmp_path, monkeypatch):
    made = kept(tmp_path)
    (tmp_path / "certificate.pem").write_bytes(damage(made, monkeypatch))
    new = kept(tmp_path)
    assert new.fingerprint != made.fingerprint
    assert kept(tmp_path) == new
    new.context()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes to ask about.")
def test_a_key_that_others_may_have_read_is_not_used_any_more(tmp_path):
    made = kept(tmp_path)
    (tmp_path / "certificate.pem").chmod(0o640)
    assert kept(tmp_path) != made


def test_where_nothing_can_be_kept_there_is_one_for_this_time(tmp_path):
    (tmp_path / "file").touch()
    assert kept(tmp_path / "file").context()


def test_where_no_file_can_be_written_it_cannot_be_used_and_that_is_said(
    own_certificate, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(CannotEncrypt, match="HTTPS needs a temporary file"):
        own_certificate.context()
