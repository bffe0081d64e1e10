"""A file of a share on its way, and what is told about it."""

from dataclasses import dataclass

from gui import answer
from gui.file_connection import FileConnection, Head


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

    def taken(self) -> memoryview:
        """Give what has come already, of most small files all; it lasts as long as the download.

        Once, and before `read_into`: it saves a copy of every byte.
        """
        return self._connection.taken()

    def read_into(self, buffer: memoryview) -> int:
        """Put what has come into *buffer* and give how much; 0 after exactly `size - start` bytes.

        Raises ClientError if it cannot be so many.
        """
        return self._connection.read_into(buffer)


def is_strong(etag: str | None) -> bool:
    """Tell whether *etag* stands for the very bytes of a file, so that a part can be added to."""
    return etag is not None and etag.startswith('"')
