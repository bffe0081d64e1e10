"""What can go wrong with a share, each with a sentence for people as its text.

::

    ClientError
    ├── BadAddress       this cannot be the address of a share
    ├── Unreachable      nothing answers there
    │   └── Interrupted  it answered, then broke off or stalled
    ├── Untrusted        it may be another one than it says: nothing was asked
    │   └── WrongCertificate  it is another one
    ├── Missing          it has no such file or folder (any more)
    ├── Refused          it does not let us have it
    │   ├── PinNeeded    it asks for a PIN
    │   ├── WrongPin     the PIN is not its own
    │   ├── TooManyTries it was given too many wrong PINs to look at another
    │   └── Blocked      whoever shares it has blocked this computer
    ├── Unavailable      it cannot give out anything just now
    ├── Unvouched        it has digests, and never told that of a file that came
    ├── BadAnswer        what came is not what a share sends
    │   ├── SpeaksHttps  it is a share, but it speaks HTTPS only
    │   └── Damaged      a file came twice, and was never what the share says it is
    └── Cancelled        we stopped it ourselves
"""


class ClientError(Exception):
    """A share could not be used; the text is a sentence for people."""


class BadAddress(ClientError):
    """No share can have this address."""


class Unreachable(ClientError):
    """Nothing answers at the address."""


class Interrupted(Unreachable):
    """The share answered, then broke off or stalled."""


class Untrusted(ClientError):
    """Nobody has said yet that this is the share's certificate.

    Attributes:
        fingerprint: The SHA-256 of the certificate that came, in hexadecimal digits.

    """

    def __init__(self, sentence: str, fingerprint: str) -> None:
        super().__init__(sentence)
        self.fingerprint = fingerprint


class WrongCertificate(Untrusted):
    """The certificate is another one than the share's."""


class Missing(ClientError):
    """The share has no such file or folder."""


class Refused(ClientError):
    """The share does not let us have it."""


class PinNeeded(Refused):
    """The share asks for a PIN."""


class WrongPin(Refused):
    """The PIN is not the share's."""


class TooManyTries(Refused):
    """The share was given too many wrong PINs to look at another one.

    Attributes:
        wait: In seconds, until it looks at one again; None if it does not say.

    """

    def __init__(self, sentence: str, wait: int | None) -> None:
        super().__init__(sentence)
        self.wait = wait


class Blocked(Refused):
    """Whoever shares it has blocked this computer."""


class Unavailable(ClientError):
    """The share cannot give out anything just now."""


class Unvouched(ClientError):
    """The share has digests, and did not tell that of a file in all the time that it may take."""


class BadAnswer(ClientError):
    """What came is not what a share sends."""


class SpeaksHttps(BadAnswer):
    """The share speaks HTTPS only, at the same address and port."""


class Damaged(BadAnswer):
    """What came of a file has another digest than the share tells for it."""


class Cancelled(ClientError):
    """We stopped it ourselves."""
