"""What a share calls itself on the network."""

import hashlib
import hmac
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

LONGEST_NAME = 100
"""Characters."""

_SEED_BYTES = 32
# Joins letters and pictures into one, and is not seen by itself.
_JOINER = "\u200d"
# Names that can be called out across a room, and that say nothing about anybody.
_COLOURS = (
    *("Amber", "Azure", "Bronze", "Copper", "Coral", "Crimson", "Emerald", "Golden"),
    *("Indigo", "Ivory", "Jade", "Lilac", "Maroon", "Mint", "Ochre", "Olive"),
    *("Pearl", "Rose", "Ruby", "Scarlet", "Silver", "Teal", "Turquoise", "Violet"),
)
_BIRDS = (
    *("Avocet", "Bittern", "Crane", "Curlew", "Dunlin", "Egret", "Falcon", "Finch"),
    *("Goldcrest", "Heron", "Ibis", "Jackdaw", "Kestrel", "Lapwing", "Magpie", "Nuthatch"),
    *("Osprey", "Plover", "Raven", "Sparrow", "Swift", "Tern", "Wagtail", "Wren"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a share calls itself.

    Attributes:
        name: for people; nothing about this computer or its user unless the user wrote it.
        id: the same for as long as the same folder is shared, wherever and by whichever address.

    """

    name: str = "Lanslide"
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def host(self) -> str:
        """The name that mDNS gives the computer that shares, instead of its own."""
        return f"lanslide-{hashlib.sha256(self.id.encode()).hexdigest()[:12]}.local"


def identity_of(folder: Path, seed: bytes, name: str = "") -> Identity:
    """Give the share of *folder* its identity: the same again with the same *seed*.

    Neither the folder's name nor its place can be found out from it: whoever has no PIN sees it.
    Without a *name* that the user chose it is one of some five hundred, `Amber Heron` and so on.
    """
    drawn = hmac.digest(seed, str(folder.absolute()).encode(errors="surrogatepass"), "sha256")
    colour, bird = _COLOURS[seed[0] % len(_COLOURS)], _BIRDS[seed[1] % len(_BIRDS)]
    return Identity(cleaned(name) or f"{colour} {bird}", drawn.hex()[:32])


def cleaned(text: str) -> str:
    """Make a name into one line of at most `LONGEST_NAME` characters that steers no display."""
    kept = (one if _is_seen(one) else " " for one in text[: 4 * LONGEST_NAME])
    return " ".join("".join(kept).split())[:LONGEST_NAME].strip()


def usual_seed() -> bytes:
    """Give what this user's identities are made from, drawn at the first time.

    Where it cannot be kept, it is another one each time.
    """
    return seed_in(user_data_path("lanslide", appauthor=False) / "identity")


def seed_in(file: Path) -> bytes:
    """Give the seed that is kept in *file*, or draw one and keep it there, for its user alone."""
    seed = _kept(file)
    if seed is None:
        seed = secrets.token_bytes(_SEED_BYTES)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            new = file.with_name(f"{file.name}-{secrets.token_hex(8)}.new")
            new.touch(mode=0o600)
            new.write_bytes(seed)
            new.replace(file)
    return seed


def _kept(file: Path) -> bytes | None:
    try:
        seed = file.read_bytes()
    except OSError:
        return None
    return seed if len(seed) == _SEED_BYTES else None


def _is_seen(character: str) -> bool:
    category = unicodedata.category(character)
    return character == _JOINER or (category[0] != "C" and category not in ("Zl", "Zp"))
