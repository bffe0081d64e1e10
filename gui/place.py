"""Where a share is, what is known of the way to it, and going there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from gui.client import Client
from gui.errors import (
    BadAddress,
    BadAnswer,
    ClientError,
    Missing,
    SpeaksHttps,
    Unreachable,
    WrongCertificate,
)
from gui.identity import Identity
from gui.listing import plain


@dataclass(frozen=True, slots=True)
class Place:
    """A share, and what is known of the way to it.

    Attributes:
        urls: Where it may be, best first.
        name: For people; empty before the share has told it.
        id: Which share it must be; empty if whatever is there will do.
        is_own: Whether it is the one of this window.
        path: Of the folder to begin with.
        fingerprint: Of its certificate, in hexadecimal; None if that is not known.
        is_to_be_known: Whether the fingerprint is to be remembered once the share is reached.

    """

    urls: tuple[str, ...]
    name: str = ""
    id: str = ""
    is_own: bool = False
    path: str = ""
    pin: str | None = None
    key: str | None = None
    fingerprint: str | None = None
    is_to_be_known: bool = False

    @property
    def shown(self) -> str:
        """What to call it."""
        return plain(self.name) or (urlsplit(self.urls[0]).netloc if self.urls else "")

    @property
    def is_encrypted(self) -> bool:
        """Whether HTTPS is spoken wherever it may be."""
        return all(url.startswith("https:") for url in self.urls)


def reach(place: Place) -> tuple[Client, Identity]:
    """Find the share where it may be; runs on a thread. Raises ClientError.

    The caller closes the client. Whether it is in, the identity tells (`needs_pin`).
    """
    problem: ClientError | None = None
    for url in place.urls:
        try:
            client, identity = _asked(place, url)
        except (Unreachable, BadAnswer, Missing) as error:
            problem = problem or error
        except WrongCertificate as error:
            # The share may still be elsewhere. If not, this is what the user has to hear.
            problem = error
        else:
            if not place.id or identity.id == place.id:
                return client, identity
            client.close()
            problem = problem or BadAnswer(f"Another share than “{place.shown}” is at {url} now.")
    if isinstance(problem, Missing):
        raise BadAnswer(f"{place.urls[0]} does not answer as a share does.") from problem
    raise problem or BadAddress("There is no address.")


def _asked(place: Place, url: str) -> tuple[Client, Identity]:
    client = Client(url, pin=place.pin, key=place.key, fingerprint=place.fingerprint)
    try:
        return client, client.identity()
    except SpeaksHttps:
        client.close()
        return _asked(place, url.replace("http:", "https:", 1))
    except BaseException:
        client.close()
        raise
