"""The GUI thread's wish to go first, as the kernel that runs the tests has it."""

import ctypes
import os
import platform
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest

from gui import promptness

ATTRIBUTES = struct.Struct("=IIQiIQQQ")
GETATTR = {"x86_64": 315, "aarch64": 275, "riscv64": 275}.get(platform.machine())


def attributes() -> tuple[int, int, int]:
    """Give policy, nice and turn (in ns, 0 before Linux 6.12) of the calling thread."""
    told = ctypes.create_string_buffer(ATTRIBUTES.size)
    ctypes.CDLL(None).syscall(GETATTR, 0, told, ATTRIBUTES.size, 0)
    _, policy, _, nice, _, turn, _, _ = ATTRIBUTES.unpack(told.raw)
    return policy, nice, turn


@pytest.mark.skipif(sys.platform != "linux" or not GETATTR, reason="other systems have no turns")
def test_who_goes_first_has_shorter_turns_and_is_as_nice_as_before() -> None:
    def after() -> tuple[int, int, int]:
        os.nice(1)
        promptness.go_first()
        return attributes()

    before = attributes()
    if not before[2]:
        pytest.skip("this Linux gives everybody the same turns")
    told = list[tuple[int, int, int]]()

    def begin() -> None:
        told.append(after())
        inner = Thread(target=lambda: told.append(attributes()))
        inner.start()
        inner.join()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(begin).result()
    (policy, nice, turn), (_, _, of_another) = told
    assert (policy, nice) == (before[0], before[1] + 1)
    assert turn < before[2] == of_another
