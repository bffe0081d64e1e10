"""One client's connection: waitress's, stricter about requests and harder to hold up."""

import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from waitress.adjustments import Adjustments  # type: ignore[import-untyped]
from waitress.buffers import (  # type: ignore[import-untyped]
    OverflowableBuffer,
    ReadOnlyFileBasedBuffer,
)
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]

from server import plain_reply
from server.body import Body, FileBody
from server.crowd import device
from server.environment import HAS_LEFT, LATER
from server.feed import Feed, attend
from server.loop import READABLE, WRITABLE, Loop
from server.request import Parser, Plain, plain
from server.task import Refusal, Task

# Seconds in which the headers of a request have to arrive, once they have begun.
HEADERS_IN = 10
# Bytes that one connection may send before the others have their turn.
TURN = 1 << 22
# The same for a worker, who holds nobody up.
SLOW_TURN = 1 << 26
# Bytes up to which a file is read and sent with the head of the reply; a longer one is left to
# the system to send.
SMALL = 1 << 15
_PIECE = 1 << 18

# Has the system wait for what follows, and send both in one packet.
_MORE = getattr(socket, "MSG_MORE", 0)
# Makes close() drop what was not sent yet, and the connection with it.
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Connection(HTTPChannel):  # type: ignore[misc]  # has no types
    """A client's connection; lives on the share's loop, its requests there or on the workers.

    What belongs to the loop's thread is everything but `service`, `watch` and what is sent.

    Attributes:
        local: the address and the port of ours that the client is connected to.
        began: when the client was taken, on the monotonic clock.
        is_refused: whether the client was told that its request makes no sense.
        feed: what adds to the last reply, for as long as the connection lasts.
        device, moved, quiet_since: see `server.crowd`.

    """

    task_class = Task
    error_task_class = Refusal
    parser_class = Parser

    will_close: bool

    def __init__(
        self,
        server: Any,
        sock: socket.socket,
        addr: Any,
        adj: Adjustments,
        map: dict[int, Any] | None = None,  # noqa: A002 - waitress's name
    ) -> None:
        host, port = sock.getsockname()[:2]
        self.local = (host, str(port))
        self.is_refused = False
        self.feed: Feed | None = None
        self._pushed: bytes | None = None
        self.device = device(addr[0])
        self.began = self.moved = self.quiet_since = time.monotonic()
        self._loop: Loop = server.loop
        self._is_draining = False
        self._is_sending = False
        # The last one that something was sent of.
        self._body: Body | None = None
        self._more = _MORE if type(sock) is socket.socket else 0
        self._since: float | None = None
        self._watching = threading.Lock()
        # What the loop waits for; None if not even for the end.
        self._watched: int | None = None
        super().__init__(server, sock, addr, adj, map=map)
        self.watch()

    # What the loop waits for

    def watch(self) -> None:
        """Tell the loop what there is to wait for; after every change, from any thread."""
        with self._watching:
            descriptor, before = self._fileno, self._watched
            if descriptor is None:
                return
            wanted = (READABLE if self.readable() else 0) | (WRITABLE if self.writable() else 0)
            if wanted != before:
                self._watched = wanted
                if not self._loop.wait_for(descriptor, wanted, is_new=before is None):
                    self.server.trigger.pull_trigger()

    def writable(self) -> bool:
        """Tell whether there is something to send, or the connection to close."""
        if self._is_sending:
            return False
        if self.will_close:
            return True
        if self.requests:
            # More of it is on its way.
            return bool(self.total_outbufs_len >= self.adj.send_bytes)
        return bool(self.total_outbufs_len or self.close_when_flushed)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way to the client, nor going to be."""
        return not self.requests and not self.total_outbufs_len and self.feed is None

    @property
    def is_sending(self) -> bool:
        """Whether somebody is at it, who may have to read from a disk first; from any thread."""
        return self._is_sending

    def add_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 - as above
        """Begin to be there."""
        super().add_channel(map)
        self.server.crowd.join(self)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002 - as above
        """Be there no longer."""
        self.server.crowd.leave(self)
        if self.feed is not None:
            self.feed.end()
        with self._watching:
            super().del_channel(map)

    # What the client sends

    def handle_read(self) -> None:
        """Take what the client sent, and see to a request."""
        if not self.readable():
            self.watch()
            return
        try:
            data = self.socket.recv(self.adj.recv_bytes)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.handle_close()
            return
        if self.feed is not None:
            # It was told that its last reply ends the connection.
            return
        self.moved = time.monotonic()
        is_new = self.request is None and not self._is_draining and self.server.at_once
        asked = plain(data, self.adj) if is_new else None
        if asked is None:
            self.received(data)
            self.watch()
        else:
            self.requests.append(asked)
            self._loop.work(self.service)

    def received(self, data: bytes) -> bool:
        """Take what may be a part of a request, or several."""
        if self._is_draining:
            return False
        taken: bool = super().received(data)
        if self.request is None:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()
        return taken

    def is_late(self, now: float) -> bool:
        """Tell whether the client takes too long, on the monotonic clock, to say what it wants."""
        return self._since is not None and now - self._since > HEADERS_IN

    def check_client_disconnected(self) -> bool:
        """Tell whether nobody will read the answer; from any thread."""
        # The loop may close it meanwhile.
        connection = self.socket
        try:
            return connection is None or not connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            return True

    # The answer

    def service(self) -> None:
        """Answer a request; on the loop's thread only if it is a plain one."""
        request = self.requests[0]
        if isinstance(request, Plain):
            self._tell_about_client(request.environ)
            plain_reply.serve(self, request)
        else:
            super().service()
            self.quiet_since = self.moved = time.monotonic()
            self._send_on()

    def _tell_about_client(self, environ: dict[str, Any]) -> None:
        """Add to what a plain request says what WSGI would tell about its connection."""
        environ["SERVER_NAME"], environ["SERVER_PORT"] = self.local
        environ["REMOTE_ADDR"] = self.addr[0]
        environ["wsgi.url_scheme"] = self.adj.url_scheme
        environ[HAS_LEFT] = self.check_client_disconnected
        environ[LATER] = self._loop.workers.add

    def pass_on(self, request: Plain) -> None:
        """Have the application answer a plain request by WSGI, which may take its time."""
        self.requests[0] = self.parser_class(self.adj)
        self.requests[0].received(request.data)
        self.watch()
        self.server.add_task(self)

    def reply(self, head: bytes, body: Body | None, *, keeps: bool) -> None:
        """Send the reply to the plain request, and take the next if *keeps*; from any thread."""
        with self.outbuf_lock:
            self._flush_exception(lambda do_close: self._send_first(head, body))
            self.close_when_flushed = not keeps
            self.quiet_since = self.moved = time.monotonic()
            self.requests.clear()
        self.watch()

    def _send_first(self, head: bytes, body: Body | None) -> None:
        """Send the beginning of a reply, and keep the rest for when there is room."""
        try:
            if not self.connected:
                return
            first = b""
            if isinstance(body, FileBody) and body.length <= SMALL:
                first = body.read(SMALL)
            follows = body is not None and not first
            sent = self._sent(head + first, self._more if follows else 0)
            if sent < len(head):
                self.outbufs[-1].append(head[sent:])
                self.total_outbufs_len += len(head) - sent
            if body is None:
                return
            begun = max(0, sent - len(head))
            if follows and sent == len(head):
                begun = body.send(self.socket, TURN)
            if begun < body.length:
                body.seek(begun)
                self._keep_file(body)
                body = None
        finally:
            if body is not None:
                body.close()

    def _sent(self, data: bytes, flags: int = 0) -> int:
        try:
            return int(self.socket.send(data, flags))
        except BlockingIOError:
            return 0

    def _keep_file(self, body: Body) -> None:
        """Send the rest of *body* when there is room, then close it."""
        waiting = ReadOnlyFileBasedBuffer(body)
        self.total_outbufs_len += waiting.prepare()
        self.outbufs += [waiting, OverflowableBuffer(self.adj.outbuf_overflow)]

    # Sending

    def handle_write(self) -> None:
        """Send what the client has room for, and close the connection if that was all."""
        if not self.writable():
            self.watch()
            return
        if self.total_outbufs_len and not self.will_close:
            self._is_sending = True
            if self._is_slow:
                self._loop.workers.add(self._send_slowly)
            else:
                self._loop.work(self._send_on)
        if not self._is_sending and not self.total_outbufs_len and self.close_when_flushed:
            self.close_when_flushed = False
            self.will_close = True
        if self.will_close and not self._is_sending:
            self.handle_close()
        else:
            self.watch()

    @property
    def _is_slow(self) -> bool:
        """Whether what is being sent may have to be read from a disk first."""
        return self._body is not None and self._body.is_slow and not self._body.closed

    def _send_slowly(self) -> None:
        """Send, by a worker, what may have to be read from a disk first."""
        with self._loop.workers.waiting():
            self._send_on()

    def _send_on(self) -> None:
        with self.outbuf_lock:
            if self.connected and self.total_outbufs_len:
                self._flush_exception(self._flush_some, do_close=False)
            if self._pushed is not None and not self.total_outbufs_len:
                self._append(self._pushed)
            self._is_sending = False
            self.outbuf_lock.notify()
        self.watch()

    def _flush_some(self, do_close: bool = True) -> bool:
        """Send what the client has room for, but no more than one turn's.

        What becomes slow on the way is for a worker, and ends the turn as well.
        """
        is_slow = self._is_slow
        room = turn = SLOW_TURN if is_slow else TURN
        while room > 0 and self._is_slow == is_slow:
            outbuf = self.outbufs[0]
            # As an int: len() has no room for big files on small systems.
            waiting = outbuf.__len__()
            if waiting:
                sent = self._send_from(outbuf, min(waiting, room))
                if not sent:
                    break
                self.total_outbufs_len -= sent
                room -= sent
            elif not self._is_rid_of_first():
                break
        # What ended with the turn has ended now: there may be no other turn for it.
        while not self.outbufs[0].__len__() and self._is_rid_of_first():
            pass
        if room < turn:
            self.moved = time.monotonic()
        return room < turn

    def _is_rid_of_first(self) -> bool:
        """Close what was sent first, all of which is; tell whether there is another after it."""
        if len(self.outbufs) == 1:
            return False
        self.outbufs.pop(0).close()
        return True

    def _send_from(self, outbuf: Any, most: int) -> int:
        body = getattr(outbuf, "file", None)
        if isinstance(body, Body):
            self._body = body
            sent = body.send(self.socket, most)
            outbuf.remain -= sent
            return sent
        # Not waitress's send(): it takes a client that has left for one that has no room, and the
        # loop would try for ever.
        taken = self._sent(outbuf.get(min(most, _PIECE)))
        if taken:
            outbuf.skip(taken, True)
        return taken

    def write_soon(self, data: Any) -> int:
        """Take a part of a reply from the application, and wait while there is too much of it."""
        taken: int = super().write_soon(data)
        self.watch()
        return taken

    def _flush_outbufs_below_high_watermark(self) -> None:
        with self.outbuf_lock:
            while self.connected and self.total_outbufs_len > self.adj.outbuf_high_watermark:
                self.watch()
                self.outbuf_lock.wait()

    # A reply without an end

    def open_to(self, feed: Feed) -> None:
        """Let *feed* add to the reply that ends here; by the worker that made it."""
        with self.requests_lock:
            # What the client asked for in the same breath would come after the end.
            del self.requests[1:]
        with self.outbuf_lock:
            if not self.connected:
                return
            self.feed = feed
        attend(self.socket)
        feed.begin(self.push)

    def push(self, data: bytes, *, keep: bool = True) -> None:
        """Add to the reply; see `server.feed.Push`."""
        with self.outbuf_lock:
            if self.total_outbufs_len:
                self._pushed = data if keep else self._pushed
            elif self.connected:
                self._append(data)
                self._flush_exception(self._flush_some, do_close=False)
        self.watch()

    def _append(self, data: bytes) -> None:
        self.outbufs[-1].append(data)
        self.total_outbufs_len += len(data)
        self._pushed = None

    # The end

    def handle_close(self) -> None:
        """End the connection.

        Closed while the client is still sending, it would be reset, and the client would never
        read why it was refused. So then only our side ends, and the rest is read and dropped.
        """
        if self.is_refused and not self._is_draining:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self._is_draining, self.will_close = True, False
                self._since = time.monotonic()
                self.watch()
                return
        if self.outbuf_lock.acquire(blocking=False):
            try:
                super().handle_close()
            finally:
                self.outbuf_lock.release()
            return
        # Whoever sends at this moment, and may be held up by a disk, watches it again.
        self.connected = False
        self.will_close = True
        if self._body is not None:
            self._body.give_up()
        with self._watching:
            if self._fileno is not None and self._watched is not None:
                self._watched = None
                self._loop.forget(self._fileno)

    def reset(self) -> None:
        """Cut the client off at once, whatever was still on its way."""
        self.is_refused = False
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # A worker that is sending right now holds the lock that closing waits for.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.handle_close()
