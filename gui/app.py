"""Makes every object of the program once and connects them.

The only module of the window that knows the server, which runs on threads of this process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Flask
from PySide6.QtCore import QSettings
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QApplication

from gui import icons, picture
from gui.background import Background
from gui.interrupt import quit_on_signals
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.sharing import NotShareable, Sharing
from gui.theme import Theme
from server.address import Address, addresses
from server.app import create_app
from server.digests import Digests, usual_file
from server.folder import CannotShare, SharedFolder, check
from server.pictures.service import Pictures, usual_cache_folder
from server.share import CannotListen, Share, url

LOOPBACK = "127.0.0.1"
TILES_KB = 64 * 1024  # scaled tiles: some five hundred at the usual size


class LocalShare:
    """The share of this computer: always on loopback for the window, on the network when asked.

    Two `Share`s serve one application, so that switching the network off cuts other devices off
    and leaves alone what the window itself is doing. May be used from any thread, one at a time.

    Args:
        port: where to listen, or the next free one.
        find_addresses: tells the addresses that other devices can use.
        kept_digests: the file that digests are kept in, if they are.
        pictures: makes the thumbnails, whatever folder is shared; whoever gives it closes it.

    """

    def __init__(
        self,
        port: int,
        find_addresses: Callable[[], Sequence[Address]] = addresses,
        kept_digests: Path | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self._port = port
        self._find_addresses = find_addresses
        self._kept_digests = kept_digests
        self._pictures = pictures
        self._lock = threading.Lock()
        self._application: Flask | None = None
        self._digests: Digests | None = None
        self._local: Share | None = None
        self._network: Share | None = None

    def open(self, folder: Path) -> str:
        """Share *folder* on loopback instead of what was shared; see `gui.sharing.OwnShare`."""
        try:
            check(folder)
        except CannotShare as error:
            raise NotShareable(str(error)) from error
        shared = SharedFolder(folder)
        digests = Digests(shared, self._kept_digests)
        application = create_app(shared, digests, self._pictures)
        with self._lock:
            self._stop()
            self._application, self._digests = application, digests
            self._local = Share(application, LOOPBACK, self._port, next_free=True)
            _start(self._local)
            return self._local.address

    def open_to_network(self) -> Sequence[str]:
        """Listen on every usable address too, on the same port if it is free there."""
        with self._lock:
            if self._local is None or self._application is None:
                raise NotShareable("Open a folder first, then share it.")
            hosts = [address.host for address in self._find_addresses()]
            if not hosts:
                raise NotShareable(
                    "This computer is on no network now, so no other device could reach it."
                )
            network = Share(self._application, hosts, self._local.port, next_free=True)
            _start(network)
            self._network = network
            return [url(host, network.port) for host in hosts]

    def close_to_network(self) -> None:
        """Cut every other device off; what the window is doing goes on."""
        with self._lock:
            if self._network is not None:
                self._network.stop()
                self._network = None

    def close(self) -> None:
        """End it all."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._digests is not None:
            self._digests.close()
        for share in (self._network, self._local):
            if share is not None:
                share.stop()
        self._network = self._local = None


def _start(share: Share) -> None:
    try:
        share.start()
    except CannotListen as error:
        raise NotShareable(str(error)) from error


def run(folder: Path | None, port: int) -> int:
    """Show the window until it is closed; returns the exit status."""
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Lanslide")
    application.setOrganizationName("Lanslide")
    application.setDesktopFileName("lanslide")
    application.setWindowIcon(icons.application())
    picture.limit_memory()
    QPixmapCache.setCacheLimit(TILES_KB)
    theme = Theme(application)
    settings = Settings(QSettings())
    background = Background()
    pictures = Pictures(usual_cache_folder())
    own = LocalShare(port, kept_digests=usual_file(), pictures=pictures)
    window = MainWindow(background, Sharing(own, background), settings, theme)
    with quit_on_signals(application):
        window.show()
        window.open_folder(first_folder(folder, settings.shared_folder))
        try:
            return application.exec()
        finally:
            pictures.close()
            own.close()
            background.stop()


def first_folder(asked: Path | None, last: Path | None) -> Path:
    """Return the folder to begin with: what was asked for, else the last one, else the samples."""
    if asked is not None:
        return asked
    if last is not None and last.is_dir():
        return last
    return sample_pictures()


def sample_pictures() -> Path:
    """Return the folder of pictures that come with the program."""
    here = Path(__file__).parent
    installed = here / "sample_pictures"
    return installed if installed.is_dir() else here.parent / "images"
