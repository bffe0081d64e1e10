"""A share at several addresses, which come and go while it serves."""

import errno
import http.client
import os
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.application import Application
from server.folder import SharedFolder
from server.share import Share
from server.sockets import NoSuchAddress, PortTaken, listen

# Only ever waited out when something is broken.
PATIENCE = 20
ONE, TWO, THREE = "127.0.0.1", "127.0.0.2", "127.0.0.3"
# More than the buffers of sockets hold.
BIG = 16 << 20


@pytest.fixture
def app(holiday):
    with (holiday / "big.bin").open("wb") as file:
        file.truncate(BIG)
    return Application(SharedFolder(holiday))


@pytest.fixture
def share(app):
    with Share(app, [ONE, TWO], 0) as started:
        yield started


def get(host, port, path="/download/notes.txt"):
    """Give the answer to a request on a connection of its own."""
    client = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def answers(host, port):
    try:
        return get(host, port) == (200, b"Sun, sea and sand.\n")
    except ConnectionRefusedError:
        return False


@pytest.fixture
def stalled():
    """Begin to take the big file at an address, and stop."""
    clients = []

    def begin(host, port):
        client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        clients.append(client)
        client.settimeout(PATIENCE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((host, port))
        client.sendall(b"GET /download/big.bin HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
        assert client.recv(1) == b"H"
        return client

    yield begin
    for client in clients:
        client.close()


def is_cut_off(client):
    """Tell whether the file never comes to its end."""
    received = 1
    try:
        while data := client.recv(1 << 20):
            received += len(data)
    except ConnectionResetError:
        pass
    return received < BIG


def comes_whole(client):
    received = 1
    while data := client.recv(1 << 20):
        received += len(data)
        if received >= BIG:
            return True
    return False


def descriptors():
    return len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, never looked at


def test_a_share_answers_at_every_address(share):
    assert share.hosts == (ONE, TWO)
    assert answers(ONE, share.port)
    assert answers(TWO, share.port)
    assert not answers(THREE, share.port)


def test_an_address_is_taken_up_and_let_go_of_while_it_serves(share):
    assert share.listen_on([TWO, THREE]) == {}
    assert share.hosts == (TWO, THREE)
    assert [answers(host, share.port) for host in (ONE, TWO, THREE)] == [False, True, True]
    assert share.listen_on([ONE, TWO]) == {}
    assert [answers(host, share.port) for host in (ONE, TWO, THREE)] == [True, True, False]
    assert share.address == f"http://{ONE}:{share.port}"


def test_who_came_by_an_address_that_is_gone_is_cut_off_and_nobody_else(share, stalled):
    leaving, staying = stalled(TWO, share.port), stalled(ONE, share.port)
    share.listen_on([ONE, THREE])
    assert is_cut_off(leaving)
    assert comes_whole(staying)


def test_a_share_without_an_address_goes_on_as_soon_as_it_has_one(share):
    port = share.port
    assert share.listen_on([]) == {}
    assert (share.hosts, share.is_running) == ((), True)
    assert not answers(ONE, port)
    share.listen_on([TWO])
    assert answers(TWO, port)
    assert share.port == port


def test_an_address_that_is_taken_or_gone_stops_no_other(share):
    with listen(THREE, share.port) as taken:
        problems = share.listen_on([THREE, "192.0.2.77", TWO, "nowhere.invalid", ONE])
        assert {host: type(one) for host, one in problems.items()} == {
            THREE: PortTaken,
            "192.0.2.77": NoSuchAddress,
            "nowhere.invalid": NoSuchAddress,
        }
        assert share.hosts == (TWO, ONE)
        assert answers(ONE, share.port)
        assert taken.getsockname()[0] == THREE
    assert share.listen_on([ONE, THREE]) == {}
    assert answers(THREE, share.port)


def test_a_system_without_ipv6_stops_no_other_address(app, monkeypatch):
    class WithoutIPv6(socket.socket):
        def __init__(self, family=socket.AF_INET, *rest, **more):
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *rest, **more)

    monkeypatch.setattr(socket, "socket", WithoutIPv6)
    with Share(app, ["::1", ONE], 0) as share:
        assert (share.hosts, list(share.problems)) == ((ONE,), ["::1"])
        assert answers(ONE, share.port)


def test_a_start_is_stopped_only_if_there_is_no_address_at_all(app):
    with listen(THREE, 0) as taken:
        port = taken.getsockname()[1]
        with Share(app, [THREE, ONE, "192.0.2.77"], port) as share:
            assert (share.hosts, share.port) == ((ONE,), port)
            assert list(share.problems) == [THREE, "192.0.2.77"]
            assert share.address == f"http://{ONE}:{port}"
        before = descriptors()
        with pytest.raises(PortTaken):
            Share(app, [THREE, "192.0.2.77"], port).start()
        with pytest.raises(NoSuchAddress):
            Share(app, [], port).start()
        assert descriptors() <= before


def test_the_next_port_is_one_that_is_free_everywhere(app):
    with listen(TWO, 0) as taken:
        port = taken.getsockname()[1]
        with Share(app, [ONE, TWO], port, next_free=True) as share:
            assert share.hosts == (ONE, TWO)
            assert share.port > port


def test_a_new_address_is_ours_alone(share):
    share.listen_on([ONE, THREE])
    with pytest.raises(PortTaken):
        listen(THREE, share.port)
    with pytest.raises(PortTaken):
        listen("0.0.0.0", share.port)  # noqa: S104 - refused, which is the point


def test_versions_of_ip_stand_side_by_side(app, stalled):
    try:
        listen("::1", 0).close()
    except NoSuchAddress:
        pytest.skip("This computer has no IPv6.")
    with Share(app, ONE, 0) as share:
        staying = stalled(ONE, share.port)
        assert share.listen_on([ONE, "::1"]) == {}
        assert answers("::1", share.port)
        leaving = stalled("::1", share.port)
        share.listen_on([ONE])
        assert is_cut_off(leaving)
        assert comes_whole(staying)


def test_a_socket_of_ipv6_takes_no_ipv4(app):
    try:
        share = Share(app, "::", 0)
        share.start()
    except NoSuchAddress:
        pytest.skip("This computer has no IPv6.")
    with share:
        assert answers("::1", share.port)
        assert not answers(ONE, share.port)


def test_the_host_must_be_the_address_that_was_come_in_by(share):
    share.listen_on([ONE, THREE])
    for host, status in [(THREE, 200), (ONE, 200), ("192.168.1.5", 421), ("evil.example", 421)]:
        client = http.client.HTTPConnection(THREE, share.port, timeout=PATIENCE)
        client.request("GET", "/download/notes.txt", headers={"Host": f"{host}:{share.port}"})
        assert client.getresponse().status == status
        client.close()


def test_stopping_closes_what_was_taken_up_too(app, stalled):
    share = Share(app, ONE, 0)
    share.start()
    share.listen_on([ONE, TWO, THREE])
    clients = [stalled(host, share.port) for host in (ONE, TWO, THREE)]
    share.stop()
    assert share.hosts == ()
    assert all(is_cut_off(client) for client in clients)
    for host in (ONE, TWO, THREE):
        listen(host, share.port).close()


def test_what_is_asked_for_before_the_start_counts_for_it(app):
    share = Share(app, ONE, 0)
    assert share.listen_on([TWO, THREE]) == {}
    with share:
        assert share.hosts == (TWO, THREE)
        assert not answers(ONE, share.port)


def test_addresses_come_and_go_whatever_is_spoken(share, own_certificate):
    share.speak(own_certificate.context())
    assert share.listen_on([TWO, THREE]) == {}
    with pytest.raises(PortTaken):
        listen(TWO, share.port)
    listen(ONE, share.port).close()
    share.speak(None)
    assert share.hosts == (TWO, THREE)
    assert answers(TWO, share.port)
    assert answers(THREE, share.port)
    assert not answers(ONE, share.port)
    assert share.listen_on([ONE]) == {}
    assert answers(ONE, share.port)


def test_after_a_start_that_failed_it_says_why_and_can_be_started_elsewhere(app):
    with listen(THREE, 0) as taken:
        share = Share(app, [], taken.getsockname()[1])
        share.listen_on([THREE])
        with pytest.raises(PortTaken):
            share.start()
        assert isinstance(share.problems[THREE], PortTaken)
        share.listen_on([ONE])
        with share:
            assert share.hosts == (ONE,)


def hello(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []


def test_addresses_come_and_go_from_several_threads_and_leave_nothing():
    choices = [[ONE], [ONE, TWO], [THREE, ONE], [], [ONE, "192.0.2.77", THREE]]
    share = Share(hello, ONE, 0)
    share.start()
    port, before = share.port, descriptors()
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(share.listen_on, choices[n % 5]) for n in range(200)]:
            done.result(PATIENCE)
        share.listen_on([ONE])
        assert get(ONE, port) == (200, b"")
        # The share has seen the end of that connection before it accepts one more, or soon after.
        while descriptors() > before:
            assert get(ONE, port) == (200, b"")
        changing = [threads.submit(share.listen_on, choices[n % 5]) for n in range(50)]
        threads.submit(share.stop).result(PATIENCE)
        for done in changing:
            done.result(PATIENCE)
    share.stop()
    for host in (ONE, TWO, THREE):
        listen(host, port).close()


def test_without_epoll_it_is_the_same(app, stalled, monkeypatch):
    monkeypatch.delattr("select.epoll")
    with Share(app, [ONE, TWO], 0) as share:
        leaving, staying = stalled(TWO, share.port), stalled(ONE, share.port)
        share.listen_on([ONE, THREE])
        assert answers(THREE, share.port)
        assert is_cut_off(leaving)
        assert comes_whole(staying)
