"""Listings and files from any share, over HTTP.

The program at the other end may be anybody's, so nothing that it says is taken on trust: an answer
has the length it announced and no encoding, a redirect is not followed, a listing is checked field
by field before anything else sees it, and no answer can keep a thread for ever.

What goes wrong is one of the exceptions of gui/errors.py, where their tree is drawn.
"""

import json
import math
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from gui import answer, event_stream, listing
from gui.conversation import Conversation
from gui.download import Download, Version, is_strong
from gui.errors import (
    BadAnswer,
    Blocked,
    PinNeeded,
    Refused,
    TooManyTries,
    WrongPin,
)
from gui.file_connection import FileConnection, Head
from gui.identity import MOST_BYTES as MOST_IDENTITY_BYTES
from gui.identity import Identity, identity
from gui.listing import Entry, Folder
from gui.watch import Flag

PATIENCE = 30.0
"""Seconds that a share may stall."""

SILENCE = 45.0
"""Seconds in which a share that has nothing to tell must at least say so: three of its signs."""

LISTING = 120.0
"""Seconds that the listing of one folder may take in all."""

MOST_PICTURE_BYTES = 32 * 1024 * 1024
MOST_CONVERTED_BYTES = 64 * 1024 * 1024
MOST_DETAIL_BYTES = 64 * 1024
MOST_DIGEST_BYTES = 64 * 1024

SizeName = Literal["grid", "large", "screen"]
"""256, 512 and 2048 pixels on the longer side."""

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
        self._talk = Conversation(address, patience, pin, key, fingerprint)

    @property
    def address(self) -> str:
        """The share's address, without a slash at its end."""
        return self._talk.address

    @property
    def fingerprint(self) -> str | None:
        """The SHA-256 of the certificate that is trusted, if HTTPS is spoken."""
        return self._talk.fingerprint

    @property
    def is_closed(self) -> bool:
        """Whether every request raises Cancelled now."""
        return self._talk.is_closed

    def url(self, path: str) -> str:
        """Give the address at which a browser shows the file or folder."""
        return self._url("files", path)

    def identity(self, cancel: Flag | None = None) -> Identity:
        """Ask which share this is and whether it wants a PIN; a wrong one is told at once."""
        deadline = time.monotonic() + LISTING
        try:
            body = self._told("/api/share", "", MOST_IDENTITY_BYTES, cancel, deadline)
        except Refused as error:
            if isinstance(error, PinNeeded | WrongPin | TooManyTries):
                raise
            # Everybody else is told that.
            blocked = f"{self._talk.called} has blocked this computer."
            raise Blocked(f"{blocked} Whoever shares it can undo that.") from error
        try:
            found = identity(body)
        except (ValueError, RecursionError) as error:
            raise self._odd("did not say which share it is") from error
        self._talk.call(found.name)
        return found

    def entries(self, path: str, cancel: Flag | None = None) -> Folder:
        """List the whole folder *path*, "" being the shared folder."""
        deadline = time.monotonic() + LISTING
        pages = list(self._pages(path, cancel, lambda: deadline, (), is_versioned=True))
        found = {entry.name: entry for page in pages for entry in page.entries}
        versions = {page.version for page in pages}
        # Of a folder that changed meanwhile no version is known.
        version = versions.pop() if len(versions) == 1 else ""
        return Folder(path, pages[0].name, tuple(found.values()), version=version)

    def beginning(self, path: str, cancel: Flag | None = None) -> Folder:
        """List the first few of the folder *path*, which come long before a large one's last."""
        deadline = time.monotonic() + LISTING
        page = next(self._pages(path, cancel, lambda: deadline, (listing.BEGINNING,)))
        return Folder(path, page.name, page.entries, page.next is None, page.version)

    def pages(
        self, path: str, cancel: Flag | None = None, offset: int = 0
    ) -> Iterator[listing.Page]:
        """List the folder *path* page by page, as they come, from its entry *offset* on.

        The first pages are short, so that there is something to do while the others are made. An
        entry may come twice if the folder changes meanwhile.
        """
        sizes = (min(size, listing.PAGE) for size in listing.FIRST_PAGES)
        return self._pages(path, cancel, lambda: time.monotonic() + LISTING, sizes, start=offset)

    def version(self, path: str, cancel: Flag | None = None) -> str:
        """Get the version of the folder *path*; "" if the share has none."""
        return self._page(path, 0, "limit=1", cancel, time.monotonic() + LISTING).version

    def events(self, path: str, cancel: Flag | None = None) -> Generator[str | None]:
        """Give the version of the folder *path*, at once and then whenever it has another one.

        None when the folder cannot be had any more. It ends only by raising: Interrupted when
        there was no sign of life for long, Missing also if the share knows no events at all.
        """
        asked = {"Accept": "text/event-stream"}
        url = self._url("api/events", path)
        with self._talk.listen(url, path, asked, cancel, SILENCE) as reply:
            if _media_type(reply.fields) != "text/event-stream":
                raise self._odd("sent something else than events")
            try:
                yield from event_stream.versions(reply.endless())
            except (ValueError, RecursionError) as error:
                raise self._odd("sent events that are none") from error

    def read(self, path: str, limit: int, cancel: Flag | None = None) -> Content:
        """Get the first *limit* bytes of a file, to show them."""
        wanted = {"Range": f"bytes=0-{limit - 1}"}
        target, also = self._target("files", path), (answer.PARTIAL, answer.NO_SUCH_PART)
        with self._talk.ask("GET", target, wanted, cancel) as (connection, head):
            answer.check(self.address, path, head.status, head.fields, also)
            size = length = answer.length(self.address, head.fields)
            connection.expect(length)
            if head.status == answer.NO_SUCH_PART:
                return Content(b"", "application/octet-stream", 0)  # an empty file has no part
            if head.status == answer.PARTIAL:
                size = answer.size_of_whole(self.address, head.fields, 0, length)
                if length != min(limit, size):
                    raise answer.another_part(self.address)
            media_type = _media_type(head.fields) or "application/octet-stream"
            return Content(connection.read(limit), media_type, size)

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
        target = f"{self._target(f'thumb/{size}', entry.path)}?{query}"
        asked = {"Accept": "image/webp, image/jpeg"}
        with self._talk.ask("GET", target, asked, cancel) as (connection, head):
            answer.check(self.address, entry.path, head.status, head.fields)
            data = self._whole(connection, head, MOST_PICTURE_BYTES)
        kind = head.fields.get("x-lanslide-picture", "")
        problem = head.fields.get("x-lanslide-problem", "")
        pixels = head.fields.get("x-lanslide-pixels", "")
        measures = re.fullmatch("([0-9]{1,7})x([0-9]{1,7})", pixels)
        width, height = map(int, measures.groups()) if measures else (0, 0)
        data = data if kind in ("preview", "full") else b""
        return Small(data, kind == "full", width, height, problem)

    def converted(self, path: str, longest: int | None = None, cancel: Flag | None = None) -> bytes:
        """Get the picture in a file as a JPEG; nothing if the share can make none of it.

        Its longer side has *longest* pixels at most, which is one of 1024, 2048 and 4096.
        """
        query = "as=jpeg" + (f"&max={longest}" if longest else "")
        target = f"{self._target('download2', path)}?{query}"
        with self._talk.ask("GET", target, {}, cancel) as (connection, head):
            answer.check(self.address, path, head.status, head.fields)
            if head.fields.get("x-lanslide-converted") != "jpeg":
                connection.close()  # what comes is the file itself
                return b""
            return self._whole(connection, head, MOST_CONVERTED_BYTES)

    def details(self, path: str, cancel: Flag | None = None) -> dict[str, str]:
        """Get what is known of the picture in a file: a few lines of text, by name."""
        body = self._told(self._target("api/info", path), path, MOST_DETAIL_BYTES, cancel)
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
        target = self._target("download2", path)
        with self._talk.ask("GET", target, wanted, cancel) as (connection, head):
            answer.check(self.address, path, head.status, head.fields, also)
            size = length = answer.length(self.address, head.fields)
            begin = 0
            if head.status == answer.PARTIAL:
                size = answer.size_of_whole(self.address, head.fields, start, length)
                begin = start
                if start + length != size or head.fields.get("etag") != etag:
                    raise answer.another_part(self.address)
            connection.expect(length)
            yield Download(connection, head, begin, size)

    def look(self, path: str, cancel: Flag | None = None) -> Version:
        """Ask what a file is like now, and for none of it."""
        target = self._target("download2", path)
        with self._talk.ask("HEAD", target, _DIGEST_WANTED, cancel) as (_, head):
            answer.check(self.address, path, head.status, head.fields)
            size = answer.length(self.address, head.fields)
            return Version(size, head.fields.get("etag"), answer.sha_256(head.fields))

    def digest(self, path: str, cancel: Flag | None = None) -> Version:
        """Ask for the SHA-256 of a file, for which the share may have to read all of it.

        Raises Unavailable if it is not ready yet, and Missing also if the share has no digests.
        """
        body = self._told(self._target("api/digest", path), path, MOST_DIGEST_BYTES, cancel)
        try:
            told = json.loads(body)
            return Version(int(told["size"]), told["etag"], bytes.fromhex(told["sha-256"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._odd("told a digest that is none") from error

    def elsewhere(self, address: str) -> "Client":
        """Give a client for the same share at another address, with the same PIN or key."""
        pin, key = self._talk.given
        return Client(
            address,
            patience=self._talk.patience,
            pin=pin,
            key=key,
            fingerprint=self.fingerprint,
        )

    def close(self) -> None:
        """End what is under way and close all connections."""
        self._talk.close()

    def _url(self, route: str, path: str) -> str:
        return self.address + self._target(route, path)

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
        sizes: Iterable[int],
        *,
        start: int = 0,
        is_versioned: bool = False,
    ) -> Iterator[listing.Page]:
        """List a folder in pages of so many entries, and in long ones from then on.

        Versioned, the folder's version is told even if all that is in it has to be looked at.
        """
        offset: int | None = start
        next_sizes = iter(sizes)
        also = "" if is_versioned else "&version=free"
        while offset is not None:
            wanted = f"limit={next(next_sizes, listing.PAGE)}{also}"
            page = self._page(path, offset, wanted, cancel, deadline())
            yield page
            offset = page.next

    def _page(
        self, path: str, offset: int, wanted: str, cancel: Flag | None, deadline: float
    ) -> listing.Page:
        target = f"{self._target('api/folder', path)}?offset={offset}&{wanted}"
        body = self._told(target, path, listing.MOST_BYTES, cancel, deadline)
        try:
            return listing.page(body, path, offset)
        except (ValueError, RecursionError) as error:
            raise self._odd("sent a listing that is not one") from error

    def _told(
        self,
        target: str,
        path: str,
        most: int,
        cancel: Flag | None,
        deadline: float = math.inf,
    ) -> bytes:
        """Get what the share tells of *path*: *most* bytes of it, at most."""
        with self._talk.ask("GET", target, {}, cancel, deadline) as (connection, head):
            answer.check(self.address, path, head.status, head.fields)
            return self._whole(connection, head, most)

    def _whole(self, connection: FileConnection, head: Head, most: int) -> bytes:
        """Read an answer that is kept in memory, so of no more than *most* bytes."""
        length = answer.length(self.address, head.fields)
        if length > most:
            raise self._odd("sent an answer that is far too long")
        connection.expect(length)
        return connection.read()

    def _odd(self, what: str) -> BadAnswer:
        return answer.odd(self.address, what)


def _media_type(fields: Mapping[str, str]) -> str:
    return fields.get("content-type", "").partition(";")[0].strip().lower()
