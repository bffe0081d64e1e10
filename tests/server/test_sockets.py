"""Sockets that a share listens on: nobody else can, and why one cannot be had is told."""

import pytest

from server.sockets import NoSuchAddress, PortTaken, listen


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "", "300.1.1.1", "a" * 300, "\0"])
def test_an_address_that_is_not_ours_is_an_exception(host):
    with pytest.raises(NoSuchAddress):
        listen(host, 0).close()


def test_listening_lasts_only_as_long_as_its_socket():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken):
            listen("127.0.0.1", port)
        with pytest.raises(PortTaken):
            listen("0.0.0.0", port)  # noqa: S104 - refused, which is the point
    listen("127.0.0.1", port).close()
