"""A thread that runs an event loop, as zeroconf wants it."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

# Seconds.
_ENDS_IN = 0.9

_log = logging.getLogger(__name__)


class LoopThread:
    """An event loop on a thread of its own; may be used from any thread."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ended = False

    def do(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        """Have *work* done there; what goes wrong in it is logged."""
        doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        doing.add_done_callback(_log_mistake)
        return doing

    def call(self, act: Callable[[], object]) -> None:
        """Have *act* called there, if it has not ended."""
        with suppress(RuntimeError):
            # It may have ended meanwhile.
            self._loop.call_soon_threadsafe(act)

    def end(self, last: Coroutine[Any, Any, None]) -> None:
        """Do *last*, then end what else goes on, and wait for it for a second at most."""
        if self._ended:
            last.close()
            return
        self._ended = True
        with suppress(TimeoutError):
            self.do(last).result(_ENDS_IN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        # Here, as whoever ends it may be in the middle of a loop of its own.
        self._loop.run_until_complete(_cancel_all())
        self._loop.close()


def _log_mistake(doing: Future[None]) -> None:
    if not doing.cancelled() and (error := doing.exception()) is not None:
        _log.error("Something went wrong in looking for shares.", exc_info=error)


async def _cancel_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    # Sockets are closed in the turn after the one that asks for it.
    for _ in range(2):
        await asyncio.sleep(0)
