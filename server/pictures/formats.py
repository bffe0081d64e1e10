"""What kind of picture a file is, told by how it begins; and whether it can be decoded here."""

import os
from enum import StrEnum
from functools import cache
from importlib.util import find_spec

# How much of a file `family` wants to see.
HEAD = 1024


class Family(StrEnum):
    """Files that one decoder reads."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    AVIF = "avif"
    BMP = "bmp"
    TIFF = "tiff"
    HEIF = "heif"
    JXL = "jxl"
    SVG = "svg"
    RAW = "raw"
    VIDEO = "video"


_NEEDED = {
    Family.HEIF: "pi_heif",
    Family.JXL: "pylibjxl",
    Family.SVG: "resvg_py",
    Family.RAW: "rawpy",
    Family.VIDEO: "av",
}
_MAGIC = (
    (b"\xff\xd8\xff", Family.JPEG),
    (b"\x89PNG\r\n\x1a\n", Family.PNG),
    (b"GIF87a", Family.GIF),
    (b"GIF89a", Family.GIF),
    (b"BM", Family.BMP),
    (b"\xff\x0a", Family.JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Family.JXL),
    (b"\x1a\x45\xdf\xa3", Family.VIDEO),
    (b"FUJIFILMCCD-RAW", Family.RAW),
    (b"IIU\0", Family.RAW),
    (b"IIRO", Family.RAW),
    (b"IIRS", Family.RAW),
    (b"MMOR", Family.RAW),
    (b"FOVb", Family.RAW),
    (b"\0MRM", Family.RAW),
)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Raw pictures whose container is a TIFF: only their names tell them apart.
_RAW_ENDINGS = frozenset(
    {"3fr", "arw", "cr2", "dcr", "dng", "erf", "fff", "iiq", "k25", "kdc", "mef", "mos", "nef"}
    | {"nrw", "orf", "pef", "raw", "rw2", "rwl", "sr2", "srf", "srw"}
)
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def family(name: str, head: bytes) -> Family | None:
    """Tell which decoder reads a file called *name* that begins with *head*; None for no picture.

    The content decides. The name only tells a camera's raw picture from a plain TIFF, and
    whether a text or something packed is worth being looked at as a drawing.
    """
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    ending = name.rpartition(".")[2].lower()
    if head.startswith(_TIFF):
        return Family.RAW if ending in _RAW_ENDINGS or head[8:10] == b"CR" else Family.TIFF
    if head[:4] == b"RIFF":
        return {b"WEBP": Family.WEBP, b"AVI ": Family.VIDEO}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _family_of_brands(head)
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return Family.VIDEO
    if ending == "svgz":
        return Family.SVG if head.startswith(b"\x1f\x8b") else None
    return Family.SVG if _is_drawing(ending, head) else None


def _family_of_brands(head: bytes) -> Family:
    brands = {head[at : at + 4] for at in range(8, min(int.from_bytes(head[:4]), 128), 4)}
    if brands & {b"avif", b"avis"}:
        return Family.AVIF
    if brands & _HEIF:
        return Family.HEIF
    return Family.RAW if b"crx " in brands else Family.VIDEO


def _is_drawing(ending: str, head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<svg") or (ending == "svg" and text.startswith(b"<"))


@cache
def can_decode(kind: Family) -> bool:
    """Tell whether what decodes such files is installed."""
    return kind not in _NEEDED or find_spec(_NEEDED[kind]) is not None


def decodable(name: str, descriptor: int) -> Family | None:
    """Tell which decoder here reads an open file called *name*; None if there is none."""
    kind = _family_of(name, descriptor)
    return kind if kind is not None and can_decode(kind) else None


def missing(name: str, descriptor: int) -> Family | None:
    """Tell which decoder would read an open file called *name* if it were installed."""
    kind = _family_of(name, descriptor)
    return None if kind is None or can_decode(kind) else kind


def _family_of(name: str, descriptor: int) -> Family | None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return family(name, os.read(descriptor, HEAD))
