"""Plain requests are read as all others are, only faster."""

import pytest
from waitress.adjustments import Adjustments

from server.request import Parser, plain

HOST = b"Host: localhost:5000\r\n"
GET = b"GET /download/a.txt HTTP/1.1\r\n" + HOST
SETTINGS = Adjustments()

PLAIN = [
    GET + b"\r\n",
    b"GET /thumb/grid/a.jpg?v=0123456789abcdef HTTP/1.1\r\n" + HOST + b"\r\n",
    b"HEAD /files/?sort=size&order=-_.&&== HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"HEAD /files/a/b/c.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /download2/a%20b/%FF%00%2f;x=1,2&3'%25 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/a:b/http://x//y/../.. HTTP/1.1\r\n" + HOST + b"\r\n",
    GET + b'Range: bytes=0-\r\nIF-None-Match:  "a" \r\nX-Y: \xe4\r\n\r\n',
    GET + b"Accept: a\r\nAccept: b\r\n\r\n",
    GET + b"Bad_Name: x\r\nEmpty:\r\n\r\n",
    GET + b"Connection: Close\r\n\r\n",
    GET + b"Connection: TE, Close\r\n\r\n",
    GET + b"Connection: keep-alive\r\n\r\n",
]
NOT_PLAIN = [
    b"",
    GET,
    GET + b"\r\n" + GET + b"\r\n",
    GET + b"\r\nbody",
    GET + HOST + b"\r\n",
    b"GET /download/a.txt HTTP/1.1\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\n" + HOST + b"\r\n",
    b"\r\n" + GET + b"\r\n",
    b"POST /download/a.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /download/a.txt HTTP/1.0\r\n" + HOST + b"\r\n",
    b"GET /download/a.txt HTTP/1.1\n" + HOST + b"\r\n",
    b"GET  /download/a.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET //download/a.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET download/a.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://localhost:5000/a.txt HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/?name=%41 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/?a+b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/?a?b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/?a/b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/? HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET ?a HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /files/#part HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /\xe4 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /a\tb HTTP/1.1\r\n" + HOST + b"\r\n",
    GET + b"Content-Length: 0\r\n\r\n",
    GET + b"Content-Length: 5\r\n\r\n",
    GET + b"Transfer-Encoding: chunked\r\n\r\n",
    GET + b"Transfer-Encoding: gzip\r\n\r\n",
    GET + b"Expect: 100-continue\r\n\r\n",
    GET + b"Upgrade: h2c\r\n\r\n",
    GET + b" folded\r\n\r\n",
    GET + b"no colon\r\n\r\n",
    GET + b"Name : x\r\n\r\n",
    GET + b"Bad: a\x00b\r\n\r\n",
    GET + b"Bad: a\nEvil: b\r\n\r\n",
]


@pytest.mark.parametrize("data", PLAIN)
def test_a_plain_request_is_read_as_by_the_parser(data):
    for _ in range(2):
        found = plain(data, SETTINGS)
        parser = Parser(SETTINGS)
        assert parser.received(data) == len(data)
        assert (parser.completed, parser.error) == (True, None)
        environ = found.environ
        assert environ["REQUEST_METHOD"] == parser.command
        assert environ["PATH_INFO"] == parser.path
        assert environ["REQUEST_URI"] == parser.request_uri
        assert environ["QUERY_STRING"] == parser.query
        assert environ["SERVER_PROTOCOL"] == f"HTTP/{parser.version}"
        fields = {name[5:]: value for name, value in environ.items() if name[:5] == "HTTP_"}
        assert fields == parser.headers
        assert found.keeps == (parser.headers.get("CONNECTION", "").lower() != "close")
        assert found.data == data


@pytest.mark.parametrize("data", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_parser(data):
    assert plain(data, SETTINGS) is None


def test_what_is_remembered_of_one_request_is_not_changed_by_another():
    plain(GET + b"\r\n", SETTINGS).environ["HTTP_EVIL"] = "x"
    assert "HTTP_EVIL" not in plain(GET + b"\r\n", SETTINGS).environ
