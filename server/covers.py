"""Which picture stands for a folder."""

from collections.abc import Iterator
from contextlib import suppress

from server.entry import Entry
from server.folder import SharedFolder
from server.folder_problem import FolderProblem

# How many entries of a folder are looked at, and how many folders inside it.
_MOST_ENTRIES = 200
_MOST_FOLDERS = 3
_AT_ONCE = 50


def covers(folder: SharedFolder, path: str) -> Iterator[str]:
    """Give the paths of pictures that may stand for the folder *path*, best first.

    Those in the folder come first, then those in the folders inside. Looks at no more than a few
    folders and some hundred names, and only as far as it is asked. Raises `FolderProblem` if there
    is no such folder.
    """
    inside: list[str] = []
    for entry in _entries(folder, path):
        if is_picture(entry):
            yield f"{path}/{entry.name}".lstrip("/")
        if entry.kind == "folder" and len(inside) < _MOST_FOLDERS:
            inside.append(f"{path}/{entry.name}".lstrip("/"))
    for deeper in inside:
        # Gone meanwhile, or locked.
        with suppress(FolderProblem):
            yield from (
                f"{deeper}/{entry.name}" for entry in _entries(folder, deeper) if is_picture(entry)
            )


def is_picture(entry: Entry) -> bool:
    """Tell whether an entry is a picture that can be shown small."""
    return entry.readable and (entry.media_type or "").startswith("image/")


def _entries(folder: SharedFolder, path: str) -> Iterator[Entry]:
    for offset in range(0, _MOST_ENTRIES, _AT_ONCE):
        # Not everything else in it is looked at: a page has many covers.
        listed = folder.entries(path, offset=offset, limit=_AT_ONCE, versioned=False)
        some = listed.entries
        yield from some
        if len(some) < _AT_ONCE:
            return
