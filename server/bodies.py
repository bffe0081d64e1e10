"""Which paths take a body by POST, and the most bytes of it."""

PIN_PATH = "/pin"
LONGEST_FORM = 32_768
"""A PIN, and a URL whose every letter is escaped."""
MOST_SELECTED = 1 << 20
"""The paths of a selection."""


def bodies(*, has_pin: bool) -> dict[str, int]:
    """Give the most bytes for each path; *has_pin* tells whether a PIN can be typed."""
    return {"/zip": MOST_SELECTED} | ({PIN_PATH: LONGEST_FORM} if has_pin else {})
