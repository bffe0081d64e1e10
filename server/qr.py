"""A QR code as text, for a terminal."""

from typing import TextIO

import segno


def draw(text: str, stream: TextIO) -> bool:
    """Draw *text* on *stream* in half blocks; False if it has no letters for them."""
    try:
        "█▀▄".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    segno.make(text, error="m", micro=False).terminal(out=stream, compact=True)
    stream.flush()
    return True
