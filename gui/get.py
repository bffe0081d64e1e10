"""`lanslide-get`: saves files and folders of any share, without a window.

What every save needs is loaded at once: a program that runs for a second feels each import. What
few need is loaded by whoever uses it first: `getpass` and `server.discovery` here, the latter with
asyncio and zeroconf when a share has gone away; TLS in gui/file_connection.py; requests in
gui/conversation.py, for a link's key.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import unquote_to_bytes, urlsplit

from gui import amounts
from gui.client import Client
from gui.errors import ClientError, Missing, PinNeeded, WrongPin
from gui.journal import Journal, usual_folder
from gui.listing import Entry, plain
from gui.saving import HERE, Policy, Save, Summary, View, pace
from gui.typed_address import TypedAddress, typed_address
from server import __version__

if TYPE_CHECKING:
    from server.discovery.nearby import Nearby

PIN_VARIABLE = "LANSLIDE_PIN"
POLICIES = {policy.value.replace(" ", "-"): policy for policy in Policy}
DONE, FAILED, CANNOT, UNVERIFIED, INTERRUPTED = 0, 1, 2, 3, 130
"""What the program ends with."""

_UPDATE = 0.2
_LINES_EVERY = 10.0
"""Seconds between two lines where no terminal is."""

_MOST_NAMED = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Save what is asked for; returns the exit status."""
    asked = _parser().parse_args(arguments)
    _look_for_less_garbage()
    try:
        return _saved(asked)
    except KeyboardInterrupt:
        # Before anything was begun: a save ends in order.
        return INTERRUPTED


def _saved(asked: argparse.Namespace) -> int:
    try:
        address = typed_address(asked.url)
        asked.into.mkdir(parents=True, exist_ok=True)
        client = _entered(address, asked.pin or os.environ.get(PIN_VARIABLE))
    except (ClientError, OSError) as error:
        return _cannot(str(error))
    looking = _Looking()
    try:
        file = _file(asked.url)
        paths = [file, *asked.paths] if file else asked.paths
        wanted, name = _wanted(client, address.path, paths)
        save = Save(
            client,
            wanted,
            asked.into,
            name=name,
            choose=lambda _: POLICIES[asked.if_different],
            find=looking.find,
            patience=asked.wait,
            journal=None if asked.no_resume else Journal(usual_folder()),
        )
        return _run(save)
    except ClientError as error:
        return _cannot(str(error))
    finally:
        looking.close()
        client.close()


def _look_for_less_garbage() -> None:
    """Have Python look for garbage in circles less often: it takes a tenth of the time of a save.

    A file that is saved leaves none; only some that fail do.
    """
    gc.freeze()
    gc.set_threshold(100_000)


def _entered(address: TypedAddress, pin: str | None) -> Client:
    """Get into the share; asks for its PIN if somebody is there to be asked."""
    while True:
        client = Client(address.address, pin=pin, key=address.key, fingerprint=address.fingerprint)
        try:
            needs_pin = _needs_pin(client)
        except BaseException as error:
            client.close()
            if not isinstance(error, WrongPin) or not sys.stdin.isatty():
                raise
            _say(str(error), sys.stderr)
            needs_pin = True
        else:
            if not needs_pin:
                return client
            client.close()
        pin = _typed_pin()
        if pin is None:
            raise PinNeeded(f"{address.address} asks for a PIN (--pin, or {PIN_VARIABLE}).")


def _typed_pin() -> str | None:
    """Ask for the PIN; None if nobody is there to be asked, or nothing is answered (Ctrl+D)."""
    if not sys.stdin.isatty():
        return None
    import getpass

    with suppress(EOFError):
        return getpass.getpass("PIN: ").strip()
    return None


def _needs_pin(client: Client) -> bool:
    try:
        return client.identity().needs_pin
    except WrongPin:
        raise
    except PinNeeded:
        return True
    except Missing:
        return False  # a share of another kind


def _file(url: str) -> str:
    """Give the file that a URL is of, if it is that of one, and not of a folder's page."""
    _, _, rest = urlsplit(url.strip()).path.partition("/")
    road, _, path = rest.partition("/")
    if road not in ("files", "download", "download2") or path.endswith("/"):
        return ""
    return unquote_to_bytes(path).decode(errors="surrogateescape")


def _wanted(client: Client, folder: str, paths: Sequence[str]) -> tuple[list[Entry], str | None]:
    """Give what is to be saved, and its name if it is to go directly into the folder here."""
    if paths:
        return [_entry(client, f"{folder}/{path}".strip("/")) for path in paths], None
    name = folder.rpartition("/")[2] or "share"
    return [Entry(folder, name, "folder")], HERE


def _entry(client: Client, path: str) -> Entry:
    parent, _, name = path.rpartition("/")
    for page in client.pages(parent):
        for entry in page.entries:
            if entry.name == name:
                return entry
    raise Missing(f"“{plain(path)}” is not there.")


def _run(save: Save) -> int:
    """Save, and tell how it goes."""
    with _on_signals(save):
        ended: list[Summary] = []
        thread = threading.Thread(target=lambda: ended.append(save.run()), daemon=True)
        thread.start()
        shown = _Shown(sys.stderr)
        while thread.is_alive():
            thread.join(_UPDATE)
            shown.show(save.view())
        shown.end()
    if not ended:
        return FAILED  # a mistake of ours, which the thread has told
    return _told(ended[0])


def _told(summary: Summary) -> int:
    folder = plain(str(summary.folder))
    files = f"{amounts.files(summary.saved)} ({amounts.size(summary.bytes)})"
    _say(f"Saved {files} in {folder}.", sys.stdout)
    if summary.skipped:
        _say(f"Not fetched, as it was there: {amounts.files(summary.skipped)}.", sys.stdout)
    if summary.unverified:
        told = amounts.files(summary.unverified)
        _say(f"Not verified, as the share tells no digest: {told}.", sys.stderr)
    for failure in summary.failures[:_MOST_NAMED]:
        _say(f"{plain(failure.path)}: {failure.reason}", sys.stderr)
    if summary.failed > _MOST_NAMED:
        _say(f"… and {summary.failed - _MOST_NAMED} more.", sys.stderr)
    if summary.cancelled:
        _say("Interrupted. The same command goes on from here.", sys.stderr)
        return INTERRUPTED
    if summary.stopped:
        _say(f"{summary.stopped} The same command goes on from here.", sys.stderr)
    if summary.stopped or summary.failed or summary.left:
        return FAILED
    return UNVERIFIED if summary.unverified else DONE


class _Shown:
    """Tells how far a save is: in one line that changes, or now and then in another one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._changes = stream.isatty()
        self._samples: list[tuple[float, int]] = []
        self._told_at = time.monotonic()
        self._was_away = False

    def show(self, view: View) -> None:
        """Tell it, if it is time to."""
        now = time.monotonic()
        self._samples = [*self._samples[-100:], (now, view.bytes_done)]
        is_away = view.away is not None
        if self._changes:
            self._stream.write(f"\r\x1b[2K{self._line(view)[: _width(self._stream)]}")
            self._stream.flush()
        elif now - self._told_at >= _LINES_EVERY or is_away != self._was_away:
            _say(self._line(view), self._stream)
            self._told_at = now
        self._was_away = is_away

    def end(self) -> None:
        """Leave the line empty for what is said next."""
        if self._changes:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()

    def _line(self, view: View) -> str:
        if view.away is not None:
            seconds = max(0, round(view.away.next_look - time.monotonic()))
            return f"{view.away.reason} Looking again in {seconds} s (Ctrl+C ends it)."
        speed = pace(self._samples, view.bytes_total)
        done = view.files_done + view.files_skipped + view.files_failed
        total = f"{view.files_total}{'+' if view.walking else ''}"
        share = 1.0 if not view.bytes_total else min(1.0, view.bytes_done / view.bytes_total)
        told = [
            f"{_bar(share)} {share:4.0%}",
            f"{done} of {total} files",
            f"{amounts.size(view.bytes_done)} of {amounts.size(view.bytes_total)}",
            f"{amounts.size(round(speed.rate))}/s",
        ]
        if speed.left is not None and not view.walking:
            told.append(f"{amounts.duration(speed.left)} left")
        if view.files_failed:
            told.append(f"{view.files_failed} failed")
        return "  ".join([*told, plain(view.current)])


class _Looking:
    """Looks for shares nearby, from the first time that one is missed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nearby: Nearby | None = None

    def find(self, share: str) -> Sequence[str]:
        """Give the addresses of a share, best first; none while it is announced nowhere."""
        from server.discovery.nearby import Nearby

        with self._lock:
            if self._nearby is None:
                self._nearby = Nearby(lambda: None)
            nearby = self._nearby
        return [url for one in nearby.shares() if one.id == share for url in one.urls]

    def close(self) -> None:
        """Look no more."""
        with self._lock:
            if self._nearby is not None:
                self._nearby.close()


@contextmanager
def _on_signals(save: Save) -> Iterator[None]:
    """Have the first signal end the save in order, and the second one at once."""

    def end(number: int, _frame: object) -> None:
        save.cancel()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bar(share: float, cells: int = 20) -> str:
    return "[" + ("#" * round(share * cells)).ljust(cells, ".") + "]"


def _width(stream: TextIO) -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns - 1
    return 79


def _cannot(sentence: str) -> int:
    _say(f"lanslide-get: {sentence}", sys.stderr)
    return CANNOT


def _say(text: str, stream: TextIO) -> None:
    with suppress(BrokenPipeError):
        stream.write(f"{text}\n")
        stream.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "lanslide-get",
        description="Save files and folders that a Lanslide shares. What is there already is not "
        "fetched again, and what was interrupted goes on: just give the same command once more.",
        epilog="Ends with 0 if everything is there and verified, 1 if something is missing, 2 if "
        "nothing could begin, 3 if the share tells no digests to verify with, 130 if interrupted.",
    )
    parser.add_argument("url", metavar="URL", help="the share's address, its link, or a file of it")
    parser.add_argument(
        "paths", metavar="PATH", nargs="*", help="a file or folder of the share (default: all)"
    )
    parser.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="where to; made if need be"
    )
    parser.add_argument(
        "--pin",
        help=f"the share's PIN (the variable {PIN_VARIABLE} does not show in lists of processes)",
    )
    parser.add_argument(
        "--if-different",
        choices=POLICIES,
        default="keep-both",
        help="what to do with a file if another one has its name (default: %(default)s)",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="how long to wait for a share that goes away (default: until it is back)",
    )
    parser.add_argument(
        "--no-resume", action="store_true", help="leave nothing behind to go on with"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
