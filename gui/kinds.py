"""Which files are only looked at by the programs that open them, and which may be obeyed."""

from __future__ import annotations

from typing import Final

from gui.names import safe_name

# A list of what is harmless, as nobody knows all that some system runs. Left out on purpose: pages
# and drawings with scripts (html, svg), links and playlists, which lead elsewhere, documents of
# kinds that can hold macros (doc, xlsm), disk images.
_PICTURES = "avif bmp gif heic heif ico jfif jpe jpeg jpg jxl png psd tif tiff webp xcf"
_RAW = "3fr arw cr2 cr3 dng erf kdc mrw nef nrw orf pef raf raw rw2 rwl srw x3f"
_FILMS = "3gp avi m2ts m4v mkv mov mp4 mpeg mpg mts ogv webm wmv"
_SOUNDS = "aac aif aiff flac m4a mid mp3 oga ogg opus wav wma"
_TEXTS = "csv log md srt txt vtt xmp"
_DOCUMENTS = "docx odp ods odt pdf pptx rtf xlsx"
_ARCHIVES = "7z bz2 gz rar tar tgz xz zip zst"
HARMLESS: Final = frozenset(
    " ".join([_PICTURES, _RAW, _FILMS, _SOUNDS, _TEXTS, _DOCUMENTS, _ARCHIVES]).split()
)


def may_be_obeyed(name: str) -> bool:
    """Tell whether to open a file of a share called *name* may run what is in it.

    What counts is the name that it gets here, which is made safe: it ends where it seems to.
    """
    _, dot, suffix = safe_name(name).rpartition(".")
    return not dot or suffix.lower() not in HARMLESS
