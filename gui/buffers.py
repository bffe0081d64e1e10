"""Memory that bytes from the network are put into, and written to the disk from."""

import mmap


def memory(size: int) -> mmap.mmap:
    """Give memory for *size* bytes, to be used again and again.

    It begins at a page, as what the system has of a file does. A `bytearray` begins some bytes
    later, and then AMD's processors (Zen 3, Zen 4) copy at half their pace from one to the other.
    """
    return mmap.mmap(-1, size)
