"""Colours that a file names by numbers (ITU-T H.273) instead of a profile, made into a profile.

Phones and cameras write them into HEICs and AVIFs, above all where a picture is wider or brighter
than a screen for sRGB. A picture brighter than white is shown with its highlights pressed together.
"""

import math
import struct
from collections.abc import Callable

# Red, green and blue as XYZ, seen by the light that profiles are about (D50).
_BT709 = ((0.43604, 0.22248, 0.01392), (0.38511, 0.71691, 0.09707), (0.14305, 0.06061, 0.71391))
_BT2020 = ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685))
_P3 = ((0.51512, 0.24119, -0.00105), (0.29198, 0.69224, 0.04188), (0.1571, 0.06657, 0.78407))
_D50 = 0.9642, 1.0, 0.8249
_PRIMARIES = {9: _BT2020, 12: _P3}

# How bright, in cd/m², white paper is in a picture that has brighter things (ITU-R BT.2408), and
# the brightest that a screen for HLG is taken to show.
_PAPER = 203.0
_BRIGHTEST = 1000.0
# From here on brightness is pressed together, so that all of it is below 1.
_KNEE = 0.6
_STEPS = 4096


def profile(primaries: int, transfer: int) -> bytes | None:
    """Give a profile for colours that are named so; None for sRGB, and what is taken for it.

    Other curves than those below differ little from sRGB's, and are mostly written by mistake.
    """
    light = _LIGHT.get(transfer, _of_srgb)
    if light is _of_srgb and primaries not in _PRIMARIES:
        return None
    values = [round(65_535 * min(light(step / (_STEPS - 1)), 1.0)) for step in range(_STEPS)]
    curve = struct.pack(f">4s4xI{_STEPS}H", b"curv", _STEPS, *values)
    colours = _PRIMARIES.get(primaries, _BT709)
    return _packed(
        {
            b"desc": struct.pack(">4s4xI6s78x", b"desc", 6, b"coded"),
            b"wtpt": _xyz(_D50),
            b"rXYZ": _xyz(colours[0]),
            b"gXYZ": _xyz(colours[1]),
            b"bXYZ": _xyz(colours[2]),
            b"rTRC": curve,
        }
    )


def _of_srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _of_pq(value: float) -> float:
    """Give the light for a value of SMPTE ST 2084; paper is 1 before it is pressed together."""
    root = value ** (1 / 78.84375)
    share = max(root - 0.8359375, 0.0) / (18.8515625 - 18.6875 * root)
    light: float = share ** (1 / 0.1593017578125)
    return _pressed(light * 10_000 / _PAPER)


def _of_hlg(value: float) -> float:
    """Give the light for a value of hybrid log-gamma, on a screen of the usual brightness."""
    if value <= 0.5:
        scene = value * value / 3
    else:
        scene = (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    light: float = scene**1.2
    return _pressed(light * _BRIGHTEST / _PAPER)


def _pressed(light: float) -> float:
    """Leave what is dark as it is, and press all that is brighter together below 1."""
    if light <= _KNEE:
        return light
    room = 1 - _KNEE
    return _KNEE + room * (1 - math.exp((_KNEE - light) / room))


_LIGHT: dict[int, Callable[[float], float]] = {
    4: lambda value: value**2.2,
    5: lambda value: value**2.8,
    8: lambda value: value,
    16: _of_pq,
    18: _of_hlg,
}


def _xyz(values: tuple[float, float, float]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65_536) for value in values))


def _packed(tags: dict[bytes, bytes]) -> bytes:
    """Put the parts of an ICC profile together; one curve does for all three colours."""
    place = 128 + 4 + 12 * (len(tags) + 2)
    index, data = b"", b""
    for name, tag in tags.items():
        where = struct.pack(">II", place + len(data), len(tag))
        shared = (b"rTRC", b"gTRC", b"bTRC") if name == b"rTRC" else (name,)
        index += b"".join(one + where for one in shared)
        data += tag + bytes(-len(tag) % 4)
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        *(place + len(data), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp"),
        *(round(value * 65_536) for value in _D50),
    )
    return head + struct.pack(">I", len(tags) + 2) + index + data
