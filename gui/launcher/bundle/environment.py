"""Runs in a bundle on Linux before each program, to leave other programs the system's libraries.

What starts a program of PyInstaller's names the bundle's own libraries in LD_LIBRARY_PATH. The
loader has read that by now; a browser or file manager that we open must not find them.
"""

import os

before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if before is not None:
    os.environ["LD_LIBRARY_PATH"] = before
else:
    os.environ.pop("LD_LIBRARY_PATH", None)
