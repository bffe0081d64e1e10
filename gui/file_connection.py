"""A kept-open connection on which files are asked for, and what is told of them.

A request through requests costs more time than a small file takes to come, several times over. So
whatever has an end comes by this road: HTTP/1.1 (RFC 9112) as far as a file needs it, and stricter.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gui import answer
from gui.buffers import memory
from gui.errors import BadAnswer, Interrupted
from gui.sockets import Socket, connected, has_news
from gui.watch import Watch

if TYPE_CHECKING:
    from gui.secure_socket import SecureSocket

LONGEST_HEAD = 64 * 1024
"""Bytes; no share has that much to say about a file."""

MOST_FIELDS = 100

BUFFER = 256 * 1024
"""Bytes: of most small files all that comes, at one go."""

_BEGINNING = b"HTTP/1."
# One of the two checks the whole of a head, and the other takes it apart.
_FIELD = re.compile(r"\r\n([^:]+):[ \t]*([^\r\n]*)")
_HEAD = re.compile(
    r"HTTP/1\.([01]) ([0-9]{3})(?: [^\r\n\0]*+)?+"
    r"(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]++:[^\r\n\0]*+)*+"
)
_ASKED = "Accept: */*\r\nAccept-Encoding: identity\r\nUser-Agent: Lanslide\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """The status and the header fields of an answer; their names in small letters."""

    status: int
    fields: Mapping[str, str]


class FileConnection:
    """Sends one request at a time, for one thread at a time."""

    def __init__(self, address: str, fingerprint: str | None) -> None:
        parts = urlsplit(address)
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_secure else 80)
        self._authority = parts.netloc
        self._address, self._fingerprint = address, fingerprint
        self._socket: Socket | SecureSocket | None = None
        # What has come, and from where to where nobody has taken it yet.
        self._memory = memory(BUFFER)
        self._come = memoryview(self._memory)
        self._begin = self._end = 0
        self._left = 0
        self._is_kept = False

    def ask(self, method: str, target: str, fields: Mapping[str, str], watch: Watch) -> Head:
        """Send a request and give what stands before the body.

        Of the body nothing is read before `expect` has told how long it is.
        """
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        request = f"{method} {target} HTTP/1.1\r\nHost: {self._authority}\r\n{_ASKED}{lines}\r\n"
        data = request.encode("latin-1")
        try:
            return self._asked(data, watch)
        except Interrupted:
            # The share may close a kept-open connection in the very moment of its use.
            watch.check()
            if watch.heard:
                raise
        return self._asked(data, watch)

    def expect(self, length: int) -> None:
        """Take the next *length* bytes for the body."""
        self._left = length

    def taken(self) -> memoryview:
        """Give what came of the body together with the head, once; it lasts until `ask`."""
        count = min(self._left, self._end - self._begin)
        waiting = self._come[self._begin : self._begin + count]
        self._begin += count
        self._left -= count
        return waiting

    def read_into(self, buffer: memoryview) -> int:
        """Put what has come of the body into *buffer*; gives how much, 0 at the body's end."""
        wanted = min(self._left, len(buffer))
        if not wanted:
            return 0
        waiting = min(wanted, self._end - self._begin)
        if waiting:
            buffer[:waiting] = self._come[self._begin : self._begin + waiting]
            self._begin += waiting
        count = waiting or self._receive(buffer[:wanted], whole=True)
        self._left -= count
        return count

    def read(self, most: int | None = None) -> bytes:
        """Give all that is left of the body, or the next *most* bytes of it."""
        body = bytearray(self._left if most is None else min(self._left, most))
        with memoryview(body) as room:
            come = 0
            while count := self.read_into(room[come:]):
                come += count
        return bytes(body)

    def release(self) -> bool:
        """Tell whether another request may follow; closes the connection if not."""
        is_clean = self._is_kept and not self._left and self._begin == self._end
        if not is_clean:
            self.close()
        return is_clean

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._left = self._begin = self._end = 0

    def _asked(self, request: bytes, watch: Watch) -> Head:
        try:
            connection = self._opened(watch)
            connection.watch = watch
            self._is_kept = False
            try:
                connection.sendall(request)
            except OSError as error:
                raise answer.broken_off(self._address) from error
            return self._head()
        except BaseException:
            self.close()
            raise

    def _opened(self, watch: Watch) -> "Socket | SecureSocket":
        if self._socket is not None and has_news(self._socket):
            self.close()  # it has ended, or something came that nobody asked for
        if self._socket is None:
            plain = connected(self._host, self._port, watch)
            if self._is_secure:
                # Most shares are plain, and ssl takes as long to import as ten files to come.
                from gui.secure_socket import secured

                self._socket = secured(plain, watch, self._fingerprint)
            else:
                self._socket = plain
                plain.let_system_wait()
        return self._socket

    def _head(self) -> Head:
        self._begin = self._end = 0
        looked_at = 0
        while (end := self._memory.find(b"\r\n\r\n", looked_at, self._end)) < 0:
            looked_at = max(0, self._end - 3)
            if self._end >= LONGEST_HEAD:
                raise self._no_answer()
            self._end += self._receive(self._come[self._end :])
            beginning = self._come[: min(self._end, len(_BEGINNING))]
            if beginning != _BEGINNING[: len(beginning)]:
                raise self._no_answer()
        self._begin = end + 4
        text = str(self._come[:end], "latin-1")
        status = _HEAD.fullmatch(text)
        if status is None or end > LONGEST_HEAD or text.count("\n") > MOST_FIELDS:
            raise self._no_answer()
        fields = _fields(_FIELD.findall(text, status.end(2)))
        self._is_kept = status[1] == "1" and fields.get("connection", "").lower() != "close"
        return Head(int(status[2]), fields)

    def _receive(self, buffer: memoryview, *, whole: bool = False) -> int:
        """Put what comes into *buffer*; with *whole* wait, a little, until that is full."""
        assert self._socket is not None  # noqa: S101 - `ask` has opened it
        try:
            flags = self._socket.all_at_once if whole else 0
            count = self._socket.recv_into(buffer, len(buffer), flags)
        except OSError as error:
            raise answer.broken_off(self._address) from error
        if not count:
            raise answer.broken_off(self._address)
        return count

    def _no_answer(self) -> BadAnswer:
        return answer.odd(self._address, "does not answer as a share does")


def _fields(lines: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Give the header fields by their names in small letters; one that comes twice is joined."""
    fields = {name.lower(): value.rstrip() for name, value in lines}
    if len(fields) < len(lines):
        for name in fields:
            fields[name] = ", ".join(value.rstrip() for one, value in lines if one.lower() == name)
    return fields
