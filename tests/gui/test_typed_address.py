"""What people type and paste to get to a share."""

import pytest

from gui.errors import BadAddress
from gui.typed_address import TypedAddress, typed_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.5", "http://192.168.1.5:5000"),
        (" 192.168.1.5:5001\n", "http://192.168.1.5:5001"),
        ("host.local:5001", "http://host.local:5001"),
        ("http://192.168.1.5:5000/", "http://192.168.1.5:5000"),
        ("http://192.168.1.5", "http://192.168.1.5"),
        ("HTTPS://192.168.1.5:5000", "https://192.168.1.5:5000"),
        ("fd77::1", "http://[fd77::1]:5000"),
        ("[fd77::1]:5001", "http://[fd77::1]:5001"),
    ],
)
def test_an_address_is_read_as_people_write_it(text, address):
    assert typed_address(text) == TypedAddress(address)


def test_a_link_gives_its_key_and_its_folder():
    text = "http://192.168.1.5:5000/files/caf%C3%A9/a%20b/?sort=name&key=Abc_-1"
    assert typed_address(text) == TypedAddress("http://192.168.1.5:5000", "café/a b", "Abc_-1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "ftp://192.168.1.5",
        "file:///etc/passwd",
        "http://",
        "http://user:pass@192.168.1.5:5000",
        "192.168.1.5:x",
        "192.168.1.5:65536",
        "192.168.1.5:0",
        "a\u202eb:5000",
        "http://[::1",
        "x" * 5000,
        "<img src=x>",
    ],
)
def test_what_is_no_address_is_a_sentence_of_one_short_line(text):
    with pytest.raises(BadAddress, match=r"One looks like 192\.168\.1\.5:5000\.$") as told:
        typed_address(text)
    assert len(str(told.value)) < 200
    assert "\u202e" not in str(told.value)


def test_a_key_that_cannot_be_one_is_left_out():
    assert typed_address("http://a:1/?key=%0d%0aX").key is None


def test_a_link_of_https_tells_the_certificate():
    link = f"https://10.0.0.1:5000/?key=abc#fp={'0a' * 32}"
    found = typed_address(link)
    assert (found.address, found.key) == ("https://10.0.0.1:5000", "abc")
    assert found.fingerprint == "0a" * 32
    assert typed_address(link[:-1]).fingerprint is None
    assert typed_address(link.replace("https", "http")).fingerprint is None
