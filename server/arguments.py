"""What `lanslide-serve` can be asked for on its command line."""

import argparse
import os
from pathlib import Path

from server import __version__

PORT = 5000
PIN_VARIABLE = "LANSLIDE_PIN"


def parser() -> argparse.ArgumentParser:
    """Give what reads the command line."""
    reading = argparse.ArgumentParser(
        "lanslide-serve", description="Share a folder with everyone on your local network."
    )
    reading.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        help="the folder to share (default: the current one)",
    )
    reading.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for the whole network (default: %(default)s)",
    )
    reading.add_argument(
        "--port",
        type=_port,
        help=f"the port to listen on; 0 for any free one (default: {PORT}, or the next free one)",
    )
    who = reading.add_mutually_exclusive_group()
    who.add_argument(
        "--pin",
        help="what other devices have to type, 6 digits or more (default: a random one; "
        f"the variable {PIN_VARIABLE} does not show in lists of processes)",
    )
    who.add_argument("--open", action="store_true", help="let everybody on the network in")
    reading.add_argument(
        "--name",
        default="",
        help="what others see the share as (default: a drawn name that says nothing about you)",
    )
    reading.add_argument(
        "--no-announce",
        dest="announce",
        action="store_false",
        help="let no other Lanslide find the share by itself (mDNS)",
    )
    reading.add_argument(
        "--https",
        action="store_true",
        help="encrypt everything, with a certificate of this user's own, which browsers warn about",
    )
    reading.add_argument(
        "--qr",
        action="store_true",
        help="print the link as a QR code even if the output is not a terminal",
    )
    reading.add_argument(
        "--quiet",
        action="store_true",
        help="do not tell (on standard error) what devices look at and take",
    )
    reading.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return reading


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; a port is 0 to 65535.")
    return int(text)


def pin_of(asked: argparse.Namespace) -> str | None:
    """Give the PIN that the user wants, if it is a certain one; from the environment, too."""
    pin: str | None = asked.pin
    return pin if pin is not None or asked.open else os.environ.get(PIN_VARIABLE)
