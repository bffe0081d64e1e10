"""Listings and files from any share, over HTTP.

The program at the other end may be anybody's, so nothing that it says is taken on trust: an answer
has the length it announced and no encoding, a redirect is not followed, a listing is checked field
by field before anything else sees it, and no answer can keep a thread for ever.

What goes wrong is one of the exceptions of gui/errors.py, where their tree is drawn.
"""

import json
import math
import re
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

import requests
import urllib3

from gui import answer, event_stream, listing
from gui.connection import Session
from gui.credentials import Credentials
from gui.errors import (
    BadAddress,
    BadAnswer,
    Cancelled,
    ClientError,
    Interrupted,
    Missing,
    PinNeeded,
    Refused,
    SpeaksHttps,
    TooManyTries,
    Unavailable,
    Unreachable,
    Untrusted,
    WrongCertificate,
    WrongPin,
)
from gui.file_connection import FileConnection, Head
from gui.identity import MOST_BYTES as MOST_IDENTITY_BYTES
from gui.identity import Identity, identity
from gui.listing import Entry, Folder, plain
from gui.watch import TICK, Flag, Watch, watching

__all__ = [
    "BadAddress",
    "BadAnswer",
    "Cancelled",
    "Client",
    "ClientError",
    "Content",
    "Download",
    "Entry",
    "Folder",
    "Identity",
    "Interrupted",
    "Missing",
    "PinNeeded",
    "Refused",
    "SpeaksHttps",
    "TooManyTries",
    "Unavailable",
    "Unreachable",
    "Untrusted",
    "WrongCertificate",
    "WrongPin",
    "plain",
]

PATIENCE = 30.0
"""Seconds that a share may stall."""

SILENCE = 45.0
"""Seconds in which a share that has nothing to tell must at least say so: three of its signs."""

LISTING = 120.0
"""Seconds that the listing of one folder may take in all."""

CHUNK = 256 * 1024
MOST_PICTURE_BYTES = 32 * 1024 * 1024
MOST_CONVERTED_BYTES = 64 * 1024 * 1024
MOST_DETAIL_BYTES = 64 * 1024

SizeName = Literal["grid", "large", "screen"]
"""256, 512 and 2048 pixels on the longer side."""
MOST_DIGEST_BYTES = 64 * 1024

_DIGEST_WANTED = {"Want-Repr-Digest": "sha-256=10"}


@dataclass(frozen=True, slots=True)
class Small:
    """A picture that the share has made smaller.

    Attributes:
        data: A JPEG, WebP or PNG; empty if the share can make no picture of the file.
        final: Whether it is as good as its size allows; else a better one can be asked for.
        width, height: Of the original, upright, in pixels; 0 if not known.
        problem: The share's word for why there is no picture; empty if it gives none.

    """

    data: bytes
    final: bool
    width: int
    height: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """The beginning of a file, or all of it.

    Attributes:
        size: Of the whole file.

    """

    data: bytes
    media_type: str
    size: int

    @property
    def truncated(self) -> bool:
        """Whether the file goes on after `data`."""
        return len(self.data) < self.size


@dataclass(frozen=True, slots=True)
class Version:
    """What a share tells about a file as it is now.

    Attributes:
        size: In bytes.
        etag: What the share calls this state of the file, if anything.
        digest: Its SHA-256, if the share knows it already.

    """

    size: int
    etag: str | None
    digest: bytes | None


class Download:
    """A file on its way.

    Attributes:
        size: Of the whole file, in bytes.
        start: The place in the file of the first byte that comes.
        etag: What the share calls this state of the file, if anything.
        modified: In seconds since the epoch, to the second; None if the share does not say.
        digest: The SHA-256 of the whole file, if the share tells it already.

    """

    def __init__(self, connection: FileConnection, head: Head, start: int, size: int) -> None:
        self.start = start
        self.size = size
        self.etag = head.fields.get("etag")
        self.modified = answer.date(head.fields.get("last-modified"))
        self.digest = answer.sha_256(head.fields)
        self._connection = connection

    def read_into(self, buffer: memoryview) -> int:
        """Put what has come into *buffer* and give how much; 0 after exactly `size - start` bytes.

        Raises ClientError if it cannot be so many.
        """
        return self._connection.read_into(buffer)


class Client:
    """Asks one share; may be used from several threads at once.

    Every request may be given an event; soon after that is set, from whichever thread, the request
    raises Cancelled. So does every request after `close`.
    """

    def __init__(
        self,
        address: str,
        *,
        patience: float = PATIENCE,
        pin: str | None = None,
        key: str | None = None,
        fingerprint: str | None = None,
    ) -> None:
        """Raise BadAddress unless *address* is like "http://192.168.1.5:5000".

        With a *pin*, every request may raise WrongPin or TooManyTries, without one PinNeeded. A
        *key* comes from a link; the first request exchanges it.
        Of HTTPS, the *fingerprint* is all that is trusted: the SHA-256 of the certificate, in
        hexadecimal digits. Every request may raise WrongCertificate, and without it Untrusted.
        """
        self._fingerprint = _digits(fingerprint)
        self._address = _checked(address)
        self._credentials = Credentials(self._address, pin, key)
        self._patience = patience
        self._sessions: list[Session] = []
        self._connections: list[FileConnection] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()

    @property
    def address(self) -> str:
        """The share's address, without a slash at its end."""
        return self._address

    @property
    def fingerprint(self) -> str | None:
        """The SHA-256 of the certificate that is trusted, if HTTPS is spoken."""
        return self._fingerprint

    @property
    def is_closed(self) -> bool:
        """Whether every request raises Cancelled now."""
        return self._closed.is_set()

    def url(self, path: str) -> str:
        """Give the address at which a browser shows the file or folder."""
        return self._url("files", path)

    def identity(self, cancel: Flag | None = None) -> Identity:
        """Ask which share this is and whether it wants a PIN; a wrong one is told at once."""
        url = f"{self._address}/api/share"
        deadline = time.monotonic() + LISTING
        with self._get(url, "", {}, cancel, deadline) as response:
            body = self._whole(response, MOST_IDENTITY_BYTES)
        try:
            return identity(body)
        except (ValueError, RecursionError) as error:
            raise self._odd("did not say which share it is") from error

    def entries(self, path: str, cancel: Flag | None = None) -> Folder:
        """List the whole folder *path*, "" being the shared folder."""
        deadline = time.monotonic() + LISTING
        pages = list(self._pages(path, cancel, lambda: deadline))
        found = {entry.name: entry for page in pages for entry in page.entries}
        versions = {page.version for page in pages}
        # Of a folder that changed meanwhile no version is known.
        version = versions.pop() if len(versions) == 1 else ""
        return Folder(path, pages[0].name, tuple(found.values()), version=version)

    def beginning(self, path: str, cancel: Flag | None = None) -> Folder:
        """List the first few of the folder *path*, which come long before a large one's last."""
        deadline = time.monotonic() + LISTING
        few = f"{listing.BEGINNING}&version=free"
        page = next(self._pages(path, cancel, lambda: deadline, few))
        return Folder(path, page.name, page.entries, page.next is None, page.version)

    def pages(
        self, path: str, cancel: Flag | None = None, offset: int = 0
    ) -> Iterator[listing.Page]:
        """List the folder *path* page by page, as they come, from its entry *offset* on.

        An entry may come twice if the folder changes meanwhile.
        """
        return self._pages(path, cancel, lambda: time.monotonic() + LISTING, start=offset)

    def version(self, path: str, cancel: Flag | None = None) -> str:
        """Get the version of the folder *path*; "" if the share has none."""
        url = f"{self._url('api/folder', path)}?limit=1"
        with self._get(url, path, {}, cancel, time.monotonic() + LISTING) as response:
            return self._page(response, path, 0).version

    def events(self, path: str, cancel: Flag | None = None) -> Generator[str | None]:
        """Give the version of the folder *path*, at once and then whenever it has another one.

        None when the folder cannot be had any more. It ends only by raising: Interrupted when
        there was no sign of life for long, Missing also if the share knows no events at all.
        """
        asked = {"Accept": "text/event-stream"}
        url = self._url("api/events", path)
        with self._get(url, path, asked, cancel, silence=SILENCE) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "text/event-stream":
                raise self._odd("sent something else than events")
            try:
                yield from event_stream.versions(_endless(self._address, response))
            except (ValueError, RecursionError) as error:
                raise self._odd("sent events that are none") from error

    def read(self, path: str, limit: int, cancel: Flag | None = None) -> Content:
        """Get the first *limit* bytes of a file, to show them."""
        wanted = {"Range": f"bytes=0-{limit - 1}"}
        url = self._url("files", path)
        with self._get(
            url, path, wanted, cancel, also=(answer.PARTIAL, answer.NO_SUCH_PART)
        ) as response:
            length = self._length(response)
            if response.status_code == answer.NO_SUCH_PART:
                return Content(b"", "application/octet-stream", 0)  # an empty file has no part
            size = length
            if response.status_code == answer.PARTIAL:
                size = answer.size_of_whole(self._address, response.headers, 0, length)
                if length != min(limit, size):
                    raise answer.another_part(self._address)
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            data = bytearray()
            for chunk in _body(self._address, response, length):
                data += chunk
                if len(data) >= limit:
                    break
            return Content(bytes(data[:limit]), media_type or "application/octet-stream", size)

    def small(
        self,
        entry: Entry,
        size: SizeName,
        *,
        sharp: bool = False,
        cancel: Flag | None = None,
    ) -> Small:
        """Get the picture in a file made smaller; with *sharp* no quick stand-in will do."""
        query = f"v={entry.version}" + ("&sharp" if sharp else "")
        url = f"{self._url(f'thumb/{size}', entry.path)}?{query}"
        with self._get(url, entry.path, {"Accept": "image/webp, image/jpeg"}, cancel) as response:
            kind = response.headers.get("X-Lanslide-Picture", "")
            problem = response.headers.get("X-Lanslide-Problem", "")
            data = self._whole(response, MOST_PICTURE_BYTES)
            measures = re.fullmatch(
                "([0-9]{1,7})x([0-9]{1,7})", response.headers.get("X-Lanslide-Pixels", "")
            )
        width, height = map(int, measures.groups()) if measures else (0, 0)
        data = data if kind in ("preview", "full") else b""
        return Small(data, kind == "full", width, height, problem)

    def converted(self, path: str, longest: int | None = None, cancel: Flag | None = None) -> bytes:
        """Get the picture in a file as a JPEG; nothing if the share can make none of it.

        Its longer side has *longest* pixels at most, which is one of 1024, 2048 and 4096.
        """
        query = "as=jpeg" + (f"&max={longest}" if longest else "")
        with self._get(f"{self._url('download2', path)}?{query}", path, {}, cancel) as response:
            if response.headers.get("X-Lanslide-Converted") != "jpeg":
                return b""  # what comes is the file itself
            return self._whole(response, MOST_CONVERTED_BYTES)

    def details(self, path: str, cancel: Flag | None = None) -> dict[str, str]:
        """Get what is known of the picture in a file: a few lines of text, by name."""
        with self._get(self._url("api/info", path), path, {}, cancel) as response:
            body = self._whole(response, MOST_DETAIL_BYTES)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._odd("told nothing of a picture that can be read") from error
        if not isinstance(found, dict):
            raise self._odd("told nothing of a picture that can be read")
        kinds = (str, int, float, bool)
        return {name: str(value) for name, value in found.items() if isinstance(value, kinds)}

    @contextmanager
    def download(
        self,
        path: str,
        start: int = 0,
        etag: str | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Download]:
        """Get a file to keep it.

        With *start* the file is asked for from there on, if it still has the strong *etag*. It may
        come from its beginning all the same: `Download.start` tells.
        """
        wanted = dict(_DIGEST_WANTED)
        if start:
            if not is_strong(etag):
                raise ValueError("A part can be added only to a file known by a strong ETag.")
            wanted |= {"Range": f"bytes={start}-", "If-Range": etag or ""}
        also = (answer.PARTIAL,) if start else ()
        with self._ask_for_file("GET", self._target("download2", path), wanted, cancel) as asked:
            connection, head = asked
            answer.check(self._address, path, head.status, head.fields, also)
            size = length = answer.length(self._address, head.fields)
            begin = 0
            if head.status == answer.PARTIAL:
                size = answer.size_of_whole(self._address, head.fields, start, length)
                begin = start
                if start + length != size or head.fields.get("etag") != etag:
                    raise answer.another_part(self._address)
            connection.expect(length)
            yield Download(connection, head, begin, size)

    def look(self, path: str, cancel: Flag | None = None) -> Version:
        """Ask what a file is like now, and for none of it."""
        target = self._target("download2", path)
        with self._ask_for_file("HEAD", target, _DIGEST_WANTED, cancel) as (_, head):
            answer.check(self._address, path, head.status, head.fields)
            size = answer.length(self._address, head.fields)
            return Version(size, head.fields.get("etag"), answer.sha_256(head.fields))

    def digest(self, path: str, cancel: Flag | None = None) -> Version:
        """Ask for the SHA-256 of a file, for which the share may have to read all of it.

        Raises Unavailable if it is not ready yet, and Missing also if the share has no digests.
        """
        target = self._target("api/digest", path)
        with self._ask_for_file("GET", target, {}, cancel) as (connection, head):
            answer.check(self._address, path, head.status, head.fields)
            length = answer.length(self._address, head.fields)
            if length > MOST_DIGEST_BYTES:
                raise self._odd("sent an answer that is far too long")
            connection.expect(length)
            body = memoryview(bytearray(length))
            come = 0
            while count := connection.read_into(body[come:]):
                come += count
        try:
            told = json.loads(bytes(body))
            return Version(int(told["size"]), told["etag"], bytes.fromhex(told["sha-256"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._odd("told a digest that is none") from error

    def elsewhere(self, address: str) -> "Client":
        """Give a client for the same share at another address, with the same PIN or key."""
        pin, key = self._credentials.given
        return Client(
            address, patience=self._patience, pin=pin, key=key, fingerprint=self._fingerprint
        )

    def close(self) -> None:
        """End what is under way and close all connections."""
        self._closed.set()
        with self._lock:
            for session in self._sessions:
                session.close()
            for connection in self._connections:
                connection.close()
            self._sessions.clear()
            self._connections.clear()

    def _url(self, route: str, path: str) -> str:
        return self._address + self._target(route, path)

    def _target(self, route: str, path: str) -> str:
        try:
            raw = path.encode(errors="surrogateescape")
        except UnicodeEncodeError:  # a name of Windows, where half a surrogate pair is a letter
            raw = path.encode(errors="surrogatepass")
        return f"/{route}/{quote(raw)}"

    def _pages(
        self,
        path: str,
        cancel: Flag | None,
        deadline: Callable[[], float],
        most: str = "",
        start: int = 0,
    ) -> Iterator[listing.Page]:
        offset: int | None = start
        while offset is not None:
            url = f"{self._url('api/folder', path)}?offset={offset}&limit={most or listing.PAGE}"
            with self._get(url, path, {}, cancel, deadline()) as response:
                page = self._page(response, path, offset)
            yield page
            offset = page.next

    def _page(self, response: requests.Response, path: str, offset: int) -> listing.Page:
        body = self._whole(response, listing.MOST_BYTES)
        try:
            return listing.page(body, path, offset)
        except (ValueError, RecursionError) as error:
            raise self._odd("sent a listing that is not one") from error

    @contextmanager
    def _get(
        self,
        url: str,
        path: str,
        headers: dict[str, str],
        cancel: Flag | None,
        deadline: float = math.inf,
        also: Collection[int] = (),
        silence: float | None = None,
    ) -> Iterator[requests.Response]:
        """Send a request and give the answer, if its status is 200 or one of *also*.

        A share may be silent for *silence* seconds, if that is given, however little it then says.
        """
        session = self._borrowed_session()
        try:
            with ExitStack() as ending:
                watch = self._watch(cancel, deadline, silence)
                with self._credentials.asking(watch.check):
                    self._exchange(watch)
                    response = self._send(session, url, headers, watch)
                    ending.enter_context(response)
                    told = response.headers.get("Retry-After")
                    self._credentials.judge(response.status_code, told)
                answer.check(self._address, path, response.status_code, response.headers, also)
                yield response
        finally:
            self._give_session_back(session)

    @contextmanager
    def _ask_for_file(
        self, method: str, target: str, fields: Mapping[str, str], cancel: Flag | None
    ) -> Iterator[tuple[FileConnection, Head]]:
        """Send a request by the short road; the connection is given back at the end."""
        connection = self._borrowed_connection()
        try:
            watch = self._watch(cancel, math.inf, None)
            with self._credentials.asking(watch.check):
                self._exchange(watch)
                asked = {**fields, **self._credentials.fields}
                head = connection.ask(method, target, asked, watch)
                self._credentials.judge(head.status, head.fields.get("retry-after"))
            yield connection, head
        except BaseException:
            connection.close()
            raise
        finally:
            self._give_connection_back(connection)

    def _exchange(self, watch: Watch) -> None:
        key = self._credentials.key_to_exchange
        if key is None:
            return
        session = self._borrowed_session()
        try:
            url = f"{self._address}/?key={quote(key, safe='')}"
            with self._send(session, url, {}, watch) as response:
                cookies = response.raw.headers.getlist("Set-Cookie")
                self._credentials.exchanged(response.status_code, cookies)
        finally:
            self._give_session_back(session)

    def _watch(self, cancel: Flag | None, deadline: float, silence: float | None) -> Watch:
        cancels = (self._closed, cancel) if cancel else (self._closed,)
        if silence is not None:
            return Watch(self._address, cancels, silence, deadline, enough=1)
        return Watch(self._address, cancels, self._patience, deadline)

    def _send(
        self,
        session: Session,
        url: str,
        headers: dict[str, str],
        watch: Watch,
    ) -> requests.Response:
        headers = {**headers, **self._credentials.fields}
        again = True
        while True:
            watch.check()
            before = watching.set(watch)
            try:
                return session.get(
                    url, headers=headers, timeout=TICK, stream=True, allow_redirects=False
                )
            except requests.ConnectionError as error:
                # The share may close a kept-open connection in the very moment of its use.
                if watch.heard or not again:
                    raise answer.translated(self._address, error) from error
                again = False
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                raise answer.translated(self._address, error) from error
            finally:
                watching.reset(before)

    def _borrowed_session(self) -> Session:
        with self._lock:
            return self._sessions.pop() if self._sessions else Session(self._fingerprint)

    def _give_session_back(self, session: Session) -> None:
        with self._lock:
            if self._closed.is_set():
                session.close()
            else:
                self._sessions.append(session)

    def _borrowed_connection(self) -> FileConnection:
        with self._lock:
            if self._connections:
                return self._connections.pop()
        return FileConnection(self._address, self._fingerprint)

    def _give_connection_back(self, connection: FileConnection) -> None:
        if connection.release():
            with self._lock:
                if self._closed.is_set():
                    connection.close()
                else:
                    self._connections.append(connection)

    def _whole(self, response: requests.Response, most: int) -> bytes:
        """Read an answer that is kept in memory, so of no more than *most* bytes."""
        length = self._length(response)
        if length > most:
            raise self._odd("sent an answer that is far too long")
        return b"".join(_body(self._address, response, length))

    def _length(self, response: requests.Response) -> int:
        return answer.length(self._address, response.headers)

    def _odd(self, what: str) -> BadAnswer:
        return answer.odd(self._address, what)


def is_strong(etag: str | None) -> bool:
    """Tell whether *etag* stands for the very bytes of a file, so that a part can be added to."""
    return etag is not None and etag.startswith('"')


def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadAddress(f"“{plain(address)}” is not the address of a share.") from error
    extra = parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or extra or not re.fullmatch(r"[\w.:-]+", host):
        raise BadAddress(f"“{plain(address)}” is not the address of a share.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


def _digits(fingerprint: str | None) -> str | None:
    """Give a fingerprint without the colons and capitals that people write it with."""
    return None if fingerprint is None else re.sub(r"[^0-9a-f]", "", fingerprint.lower())


def _body(address: str, response: requests.Response, length: int) -> Iterator[bytes]:
    """Give *length* bytes of the answer as they come, or raise."""
    left = length
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise answer.translated(address, error) from error
        left -= len(chunk)
        if chunk:
            yield chunk
        if left == 0:
            return
        if not chunk:
            raise answer.broken_off(address)


def _endless(address: str, response: requests.Response) -> Iterator[bytes]:
    """Give what comes of an answer that has no end, as it comes, and raise at its end."""
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise answer.translated(address, error) from error
        if not chunk:
            raise Interrupted(f"{address} tells no more.")
        yield chunk
