"""What a share tells about itself to everybody."""

import json
from dataclasses import dataclass

MOST_BYTES = 4096
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """What a share tells about itself; anybody's text.

    Attributes:
        id: The same wherever the same folder is shared.
        name: For people.
        needs_pin: Whether it wants a PIN before anything else.

    """

    id: str
    name: str
    needs_pin: bool


def identity(body: bytes) -> Identity:
    """Read what a share sent; raises ValueError or RecursionError if it is something else."""
    told = json.loads(body)
    if not isinstance(told, dict):
        raise ValueError("Not an object.")  # noqa: TRY004 - as whatever else is wrong with it
    found = Identity(told.get("id", ""), told.get("name", ""), told.get("needs_pin", False))
    texts = [found.id, found.name]
    if not all(isinstance(text, str) and 0 < len(text) <= LONGEST for text in texts):
        raise ValueError("Not a name.")
    if not isinstance(found.needs_pin, bool):
        raise ValueError("Neither yes nor no.")  # noqa: TRY004 - as above
    return found
