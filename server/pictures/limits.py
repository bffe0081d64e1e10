"""What a decoder process may use, set by itself before it sees a file."""

import math
import os
import signal
import sys
from functools import cache

# Bytes of address space for one file.
MEMORY = 512 << 20
# Seconds of processor time a file; the program waits a little longer before it steps in.
PROCESSOR = 3
# Seconds until a process that nobody is left to end does so itself.
ALONE = 10
# The same for a conversion, which decodes every pixel of a large picture, and writes it.
MEMORY_TO_CONVERT = 1 << 30
PROCESSOR_TO_CONVERT = 25
ALONE_TO_CONVERT = 75
NICENESS = 10
# More of it for a conversion: behind thumbnails, but not so far that it would never end beside
# other programs.
NICER_TO_CONVERT = 5

if sys.platform == "win32":

    def apply() -> None:
        """Do nothing: the program ends what takes too long, and pictures are measured first."""

    def renew(*, is_conversion: bool) -> None:
        """Do nothing."""

    def rest() -> None:
        """Do nothing."""

else:
    import resource

    def apply() -> None:
        """Take away what no decoder needs, for good."""
        # Libraries that come later would start a thread for every processor.
        os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
        os.nice(NICENESS)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, 0)
        _limit(resource.RLIMIT_NOFILE, 32)

    def renew(*, is_conversion: bool) -> None:
        """Give the next file its own time and memory."""
        memory, processor, alone = MEMORY, PROCESSOR, ALONE
        if is_conversion:
            memory, processor = MEMORY_TO_CONVERT, PROCESSOR_TO_CONVERT
            alone = ALONE_TO_CONVERT
            _step_back()
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = math.ceil(used.ru_utime + used.ru_stime) + processor
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
        signal.alarm(alone)
        if sys.platform == "linux":
            # Counted from here on: the libraries loaded so far are large, the next ones too.
            with open("/proc/self/statm", "rb") as told:  # noqa: PTH123 - for every file
                pages = int(told.read().split()[0])
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + memory, hard))

    @cache
    def _step_back() -> None:
        """Let others go first, for good: what converts does nothing else."""
        os.nice(NICER_TO_CONVERT)

    def rest() -> None:
        """Stop the clock that `renew` started."""
        signal.alarm(0)

    def _limit(which: int, most: int) -> None:
        _, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY or most < hard:
            resource.setrlimit(which, (most, most))
