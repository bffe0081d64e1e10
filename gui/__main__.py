"""lanslide: the window, or without a display the same share without one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gui import loading
from server import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    if options.install_launcher or options.remove_launcher:
        return _change_launcher(install=options.install_launcher)
    if not has_display():
        print(  # noqa: T201 - said to whoever started it in a terminal
            "There is no display for a window, so this goes on as lanslide-serve.",
            file=sys.stderr,
            flush=True,
        )
        from server.__main__ import main as serve

        return serve([] if options.folder is None else [str(options.folder)])
    # Imported late: all this takes a while to load and is not needed by what stands above.
    loading.load_before_qt()
    from gui import app

    return app.run(options.folder and options.folder.absolute(), options.port)


def has_display() -> bool:
    """Tell whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lanslide",
        description="Share a folder of pictures with everyone on your local network.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="the folder to share (default: the last one, at first some sample pictures)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        help="the port to answer on, in a window of its own; if it is taken, the next free one "
        "(default: 5000, in the window that is open already if there is one)",
    )
    launcher = parser.add_mutually_exclusive_group()
    launcher.add_argument(
        "--install-launcher",
        action="store_true",
        help="put Lanslide into the desktop's menu, then exit",
    )
    launcher.add_argument(
        "--remove-launcher", action="store_true", help="take it out again, then exit"
    )
    parser.add_argument("--version", action="version", version=f"Lanslide {__version__}")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _change_launcher(*, install: bool) -> int:
    from gui import launcher

    try:
        place = launcher.install() if install else launcher.remove()
    except launcher.LauncherError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as above
        return 1
    if install:
        print(f"Lanslide is in the menu now: {place}")  # noqa: T201 - as above
    else:
        print("Lanslide is not in the menu any more.")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
