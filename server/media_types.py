"""Media types by the ending of a file's name, the same on every computer.

The operating system's own table is left out: on Windows any program may have written there.
"""

UNKNOWN = "application/octet-stream"

# What has been there for long, by type.
_OLD = {
    "application/javascript": ".js .mjs",
    "application/json": ".json",
    "application/manifest+json": ".webmanifest",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/postscript": ".ai .eps .ps",
    "application/rtf": ".rtf",
    "application/vnd.apple.mpegurl": ".m3u .m3u8",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".pps .ppt",
    "application/wasm": ".wasm",
    "application/x-hdf5": ".h5",
    "application/x-pkcs12": ".p12 .pfx",
    "application/x-sh": ".sh",
    "application/x-shockwave-flash": ".swf",
    "application/x-tar": ".tar",
    "application/x-tex": ".tex",
    "application/zip": ".zip",
    "audio/3gpp": ".3gpp",
    "audio/3gpp2": ".3g2 .3gpp2",
    "audio/basic": ".au .snd",
    "audio/midi": ".mid .midi",
    "audio/mpeg": ".mp2 .mp3",
    "audio/x-aiff": ".aif .aifc .aiff",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/jpeg": ".jpe .jpeg .jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif .tiff",
    "image/vnd.microsoft.icon": ".ico",
    "image/x-portable-anymap": ".pnm",
    "image/x-portable-bitmap": ".pbm",
    "image/x-portable-graymap": ".pgm",
    "image/x-portable-pixmap": ".ppm",
    "message/rfc822": ".eml .mht .mhtml",
    "text/css": ".css",
    "text/csv": ".csv",
    "text/html": ".htm .html",
    "text/plain": ".bat .c .h .pl .srt .txt",
    "text/tab-separated-values": ".tsv",
    "text/vtt": ".vtt",
    "text/x-python": ".py",
    "text/x-vcard": ".vcf",
    "text/xml": ".xml",
    "video/mpeg": ".mpeg .mpg",
    "video/quicktime": ".mov .qt",
    "video/x-msvideo": ".avi",
}
_MORE = {
    # pictures
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".avifs": "image/avif",
    ".dng": "image/x-adobe-dng",
    ".heic": "image/heic",
    ".heics": "image/heic-sequence",
    ".heif": "image/heif",
    ".heifs": "image/heif-sequence",
    ".hif": "image/heif",
    ".jfif": "image/jpeg",
    ".jp2": "image/jp2",
    ".jxl": "image/jxl",
    ".psd": "image/vnd.adobe.photoshop",
    ".qoi": "image/qoi",
    ".tga": "image/x-tga",
    ".webp": "image/webp",
    # raw families of cameras
    ".3fr": "image/x-hasselblad-3fr",
    ".arw": "image/x-sony-arw",
    ".cr2": "image/x-canon-cr2",
    ".cr3": "image/x-canon-cr3",
    ".crw": "image/x-canon-crw",
    ".dcr": "image/x-kodak-dcr",
    ".erf": "image/x-epson-erf",
    ".fff": "image/x-hasselblad-fff",
    ".iiq": "image/x-phaseone-iiq",
    ".k25": "image/x-kodak-k25",
    ".kdc": "image/x-kodak-kdc",
    ".mef": "image/x-mamiya-mef",
    ".mos": "image/x-leaf-mos",
    ".mrw": "image/x-minolta-mrw",
    ".nef": "image/x-nikon-nef",
    ".nrw": "image/x-nikon-nrw",
    ".orf": "image/x-olympus-orf",
    ".pef": "image/x-pentax-pef",
    ".raf": "image/x-fuji-raf",
    ".raw": "image/x-panasonic-rw",
    ".rw2": "image/x-panasonic-rw2",
    ".rwl": "image/x-leica-rwl",
    ".sr2": "image/x-sony-sr2",
    ".srf": "image/x-sony-srf",
    ".srw": "image/x-samsung-srw",
    ".x3f": "image/x-sigma-x3f",
    # sound and moving pictures
    ".aac": "audio/aac",
    ".flac": "audio/flac",
    ".m2ts": "video/mp2t",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mp4": "video/mp4",
    ".mts": "video/mp2t",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".3gp": "video/3gpp",
    # text
    ".cfg": "text/plain",
    ".conf": "text/plain",
    ".ini": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".rst": "text/x-rst",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    # archives: the type of the file as it is, not of what is packed in it
    ".7z": "application/x-7z-compressed",
    ".bz2": "application/x-bzip2",
    ".gz": "application/gzip",
    ".svgz": "image/svg+xml-compressed",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
}

_TYPES = {ending: kind for kind, endings in _OLD.items() for ending in endings.split()} | _MORE

_TEXT = frozenset(
    {".cfg", ".conf", ".csv", ".diff", ".ini", ".json", ".log", ".md", ".patch", ".rst", ".srt"}
    | {".tex", ".toml", ".tsv", ".txt", ".vtt", ".yaml", ".yml"}
    | {".bash", ".c", ".cc", ".cpp", ".cs", ".go", ".h", ".hpp", ".java", ".kt", ".lua", ".php"}
    | {".pl", ".py", ".r", ".rb", ".rs", ".sh", ".sql", ".swift"}
)
_PLAIN_TEXT = "text/plain; charset=utf-8"
_PICTURES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"}
)
_SOUND_AND_VIDEO = frozenset(
    {"audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm"}
    | {"video/mp4", "video/ogg", "video/quicktime", "video/webm"}
)
# How much of a file `inline_type` wants to see.
HEAD = 512


def media_type(name: str) -> str:
    """Give the type of a file called *name*."""
    return _TYPES.get(_ending(name), UNKNOWN)


def inline_type(name: str, head: bytes) -> str | None:
    """Give the type under which a browser may show a file itself, or None: save it instead.

    *head* is how the file begins. Its name and its content must agree that it is harmless;
    where both say picture, the content knows better which one.
    """
    suffix = _ending(name)
    if suffix in _TEXT:
        return None if b"\0" in head else _PLAIN_TEXT
    by_name, by_content = _TYPES.get(suffix, UNKNOWN), _type_of(head)
    if by_name in _PICTURES:
        return by_content if by_content in _PICTURES else None
    if by_name in _SOUND_AND_VIDEO:
        return by_name if by_content in {"audio", "video"} else None
    return None


def _ending(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return dot + ending.lower() if stem else ""


def _type_of(head: bytes) -> str | None:
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "image/avif" if head[8:12] in {b"avif", b"avis"} else _type_of_brand(head[8:12])
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "video"
    # The frame sync of MPEG audio and AAC without any header before it.
    if head[:1] == b"\xff" and head[1:2] >= b"\xe0":
        return "audio"
    return None


def _type_of_brand(brand: bytes) -> str | None:
    return None if brand in {b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"crx "} else "video"


_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x1a\x45\xdf\xa3", "video"),
    (b"OggS", "audio"),
    (b"ID3", "audio"),
    (b"fLaC", "audio"),
    (b"ADIF", "audio"),
)
