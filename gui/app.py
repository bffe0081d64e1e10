"""Makes every object of the program once and connects them.

Only this module and `gui.local_share` know the server, which runs on threads of this process.
"""

from __future__ import annotations

import gc
import linecache
import logging
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QPixmapCache
from PySide6.QtWidgets import QApplication

from gui import icons, loading, picture
from gui.admission import Admission
from gui.background import Background
from gui.folder_path import is_folder
from gui.interrupt import on_signals
from gui.local_share import LocalShare, access_with
from gui.main_window import SCHEMES, MainWindow
from gui.nearby import Nearby
from gui.own_share import Choice
from gui.settings import Settings
from gui.sharing import Sharing
from gui.single_copy import Copies, usual_folder
from gui.theme import Theme
from server.digests import usual_file
from server.identity import usual_seed
from server.pictures.service import Pictures, usual_cache_folder
from server.wakefulness import Wakefulness, changing

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from gui.journal import Journal
    from server.discovery.announced import Announced
    from server.discovery.announcement import Announcement
    from server.discovery.nearby import Nearby as Finder

DEFAULT_PORT = 5000
# The one that takes its colours from the palette on all three systems. Qt has this option for it;
# its `setStyle` hands out a style, and Qt for Python then makes the names of all parts of styles.
STYLE = ("-style", "Fusion")
TILES_KB = 64 * 1024  # scaled tiles: some five hundred at the usual size
# Seconds that the window waits for a thread of the server's to let go of the interpreter; Python's
# own 5 ms can be seen, several times in one paint.
LONGEST_TURN = 0.0005
# After the start. What is loaded then takes a while, and the first pictures come before that.
LOADS_THE_REST_MS = 1000


def run(folder: Path | None, port: int | None) -> int:
    """Show the window until it is closed; returns the exit status.

    Without *port* the window of the copy that runs already is shown, if there is one.
    """
    application = QApplication([*sys.argv[:1], *STYLE])
    application.setApplicationName("Lanslide")
    application.setOrganizationName("Lanslide")
    application.setDesktopFileName("lanslide")
    copies = copies_of_user() if port is None else None
    if copies is not None and not copies.be_first() and copies.hand_over(folder):
        return 0
    prepare(application)
    settings = Settings(QSettings())
    theme = Theme(application, SCHEMES[settings.scheme])
    # Ended in the order that is the other way round.
    with ExitStack() as at_end:
        background = Background()
        at_end.callback(background.stop)
        pictures = Pictures(usual_cache_folder())
        pictures.expect()  # it loads beside what follows
        own = own_share(DEFAULT_PORT if port is None else port, settings, pictures)
        at_end.callback(own.close)
        at_end.callback(pictures.close)
        sharing = sharing_of(own, settings)
        at_end.callback(sharing.stop)
        nearby = Nearby(lambda changed: finder(changed, lambda: [own.id]))
        at_end.callback(nearby.stop)
        QTimer.singleShot(LOADS_THE_REST_MS, lambda: load_the_rest(background, nearby))
        window = MainWindow(background, sharing, settings, theme, nearby, journal=journal)
        is_saving = changing(lambda: window.bytes_saved)
        at_end.callback(Wakefulness(lambda: is_saving() or own.is_moving()).stop)
        if copies is not None:
            at_end.callback(copies.close)
            copies.asked.connect(window.take_over)
            QTimer.singleShot(LOADS_THE_REST_MS, copies.listen)
        # Ended while signals are still taken: a second one is not to cut that short.
        with on_signals(lambda: _end(application, window)), at_end.pop_all():
            window.show()
            open_first(window, folder, settings.shared_folder)
            return application.exec()


def own_share(port: int, settings: Settings, pictures: Pictures) -> LocalShare:
    """Make this computer's own share as the user wants it; no folder is shared yet."""
    kept = settings.kept_pin
    return LocalShare(
        port,
        kept_digests=usual_file(),
        pictures=pictures,
        access=access_with(*kept) if kept is not None else None,
        keeps_pin=kept is not None,
        name=settings.share_name,
        seed=usual_seed(),
        announce=announcement,
        encrypts=settings.encrypts,
    )


def sharing_of(own: LocalShare, settings: Settings) -> Sharing:
    """Make what steers the share, and have remembered what the user chooses there."""
    made = Sharing(own, choice=Choice(settings.left_out, settings.preferred))
    made.chose.connect(lambda choice: keep_choice(settings, choice))
    made.admission_changed.connect(lambda admission: keep_pin(settings, admission))
    made.encrypted.connect(lambda encrypts: keep_encryption(settings, encrypts))
    return made


def open_first(window: MainWindow, asked: Path | None, last: Path | None) -> None:
    """Open the folder to begin with; if the last one has gone, say so."""
    window.open_folder(first_folder(asked, last))
    if asked is None and last is not None and not is_folder(last):
        window.show_problem(f"“{last}” is not there any more, so these are sample pictures.")


def announcement(announced: Announced) -> Announcement:
    """Announce a share; what does it is loaded by then."""
    from server.discovery.announcement import Announcement

    return Announcement(announced)


def load_the_rest(background: Background, nearby: Nearby) -> None:
    """Load what the first screen does not show, off the GUI thread; then look for shares."""
    look_for_garbage()
    background.run(
        sweep,
        then=lambda _: None,
        failed=lambda error: log.warning("Old copies stay", exc_info=error),
    )
    background.run(
        loading.load_the_rest,
        then=lambda _: _begin(nearby),
        failed=lambda error: log.error("Nobody can look for shares", exc_info=error),
    )


def _begin(nearby: Nearby) -> None:
    look_for_garbage()
    nearby.begin()


def look_for_garbage() -> None:
    """Have the interpreter look for garbage, from now on, in what is still to come.

    What is there already mostly stays. To look through all of it, which it does at some moment when
    much has come, takes 50 ms, in which the window stands still.
    """
    gc.freeze()
    gc.enable()


def sweep() -> None:
    """Remove the copies that a program which was killed has left."""
    from gui import temporary

    temporary.sweep(temporary.usual_place())


def journal() -> Journal:
    """Return the user's journal of saves."""
    from gui.journal import Journal, usual_folder

    return Journal(usual_folder())


def finder(changed: Callable[[], None], own: Callable[[], Collection[str]]) -> Finder:
    """Look for shares; what does it is loaded by then."""
    from server.discovery.nearby import Nearby as Finder

    return Finder(changed, own)


def copies_of_user() -> Copies | None:
    """Return what knows the copies of the program, if they can meet at all."""
    folder = usual_folder()
    return Copies(folder) if folder is not None else None


def prepare(application: QApplication) -> None:
    """Set what holds for the whole process, before there is a window."""
    application.setWindowIcon(icons.application())
    picture.limit_memory()
    QPixmapCache.setCacheLimit(TILES_KB)
    sys.setswitchinterval(LONGEST_TURN)
    # Qt for Python has had the source of every module read, and nothing will ask for it again.
    linecache.clearcache()


def _end(application: QApplication, window: MainWindow) -> None:
    """End without a question: whoever sends a signal may not be there to answer."""
    window.close_at_once()
    application.quit()


def keep_pin(settings: Settings, admission: Admission) -> None:
    """Remember the PIN for the next start, or forget it, as the user wants it."""
    settings.kept_pin = (admission.pin, admission.secret) if admission.is_kept else None


def keep_encryption(settings: Settings, encrypts: bool) -> None:
    """Remember for the next start whether the share is HTTPS."""
    settings.encrypts = encrypts


def keep_choice(settings: Settings, choice: Choice) -> None:
    """Remember for the next start which networks others are let in by, and which is first."""
    settings.left_out, settings.preferred = choice.left_out, choice.preferred


def first_folder(asked: Path | None, last: Path | None) -> Path:
    """Return the folder to begin with: what was asked for, else the last one, else the samples."""
    if asked is not None:
        return asked
    if last is not None and is_folder(last):
        return last
    return sample_pictures()


def sample_pictures() -> Path:
    """Return the folder of pictures that come with the program."""
    here = Path(__file__).parent
    installed = here / "sample_pictures"
    return installed if is_folder(installed) else here.parent / "images"
