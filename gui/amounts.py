"""Amounts in plain English, for a terminal; the window's words.py follows the user's locale."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: int) -> str:
    """Give a number of bytes as "12.3 MB"."""
    amount, unit = float(count), 0
    while amount >= 999.95 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[0]}" if not unit else f"{amount:.1f} {_UNITS[unit]}"


def files(count: int) -> str:
    """Give a number of files as "1 file" or "2,000 files"."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Give a time as "1:05", or "2:01:05" if it takes hours."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
