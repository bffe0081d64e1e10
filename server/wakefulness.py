"""Keeps the computer from falling asleep while bytes are moving, and no longer."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

LOOK_EVERY = 3.0
# Seconds without a byte after which the computer may sleep; between two pictures there are some.
LINGERS_FOR = 10.0
_PATIENCE = 5

_log = logging.getLogger(__name__)


class CannotKeepAwake(Exception):
    """The system offers no way to it; says what was tried."""


class Wakefulness:
    """Keeps the computer awake while bytes are moving, until it is stopped.

    The display may go dark. Where the system cannot be kept awake it is tried once and said in
    the log, and does no harm.

    Args:
        is_moving: tells whether bytes are moving to or from this computer; cheap, and called on
            a thread of its own.
        keep_awake: a context in which the computer does not sleep; raises `CannotKeepAwake`.

    """

    def __init__(
        self,
        is_moving: Callable[[], bool],
        keep_awake: Callable[[], AbstractContextManager[None]] | None = None,
        *,
        look_every: float = LOOK_EVERY,
        lingers_for: float = LINGERS_FOR,
    ) -> None:
        self._is_moving, self._keep_awake = is_moving, keep_awake or without_sleep
        self._look_every, self._lingers_for = look_every, lingers_for
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wakefulness", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let the computer sleep again, and wait for that."""
        self._ended.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        try:
            while self._wait_for(moving=True):
                with self._keep_awake():
                    self._wait_for(moving=False)
        except CannotKeepAwake as problem:
            _log.info("This computer may fall asleep during a transfer: %s", problem)

    def _wait_for(self, *, moving: bool) -> bool:
        """Wait until bytes are moving, or have not been for a while; False at the end."""
        moved = time.monotonic()
        while not self._ended.wait(self._look_every):
            is_moving, now = self._is_moving(), time.monotonic()
            if is_moving:
                moved = now
            if is_moving if moving else now - moved > self._lingers_for:
                return True
        return False


def changing(count: Callable[[], int]) -> Callable[[], bool]:
    """Give what tells whether *count* is another number than when it was asked last."""
    before = count()

    def has_changed() -> bool:
        nonlocal before
        last, before = before, count()
        return before != last

    return has_changed


@contextmanager
def without_sleep() -> Iterator[None]:
    """Give a context in which the system does not suspend; to be left on the same thread.

    wakepy asks the desktop for it (D-Bus on Linux), and takes a fifth of a second to be imported,
    so it is not before it is needed.
    """
    try:
        from wakepy import keep
    except (ImportError, OSError) as error:
        raise CannotKeepAwake(str(error)) from error
    try:
        with keep.running(on_fail="pass") as mode:
            if not mode.active:
                raise CannotKeepAwake(" ".join(mode.result.get_failure_text().split()))
            yield
    except RuntimeError as error:
        # Whom it had asked is not there any more.
        raise CannotKeepAwake(str(error)) from error
