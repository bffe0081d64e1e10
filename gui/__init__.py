"""The window: browses a share over HTTP, previews what is in it and saves it.

The way of one picture from click to screen: `FolderView` says that another entry is current,
`MainWindow` hands it to `Preview`, which has `Background` run `content.load` on a thread; that asks
`Client` for the bytes, over HTTP even from this computer's own share, and `picture.decode` makes of
them an image at the size shown; back in the GUI thread `Preview` checks that it is still wanted and
gives it to its `Canvas`.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Give `__version__`, which takes some time to find out, when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("lanslide")
    raise AttributeError(name)
