"""`lanslide-serve`: shares a folder without a window."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from server import __version__
from server.address import addresses
from server.app import create_app
from server.digests import Digests, usual_file
from server.folder import CannotShare, SharedFolder, check
from server.pictures.service import Pictures, usual_cache_folder
from server.share import CannotListen, Share, url

PORT = 5000
_EVERYWHERE = {"0.0.0.0": 4, "::": 6}  # noqa: S104 - what the user may ask for


def main(arguments: Sequence[str] | None = None) -> int:
    """Share a folder until the program is told to end."""
    asked = _parser().parse_args(arguments)
    usual = asked.port is None
    try:
        check(asked.folder)
        folder = SharedFolder(asked.folder)
        digests = Digests(folder, usual_file())
        pictures = Pictures(usual_cache_folder())
        share = Share(
            create_app(folder, digests, pictures),
            asked.host,
            PORT if usual else asked.port,
            next_free=usual,
        )
        share.start()
    except (CannotShare, CannotListen) as problem:
        _say(f"lanslide-serve: {problem}", sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    _say(share.address, sys.stdout)
    _tell(asked.host, share.port, usual)
    # Windows delivers no signal to a wait without end.
    while not ended.wait(1):
        pass
    digests.close()
    pictures.close()
    share.stop()
    return 0


def _tell(host: str, port: int, usual: bool) -> None:
    if usual and port != PORT:
        _say(f"Port {PORT} is taken by another program; this share is on port {port}.", sys.stderr)
    for address in addresses():
        if (6 if ":" in address.host else 4) == _EVERYWHERE.get(host):
            _say(url(address.host, port), sys.stdout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "lanslide-serve", description="Share a folder with everyone on your local network."
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        help="the folder to share (default: the current one)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 for the whole network (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help=f"the port to listen on; 0 for any free one (default: {PORT}, or the next free one)",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 5 or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; a port is 0 to 65535.")
    return int(text)


def _say(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
