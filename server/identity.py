"""What a share calls itself on the network."""

from dataclasses import dataclass, field
from secrets import token_hex


@dataclass(frozen=True, slots=True)
class Identity:
    """What a share calls itself.

    Attributes:
        name: for people; nothing about this computer or its user unless the user wrote it.
        id: the same for as long as the same folder is shared, wherever and by whichever address.

    """

    name: str = "Lanslide"
    id: str = field(default_factory=lambda: token_hex(16))
