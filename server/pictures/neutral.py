"""The picture for a file of which there is none."""

from pathlib import Path

NEUTRAL = (Path(__file__).parent / "neutral.png").read_bytes()
